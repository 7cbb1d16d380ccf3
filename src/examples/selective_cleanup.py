#!/usr/bin/env python3
"""Deletes some proxy keys: the expired ones, those of another --status, or those of a project, whose names begin with --name-prefix.

Two calls: a preview, and the deletion with the same selection. The server picks the keys, when it deletes and by its own clock.
"""

import argparse

import proxy_keys


def main():
    options = arguments()
    client = proxy_keys.Client.from_environment()

    expected = client.preview(options.status, options.name_prefix)
    print(f"{expected['would_delete']} {proxy_keys.selected(options)}, which hold "
          f"{proxy_keys.money(expected['credits_to_return'])} unused credits.")
    if options.dry_run or not expected["would_delete"]:
        print("Nothing was changed.")
        return
    if options.name_prefix:
        # These may be in use, and a prefix is soon too short.
        proxy_keys.confirm(options.yes)

    proxy_keys.show_receipt(client.delete_all(options.status, options.name_prefix).json())


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    proxy_keys.add_selection(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
    parser.add_argument("--yes", action="store_true", help="do not ask to type DELETE")
    options = parser.parse_args()
    if not options.name_prefix:
        options.status = options.status or "expired"
    return options


if __name__ == "__main__":
    proxy_keys.run(main)
