#!/usr/bin/env python3
"""What a cold start of the deployed function takes, as AWS measures it.

    src/bench/cold_starts_on_aws.py <function's name> [how many, 20]

Takes the AWS CLI, and the permission to invoke the function and to change its configuration: before each call its description is
changed, which makes Lambda start a new instance, and in the end it is what it was. Use a stack that nobody depends on. Each call is a
deletion without a token, which is refused and changes nothing; a token in PROXY_KEYS_TOKEN makes it a preview, which reads and changes
nothing. Prints the REPORT line of each call, then medians.
"""
import base64
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

FIGURES = ("Init Duration", "Duration", "Max Memory Used")


def aws(*arguments):
    return subprocess.run(["aws", "lambda", *arguments, "--output", "json"], check=True, stdout=subprocess.PIPE, text=True).stdout


def event():
    token = os.environ.get("PROXY_KEYS_TOKEN")
    method, path = ("GET", "/v1/auth/proxy/preview") if token else ("DELETE", "/v1/auth/proxy")
    return json.dumps({
        "version": "2.0", "routeKey": f"{method} {path}", "rawPath": path, "rawQueryString": "", "isBase64Encoded": False,
        "headers": {"host": "localhost", **({"authorization": f"Bearer {token}"} if token else {})},
        "requestContext": {"http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "-"}}})


def describe(function, text):
    aws("update-function-configuration", "--function-name", function, "--description", text)
    subprocess.run(["aws", "lambda", "wait", "function-updated-v2", "--function-name", function], check=True)


def report(function, payload):
    """The REPORT line of one call. The payload goes by way of a file, because others of the machine can read a command's arguments."""
    with tempfile.NamedTemporaryFile("w") as event_file, tempfile.NamedTemporaryFile() as answer:
        event_file.write(payload)
        event_file.flush()
        call = json.loads(aws("invoke", "--function-name", function, "--payload", f"fileb://{event_file.name}", "--log-type", "Tail",
                              answer.name))
    log = base64.b64decode(call["LogResult"]).decode()
    return next(line for line in log.splitlines() if line.startswith("REPORT "))


def figure(name, line):
    """As in "Duration: 2.31 ms"; None if the line does not have it, as the Init Duration of an instance that ran before."""
    found = re.search(rf"\t{name}: ([0-9.]+)", line)
    return float(found[1]) if found else None


def main(function, count=20):
    before = json.loads(aws("get-function-configuration", "--function-name", function)).get("Description", "")
    lines = []
    try:
        for number in range(int(count)):
            describe(function, f"cold start {number}")
            lines.append(report(function, event()))
            print(lines[-1], flush=True)
    finally:
        describe(function, before)
    for name in FIGURES:
        values = [value for value in (figure(name, line) for line in lines) if value is not None]
        if values:
            print(f"{name}: median {statistics.median(values):.1f}, most {max(values):.1f}, of {len(values)}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
