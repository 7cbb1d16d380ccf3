"""Create two keys, list, toggle, delete one, delete all, receipt: with the generated client, against the API at PROXY_KEYS_URL. Deletes all keys there."""

import os
import time
from decimal import Decimal

import proxy_keys_client as client
from proxy_keys_client.api import CreationApi, DeletionApi, ReviewApi, ToggleApi


def money(number):
    """The client reads money as a float. repr() gives the digits back that were sent, up to 15 of them."""
    return Decimal(repr(number)).quantize(Decimal("0.000001"))


def main():
    configuration = client.Configuration(host=os.environ["PROXY_KEYS_URL"], access_token=os.environ["PROXY_KEYS_TOKEN"])
    with client.ApiClient(configuration) as connection:
        deletion, review, toggle = DeletionApi(connection), ReviewApi(connection), ToggleApi(connection)
        for amount in 12.345678, 0.5:
            CreationApi(connection).create_proxy_key(client.KeyToCreate(name="flow.py", allocated_ammount=amount))

        keys = review.list_proxy_keys()
        print(f"{len(keys)} keys")
        first, rest = keys[0], keys[1:]
        print("active:", toggle.toggle_proxy_key(client.KeyToToggle(proxy_key=first.key, is_active=False)).status)

        one = deletion.delete_proxy_key(client.KeysToRemove(proxy_key=first.key), idempotency_key=f"one-{time.time_ns()}")
        expect(money(one.credits_returned), left(first))
        everything = deletion.delete_all_proxy_keys(idempotency_key=f"all-{time.time_ns()}")
        expect(money(everything.credits_returned), sum(map(left, rest)))
        expect(everything.deleted, len(rest))

        receipt = review.read_receipt(id=str(everything.revocation_id))
        expect(sorted(key.key for key in receipt.keys), sorted(key.key for key in rest))
        expect(money(receipt.credits_returned), sum(map(left, receipt.keys)))
        print(f"{everything.deleted} keys deleted, {money(everything.credits_returned)} credits returned, exactly what they had left")


def left(key):
    return money(key.allocated_ammount) - money(key.used_ammount)


def expect(actual, wanted):
    if actual != wanted:
        raise SystemExit(f"{actual} instead of {wanted}")


main()
