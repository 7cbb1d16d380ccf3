package io.proxykeys.harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A file with keys and certificates (PKCS #12); {@code keytool} makes and signs them. */
public final class KeyStoreFile {

    /** Of the file and of each key in it. */
    public static final String PASSWORD = "only-for-tests";

    private final Path file;

    /** @param file need not exist yet */
    public KeyStoreFile(Path file) {
        this.file = file;
    }

    /**
     * Makes a key pair on the curve P-256, and a certificate for it, self-signed and valid for two days.
     *
     * @param name the distinguished name of the subject
     * @param extensions in the spelling of {@code keytool -ext}
     */
    public void generate(String alias, String name, String... extensions) throws IOException {
        keytool(extensions, "-genkeypair", "-alias", alias, "-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2", "-dname", name);
    }

    /** Puts a certificate with another name, self-signed, in the place of the one that there is. */
    public void rename(String alias, String name, String... extensions) throws IOException {
        keytool(extensions, "-selfcert", "-alias", alias, "-dname", name);
    }

    /** The certificate that is kept, in PEM. */
    public String certificate(String alias) throws IOException {
        return keytool(new String[0], "-exportcert", "-rfc", "-alias", alias);
    }

    /** A certificate for a key, signed by another one, in PEM. The one that is kept stays. */
    public String signed(String alias, String authority, String... extensions) throws IOException {
        Path request = file.resolveSibling(alias + ".csr");
        keytool(new String[0], "-certreq", "-alias", alias, "-file", request.toString());
        return keytool(extensions, "-gencert", "-rfc", "-alias", authority, "-infile", request.toString(), "-validity", "2");
    }

    /** For a server that shows the certificates in it. */
    public SSLContext tls() throws IOException, GeneralSecurityException {
        char[] password = PASSWORD.toCharArray();
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(KeyStore.getInstance(file.toFile(), password), password);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), null, null);
        return tls;
    }

    private String keytool(String[] extensions, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-storetype", "PKCS12", "-keystore", file.toString(), "-storepass", PASSWORD));
        for (String extension : extensions) {
            command.addAll(List.of("-ext", extension));
        }
        Path said = file.resolveSibling("keytool.log");
        Process process = new ProcessBuilder(command).redirectError(said.toFile()).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        try {
            if (process.waitFor() != 0) {
                throw new IOException("keytool failed: " + output + Files.readString(said));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return output;
    }
}
