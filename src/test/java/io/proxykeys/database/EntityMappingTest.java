package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.proxykeys.account.Account;
import io.proxykeys.harness.Postgres;
import io.proxykeys.key.ProxyKey;
import io.proxykeys.revocation.Revocation;
import io.proxykeys.revocation.RevokedKey;
import org.hibernate.boot.MetadataSources;
import org.hibernate.boot.registry.StandardServiceRegistry;
import org.hibernate.boot.registry.StandardServiceRegistryBuilder;
import org.hibernate.tool.schema.spi.SchemaManagementException;
import org.junit.jupiter.api.Test;

/** The entities fit the tables that the migrations make. */
class EntityMappingTest {

    private final Postgres database = Postgres.shared();

    @Test
    void everyEntityFitsTheMigratedSchema() {
        assertDoesNotThrow(() -> validate("postgres"));
    }

    @Test
    void aColumnThatIsMissingOrOfAnotherTypeWouldBeNoticed() {
        database.execute("CREATE DATABASE misfit");
        database.migrate("misfit");
        try (var connection = database.connect("misfit", "postgres", "postgres")) {
            Postgres.execute(connection,
                    "ALTER TABLE revoked_key DROP CONSTRAINT revoked_key_created_at_told, ALTER COLUMN created_at TYPE text");
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }

        assertThrows(SchemaManagementException.class, () -> validate("misfit"));
    }

    /** By Hibernate's own check, over JDBC. */
    private void validate(String databaseName) {
        try (StandardServiceRegistry registry = new StandardServiceRegistryBuilder()
                .applySetting("jakarta.persistence.jdbc.url", "jdbc:postgresql://localhost:" + database.port() + "/" + databaseName)
                .applySetting("jakarta.persistence.jdbc.user", "postgres")
                .applySetting("jakarta.persistence.jdbc.password", "postgres")
                .applySetting("hibernate.hbm2ddl.auto", "validate")
                .build()) {
            new MetadataSources(registry)
                    .addAnnotatedClass(Account.class)
                    .addAnnotatedClass(ProxyKey.class)
                    .addAnnotatedClass(Revocation.class)
                    .addAnnotatedClass(RevokedKey.class)
                    .buildMetadata().buildSessionFactory().close();
        }
    }
}
