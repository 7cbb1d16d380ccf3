package io.proxykeys.bench;

import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.KeyServer;
import io.proxykeys.harness.KeyStoreFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What {@code template.yaml} deploys: PostgreSQL with TLS, its certificate verified against a bundle of as many authorities as that of
 * RDS in one region, SCRAM, and the key set over https. Certificates are made with the machine's {@code openssl}.
 */
final class Deployed implements AutoCloseable {

    /** As RDS' bundle of one region. {@code -Dbench.regions=36} for its global one. */
    private static final int OF_EACH_KIND = Integer.getInteger("bench.regions", 1);
    private static final List<String> KINDS = List.of("rsa:2048", "rsa:4096", "ec -pkeyopt ec_paramgen_curve:secp384r1");

    private final Path folder = Files.createTempDirectory("proxy-keys-deployed");
    private final KeyServer keySet;
    private final Setup setup;

    /** @param owner a connection of the server's owner, who switches TLS on */
    Deployed(Setup plain, Connection owner) throws Exception {
        makeBundle();
        String authority = folder.resolve("0-0").toString();
        for (String host : List.of("database", "keys")) {
            openssl("req -new -newkey rsa:2048 -nodes -subj /CN=localhost -keyout " + host + ".key -out " + host + ".csr");
            Files.writeString(folder.resolve(host + ".ext"), "subjectAltName=DNS:localhost");
            openssl("x509 -req -days 2 -CA " + authority + ".pem -CAkey 0.key -CAcreateserial -extfile " + host + ".ext -in " + host
                    + ".csr -out " + host + ".pem");
        }
        switchTlsOn(owner);
        keySet = serveKeySet();
        Map<String, String> environment = new HashMap<>(plain.environment());
        environment.put("QUARKUS_DATASOURCE_REACTIVE_URL", environment.get("QUARKUS_DATASOURCE_REACTIVE_URL") + "?sslmode=verify-full");
        environment.put("QUARKUS_DATASOURCE_REACTIVE_TRUST_CERTIFICATE_PEM", "true");
        environment.put("QUARKUS_DATASOURCE_REACTIVE_TRUST_CERTIFICATE_PEM_CERTS", folder.resolve("bundle.pem").toString());
        environment.put("QUARKUS_TLS_TRUST_STORE_PEM_CERTS", authority + ".pem");
        environment.put("MP_JWT_VERIFY_PUBLICKEY_LOCATION", keySet.location());
        setup = new Setup("As deployed: TLS verified against a bundle of " + KINDS.size() * OF_EACH_KIND
                + " authorities, SCRAM, the key set over https",
                environment, plain.floor().replace("sslmode=disable", "sslmode=verify-full&sslrootcert=" + authority + ".pem"));
    }

    Setup setup() {
        return setup;
    }

    /** Each with a name of its own; the keys are the same within a kind, which costs whoever reads them as much. */
    private void makeBundle() throws IOException, InterruptedException {
        Path bundle = Files.createFile(folder.resolve("bundle.pem"));
        for (int kind = 0; kind < KINDS.size(); kind++) {
            String key = kind + ".key";
            openssl("genpkey -algorithm " + KINDS.get(kind).replaceFirst("rsa:(\\d+)", "rsa -pkeyopt rsa_keygen_bits:$1") + " -out " + key);
            for (int i = 0; i < OF_EACH_KIND; i++) {
                String authority = kind + "-" + i + ".pem";
                openssl("req -x509 -new -days 2 -key " + key + " -subj /O=Benchmark/OU=Region" + i + "/CN=Authority" + kind + "-" + i
                        + " -out "
                        + authority);
                Files.write(bundle, Files.readAllBytes(folder.resolve(authority)), StandardOpenOption.APPEND);
            }
        }
    }

    private void switchTlsOn(Connection owner) throws SQLException, IOException {
        Path key = folder.resolve("database.key");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        try (Statement statement = owner.createStatement()) {
            statement.execute("ALTER SYSTEM SET ssl_cert_file = '" + folder.resolve("database.pem") + "'");
            statement.execute("ALTER SYSTEM SET ssl_key_file = '" + key + "'");
            statement.execute("ALTER SYSTEM SET ssl = on");
            statement.execute("SELECT pg_reload_conf()");
        }
    }

    private KeyServer serveKeySet() throws Exception {
        Path store = folder.resolve("keys.p12");
        openssl("pkcs12 -export -passout pass:" + KeyStoreFile.PASSWORD + " -in keys.pem -inkey keys.key -out " + store);
        return new KeyServer(Issuer.jwks(List.of(Issuer.shared().rsa)), new KeyStoreFile(store).tls());
    }

    private void openssl(String arguments) throws IOException, InterruptedException {
        Path log = folder.resolve("openssl.log");
        Process process = new ProcessBuilder(Stream.concat(Stream.of("openssl"), Stream.of(arguments.split(" "))).toList())
                .directory(folder.toFile()).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        if (process.waitFor() != 0) {
            throw new IOException("openssl " + arguments + ": " + Files.readString(log));
        }
    }

    @Override
    public void close() throws IOException {
        keySet.stop();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
    }
}
