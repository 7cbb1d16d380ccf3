#!/usr/bin/env python3
"""Creates a proxy key. Its secret is shown by the API this once: it goes into a file that only its owner can read, or to a command
such as a secret store's."""

import argparse
import re
import time

import proxy_keys


def main():
    options = arguments()
    client = proxy_keys.Client.from_environment(patience=options.give_up_after)
    settings = {
        "name": options.name,
        "expires_at": -1 if options.days is None else int(time.time()) + options.days * 86400,
        "model_whitelist": options.model,
        "ip_whitelist": options.ip,
    }
    with proxy_keys.NewFile(options.output) as output:
        try:
            key = client.create(settings, options.credits)
        except proxy_keys.Refused:
            raise
        except proxy_keys.Failure as failure:
            raise proxy_keys.Failure(failure.code, f"{failure} If a key was created, the list shows it with the name "
                                                   f"{proxy_keys.printable(options.name)}. Its secret is lost: delete it.") from None
        written = proxy_keys.deliver([key], options.command, output)
    print(f"Created    {key['id']}")
    print(f"Allocated  {proxy_keys.money(key['allocated_ammount'])} credits")
    if written:
        print(f"The secret is in {options.output}, and nowhere else.")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True, help="1 to 25 characters")
    parser.add_argument("--credits", required=True, type=amount, help="to move from the balance into the key; at most six decimals")
    parser.add_argument("--days", type=days, help="after how many days it expires (default: never)")
    parser.add_argument("--model", action="append", default=[], help="a model that it may call; may be repeated (default: all)")
    parser.add_argument("--ip", action="append", default=[], metavar="ADDRESS",
                        help="an address or CIDR block that it may be used from; may be repeated (default: all)")
    parser.add_argument("--output", default=proxy_keys.timestamped("proxy-key-new"), metavar="FILE",
                        help="where to write the key with its secret; must not exist (default: %(default)s)")
    parser.add_argument("--command", metavar="COMMAND",
                        help="hand the key to this command instead, as JSON on standard input; if it fails, it goes to the file")
    proxy_keys.add_give_up_after(parser)
    return parser.parse_args()


def amount(text):
    if not re.fullmatch(r"(0|[1-9][0-9]{0,13})(\.[0-9]{1,6})?", text):
        raise argparse.ArgumentTypeError("an amount such as 100 or 0.5")
    return text


def days(text):
    if not re.fullmatch("[1-9][0-9]{0,5}", text):
        raise argparse.ArgumentTypeError("a number of days")
    return int(text)


if __name__ == "__main__":
    proxy_keys.run(main)
