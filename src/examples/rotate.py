#!/usr/bin/env python3
"""Gives proxy keys new secrets without an outage: the old ones work on for --overlap seconds. Identifiers, credits and settings stay.

The new secrets are shown by the API this once. They go into a file that only its owner can read, or each to a command such as a
secret store's. With --receipt nothing is rotated: the keys of an earlier deletion are recreated, each with what it had left.
"""

import argparse
import json
import re
import time
import uuid
from decimal import Decimal

import proxy_keys

# What a call takes: 1,000 keys, and 64 KiB.
MOST_KEYS = 1000
MOST_BYTES = 60000
DAY_SECONDS = 86400
LONGEST_OVERLAP_SECONDS = 7 * DAY_SECONDS


def main():
    options = arguments()
    client = proxy_keys.Client.from_environment(patience=options.give_up_after)
    # Before anything is changed: that is the time to learn that it may not be done, or that the secrets cannot be written.
    client.require_scope_to_create()
    with proxy_keys.NewFile(options.output) as output:
        work = recreate_all if options.receipt else rotate_all
        keys, total, failure = work(client, options)
        written = proxy_keys.deliver(keys, options.command, output)
    if not total:
        print("There are no proxy keys to rotate. Nothing was changed.")
        return
    print(f"{len(keys)} of {total} proxy keys are {'recreated' if options.receipt else 'rotated'}.")
    if keys and not options.receipt:
        print(when_the_old_secrets_end(keys))
    if written:
        print(f"The secrets of {written} are in {options.output}, and nowhere else.")
    if failure is not None:
        rest = f" --receipt {options.receipt}" if options.receipt else ""
        raise proxy_keys.Failure(failure.code, f"{failure} For the keys that are left, run rotate.py{rest} again.")


def rotate_all(client, options):
    """Returns the keys with their new secrets, how many there are, and what stopped it; None: nothing did."""
    new_keys = []
    keys = {key["key"]: key for key in client.list_keys(options.status, options.name_prefix) if not has_expired(key)}
    try:
        for identifiers in parts(keys):
            rotated = rotate(client, identifiers, options.overlap)
            new_keys += [{**key, "name": keys[key["id"]]["name"], "overlap_until": rotated["overlap_until"]} for key in rotated["keys"]]
    except proxy_keys.Failure as failure:
        return new_keys, len(keys), failure
    except KeyboardInterrupt:
        return new_keys, len(keys), proxy_keys.Failure(proxy_keys.ABORTED, "Interrupted.")
    return new_keys, len(keys), None


def rotate(client, identifiers, overlap):
    """Leaves out keys that were deleted since they were listed."""
    while identifiers:
        try:
            return client.rotate(identifiers, overlap)
        except proxy_keys.Refused as refused:
            gone = set(refused.problem.get("positions", []))
            if refused.status != 404 or not gone:
                raise
            identifiers = [identifier for position, identifier in enumerate(identifiers) if position not in gone]
    return {"overlap_until": None, "keys": []}


def recreate_all(client, options):
    """Returns the new keys, how many keys the receipt has, and what stopped it. What is recreated is not lost by it."""
    new_keys = []
    total = "the"
    try:
        receipt = client.receipt(str(options.receipt))
        total = receipt["deleted"]
        if len(receipt["keys"]) != total:
            raise proxy_keys.Failure(proxy_keys.REFUSED, f"The receipt lists {len(receipt['keys'])} keys of {total}.")
        for identifiers in parts(key["key"] for key in receipt["keys"] if can_be_recreated(key)):
            new_keys += recreate(client, options, identifiers)
    except proxy_keys.Failure as failure:
        return new_keys, total, failure
    except KeyboardInterrupt:
        return new_keys, total, proxy_keys.Failure(proxy_keys.ABORTED, "Interrupted.")
    return new_keys, total, None


def recreate(client, options, identifiers):
    """If an answer was lost, its secrets are: the new keys get others. With an overlap, because it may also have been another person who
    recreated them, and uses them."""
    try:
        return client.recreate(str(options.receipt), identifiers)
    except proxy_keys.Refused as refused:
        if not (refused.is_a("already-recreated") and refused.after_lost_answer):
            raise
        proxy_keys.say("The answer was lost, and with it the secrets. Rotating the new keys.")
        replaces = {key["id"]: key["replaces"] for key in refused.problem["replaced"]}
        overlap = options.overlap or DAY_SECONDS
        return [{**key, "replaces": replaces[key["id"]]} for key in client.rotate(list(replaces), overlap)["keys"]]


def has_expired(key):
    return -1 < key["expires_at"] <= time.time()


def can_be_recreated(key):
    """The API skips these too; left out here, more of the others fit into a call."""
    return Decimal(key["allocated_ammount"]) > Decimal(key["used_ammount"]) and not has_expired(key)


def parts(identifiers):
    """As many as a call takes."""
    part, size = [], 0
    for identifier in identifiers:
        length = len(json.dumps(identifier)) + 2
        if part and (len(part) == MOST_KEYS or size + length > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(identifier)
        size += length
    if part:
        yield part


def when_the_old_secrets_end(keys):
    ends = [key["overlap_until"] for key in keys if key["overlap_until"]]
    return f"The old secrets work until {proxy_keys.utc(max(ends))}." if ends else "The old secrets do not work any more."


def overlap(text):
    if not re.fullmatch("[0-9]{1,6}", text) or int(text) > LONGEST_OVERLAP_SECONDS:
        raise argparse.ArgumentTypeError(f"a number of seconds up to {LONGEST_OVERLAP_SECONDS}")
    return int(text)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    proxy_keys.add_selection(parser)
    parser.add_argument("--overlap", type=overlap, default=DAY_SECONDS, metavar="SECONDS",
                        help="for how long the old secrets work; 0: they end at once, as after a leak (default: %(default)s)")
    parser.add_argument("--output", default=proxy_keys.timestamped("proxy-keys-new"), metavar="FILE",
                        help="where to write the keys with their new secrets; must not exist (default: %(default)s)")
    parser.add_argument("--command", metavar="COMMAND",
                        help="hand each key to this command instead, as JSON on standard input; what it does not take goes to the file")
    parser.add_argument("--receipt", type=uuid.UUID, metavar="ID",
                        help="rotate nothing; recreate the keys of an earlier deletion, such as an automatic one")
    proxy_keys.add_give_up_after(parser)
    options = parser.parse_args()
    if options.receipt and (options.status or options.name_prefix):
        parser.error("--receipt takes neither --status nor --name-prefix: it recreates what the receipt has")
    return options


if __name__ == "__main__":
    proxy_keys.run(main)
