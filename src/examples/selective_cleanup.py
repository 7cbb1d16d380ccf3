#!/usr/bin/env python3
"""Deletes expired proxy keys only. The server picks them, when it deletes and by its own clock."""

import argparse

import proxy_keys


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
    options = parser.parse_args()
    client = proxy_keys.Client.from_environment()

    expected = client.preview("expired")
    print(f"{expected['would_delete']} expired proxy keys, which hold "
          f"{proxy_keys.money(expected['credits_to_return'])} unused credits.")
    if options.dry_run or not expected["would_delete"]:
        print("Nothing was changed.")
        return

    proxy_keys.show_receipt(client.delete_all("expired").json())


if __name__ == "__main__":
    proxy_keys.run(main)
