"""A client of the Proxy Keys API for the examples beside it. Standard library only.

Where and who comes from the environment: PROXY_KEYS_URL (without the path /v1/...) and PROXY_KEYS_TOKEN.

Exit codes, the same for every example:
    0  done                              4  403: the token lacks a scope
    1  aborted by the user               5  no answer: network failure
    2  wrong arguments or environment    6  any other refusal, or a limit that lasts too long
    3  401: a new token is needed
"""

import argparse
import email.utils
import http.client
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from decimal import Decimal

ABORTED, USAGE, UNAUTHENTICATED, FORBIDDEN, NETWORK, REFUSED = 1, 2, 3, 4, 5, 6

PROXY = "/v1/auth/proxy"
PREVIEW = PROXY + "/preview"
CREATE = PROXY + "/create"
RECREATE = PROXY + "/recreate"
SUSPEND = PROXY + "/suspend"
RESUME = PROXY + "/resume"
ROTATE = PROXY + "/rotate"
REVOCATIONS = PROXY + "/revocations"

# Longer than the gateway's own timeout (30 s), so that it is the gateway that gives up first and says so.
TIMEOUT_SECONDS = 35
# For how long a call is repeated that was told to wait, or that got no answer.
PATIENCE_SECONDS = 120
# 500, 502 and 504 are the gateway's words for a function that did not answer.
WORTH_REPEATING = (429, 500, 502, 503, 504)


