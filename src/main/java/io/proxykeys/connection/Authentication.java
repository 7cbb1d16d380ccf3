package io.proxykeys.connection;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** How the function proves to the database who it is. */
public enum Authentication {

    /** With the password of the login. */
    PASSWORD,

    /** With a token of RDS IAM authentication, for each connection a new one: {@link RdsToken}. */
    IAM;

    /** The kind that a setting names; empty if it is neither {@code password} nor {@code iam}. */
    public static Optional<Authentication> of(String setting) {
        return Stream.of(values()).filter(one -> one.name().toLowerCase(Locale.ROOT).equals(setting.strip())).findFirst();
    }
}
