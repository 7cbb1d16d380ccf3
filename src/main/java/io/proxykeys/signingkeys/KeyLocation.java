package io.proxykeys.signingkeys;

import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/**
 * Where a key document is: {@code https://…}, {@code file:/…}, or a class path resource ({@code classpath:…} or a plain
 * name). {@code http:} is accepted for this machine only, for tests and local development: whoever can change the document
 * on its way can sign tokens for any account.
 */
public final class KeyLocation {

    /** Setting: the location. */
    public static final String PROPERTY = "mp.jwt.verify.publickey.location";

    private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");

    private final String text;
    private final String scheme;
    private final URI uri;

    private KeyLocation(String text, String scheme, URI uri) {
        this.text = text;
        this.scheme = scheme;
        this.uri = uri;
    }

    /**
     * Reads a location.
     *
     * @throws IllegalArgumentException saying what is wrong with the location
     */
    public static KeyLocation parse(String location) {
        URI uri;
        try {
            uri = new URI(location.strip());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("is not a location: " + e.getReason(), e);
        }
        if (uri.getScheme() == null && location.strip().startsWith("/")) {
            throw new IllegalArgumentException("must begin with file: if it is a file");
        }
        if (uri.getUserInfo() != null) {
            throw new IllegalArgumentException("must not contain a user or password");
        }
        String scheme = uri.getScheme() == null ? "classpath" : uri.getScheme().toLowerCase(Locale.ROOT);
        boolean valid = switch (scheme) {
            case "https" -> uri.getHost() != null;
            case "http" -> uri.getHost() != null && THIS_MACHINE.contains(uri.getHost());
            case "file" -> uri.getPath() != null && !uri.getPath().isEmpty();
            case "classpath" -> !uri.getSchemeSpecificPart().isEmpty();
            default -> false;
        };
        if (!valid) {
            throw new IllegalArgumentException("must be an https: or file: location or a class path resource");
        }
        return new KeyLocation(location.strip(), scheme, uri);
    }

    /** Whether the document is fetched over the network. */
    public boolean isRemote() {
        return scheme.equals("https") || scheme.equals("http");
    }

    /** The address of a remote document. */
    URL url() throws MalformedURLException {
        return uri.toURL();
    }

    /**
     * Reads a document that is not remote.
     *
     * @throws NoSuchFileException if there is no such file now
     * @throws IllegalArgumentException if there is no such class path resource, and there never will be
     */
    public String read() throws IOException {
        if (scheme.equals("file")) {
            return Files.readString(Path.of(uri.getPath()));
        }
        String name = uri.getSchemeSpecificPart();
        String resource = name.startsWith("/") ? name.substring(1) : name;
        try (InputStream in = Thread.currentThread().getContextClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalArgumentException("is not a resource of this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
