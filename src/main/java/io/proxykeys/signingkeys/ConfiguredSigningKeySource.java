package io.proxykeys.signingkeys;

import io.quarkus.arc.DefaultBean;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The document at {@code mp.jwt.verify.publickey.location} (MicroProfile JWT 2.1, section 9.2). */
@Singleton
@DefaultBean
class ConfiguredSigningKeySource implements SigningKeySource {

    private final KeyLocation location;
    private final SigningKeyDocuments documents;

    @Inject
    ConfiguredSigningKeySource(@ConfigProperty(name = KeyLocation.PROPERTY) String location, SigningKeyDocuments documents) {
        this.location = KeyLocation.parse(location);
        this.documents = documents;
    }

    @Override
    public Uni<String> document() {
        return documents.fetch(location, TIMEOUT);
    }

    @Override
    public String toString() {
        return location.toString();
    }
}
