package io.proxykeys.connection;

import java.util.List;
import java.util.Map;

/**
 * The credentials and region of the function's role, which Lambda puts into its environment
 * (<a href="https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html">AWS</a>).
 *
 * @param sessionToken {@code null} for credentials that do not expire, as on a developer's machine
 */
public record AwsCredentials(String accessKeyId, String secretAccessKey, String sessionToken, String region) {

    /** The variables without which there is no token. */
    public static final List<String> REQUIRED = List.of("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");

    /** Of an environment that has every one of {@link #REQUIRED}. */
    public static AwsCredentials of(Map<String, String> environment) {
        return new AwsCredentials(environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY"),
                environment.get("AWS_SESSION_TOKEN"), environment.get("AWS_REGION"));
    }

    /** Nothing secret. */
    @Override
    public String toString() {
        return "credentials of " + accessKeyId + " in " + region;
    }
}
