package io.proxykeys.conservation;

import io.proxykeys.key.Sha256;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;

/** A key that clients know a secret of. Times are those of this machine, whose clock the database uses too. */
final class Key {

    final String account;
    /** Of one that was recreated the identifier, because in the database it has the name of the key it replaces. */
    final String name;
    /** When its creation was confirmed; at the end of time: it was not. */
    volatile Instant created = Instant.MAX;
    /** When a deletion was confirmed that it must have been part of. */
    private volatile Instant deleted = Instant.MAX;
    private final List<Secret> secrets = new CopyOnWriteArrayList<>();
    private BigDecimal spent = BigDecimal.ZERO;
    private BigDecimal perhapsSpent = BigDecimal.ZERO;

    /** A secret of a key, which a rotation may have replaced. */
    static final class Secret {
        final Key key;
        final String text;
        final byte[] hash;
        /** A client was told that there is no such key. */
        private volatile boolean missed;

        private Secret(Key key, String text) {
            this.key = key;
            this.text = text;
            this.hash = Sha256.of(text);
        }

        void missed() {
            missed = true;
        }

        /** Without the text, which is long. */
        @Override
        public String toString() {
            return "secret " + key.secrets.indexOf(this) + " of " + key.name;
        }
    }

    Key(String account, String name, String secret) {
        this.account = account;
        this.name = name;
        rotated(secret);
    }

    /** It has this secret now. */
    void rotated(String secret) {
        secrets.add(new Secret(this, secret));
    }

    /** All that it has had, the oldest first. */
    List<Secret> secrets() {
        return secrets;
    }

    /** Mostly the newest one that works as far as is known; now and then one of the last three. */
    Secret secret(Random random) {
        List<Secret> last = secrets.subList(Math.max(0, secrets.size() - 3), secrets.size());
        if (random.nextInt(4) > 0) {
            for (int i = last.size() - 1; i >= 0; i--) {
                if (!last.get(i).missed) {
                    return last.get(i);
                }
            }
        }
        return last.get(random.nextInt(last.size()));
    }

    boolean wasCreatedBefore(Instant moment) {
        return created.isBefore(moment);
    }

    /** A deletion is confirmed that it must have been part of. */
    void deleted() {
        if (deleted.equals(Instant.MAX)) {
            deleted = Ledger.now();
        }
    }

    boolean wasDeletedBefore(Instant moment) {
        return deleted.isBefore(moment);
    }

    boolean seemsAlive() {
        return deleted.equals(Instant.MAX) && secrets.stream().anyMatch(secret -> !secret.missed);
    }

    synchronized void spent(BigDecimal cost) {
        spent = spent.add(cost);
    }

    synchronized void perhapsSpent(BigDecimal cost) {
        perhapsSpent = perhapsSpent.add(cost);
    }

    synchronized BigDecimal spent() {
        return spent;
    }

    synchronized BigDecimal mostSpent() {
        return spent.add(perhapsSpent);
    }
}
