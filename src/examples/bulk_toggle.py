#!/usr/bin/env python3
"""Disables or enables all proxy keys, or those whose name starts with a prefix. Milder than deleting: it can be undone."""

import argparse
from collections import Counter

import proxy_keys


def main():
    options = arguments()
    client = proxy_keys.Client.from_environment()
    wanted = "enabled" if options.is_active else "disabled"

    count = Counter()
    for key in client.list_keys():
        name = key["name"] or ""
        if name.startswith(options.name_prefix):
            result = switch(client, key, options.is_active, wanted)
            count[result] += 1
            print(f"{key['key']}  {proxy_keys.printable(name)}: {result}")

    print(", ".join(f"{number} {result}" for result, number in count.items()) or "There is no such proxy key.")


def switch(client, key, is_active, wanted):
    # Calling for these too would be right and change nothing, but an interrupted run is continued faster without them.
    if key["is_active"] == is_active:
        return f"{wanted} before"
    try:
        client.toggle(key["key"], is_active)
        return wanted
    except proxy_keys.Refused as refused:
        if refused.status == 404 and refused.problem_type.endswith(":unknown-key"):
            return "deleted while this ran"
        raise


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    state = parser.add_mutually_exclusive_group(required=True)
    state.add_argument("--disable", dest="is_active", action="store_false", help="the keys cannot be spent with any more")
    state.add_argument("--enable", dest="is_active", action="store_true", help="and can again")
    parser.add_argument("--name-prefix", default="", metavar="PREFIX", help="only keys whose name starts with this")
    return parser.parse_args()


if __name__ == "__main__":
    proxy_keys.run(main)
