#!/usr/bin/env python3
"""What a refusal costs: a wrong path (404) beside a token with a wrong signature (401), on the native function.

    ./mvnw package -Dnative -DskipTests && python3 src/bench/refusals.py [requests per round] [rounds]

Starts target/*-runner as Lambda does, with a Runtime API on loopback. No database is needed: neither refusal reaches one.
Both kinds take turns in rounds of one run, and each answer is checked. Counted is the processor time of the function's
process (user and system, from /proc), because that is what a refusal costs on a shared processor; the wall time between
handing out the event and getting the answer is printed beside it. The token is well-formed and names a key of the key set,
so its signature is really computed before it is refused.
"""
import base64
import glob
import json
import os
import queue
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REQUESTS = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 7
events, answers, polled = queue.Queue(), queue.Queue(), threading.Event()


class RuntimeApi(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        polled.set()
        body = events.get()
        self.send(200, body, {"Lambda-Runtime-Aws-Request-Id": "bench", "Lambda-Runtime-Deadline-Ms": "4102444800000",
                              "Lambda-Runtime-Invoked-Function-Arn": "arn:bench", "Content-Type": "application/json"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) if "Content-Length" in self.headers else self.chunks()
        answers.put((time.perf_counter(), body))
        self.send(202, b"", {})

    def chunks(self):
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def send(self, status, body, headers):
        head = f"HTTP/1.1 {status} OK\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        self.wfile.write(head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def log_message(self, *arguments):
        pass


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def event(path, token):
    return json.dumps({
        "version": "2.0", "routeKey": "DELETE /v1/auth/proxy", "rawPath": path, "rawQueryString": "",
        "headers": {"authorization": "Bearer " + token, "host": "api.example.com"},
        "requestContext": {"stage": "$default", "requestId": "id",
                           "http": {"method": "DELETE", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}},
        "isBase64Encoded": False}).encode()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(pid, body, status):
    before, wall = cpu_seconds(pid), []
    for _ in range(REQUESTS):
        start = time.perf_counter()
        events.put(body)
        end, answer = answers.get(timeout=10)
        wall.append(end - start)
        if json.loads(answer)["statusCode"] != status:
            sys.exit(f"expected {status}: {answer!r}")
    return (cpu_seconds(pid) - before) / REQUESTS * 1e6, statistics.median(wall) * 1e6


def main():
    modulus = random.getrandbits(2048) | 1 << 2047 | 1
    keys = {"keys": [{"kty": "RSA", "kid": "k", "use": "sig", "alg": "RS256", "e": "AQAB",
                      "n": b64(modulus.to_bytes(256, "big"))}]}
    claims = {"iss": "https://issuer.bench/", "aud": "bench", "sub": "a", "exp": 4102444800, "scope": "proxy_keys:delete"}
    token = b64(b'{"alg":"RS256","kid":"k","typ":"at+jwt"}') + "." + b64(json.dumps(claims).encode()) + "." + b64(b"\1" * 256)
    server = ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    binary = glob.glob(os.path.join(os.path.dirname(__file__), "../../target/*-runner"))[0]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file, open(os.devnull, "w") as null:
        json.dump(keys, file)
        file.flush()
        function = subprocess.Popen([binary], stdout=null, stderr=null, env={
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_address[1]}",
            "QUARKUS_DATASOURCE_REACTIVE_URL": "postgresql://127.0.0.1:1/none", "QUARKUS_DATASOURCE_USERNAME": "none",
            "QUARKUS_DATASOURCE_PASSWORD": "none",
            "MP_JWT_VERIFY_PUBLICKEY_LOCATION": "file:" + file.name,
            "MP_JWT_VERIFY_ISSUER": claims["iss"], "MP_JWT_VERIFY_AUDIENCES": claims["aud"]})
        try:
            polled.wait(20)
            kinds = {"wrong path (404)": (event("/v1/auth/proxy/", token), 404),
                     "wrong signature (401)": (event("/v1/auth/proxy", token), 401)}
            for body, status in kinds.values():
                measure(function.pid, body, status)  # warm up
            rounds = {name: [] for name in kinds}
            for _ in range(ROUNDS):
                for name, kind in kinds.items():
                    rounds[name].append(measure(function.pid, *kind))
        finally:
            function.kill()
    table = {name: {"cpu_us": statistics.median(cpu for cpu, _ in figures), "wall_us": statistics.median(w for _, w in figures)}
             for name, figures in rounds.items()}
    print(f"{ROUNDS} rounds of {REQUESTS} requests each; medians of the rounds")
    print(f"{'refused for':24} {'CPU/request':>12} {'wall, median':>14}")
    for name, figures in table.items():
        print(f"{name:24} {figures['cpu_us']:9.0f} us {figures['wall_us']:11.0f} us")
    path, signature = (table[name]["cpu_us"] for name in kinds)
    print(f"a wrong path costs {path / signature:.2f} of a wrong signature")
    print(json.dumps(table))


main()
