package io.proxykeys.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Signatures against published ones. */
class SignedUrlTest {

    /** AWS, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)", Amazon S3 API Reference. */
    @Test
    void theExampleOfThePublishedProcedure() {
        AwsCredentials credentials = new AwsCredentials("AKIAIOSFODNN7EXAMPLE",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", null, "us-east-1");

        String url = new SignedUrl("s3", "examplebucket.s3.amazonaws.com", "/test.txt", Map.of(), "UNSIGNED-PAYLOAD")
                .sign(credentials, Instant.parse("2013-05-24T00:00:00Z"), Duration.ofDays(1));

        assertEquals("examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z"
                + "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404", url);
    }

    /** The token that the AWS SDK for Python makes: botocore, tests/unit/test_signers.py, TestGenerateDBAuthToken. */
    @Test
    void theTokenForRdsOfTheAwsSdk() {
        AwsCredentials credentials = new AwsCredentials("akid", "skid", null, "us-east-1");

        String token = RdsToken.of("prod-instance.us-east-1.rds.amazonaws.com", 3306, "someusername", credentials,
                Instant.parse("2016-11-07T17:39:33Z"));

        assertEquals("prod-instance.us-east-1.rds.amazonaws.com:3306/?Action=connect&DBUser=someusername&X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=akid%2F20161107%2Fus-east-1%2Frds-db%2Faws4_request&X-Amz-Date=20161107T173933Z&X-Amz-Expires=900"
                + "&X-Amz-SignedHeaders=host&X-Amz-Signature=d1138cdbc0ca63eec012ec0fc6c2267e03642168f5884a7795320d4c18374c61", token);
    }

    /** With a session token, as in Lambda: the same file, TestDSQLGenerateDBAuthToken, for a neighbouring service. */
    @Test
    void theSessionTokenIsSignedToo() {
        AwsCredentials credentials = new AwsCredentials("ACCESS_KEY", "SECRET_KEY", "SESSION_TOKEN", "us-east-1");

        String token = new SignedUrl("dsql", "test.dsql.us-east-1.on.aws", "/", Map.of("Action", "DbConnect"), SignedUrl.NO_PAYLOAD)
                .sign(credentials, Instant.parse("2024-11-07T17:39:33Z"), Duration.ofMinutes(15));

        assertTrue(token.endsWith("&X-Amz-Signature=57fe03e060348aaa21405c239bf02572bbc911076e94dcd65c12ae569dd8fcf4"), token);
        assertTrue(token.contains("&X-Amz-Security-Token=SESSION_TOKEN&"), token);
    }

    @Test
    void whatIsNoLetterIsEncodedAsRfc3986HasIt() {
        AwsCredentials credentials = new AwsCredentials("id", "secret", "a+b/c=", "eu-central-1");

        String token = RdsToken.of("DB.example.com", 5432, "app user*~@", credentials, Instant.EPOCH);

        assertTrue(token.startsWith("db.example.com:5432/?Action=connect&DBUser=app%20user%2A~%40&"), token);
        assertTrue(token.contains("X-Amz-Security-Token=a%2Bb%2Fc%3D&"), token);
    }

    @Test
    void theCredentialsAreNotWrittenToALog() {
        String text = new AwsCredentials("id", "very-secret", "session", "eu-central-1").toString();

        assertFalse(text.contains("very-secret") || text.contains("session"), text);
    }
}
