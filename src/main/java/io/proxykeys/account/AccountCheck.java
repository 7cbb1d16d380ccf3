package io.proxykeys.account;

import io.proxykeys.database.Transactions;
import io.proxykeys.database.UnknownAccount;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** Tells an account that owns nothing from one that does not exist, for operations that read what an account owns. */
@Singleton
public class AccountCheck {

    private final Transactions transactions;
    private final AccountRepository accounts;

    @Inject
    AccountCheck(Transactions transactions, AccountRepository accounts) {
        this.transactions = transactions;
        this.accounts = accounts;
    }

    /**
     * Asks only if nothing was found: what was found has an owner.
     *
     * @return fails with {@link UnknownAccount} if nothing was found and there is no such account
     */
    public Uni<Void> requireUnless(boolean found, String account) {
        return found ? Uni.createFrom().voidItem() : transactions.read(() -> accounts.require(account));
    }
}
