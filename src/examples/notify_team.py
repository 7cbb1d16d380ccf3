#!/usr/bin/env python3
"""Tells the team of every deletion and suspension of proxy keys, whoever asked for it: a person, an alert, GitHub.

For the operator: it reads the tables, with psql, because there every account's are. Where the database is and who reads come from psql's own
variables: PGHOST, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE and so on. The login needs no more than SELECT on revocation and suspension.

Nothing is missed: what was told last is kept in the file --cursor, which begins with now. A message that its receiver does not take is
sent again by the next run; after a crash, the last one may be sent twice. Deletions by people that found no key are left out.

Exit codes: 0 done, 2 wrong arguments or environment, 5 a message was not taken, 6 the database cannot be read.
"""

import argparse
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import proxy_keys

TIMEOUT_SECONDS = 30
PAGE = 100

# Why this order and not the time, and why the last condition: src/docs/operations.md. Each row is one line of JSON.
QUERY = """
select row_to_json(news) from (
    select '{table}' as "table", t.transaction_id::text as transaction_id, t.id, t.account_id, t.trigger, t.operation, t.name_prefix,
           t.requested_by, t.subject, t.reason, t.reported_by, t.url, {columns}
      from {table} t
     where (t.transaction_id, t.id) > (:'transaction'::xid8, :'id'::uuid)
       and t.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
     order by t.transaction_id, t.id
     limit {page}) news
"""
TABLES = {
    "revocation": "t.keys_deleted as keys, t.credits_returned::text as credits, t.revoked_at as happened_at",
    "suspension": "t.keys_suspended as keys, null as credits, t.suspended_at as happened_at",
}
NOW = "select json_build_object('transaction_id', pg_snapshot_xmin(pg_current_snapshot())::text)"
FIRST_ID = "00000000-0000-0000-0000-000000000000"


def main():
    options = arguments()
    while True:
        tell_what_is_new(options)
        if not options.every:
            return
        time.sleep(options.every)


def tell_what_is_new(options):
    cursors = read_cursors(options.cursor)
    for table in TABLES:
        while True:
            rows = news(table, cursors[table])
            for row in rows:
                if row["keys"] or row["trigger"] == "alert":
                    options.send(subject(row), text(row))
                cursors[table] = {"transaction_id": row["transaction_id"], "id": row["id"]}
                write_cursors(options.cursor, cursors)
            if len(rows) < PAGE:
                break


def news(table, cursor):
    return psql(QUERY.format(table=table, columns=TABLES[table], page=PAGE), transaction=cursor["transaction_id"], id=cursor["id"])


def psql(query, **variables):
    command = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--no-password", "--set=ON_ERROR_STOP=1"]
    command += [f"--set={name}={value}" for name, value in variables.items()]
    try:
        ended = subprocess.run(command, input=query, capture_output=True, encoding="utf-8", timeout=TIMEOUT_SECONDS, check=False)
    except OSError as problem:
        raise proxy_keys.Failure(proxy_keys.USAGE, f"psql cannot be run: {problem.strerror}.") from None
    except subprocess.TimeoutExpired:
        raise proxy_keys.Failure(proxy_keys.REFUSED, f"The database did not answer within {TIMEOUT_SECONDS} s.") from None
    if ended.returncode:
        raise proxy_keys.Failure(proxy_keys.REFUSED, f"The database cannot be read: {proxy_keys.printable(ended.stderr.strip())}")
    return [json.loads(line) for line in ended.stdout.splitlines() if line]


def read_cursors(path):
    try:
        with open(path, encoding="utf-8") as file:
            cursors = json.load(file)
    except FileNotFoundError:
        cursors = {table: {**psql(NOW)[0], "id": FIRST_ID} for table in TABLES}
        write_cursors(path, cursors)
        proxy_keys.say(f"{path} is new: what happens from now on is told.")
    except (OSError, ValueError) as problem:
        raise proxy_keys.Failure(proxy_keys.USAGE, f"{path} cannot be read: {problem}.") from None
    return cursors


def write_cursors(path, cursors):
    """The old file or the new one, also after a power failure."""
    try:
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(cursors, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path + ".new", path)
    except OSError as problem:
        raise proxy_keys.Failure(proxy_keys.USAGE, f"{path} cannot be written: {problem.strerror}.") from None


