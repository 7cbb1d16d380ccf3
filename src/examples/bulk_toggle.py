#!/usr/bin/env python3
"""Disables all active proxy keys, or some, in one call, and enables them again in another. Milder than deleting: it can be undone.

What is enabled again is what was disabled here. A key that was disabled before, or that was deleted or toggled since, stays as it is.
"""

import argparse
import uuid

import proxy_keys


def main():
    options = arguments()
    client = proxy_keys.Client.from_environment()
    if options.disable:
        disable(client, options)
    else:
        enable(client, str(options.enable))


def disable(client, options):
    suspension = client.suspend(options.status, options.name_prefix)
    print(f"{suspension['suspended']} {proxy_keys.selected(options)} are disabled.")
    if suspension["suspended"]:
        print(f"To enable them again: bulk_toggle.py --enable {suspension['suspension_id']}")


def enable(client, suspension_id):
    result = client.resume(suspension_id)
    print(f"{result['resumed']} proxy keys are enabled again.")
    if result["skipped"]:
        print(f"{result['skipped']} were enabled, disabled, suspended or deleted since, and are left as they are.")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    state = parser.add_mutually_exclusive_group(required=True)
    state.add_argument("--disable", action="store_true", help="the keys cannot be spent with any more")
    state.add_argument("--enable", type=uuid.UUID, metavar="ID", help="and can again: the id that --disable printed, suspension_id in the list")
    proxy_keys.add_selection(parser)
    options = parser.parse_args()
    if options.enable and (options.status or options.name_prefix):
        parser.error("--enable takes neither --status nor --name-prefix: it enables what was disabled")
    return options


if __name__ == "__main__":
    proxy_keys.run(main)
