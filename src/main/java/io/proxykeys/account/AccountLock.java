package io.proxykeys.account;

import io.smallrye.mutiny.Uni;
import org.hibernate.reactive.mutiny.Mutiny;

/** The first statement of every transaction that changes an account's keys. */
public final class AccountLock {

    /**
     * First and alone. FOR UPDATE, because it is the one row lock that a key insert in flight (it holds KEY SHARE through
     * the foreign key) makes wait; and a statement of its own, because the next one then sees what was committed while
     * this one waited.
     */
    private static final String LOCK = "SELECT id FROM account WHERE id = ?1 FOR UPDATE";

    private AccountLock() {
    }

    /** Locks the account's row until the transaction ends; fails with {@link UnknownAccount} if there is none. */
    public static Uni<Void> take(Mutiny.Session session, String account) {
        return session.createNativeQuery(LOCK, String.class)
                .setParameter(1, account)
                .getSingleResultOrNull()
                .onItem().ifNull().failWith(UnknownAccount::new)
                .replaceWithVoid();
    }
}
