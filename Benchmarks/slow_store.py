"""A small S3 store on loopback that is slow on purpose: a folder, listed in short pages.

usage: slow_store.py FOLDER KEYS_PER_PAGE PAGE_DELAY_MS READ_DELAY_MS

Prints its port and ends with its standard input. Knows ListObjectsV2, HEAD and GET with ranges, of one bucket `photos`.
Delays do not go on while the process is stopped, so that a store and its client can take turns with others (turns.py).
"""

import http.server
import pathlib
import socketserver
import sys
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape


class Clock:
    """Seconds that the process was not stopped, in steps of five milliseconds."""

    STEP, STOPPED = 0.005, 0.1  # a step that took so long was one in which the process stood still: a turn is no shorter

    def __init__(self) -> None:
        self.seconds = 0.0
        threading.Thread(target=self.go, daemon=True).start()

    def go(self) -> None:
        last = time.monotonic()
        while True:
            time.sleep(self.STEP)
            now = time.monotonic()
            self.seconds += now - last if now - last < self.STOPPED else self.STEP
            last = now

    def wait(self, seconds: float) -> None:
        end = self.seconds + seconds
        while (left := end - self.seconds) > 0:
            time.sleep(left)


class Store(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    files: dict[str, pathlib.Path] = {}
    keys: list[str] = []
    page, page_delay, read_delay = 1000, 0.0, 0.0
    clock: Clock

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, body: bytes, headers: dict[str, str], size: int | None = None) -> None:
        lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body) if size is None else size}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)

    def key(self) -> str | None:
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        return path.removeprefix("/photos").removeprefix("/") if path.startswith("/photos") else None

    def do_HEAD(self) -> None:
        key = self.key()
        if key == "":
            return self.answer(200, b"", {})
        if key not in self.files:
            return self.answer(404, b"", {}, size=0)
        stamp = "Thu, 01 Jan 2026 00:00:00 GMT"
        self.answer(200, b"", {"ETag": '"x"', "Last-Modified": stamp}, size=self.files[key].stat().st_size)

    def do_GET(self) -> None:
        key, query = self.key(), urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        if key == "":
            return self.list(query)
        if key not in self.files:
            return self.answer(404, b"", {})
        self.clock.wait(self.read_delay)
        body, headers = self.files[key].read_bytes(), {"ETag": '"x"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
        if wanted := self.headers.get("Range"):
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last or len(body)), len(body) - 1)
            headers["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
            return self.answer(206, body[start:end + 1], headers)
        self.answer(200, body, headers)

    def list(self, query: dict[str, list[str]]) -> None:
        prefix, limit = query.get("prefix", [""])[0], int(query.get("max-keys", ["1000"])[0])
        start = int(query.get("continuation-token", ["0"])[0])
        found = [key for key in self.keys if key.startswith(prefix)]
        if limit > 1:
            self.clock.wait(self.page_delay)
        end = start + min(limit, self.page)
        items = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>x</ETag>"
            f"<Size>{self.files[key].stat().st_size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for key in found[start:end])
        more = f"<NextContinuationToken>{end}</NextContinuationToken>" if end < len(found) else ""
        text = (f'<?xml version="1.0"?><ListBucketResult><Name>photos</Name><Prefix>{escape(prefix)}</Prefix>'
                f"<KeyCount>{len(found[start:end])}</KeyCount><MaxKeys>{limit}</MaxKeys>"
                f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}{items}</ListBucketResult>")
        self.answer(200, text.encode(), {"Content-Type": "application/xml"})


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads, request_queue_size = True, 256


def main(folder: str, page: str, page_delay: str, read_delay: str) -> None:
    root = pathlib.Path(folder)
    Store.files = {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.is_file()}
    Store.keys = sorted(Store.files)
    Store.page, Store.page_delay, Store.read_delay = int(page), float(page_delay) / 1000, float(read_delay) / 1000
    Store.clock = Clock()
    server = Server(("127.0.0.1", 0), Store)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
