package io.proxykeys.connection;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;

/**
 * What a login of RDS IAM authentication sends for a password
 * (<a href="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html">AWS</a>): a request to connect that
 * is signed and never sent, made without a call to AWS. The server takes it for 15 minutes; a connection that is open outlives it.
 */
final class RdsToken {

    private static final Duration EXPIRES = Duration.ofMinutes(15);

    private RdsToken() {
    }

    /**
     * @param host the name that the database or proxy has at AWS, not one that stands for it: it is signed
     * @param login the login that has the role {@code rds_iam}
     */
    static String of(String host, int port, String login, AwsCredentials credentials, Instant at) {
        return new SignedUrl("rds-db", host.toLowerCase(Locale.ROOT) + ":" + port, "/", Map.of("Action", "connect", "DBUser", login),
                SignedUrl.NO_PAYLOAD).sign(credentials, at, EXPIRES);
    }
}