def subject(row):
    what = {"old_secret": "Old secret of a proxy key ended"}.get(row["operation"])
    return what or f"{row['keys']} proxy keys {'deleted' if row['table'] == 'revocation' else 'suspended'}"


def text(row):
    """What a person or an alert wrote is one line each, without what a chat would take for a link or a call to everyone."""
    who = row["subject"] or row["requested_by"] or "unknown"
    lines = [subject(row), f"Account: {row['account_id']}", f"By: {'an alert' if row['trigger'] == 'alert' else 'a call'}, {who}"]
    if row["subject"] and row["requested_by"]:
        lines.append(f"With: {row['requested_by']}")
    lines.append("Which: " + row["operation"] + (f", names beginning with {row['name_prefix']}" if row["name_prefix"] else ""))
    lines += [f"{label}: {row[member]}" for label, member in
              (("Credits returned", "credits"), ("Reason", "reason"), ("Reported by", "reported_by"), ("Where", "url")) if row[member]]
    lines += [f"When: {row['happened_at']}", f"{'Receipt' if row['table'] == 'revocation' else 'Suspension'}: {row['id']}"]
    return "\n".join(re.sub("[<>]|@(?=all|channel|everyone|here)", " ", proxy_keys.printable(line)) for line in lines)


class _AsAnswered(urllib.request.HTTPRedirectHandler):
    """The message goes to the address that was given, and to no other."""

    def redirect_request(self, *_):
        return None


def to_webhook(url):
    parts = urllib.parse.urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "localhost")):
        raise proxy_keys.Failure(proxy_keys.USAGE, "Set PROXY_KEYS_WEBHOOK to an address that begins with https:.")
    opener = urllib.request.build_opener(_AsAnswered)

    def send(_, message):
        request = urllib.request.Request(url, data=json.dumps({"text": message}).encode(), headers={"Content-Type": "application/json"})
        try:
            opener.open(request, timeout=TIMEOUT_SECONDS).close()
        except urllib.error.HTTPError as refused:
            raise proxy_keys.Failure(proxy_keys.NETWORK, f"The webhook answered {refused.code}. The next run sends this again.") from None
        except OSError as problem:
            raise proxy_keys.Failure(proxy_keys.NETWORK, f"The webhook did not answer: {getattr(problem, 'reason', problem)}."
                                                         " The next run sends this again.") from None
    return send


def to_sns(topic):
    def send(title, message):
        command = ["aws", "sns", "publish", "--region", topic.split(":")[3], "--topic-arn", topic, "--subject", "Proxy Keys: " + title,
                   "--message", message]
        try:
            ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=TIMEOUT_SECONDS * 2,
                                   check=False)
        except OSError as problem:
            raise proxy_keys.Failure(proxy_keys.USAGE, f"aws cannot be run: {problem.strerror}.") from None
        except subprocess.TimeoutExpired:
            raise proxy_keys.Failure(proxy_keys.NETWORK, "SNS did not answer. The next run sends this again.") from None
        if ended.returncode:
            raise proxy_keys.Failure(proxy_keys.NETWORK, f"SNS did not take it: {proxy_keys.printable(ended.stderr.strip())}"
                                                         " The next run sends this again.")
    return send


def topic_arn(arn):
    if not re.fullmatch(r"arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}", arn):
        raise argparse.ArgumentTypeError("the ARN of an SNS topic")
    return arn


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cursor", required=True, metavar="FILE", help="where to keep what was told last")
    receiver = parser.add_mutually_exclusive_group(required=True)
    receiver.add_argument("--webhook", action="store_true",
                          help="post {\"text\": …} to the address in PROXY_KEYS_WEBHOOK, as Slack, Mattermost and others take it")
    receiver.add_argument("--sns-topic", type=topic_arn, metavar="ARN", help="publish to this topic, which may send mail, with the AWS command line")
    parser.add_argument("--every", type=int, default=0, metavar="SECONDS", help="go on, and look again after so long (default: look once)")
    options = parser.parse_args()
    options.send = to_webhook(os.environ.get("PROXY_KEYS_WEBHOOK", "")) if options.webhook else to_sns(options.sns_topic)
    return options


if __name__ == "__main__":
    proxy_keys.run(main)
