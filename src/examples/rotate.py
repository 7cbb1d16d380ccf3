#!/usr/bin/env python3
"""Rotates all proxy keys: saves them, deletes them, and recreates each with a new secret and what it had left.

The new secrets are shown by the API this once. They go into a file that only its owner can read, or each to a command such as a
secret store's. What is recreated is what the receipt says and not the backup: it has every key that was deleted, also one that was
made at the last moment. Keys that have expired or have nothing left stay deleted.
"""

import argparse
import json
import time
import uuid
from decimal import Decimal

import proxy_keys

# What a call takes: 1,000 keys, and 64 KiB.
MOST_KEYS = 1000
MOST_BYTES = 60000


def main():
    options = arguments()
    client = proxy_keys.Client.from_environment(patience=options.give_up_after)
    # Before anything is deleted: that is the time to learn that it cannot be recreated, or not be written.
    client.require_scope_to_create()
    with proxy_keys.NewFile(options.output) as output:
        revocation_id = str(options.receipt) if options.receipt else delete_all(client, options)
        if revocation_id is None:
            print("There are no proxy keys. Nothing was changed.")
            return
        keys, total, failure = recreate_all(client, revocation_id, own_deletion=not options.receipt)
        written = proxy_keys.deliver(keys, options.command, output)
    print(f"{len(keys)} of {total} proxy keys are recreated.")
    if written:
        print(f"The secrets of {written} are in {options.output}, and nowhere else.")
    if failure is not None:
        raise proxy_keys.Failure(failure.code, f"{failure} For the keys that are left, run rotate.py --receipt {revocation_id}")


def delete_all(client, options):
    """Returns the id of the receipt; None if there was nothing to delete."""
    with proxy_keys.NewFile(options.backup) as backup:
        saved = proxy_keys.save_keys(client, backup)
        expected = client.preview()
        if not saved and not expected["would_delete"]:
            return None
        backup.keep()
    print(f"{len(saved)} proxy keys are saved in {options.backup}.")

    proxy_keys.show_what_goes(expected, len(saved))
    proxy_keys.confirm(options.yes)

    receipt = client.delete_all().json()
    proxy_keys.show_receipt(receipt)
    return receipt["revocation_id"]


def recreate_all(client, revocation_id, own_deletion):
    """Returns the new keys, how many keys the receipt has, and what stopped it; None: nothing did. What is recreated is not lost by it."""
    new_keys = []
    total = "the"
    try:
        receipt = client.receipt(revocation_id)
        total = receipt["deleted"]
        if len(receipt["keys"]) != total:
            raise proxy_keys.Failure(proxy_keys.REFUSED, f"The receipt lists {len(receipt['keys'])} keys of {total}.")
        for identifiers in parts(key["key"] for key in receipt["keys"] if can_be_recreated(key)):
            recreate(client, revocation_id, identifiers, own_deletion, new_keys)
    except proxy_keys.Failure as failure:
        return new_keys, total, failure
    except KeyboardInterrupt:
        return new_keys, total, proxy_keys.Failure(proxy_keys.ABORTED, "Interrupted.")
    return new_keys, total, None


def can_be_recreated(key):
    """The API skips these too; left out here, more of the others fit into a call."""
    return Decimal(key["allocated_ammount"]) > Decimal(key["used_ammount"]) and not -1 < key["expires_at"] <= time.time()


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


def recreate(client, revocation_id, identifiers, own_deletion, new_keys):
    """Adds the new keys to those that are there. If an answer was lost, its secrets are: the new keys are deleted and recreated from the
    receipts of those deletions. Only after a deletion of this run: of older receipts, the keys may have been recreated by another person,
    and be in use."""
    try:
        new_keys += client.recreate(revocation_id, identifiers)
    except proxy_keys.Refused as refused:
        if not (own_deletion and refused.is_a("already-recreated") and refused.after_lost_answer):
            raise
        proxy_keys.say("The answer was lost, and with it the secrets. Recreating once more.")
        for key in refused.problem["replaced"]:
            receipt = client.remove(key["id"])
            for new_key in client.recreate(receipt["revocation_id"], [key["id"]]):
                new_keys.append({**new_key, "replaces": key["replaces"]})


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backup", default=proxy_keys.timestamped("proxy-keys-backup"), metavar="FILE",
                        help="where to save the keys before; must not exist (default: %(default)s)")
    parser.add_argument("--output", default=proxy_keys.timestamped("proxy-keys-new"), metavar="FILE",
                        help="where to write the new keys with their secrets; must not exist (default: %(default)s)")
    parser.add_argument("--command", metavar="COMMAND",
                        help="hand each new key to this command instead, as JSON on standard input; what it does not take goes to the file")
    parser.add_argument("--yes", action="store_true", help="do not ask to type DELETE")
    parser.add_argument("--receipt", type=uuid.UUID, metavar="ID",
                        help="delete nothing; recreate the keys of an earlier deletion, such as an automatic one")
    proxy_keys.add_give_up_after(parser)
    return parser.parse_args()


if __name__ == "__main__":
    proxy_keys.run(main)
