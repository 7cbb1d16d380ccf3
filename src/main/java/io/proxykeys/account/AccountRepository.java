package io.proxykeys.account;

import io.proxykeys.database.Query;
import io.proxykeys.database.UnknownAccount;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;

/** Reads accounts. Its queries need a session: {@link io.proxykeys.database.Transactions#read}. */
@Singleton
public class AccountRepository implements PanacheRepositoryBase<Account, String> {

    private static final String ONE = Query.of("from Account where id = ?1");

    /** Fails with {@link UnknownAccount} unless there is such an account. */
    public Uni<Void> require(String account) {
        return count(ONE, account)
                .invoke(found -> {
                    if (found == 0) {
                        throw new UnknownAccount();
                    }
                })
                .replaceWithVoid();
    }
}
