package io.proxykeys.auth;

import io.smallrye.jwt.algorithm.SignatureAlgorithm;
import io.smallrye.jwt.auth.principal.JWTAuthContextInfo;
import io.smallrye.jwt.util.KeyUtils;
import java.security.GeneralSecurityException;
import java.util.Set;

/**
 * A token to prime the verification with, and the key that verifies it. Nobody has the private key any more, and nothing but
 * priming knows of the key, the issuer and the audience, so the token is good for nothing, although it does not expire before 2100.
 */
enum PrimingToken {

    RS256(SignatureAlgorithm.RS256, """
            MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqXhYvSdgKW/sZ5ModFtUjRqgB+Mpj60fKvJSabIioCzJPgYePc6AVuNMyElGxU1bouPVndO4eF\
            6TKWuYLhpYvoe1udV+rszWC/dAMVNN0FiX4lqjWZDZm56t6esFyfPiX+UGaVO+qb9fxzs55NpHM/NSpVRceo09mGIKtbm3LRPXgxGiUDrW/jqnMWu61gN9\
            IKFrZR9DT38QkYXFyWLSodZPF7dK7+Rhs1KKqG7Hp/akeuGY+J9jB7td+PnbN+kssPuV5BZTBwRDtIZimSvEaoLWtOvEphVMf3MkanGLtAefD2dboHQQDC\
            ylBF5XduTHEQfjlFtE+F9bSi0jNPbGGwIDAQAB""", """
            eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InByaW1pbmcifQ.eyJpc3MiOiJwcmltaW5nIiwiYXVkIjoicHJpbWluZyIsInN1YiI6InB\
            yaW1pbmciLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMCwic2NvcGUiOiJwcm94eV9rZXlzOmRlbGV0ZSIsImNsaWVudF9pZCI6InByaW1pb\
            mcifQ.GpvcXr4bsVJBrkRQmGQtYQuCcJCDaRoYmFMy6p-6eGEqH5-Xe85dbxlwf0pV-HUvHr8aSKOqGUuDEFN3aNMz0HHSQyB0Rp3QFsrK8rSoACU-_RYL\
            WaKqBxtJEI1GJjilWLcT2dKDvCDQLC6bVmzOXkQNZbIERw5DN5R6Mn0MYH2ZUhavPs8Bil750p5oByOqSW7l4gDvRvrUYipjjvFB10-OF-5G0M0lRc7J9O\
            TKAHuEdpl7Ky5Q3NTxsJjlG1pLBXKGceYCijS5gFZu_kYVqgwaiQWrVCMoh3C-2jhB8okvrc8zUnUhw213MfYA1KrTmJKH17XxJ34uiuyGp_fXcw"""),

    ES256(SignatureAlgorithm.ES256, """
            MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEnIepAetSAu7nzlOLcR8k9/fkwbKl2lWMKEk7JPDCQtDdQps1Ql3AAqxZjY3JHzEiotoGrWUV+dNenJyv3i\
            qP3g==""", """
            eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InByaW1pbmcifQ.eyJpc3MiOiJwcmltaW5nIiwiYXVkIjoicHJpbWluZyIsInN1YiI6InB\
            yaW1pbmciLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMCwic2NvcGUiOiJwcm94eV9rZXlzOmRlbGV0ZSIsImNsaWVudF9pZCI6InByaW1pb\
            mcifQ.e4Q439FxUsfBgRCc0n7ZyEL3Q-H4F55JSQ7aXonZRk1nVTm7KMGSPcKvIB0n1FIWZ7fLhRviw2GmgNIEBaTF8w""");

    private static final String NAME = "priming";

    private final SignatureAlgorithm algorithm;
    private final String key;
    private final String token;

    PrimingToken(SignatureAlgorithm algorithm, String key, String token) {
        this.algorithm = algorithm;
        this.key = key;
        this.token = token;
    }

    String token() {
        return token;
    }

    /** The settings under which the token is valid. */
    JWTAuthContextInfo context() throws GeneralSecurityException {
        JWTAuthContextInfo context = new JWTAuthContextInfo(KeyUtils.decodePublicKey(key, algorithm), NAME);
        context.setExpectedAudience(Set.of(NAME));
        context.setSignatureAlgorithm(Set.of(algorithm));
        return context;
    }
}
