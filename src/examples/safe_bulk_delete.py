#!/usr/bin/env python3
"""Deletes all proxy keys with care: backup, review, confirmation, deletion, check."""

import argparse

import proxy_keys


def main():
    options = arguments()
    client = proxy_keys.Client.from_environment()

    with proxy_keys.NewFile(options.backup) as backup:
        saved = {key["key"] for key in proxy_keys.save_keys(client, backup)}
        expected = client.preview()
        if not saved and not expected["would_delete"]:
            print("There are no proxy keys. Nothing was changed.")
            return
        backup.keep()
    print(f"{len(saved)} proxy keys are saved in {options.backup}.")

    proxy_keys.show_what_goes(expected, len(saved))
    proxy_keys.confirm(options.yes)

    receipt = client.delete_all().json()
    proxy_keys.show_receipt(receipt)
    check_that_nothing_is_left(client, saved)


def check_that_nothing_is_left(client, deleted):
    left = {key["key"] for key in client.list_keys()}
    if left & deleted:
        raise proxy_keys.Failure(proxy_keys.REFUSED, f"{len(left & deleted)} of the deleted keys are still listed.")
    if left:
        print(f"Checked: none of the deleted keys is left. {len(left)} proxy keys were made while this ran and still work: "
              "run this again to delete them too.")
    else:
        print("Checked: no proxy key is left.")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backup", default=proxy_keys.timestamped("proxy-keys-backup"), metavar="FILE",
                        help="where to save the keys before; must not exist (default: %(default)s)")
    parser.add_argument("--yes", action="store_true", help="do not ask to type DELETE")
    return parser.parse_args()


if __name__ == "__main__":
    proxy_keys.run(main)
