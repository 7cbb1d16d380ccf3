package io.proxykeys.revocation;

/** A limit of its own for each account: operations that share a bucket share its tokens. */
public enum Bucket {

    DELETE_ALL("delete-all"), REMOVE("remove");

    private final String code;

    Bucket(String code) {
        this.code = code;
    }

    /** As it stands in {@code rate_limit.bucket}, and the policy's name in {@code RateLimit-Policy}. */
    public String code() {
        return code;
    }
}
