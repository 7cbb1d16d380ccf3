#!/usr/bin/env python3
"""Rotates all proxy keys: saves them, deletes them, and writes a file from which each can be recreated.

The file is made from the receipt and not from the backup: it has every key that was deleted, also one that was made at the
last moment, with what was left in it then. Its credits are exact decimals, as strings.
"""

import argparse
import json
import uuid
from decimal import Decimal

import proxy_keys


def main():
    options = arguments()
    client = proxy_keys.Client.from_environment()
    # Opened before anything is deleted: that is the time to learn that it cannot be written.
    with proxy_keys.NewFile(options.output) as output:
        revocation_id = options.receipt or delete_all(client, options)
        if revocation_id is None:
            print("There are no proxy keys. Nothing was changed.")
            return
        try:
            receipt = client.receipt(revocation_id)
            if len(receipt["keys"]) != receipt["deleted"]:
                raise proxy_keys.Failure(proxy_keys.REFUSED, f"The receipt lists {len(receipt['keys'])} keys of "
                                                             f"{receipt['deleted']}.")
        except proxy_keys.Failure as failure:
            raise proxy_keys.Failure(failure.code, f"{failure} The file is not made yet. For that, run "
                                                   f"rotate.py --receipt {revocation_id}") from None
        recipes = [recipe(key) for key in receipt["keys"]]
        output.write(json.dumps(recipes, indent=1).encode() + b"\n")
        output.keep()
    print(f"{len(recipes)} proxy keys can be recreated from {options.output}.")


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


def recipe(key):
    """What a new key needs to stand in for a deleted one."""
    return {
        "name": key["name"],
        "remaining_credits": proxy_keys.money(Decimal(key["allocated_ammount"]) - Decimal(key["used_ammount"])),
        "expires_at": key["expires_at"],
        "is_active": key["is_active"],
        "model_whitelist": key["model_whitelist"],
        "ip_whitelist": key["ip_whitelist"],
        "replaces": key["key"],
    }


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backup", default=proxy_keys.timestamped("proxy-keys-backup"), metavar="FILE",
                        help="where to save the keys before; must not exist (default: %(default)s)")
    parser.add_argument("--output", default=proxy_keys.timestamped("proxy-keys-to-recreate"), metavar="FILE",
                        help="the file to recreate them from; must not exist (default: %(default)s)")
    parser.add_argument("--yes", action="store_true", help="do not ask to type DELETE")
    parser.add_argument("--receipt", type=uuid.UUID, metavar="ID",
                        help="delete nothing; make the file from the receipt of an earlier deletion")
    return parser.parse_args()


if __name__ == "__main__":
    proxy_keys.run(main)