class Failure(Exception):
    """Ends an example: one line for the user, and an exit code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Refused(Failure):
    """The API said no. `after_lost_answer` tells whether an earlier attempt of the same call may have been carried out."""

    def __init__(self, status, problem, code, message):
        super().__init__(code, message)
        self.status = status
        self.problem = problem
        self.problem_type = str(problem.get("type", ""))
        self.after_lost_answer = False

    def is_a(self, kind):
        return self.problem_type == "urn:problem-type:proxy-keys:" + kind


class NoAnswer(Exception):
    """The connection failed. `sent` is False if the request certainly never arrived."""

    def __init__(self, reason, sent):
        super().__init__(reason)
        self.sent = sent


class Answer:
    """What came back, whatever the status."""

    def __init__(self, url, status, headers, body):
        self.url = url
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        # Money is exact: a number with a decimal point never becomes a binary float.
        return json.loads(self.body, parse_float=Decimal)

    def retry_after(self):
        """The seconds to wait, or None if the answer does not say."""
        value = (self.headers.get("Retry-After") or "").strip()
        if value.isascii() and value.isdigit():
            return max(1, int(value[:9]))
        try:
            return max(1, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
        except (TypeError, ValueError):
            return None

    def next_url(self):
        """The target of rel="next" in the Link headers (RFC 8288), made absolute; None on the last page."""
        links = ", ".join(self.headers.get_all("Link") or [])
        for target, parameters in re.findall(r'<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]+))?)*)',
                                             links):
            rel = re.search(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', parameters, re.IGNORECASE)
            if rel and "next" in (rel.group(1) or rel.group(2) or "").lower().split():
                return urllib.parse.urljoin(self.url, target)
        return None

    def refusal(self):
        try:
            problem = json.loads(self.body)
        except ValueError:
            problem = None
        if not isinstance(problem, dict):
            problem = {}
        # The gateway's own refusals have nothing but a message.
        detail = printable(problem.get("detail") or problem.get("message") or http.client.responses.get(self.status, ""))
        code = REFUSED
        message = f"Refused ({self.status}): {detail}"
        if self.status == 401:
            code = UNAUTHENTICATED
            message = f"Not authenticated (401): {detail} Set PROXY_KEYS_TOKEN to a new token."
        elif self.status == 403:
            code = FORBIDDEN
            scope = re.search(r'\bscope="([^"]*)"', ", ".join(self.headers.get_all("WWW-Authenticate") or []))
            missing = f"the token lacks the scope {printable(scope.group(1))}." if scope else detail
            message = f"Not allowed (403): {missing}"
        return Refused(self.status, problem, code, message)


class _AsAnswered(urllib.request.HTTPErrorProcessor):
    """Hands over every answer as it is. Following a redirect would take the token to another place."""

    def http_response(self, request, response):
        return response

    https_response = http_response


class Client:
    """Every call is safe to repeat, and is repeated, but `create`: reads, deletions and suspensions with an Idempotency-Key, resumptions,
    recreations, because each key is recreated once, and rotations, which replace the secret that was lost with an answer.

    A selection is the API's: `status`, `name_prefix`, or both; None: all keys."""

    def __init__(self, base_url, token, patience=PATIENCE_SECONDS):
        self._base = _checked_url(base_url)
        self._token = _checked_token(token)
        self._patience = patience
        self._opener = urllib.request.build_opener(_AsAnswered)

    @classmethod
    def from_environment(cls, patience=PATIENCE_SECONDS):
        return cls(os.environ.get("PROXY_KEYS_URL", ""), os.environ.get("PROXY_KEYS_TOKEN", ""), patience)

    def list_pages(self, status=None, name_prefix=None):
        """Pages of keys, as (the JSON array as it was sent, the keys in it)."""
        for answer in self._pages(_with_query(PROXY, status=status, name_prefix=name_prefix)):
            yield answer.body, answer.json()

    def list_keys(self, status=None, name_prefix=None):
        return [key for _, keys in self.list_pages(status, name_prefix) for key in keys]

    def preview(self, status=None, name_prefix=None):
        return self._call("GET", _with_query(PREVIEW, status=status, name_prefix=name_prefix)).json()

    def suspend(self, status=None, name_prefix=None):
        """Disables all active keys, or the selected ones; returns the suspension."""
        return self._call("POST", _with_query(SUSPEND, status=status, name_prefix=name_prefix), idempotency_key=str(uuid.uuid4())).json()

    def resume(self, suspension_id):
        """Enables what is still in a suspension; returns how many were `resumed` and `skipped`, over all calls that it takes."""
        resumed = 0
        while True:
            answer = self._call("POST", RESUME, {"suspension_id": suspension_id}).json()
            resumed += answer["resumed"]
            if not answer["remaining"]:
                return {**answer, "resumed": resumed}

    def delete_all(self, status=None, name_prefix=None, idempotency_key=None, block_new_keys_seconds=0):
        """Deletes all keys, or the selected ones; returns the whole answer. A lost answer is asked for again. A block keeps
        everybody, whoever has a token, from creating or enabling keys for so long."""
        target = _with_query(PROXY, status=status, name_prefix=name_prefix, block_new_keys_seconds=block_new_keys_seconds)
        return self._call("DELETE", target, idempotency_key=idempotency_key or str(uuid.uuid4()))

    def create(self, settings, amount):
        """Creates a key with this amount, a text; returns it, with its secret in `key`. Not repeated if it may have been created."""
        # The digits as they are: json would write a float or a string.
        body = f'{json.dumps(settings)[:-1]}, "allocated_ammount": {amount}}}'
        return self._call("POST", CREATE, body, repeatable=False).json()

    def recreate(self, revocation_id, identifiers):
        """Recreates these keys of a receipt, all or none; returns the new ones, each with its secret in `key`."""
        return self._call("POST", RECREATE, {"revocation_id": revocation_id, "proxy_keys": identifiers}).json()["keys"]

    def rotate(self, identifiers, overlap_seconds):
        """Gives these keys new secrets, all or none; returns `id` and secret (`key`) of each. The old ones work for so long."""
        return self._call("POST", ROTATE, {"proxy_keys": identifiers, "overlap_seconds": overlap_seconds}).json()

    def require_scope_to_create(self):
        """Fails unless the token has it. Sends what is refused in any case, and is not counted."""
        try:
            self._call("POST", RECREATE, {})
        except Refused as refused:
            if refused.status != 422:
                raise

    def receipt(self, revocation_id):
        """A receipt with all its keys."""
        pages = [answer.json() for answer in self._pages(REVOCATIONS + "?" + urllib.parse.urlencode({"id": revocation_id}))]
        return {**pages[0], "keys": [key for page in pages for key in page["keys"]]}

    def _pages(self, path):
        seen = set()
        target = path
        while target:
            answer = self._call("GET", target)
            yield answer
            seen.add(answer.url)
            target = answer.next_url()
            if target and (_origin(target) != _origin(self._base) or target in seen):
                raise Failure(REFUSED, "The Link to the next page leads elsewhere or in a circle. It was not followed.")

    def _call(self, method, target, body=None, idempotency_key=None, repeatable=True):
        """Repeats a call as long as that can help, always with the same Idempotency-Key; one that is not repeatable only if it is
        certain that nothing was changed."""
        started = time.monotonic()
        pause = 1
        outcome_unknown = perhaps_done = False
        while True:
            again, told = False, None
            try:
                answer = self._send(method, target, body, idempotency_key)
                if answer.status == 200:
                    return answer
                failure = answer.refusal()
                failure.after_lost_answer = perhaps_done
                again, told = answer.status in WORTH_REPEATING, answer.retry_after()
                outcome_unknown |= answer.status >= 500
                # "unavailable" says that nothing was changed.
                perhaps_done |= answer.status >= 500 and not failure.is_a("unavailable")
            except NoAnswer as lost:
                failure = Failure(NETWORK, f"No answer: {lost}")
                # A read has changed nothing: whoever reads can start again. After anything else one has to know.
                again = method != "GET"
                outcome_unknown |= lost.sent
                perhaps_done |= lost.sent
            except KeyboardInterrupt:
                failure = Failure(ABORTED, "Interrupted.")
                outcome_unknown = perhaps_done = True
            wait = told or pause
            if perhaps_done and not repeatable:
                raise Failure(failure.code, f"{failure} It is not known whether this was done.")
            if not again or time.monotonic() - started + wait > self._patience:
                raise _with_advice(failure, idempotency_key if outcome_unknown else None)
            say(f"{failure} Trying again in {wait:.0f} s.")
            try:
                time.sleep(wait)
            except KeyboardInterrupt:
                raise _with_advice(Failure(ABORTED, "Interrupted."), idempotency_key if outcome_unknown else None) from None
            pause = min(pause * 2, 15)

    def _send(self, method, target, body, idempotency_key):
        url = target if "://" in target else self._base + target
        headers = {"Authorization": "Bearer " + self._token, "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                answer = Answer(url, response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException) as problem:
            reason = getattr(problem, "reason", problem)
            raise NoAnswer(printable(str(reason) or type(reason).__name__) + ".",
                           not isinstance(reason, (ConnectionRefusedError, socket.gaierror))) from None
        if answer.status == 200:
            try:
                answer.json()
            except ValueError:
                # Cut off, or not from this API at all.
                raise NoAnswer("what came back is not JSON.", True) from None
        return answer


def add_give_up_after(parser, default=PATIENCE_SECONDS):
    """The option of the examples that repeat calls."""
    parser.add_argument("--give-up-after", type=_seconds, default=default, metavar="SECONDS",
                        help="how long to repeat a call that is not answered 200 (default: %(default)s)")


def _seconds(text):
    if not re.fullmatch("[0-9]{1,6}", text):
        raise argparse.ArgumentTypeError("a number of seconds")
    return int(text)


def add_selection(parser):
    """The options of the examples that work on some of the keys."""
    parser.add_argument("--status", choices=("expired", "inactive", "suspended", "never_used"), help="only keys of this kind")
    parser.add_argument("--name-prefix", type=_prefix, metavar="PREFIX", help="only keys whose name begins with this")


def _prefix(text):
    # An empty one would be everything, which is not what a variable without a value was meant to say.
    if not 1 <= len(text) <= 25:
        raise argparse.ArgumentTypeError("1 to 25 characters")
    return text


def selected(options):
    """What a selection is called in a sentence, after a number of keys."""
    kind = {None: "", "never_used": "never used "}.get(options.status, f"{options.status} ")
    return f"{kind}proxy keys" + (f" whose name begins with {printable(options.name_prefix)}" if options.name_prefix else "")


class NewFile:
    """A file that was not there before and only its owner can read. It is gone again unless `keep` was called."""

    def __init__(self, path):
        self._path = path
        self._kept = False
        try:
            self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except FileExistsError:
            raise Failure(USAGE, f"{path} exists already and is not overwritten. Nothing was changed.") from None
        except OSError as problem:
            raise Failure(USAGE, f"{path} cannot be written: {problem.strerror}. Nothing was changed.") from None

    def write(self, data):
        try:
            self._file.write(data)
        except OSError as problem:
            raise Failure(REFUSED, f"{self._path} cannot be written: {problem.strerror}.") from None

    def keep(self):
        """Returns when the file would survive a power failure."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            if os.name == "posix":
                folder = os.open(os.path.dirname(os.path.abspath(self._path)), os.O_RDONLY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)
        except OSError as problem:
            raise Failure(REFUSED, f"{self._path} cannot be written: {problem.strerror}.") from None
        self._kept = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self._kept:
            try:
                self._file.close()
            except OSError:
                pass  # The disk is full: the file goes anyway.
            os.unlink(self._path)


def save_keys(client, file):
    """Writes all keys into a file as one JSON array, in the bytes that were sent, so that no number is written anew."""
    keys = []
    file.write(b"[")
    for body, page in client.list_pages():
        if page:
            file.write(b",\n" if keys else b"")
            file.write(body.strip()[1:-1])
        keys.extend(page)
    file.write(b"]\n")
    return keys


def deliver(keys, command, output):
    """Hands each new key to a command, as JSON on its standard input, and writes those that it does not take, or without a command
    all, into a file. Returns how many were written."""
    left = []
    for key in keys:
        if not command or not _taken(command, key):
            left.append(key)
    if left:
        output.write(json.dumps(left, indent=1, default=_exact).encode() + b"\n")
        output.keep()
    return len(left)


def _taken(command, key):
    """The command gets the secret on standard input, where other users of the machine cannot see it."""
    try:
        ended = subprocess.run(shlex.split(command), input=json.dumps(key, default=_exact).encode(), check=False)
        problem = f"ended with {ended.returncode}" if ended.returncode else None
    except (OSError, ValueError) as failure:
        problem = f"cannot be run: {printable(failure)}"
    if problem:
        say(f"The command {problem} for {printable(key['id'])}.")
    return problem is None


def _exact(value):
    """Money in JSON: a string with all its decimals."""
    if isinstance(value, Decimal):
        return money(value)
    raise TypeError(type(value).__name__)


def timestamped(name):
    """A file name of now and of this run, such as proxy-keys-backup-20261123T025908Z-4711.json."""
    return time.strftime(f"{name}-%Y%m%dT%H%M%SZ-{os.getpid()}.json", time.gmtime())


def show_what_goes(expected, saved):
    print(f"{expected['would_delete']} proxy keys will be deleted for good; "
          f"{money(expected['credits_to_return'])} credits come back to the balance.")
    if expected["would_delete"] != saved:
        print(f"The keys changed while they were listed: {saved} are in the backup. The receipt will have them all.")


def confirm(yes):
    """Asks to type DELETE, unless the user said --yes."""
    if yes:
        return
    try:
        typed = input("Type DELETE to go on: ")
    except (EOFError, RuntimeError, KeyboardInterrupt):
        typed = ""
    if typed.strip() != "DELETE":
        print()
        raise Failure(ABORTED, "Aborted. Nothing was changed.")


def show_receipt(receipt):
    print(f"Receipt   {receipt['revocation_id']}, {utc(receipt['revoked_at'])}")
    print(f"Deleted   {receipt['deleted']}")
    print(f"Returned  {money(receipt['credits_returned'])} credits")
    print(f"Balance   {money(receipt['balance'])} credits")


def money(value):
    return f"{Decimal(value):.6f}"


def utc(seconds):
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def printable(text):
    """Names and messages come from elsewhere: none of them gets to steer the terminal."""
    return "".join(c if c.isprintable() else "?" for c in str(text))


def say(message):
    print(message, file=sys.stderr, flush=True)


def run(main):
    """Runs an example and ends the process: with one line and an exit code instead of a stack trace."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="replace")
    try:
        main()
    except Failure as failure:
        say(str(failure))
        sys.exit(failure.code)
    except KeyboardInterrupt:
        say("Aborted.")
        sys.exit(ABORTED)


def _with_advice(failure, idempotency_key):
    if idempotency_key is None:
        return failure
    return Failure(failure.code, f"{failure} It is not known whether this was done. To find out, repeat the same"
                                 f" call with the Idempotency-Key {idempotency_key}: it is never done twice.")


def _with_query(path, **parameters):
    query = urllib.parse.urlencode({name: value for name, value in parameters.items() if value})
    return path + "?" + query if query else path


def _origin(url):
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _checked_url(url):
    url = url.strip().rstrip("/")
    try:
        parts = urllib.parse.urlsplit(url)
        good = (parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and re.fullmatch("[!-~]+", url)
                and not parts.query and not parts.fragment and "@" not in parts.netloc)
    except ValueError:
        good = False
    if not good:
        raise Failure(USAGE, "Set PROXY_KEYS_URL to the address of the API, such as http://localhost:8080, without a path.")
    return url


def _checked_token(token):
    token = token.strip()
    # RFC 6750, section 2.1. What a header cannot carry would otherwise end up in an error message, token and all.
    if not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", token):
        raise Failure(USAGE, "Set PROXY_KEYS_TOKEN to an access token: the token alone, without the word Bearer.")
    return token
