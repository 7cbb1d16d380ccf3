package io.proxykeys.conservation;

import io.proxykeys.harness.Postgres;
import java.sql.Connection;
import java.sql.SQLException;

/** A function of the database with a mistake that looks right, to show that it is found out. */
enum BrokenFunction {

    /** What was suspended is kept as it was, and put back. */
    RESUMES_WHAT_WAS_DELETED("resume_proxy_keys", "    update proxy_key k set is_active = true", """
                insert into proxy_key select * from kept_key c where c.suspended_by = suspension_id on conflict do nothing;
                update proxy_key k set is_active = true""", "is there twice") {
        @Override
        void make(Connection owner) throws SQLException {
            Postgres.execute(owner, """
                    CREATE TABLE kept_key (LIKE proxy_key);
                    CREATE FUNCTION keep_key() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
                        'BEGIN INSERT INTO public.kept_key SELECT new.*; RETURN NULL; END';
                    CREATE TRIGGER keep_key AFTER UPDATE OF suspended_by ON proxy_key
                        FOR EACH ROW WHEN (new.suspended_by IS NOT NULL) EXECUTE FUNCTION keep_key()""");
            super.make(owner);
        }
    },
    /** The statement that finds the secret from before a rotation does not look how long it works. */
    SPENDS_AFTER_THE_OVERLAP("spend_credits", "and k.previous_valid_until > clock_timestamp()", "", "a secret worked that had ended"),
    /** What a released hold's call cost is charged again when it is said again. */
    CHARGES_LATE_TWICE("settle_hold", "elsif hold.late_cost is null then", "elsif hold.late_cost is null or hold.late_cost = cost then",
            "used, and spent|is not what went in"),
    /** All keys that are disabled are enabled, whoever disabled them. */
    RESUMES_WHAT_IS_DISABLED("resume_proxy_keys", "and k.suspended_by = suspension_id;",
            "or (k.account_id = account_id and not k.is_active);",
            "a resumption does not say which keys it enabled"),
    /** The answer that was lost is repaired, and the secret that is in use ends. */
    ROTATES_THE_OLD_SECRET_AWAY("rotate_proxy_keys",
            "when k.previous_valid_until > started_at then k.previous_secret_hash else k.secret_hash",
            "else k.secret_hash", "a change of a key's secrets is none that there can be");

    /** What the audit reports. */
    final String violation;
    private final String function;
    private final String right;
    private final String wrong;

    BrokenFunction(String function, String right, String wrong, String violation) {
        this.function = function;
        this.right = right;
        this.wrong = wrong;
        this.violation = violation;
    }

    /** Replaces the right function in a database. */
    void make(Connection owner) throws SQLException {
        String definition = Postgres.one(owner, String.class, "SELECT pg_get_functiondef(?::regproc)", function);
        if (!definition.contains(right)) {
            throw new AssertionError(function + " has no " + right);
        }
        Postgres.execute(owner, definition.replace(right, wrong));
    }
}
