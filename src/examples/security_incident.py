#!/usr/bin/env python3
"""Revokes every proxy key at once: one call, repeated with the same Idempotency-Key until it is answered 200.

No question, no backup: the receipt has what is needed to recreate each key. How to do that is said at the end.
"""

import argparse
import re
import uuid

import proxy_keys


def main():
    options = arguments()
    client = proxy_keys.Client.from_environment(patience=options.give_up_after)
    proxy_keys.say(f"Revoking all proxy keys, Idempotency-Key {options.idempotency_key}")

    answer = client.delete_all(idempotency_key=options.idempotency_key)
    receipt = answer.json()

    print("All proxy keys are revoked: no key that existed then works any more.")
    proxy_keys.show_receipt(receipt)
    if receipt["deleted"]:
        print("To recreate those that you still need, with new secrets, when the incident is over: rotate.py --receipt "
              f"{receipt['revocation_id']}")
    if options.continued and answer.headers.get("Idempotency-Replayed") == "true":
        # An old key of another night is answered too, and deletes nothing any more.
        print(f"This had been done at {proxy_keys.utc(receipt['revoked_at'])}. Proxy keys made after that still work: "
              "to revoke them too, run this without --idempotency-key.")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    proxy_keys.add_give_up_after(parser, default=900)
    parser.add_argument("--idempotency-key", type=idempotency_key, metavar="KEY",
                        help="of an earlier run, to continue that one (default: a new one)")
    options = parser.parse_args()
    options.continued = options.idempotency_key is not None
    options.idempotency_key = options.idempotency_key or str(uuid.uuid4())
    return options


def idempotency_key(text):
    if not re.fullmatch(r"[!-+\--~]{1,255}", text):
        raise argparse.ArgumentTypeError("1 to 255 visible ASCII characters without a comma")
    return text


if __name__ == "__main__":
    proxy_keys.run(main)
