package io.proxykeys.auth;

import org.jose4j.jwt.consumer.InvalidJwtException;

/**
 * Verifies a token by all the rules there are, so that the first request finds ready what that takes. The key set is one of its own: nobody has the private key any more, and nothing but
 * this class knows of the key, the issuer and the audience, so the token is good for nothing.
 */
public final class TokenPriming implements Runnable {

    private static final String NAME = "rehearsal";
    private static final String KEYS = """
            {"keys":[{"kty":"RSA","kid":"rehearsal","e":"AQAB","n":"\
            mKs5DcfvqI-r5tcZo0Ss_tqu4moDyp9kZZmopTYktXx_1LzgS1Gvx39NyMCIEvf5GmiQnzkIsFJhv7MMWKiAP2utpA6CCHjjFkCE1d89mau1UvxH7kUa\
            Hl-YIaKIBjZg4REhgbUvmj09CloNZlenxwq0uTLofcXZlRX48lczk3Xy-MrHVhVfD3swg0gOQfu0DNJzZX_7LAFslTlj86B3z3aU1tkdMDalxhkeNokt\
            AjVrDtxvanyQGDAdm4EiBVJwgNOE7fuJrYY0XbAeH60lkqTqI4SOA4nyercvD0koWhlXhzayCdCMoaSfVSfINJWnLGqYm71vIETFnxjjt0TIaQ"}]}""";
    /** Valid until 2100, for nobody. */
    private static final String TOKEN = """
            eyJhbGciOiJSUzI1NiIsImtpZCI6InJlaGVhcnNhbCIsInR5cCI6ImF0K2p3dCJ9.\
            eyJpc3MiOiJyZWhlYXJzYWwiLCJhdWQiOiJyZWhlYXJzYWwiLCJzdWIiOiJyZWhlYXJzYWwiLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMCwi\
            c2NvcGUiOiIiLCJjbGllbnRfaWQiOiJyZWhlYXJzYWwifQ.\
            ci5E-5TVq-vAN6Sz9svmUpeLbv_WMiaZGbaV19dv8y4SwIC0ShAwxK_4QBNkZirveLR_4GBzdtYkZ7N_pZfitOhfeY8vgQokZyg5N8Ry34htQQMLHXpQssvZ\
            hAGvopITuMOHG9G7gbErplJX_7lFS-u7Yg4qiGtrAHeJMx1dhc-LG6dO6Tm3CgfxpyQ0biDcoTFkv76V5ovsq_nSLEFGjMdDKPqYcJBmjP_yf8EjXRZ9qSy0\
            xd-DqOssorXXEExbTa27E36-mwhxcJjDLK7pjugIeomEXX48hB3DeVCTWXuax31TqTA3x0fGwV4EK-xBIRYeZz_DVQdnb-Kh33HaPg""";

    /** @throws IllegalStateException if the token is not valid, which is a mistake in this class */
    @Override
    public void run() {
        try {
            AccessTokens.rules(KeySet.parse(KEYS), NAME, NAME).process(TOKEN);
        } catch (InvalidJwtException e) {
            throw new IllegalStateException(e);
        }
    }
}
