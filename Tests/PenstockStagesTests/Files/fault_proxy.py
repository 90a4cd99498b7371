"""A TCP proxy before an S3 server on loopback that breaks requests by a seeded rule.

usage: fault_proxy.py UPSTREAM_PORT SEED RULE...

Prints its port, then, for each line on its standard input, the number of faults so far, and ends when that ends. A RULE is `kind:times:pattern`: of the requests whose
"METHOD /path" matches the pattern, the first few are broken, for each such line a number that the seed picks up to
`times`, so that a client that tries once more than that gets through. `=times` breaks exactly so many. Kinds:
  503    an answer "SlowDown"            reset  the connection is reset before an answer
  cut    half of the body, then the end  short  half of the body, and a header that says it is all
  slow   the body in drops               hang   no answer at all
`together:=N:pattern` is for N requests that wait for each other; if they do not all come within ten seconds, the connections end.
"""

import collections
import random
import re
import socket
import struct
import sys
import threading

BUSY = b'<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>'
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Rules:
    def __init__(self, seed: str, rules: list[str]) -> None:
        self.seed, self.faults, self.lock = seed, 0, threading.Lock()
        self.rules = [rule.split(":", 2) for rule in rules]
        self.broken: collections.Counter[tuple[int, str]] = collections.Counter()
        self.all_here = threading.Barrier(max((int(times.lstrip("=")) for kind, times, _ in self.rules if kind == "together"), default=1))

    def fault(self, line: str) -> str | None:
        """What to do to this request. The seed decides per rule and request line, whatever order requests come in."""
        with self.lock:
            for number, (kind, times, pattern) in enumerate(self.rules):
                picked = int(times.lstrip("="))
                if not times.startswith("="):
                    picked = random.Random(f"{self.seed} {number} {line}").randint(0, picked)
                if re.match(pattern, line) and self.broken[number, line] < picked:
                    self.broken[number, line] += 1
                    self.faults += 1
                    return kind
        return None


def read_body(stream, head: bytes) -> bytes:
    """The body as it came, chunk marks included: Amazon's client sends checksums behind chunks."""
    if b"transfer-encoding: chunked" not in head.lower():
        length = LENGTH.search(head)
        return stream.read(int(length.group(1))) if length else b""
    parts = []
    while True:
        mark = stream.readline()
        size = int(mark.split(b";")[0], 16)
        parts += [mark, stream.read(size + 2)] if size else [mark]
        if size == 0:
            while (line := stream.readline()) not in (b"\r\n", b""):
                parts.append(line)
            return b"".join(parts) + b"\r\n"


def ask(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as server:
        server.sendall(request)
        return b"".join(iter(lambda: server.recv(1 << 16), b""))


def serve(client: socket.socket, upstream: int, rules: Rules) -> None:
    stream = client.makefile("rb")
    while True:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline()
            if not line:
                return
            head += line
        if b"100-continue" in head:
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = read_body(stream, head)
        line = b" ".join(head.split(b"\r\n")[0].split(b" ")[:2]).decode()
        fault = rules.fault(line)
        if fault == "503":
            client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: %d\r\n\r\n" % len(BUSY) + (b"" if line[:4] == "HEAD" else BUSY))
            continue
        if fault == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            stream.close()
            client.close()
            return
        if fault == "hang":
            stream.read(1)  # until the client gives up
            return
        if fault == "together":
            rules.all_here.wait(10)
        plain = re.sub(rb"(?i)\r\n(?:connection|expect): [^\r]*", b"", head)
        answer = ask(upstream, plain[:-2] + b"Connection: close\r\n\r\n" + body)
        top, _, rest = re.sub(rb"(?i)\r\nconnection: close", b"", answer, count=1).partition(b"\r\n\r\n")
        if fault == "cut":
            client.sendall(top + b"\r\n\r\n" + rest[:len(rest) // 2])
            client.shutdown(socket.SHUT_RDWR)
            return
        if fault == "short":
            rest = rest[:len(rest) // 2]
            top = LENGTH.sub(b"\r\nContent-Length: %d" % len(rest), top)
        step = max(1, len(rest) // 50) if fault == "slow" else max(1, len(rest))
        client.sendall(top + b"\r\n\r\n")
        for start in range(0, len(rest), step):
            client.sendall(rest[start:start + step])
            if fault == "slow":
                threading.Event().wait(0.01)


def guarded(client: socket.socket, upstream: int, rules: Rules) -> None:
    with client:
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            serve(client, upstream, rules)
        except (OSError, ValueError, threading.BrokenBarrierError):
            pass  # the client hung up, as clients of such a server do


def main(upstream: int, seed: str, texts: list[str]) -> None:
    rules, listener = Rules(seed, texts), socket.create_server(("127.0.0.1", 0), backlog=256)
    print(listener.getsockname()[1], flush=True)

    def accept() -> None:
        while True:
            threading.Thread(target=guarded, args=(listener.accept()[0], upstream, rules), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    for _ in sys.stdin:
        print(rules.faults, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
