#!/usr/bin/env python3
"""Revokes every proxy key at once: one call, repeated with the same Idempotency-Key until it is answered 200.

No question, no backup: the receipt has what is needed to recreate each key. How to do that is said at the end. If an access token may be
stolen too, --block-new-keys keeps it from creating keys again.
"""

import argparse
import re
import uuid

import proxy_keys

BLOCK_SECONDS = 900


def main():
    options = arguments()
    client = proxy_keys.Client.from_environment(patience=options.give_up_after)
    proxy_keys.say(f"Revoking all proxy keys, Idempotency-Key {options.idempotency_key}")

    answer = revoke(client, options)
    receipt = answer.json()

    print("All proxy keys are revoked: no key that existed then works any more.")
    proxy_keys.show_receipt(receipt)
    if options.block_new_keys:
        print(f"For {options.block_new_keys} s from then on no key can be created, recreated, enabled or given more, by anybody.")
    if receipt["deleted"]:
        print("To recreate those that you still need, with new secrets, when the incident is over: rotate.py --receipt "
              f"{receipt['revocation_id']}")
    if options.continued and answer.headers.get("Idempotency-Replayed") == "true":
        # An old key of another night is answered too, and deletes nothing any more.
        print(f"This had been done at {proxy_keys.utc(receipt['revoked_at'])}. Proxy keys made after that still work: "
              "to revoke them too, run this without --idempotency-key.")


def revoke(client, options):
    try:
        return client.delete_all(idempotency_key=options.idempotency_key, block_new_keys_seconds=options.block_new_keys)
    except proxy_keys.Refused as refused:
        if refused.is_a("idempotency-key-reused"):
            raise proxy_keys.Failure(refused.code, f"{refused} It belongs to a run with another --block-new-keys, or without: "
                                                   "run this without --idempotency-key.") from None
        raise


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    proxy_keys.add_give_up_after(parser, default=900)
    parser.add_argument("--idempotency-key", type=idempotency_key, metavar="KEY",
                        help="of an earlier run, to continue that one (default: a new one)")
    parser.add_argument("--block-new-keys", type=block, nargs="?", const=BLOCK_SECONDS, default=0, metavar="SECONDS",
                        help="also keep keys from being created or enabled for so long, up to 3600 (without a number: %(const)s)")
    options = parser.parse_args()
    options.continued = options.idempotency_key is not None
    options.idempotency_key = options.idempotency_key or str(uuid.uuid4())
    return options


def idempotency_key(text):
    if not re.fullmatch(r"[!-+\--~]{1,255}", text):
        raise argparse.ArgumentTypeError("1 to 255 visible ASCII characters without a comma")
    return text


def block(text):
    if not re.fullmatch("[0-9]{1,4}", text) or int(text) > 3600:
        raise argparse.ArgumentTypeError("0 to 3600 seconds")
    return int(text)


if __name__ == "__main__":
    proxy_keys.run(main)
