package io.proxykeys.connection;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parameter {@code sslrootcert} of a PostgreSQL URL: the file of certificate authorities to trust, as with every client
 * that is made of libpq (PostgreSQL manual, "Parameter Key Words"). The client library here ignores it, which would leave the
 * authorities of the JDK.
 */
public record RootCertificate(Path file) {

    private static final Pattern PARAMETER = Pattern.compile("[?&]sslrootcert=([^&]+)");

    /** The parameter of a URL, if it has one. */
    public static Optional<RootCertificate> of(String url) {
        Matcher found = PARAMETER.matcher(url);
        return found.find() ? Optional.of(new RootCertificate(Path.of(URLDecoder.decode(found.group(1), StandardCharsets.UTF_8))))
                : Optional.empty();
    }

    /**
     * Checks that the file can be read.
     *
     * @throws Unreadable if there is no such file
     */
    public void requireReadable() {
        if (!Files.isReadable(file)) {
            throw new Unreadable("names an sslrootcert that cannot be read");
        }
    }

    /** A setting that names a file which is not there. */
    public static final class Unreadable extends RuntimeException {
        Unreadable(String message) {
            super(message);
        }
    }
}
