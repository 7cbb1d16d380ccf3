package io.proxykeys.conservation;

/**
 * What the database itself writes down of each change, in the transaction that makes it. Changes of an account's keys are serialised by
 * its lock, so the times are in the order of the changes; and each is later than the change, which nobody else sees before its commit.
 */
final class Journal {

    /** May be repeated. */
    static final String BEGIN = """
            CREATE TABLE IF NOT EXISTS top_up (account_id text, amount numeric, at timestamptz DEFAULT clock_timestamp());
            CREATE TABLE IF NOT EXISTS allocation_change (account_id text, key_id text, key_created_at timestamptz, amount numeric,
                at timestamptz DEFAULT clock_timestamp(), transaction_id xid8 DEFAULT pg_current_xact_id());
            CREATE TABLE IF NOT EXISTS key_journal (account_id text, key_id text, before proxy_key, after proxy_key,
                at timestamptz DEFAULT clock_timestamp(), transaction_id xid8 DEFAULT pg_current_xact_id());
            CREATE INDEX IF NOT EXISTS key_journal_of_account ON key_journal (account_id);
            CREATE TABLE IF NOT EXISTS version_change (account_id text, rise bigint, transaction_id xid8 DEFAULT pg_current_xact_id());
            CREATE TABLE IF NOT EXISTS resumption (suspension_id uuid, account_id text, keys int,
                transaction_id xid8 DEFAULT pg_current_xact_id());
            CREATE OR REPLACE FUNCTION write_journal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                CASE tg_name
                    WHEN 'write_allocation_change' THEN
                        INSERT INTO public.allocation_change VALUES (new.account_id, new.id, new.created_at, new.allocated - old.allocated);
                    WHEN 'write_key_journal' THEN
                        INSERT INTO public.key_journal VALUES (new.account_id, new.id, old, new);
                    WHEN 'write_version_change' THEN
                        INSERT INTO public.version_change VALUES (new.id, new.keys_version - old.keys_version);
                    WHEN 'write_resumption' THEN
                        INSERT INTO public.resumption VALUES (new.id, new.account_id, new.keys_resumed - old.keys_resumed);
                END CASE;
                RETURN NULL;
            END $$;
            CREATE OR REPLACE TRIGGER write_allocation_change AFTER UPDATE OF allocated ON proxy_key
               FOR EACH ROW WHEN (old.allocated <> new.allocated) EXECUTE FUNCTION write_journal();
            CREATE OR REPLACE TRIGGER write_key_journal
               AFTER UPDATE OF is_active, suspended_by, secret_hash, previous_secret_hash ON proxy_key
               FOR EACH ROW WHEN ((old.is_active, old.suspended_by, old.secret_hash, old.previous_secret_hash)
                   IS DISTINCT FROM (new.is_active, new.suspended_by, new.secret_hash, new.previous_secret_hash))
               EXECUTE FUNCTION write_journal();
            CREATE OR REPLACE TRIGGER write_version_change AFTER UPDATE OF keys_version ON account
               FOR EACH ROW WHEN (old.keys_version <> new.keys_version) EXECUTE FUNCTION write_journal();
            CREATE OR REPLACE TRIGGER write_resumption AFTER UPDATE OF keys_resumed ON suspension
               FOR EACH ROW WHEN (old.keys_resumed <> new.keys_resumed) EXECUTE FUNCTION write_journal()""";

    /** Other tests use the same database. */
    static final String END = """
            DROP FUNCTION write_journal() CASCADE;
            DROP TABLE top_up, allocation_change, key_journal, version_change, resumption""";

    private Journal() {
    }
}
