package io.proxykeys.connection;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A GET request that is signed in its query, by Signature Version 4 of AWS
 * (<a href="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html">AWS</a>), with the header
 * {@code host} as the one that is signed.
 *
 * @param service as in the signature's scope, such as {@code rds-db}
 * @param host with the port, unless it is that of the scheme
 * @param path begins with a slash
 * @param payloadHash the SHA-256 of the body in hexadecimal digits, or {@code UNSIGNED-PAYLOAD}
 */
record SignedUrl(String service, String host, String path, Map<String, String> parameters, String payloadHash) {

    /** The SHA-256 of a body that is empty. */
    static final String NO_PAYLOAD = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private static final String ALGORITHM = "AWS4-HMAC-SHA256";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    /** The URL without its scheme. */
    String sign(AwsCredentials credentials, Instant at, Duration expires) {
        String time = TIME.format(at);
        String date = time.substring(0, 8);
        String scope = String.join("/", date, credentials.region(), service, "aws4_request");
        Map<String, String> all = new TreeMap<>(parameters);
        all.put("X-Amz-Algorithm", ALGORITHM);
        all.put("X-Amz-Credential", credentials.accessKeyId() + "/" + scope);
        all.put("X-Amz-Date", time);
        all.put("X-Amz-Expires", Long.toString(expires.toSeconds()));
        all.put("X-Amz-SignedHeaders", "host");
        if (credentials.sessionToken() != null) {
            all.put("X-Amz-Security-Token", credentials.sessionToken());
        }
        String query = all.entrySet().stream().map(parameter -> encode(parameter.getKey()) + "=" + encode(parameter.getValue()))
                .collect(Collectors.joining("&"));
        String request = String.join("\n", "GET", path, query, "host:" + host, "", "host", payloadHash);
        byte[] key = hmac(("AWS4" + credentials.secretAccessKey()).getBytes(StandardCharsets.UTF_8), date);
        for (String part : new String[] { credentials.region(), service, "aws4_request" }) {
            key = hmac(key, part);
        }
        String signature = hex(hmac(key, String.join("\n", ALGORITHM, time, scope, hex(sha256(request)))));
        return host + path + "?" + query + "&X-Amz-Signature=" + signature;
    }

    /** As RFC 3986 has it: a space is not a plus. */
    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A").replace("%7E", "~");
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
