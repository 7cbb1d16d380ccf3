#!/usr/bin/env python3
"""Compares the SQL of two releases in pairs: creation, spend_credits, hold_credits, and delete-all of 50,000 keys.

    python3 src/bench/releases.py <database of 0.2.0> <database of today> [pairs, 20]

Both are connection strings of psql, as the owner, of two databases of one server: one made from
src/test/resources/released/schema.sql, the other by ./mvnw flyway:migrate. psql and pgbench have to be on the path. What is measured is
done by each in turn, the other one first in every second pair; each line has both medians and the median of the pairs' ratios.
"""
import re
import statistics
import subprocess
import sys

KEYS = 50_000
CALLS = 1_000

NEW_KEYS = """select count(create_proxy_key('bench', 'key', sha256((r || '-' || i)::bytea), 10, null, '{{}}', '{{}}'))
  from generate_series(1, {count}) i, gen_random_uuid() r"""
# Without functions: only what the triggers and indexes of the table cost.
INSERTED = """insert into proxy_key (id, account_id, name, secret_hash, allocated)
select 'ek-proxy-' || r || i, 'bench', 'key', sha256((r || '-' || i)::bytea), 10 from generate_series(1, {count}) i, gen_random_uuid() r"""
DELETION = {
    "carry_out_revocation": """carry_out_revocation(receipt_id => gen_random_uuid(), account_id => 'bench', operation => 'all',
        target_id => null, target_hash => null, dedupe_key => null, requested_by => 'bench', block_seconds => 0, bucket => 'bench',
        calls_per_minute => 0, burst => 1)""",
    "carry_out_deletion": """carry_out_deletion(receipt_id => gen_random_uuid(), account_id => 'bench', operation => 'all', name_prefix => null,
        target_ids => null, target_hashes => null, targets_digest => null, dedupe_key => null, requested_by => 'bench', subject => null,
        block_seconds => 0, bucket => 'bench', calls_per_minute => 0, burst => 1)""",
}


class Database:

    def __init__(self, address):
        self.address = address
        self.sql("select create_account('bench')", "update account set balance = 1e15 where id = 'bench'", "delete from proxy_key",
                 "select create_proxy_key('bench', 'spent', sha256('spent'), 1e9, null, '{}', '{}')")
        today = self.sql("select count(*) from pg_proc where proname = 'carry_out_deletion'")[0] != "0"
        self.deletion = DELETION["carry_out_deletion" if today else "carry_out_revocation"]

    def sql(self, *statements):
        text = "".join(statement + ";\n" for statement in statements)
        return subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", self.address], input=text, text=True, capture_output=True,
                              check=True).stdout.split()

    def undone(self, statement):
        """Milliseconds of one statement of many rows, by the server's clock; rolled back."""
        return float(self.sql("begin", "select clock_timestamp() as began \\gset\n" + statement,
                              "select extract(epoch from clock_timestamp() - :'began'::timestamptz) * 1000", "rollback")[-1])

    def each(self, call):
        """Milliseconds of one of many calls, each with its COMMIT."""
        told = subprocess.run(["pgbench", "-n", "-M", "prepared", "-t", str(CALLS), "-f", "-", self.address], input=call + ";\n", text=True,
                              capture_output=True, check=True).stdout
        return float(re.search(r"latency average = ([\d.]+) ms", told)[1])

    def delete_all(self):
        done = self.sql("begin isolation level read committed", NEW_KEYS.format(count=1), "commit",
                        INSERTED.format(count=KEYS), "analyze proxy_key",
                        "select clock_timestamp() as began \\gset\nbegin isolation level read committed",
                        "select id from lock_account_for_change('bench')", "select keys_deleted from " + self.deletion, "commit",
                        "select extract(epoch from clock_timestamp() - :'began'::timestamptz) * 1000",
                        "select create_proxy_key('bench', 'spent', sha256('spent'), 1e9, null, '{}', '{}')")
        assert int(done[-3]) > KEYS, done
        return float(done[-2])


MEASURES = {
    "create_proxy_key, one of %d in a transaction" % CALLS: lambda db: db.undone(NEW_KEYS.format(count=CALLS)) / CALLS,
    "an inserted key, one of %d in a statement" % CALLS: lambda db: db.undone(INSERTED.format(count=CALLS)) / CALLS,
    "spend_credits with COMMIT": lambda db: db.each("select spend_credits(sha256('spent'), 0.01)"),
    "hold_credits with COMMIT": lambda db: db.each("select * from hold_credits(sha256('spent'), 0.01, 60)"),
    "delete-all of %d keys with COMMIT" % KEYS: lambda db: db.delete_all(),
}


def main(old, new, pairs=20):
    databases = [Database(old), Database(new)]
    print("| milliseconds, medians of %d pairs | before | now | ratio |\n|---|---|---|---|" % int(pairs))
    for name, measure in MEASURES.items():
        times = ([], [])
        for pair in range(-1, int(pairs)):
            for which in ((0, 1) if pair % 2 else (1, 0)):
                took = measure(databases[which])
                if pair >= 0:
                    times[which].append(took)
        ratio = statistics.median(now / before for before, now in zip(*times))
        print("| %s | %.3f | %.3f | %.2f |" % (name, statistics.median(times[0]), statistics.median(times[1]), ratio), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
