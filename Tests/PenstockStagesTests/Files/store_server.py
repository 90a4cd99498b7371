"""An S3 server on loopback (moto), with objects in it.

usage: store_server.py

Prints its port when it is ready, then, for each line on its standard input, the number of uploads that are under way, and ends
when that ends. Buckets: `many` with 20,000 objects below
`many/`, object i of i % 100 bytes; `few` with 2,500 empty ones; `open`, which anybody may read; `private`, which only a caller with keys may use.
"""

import json
import logging
import sys

from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

OPEN = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::open", "arn:aws:s3:::open/*"],
}]}


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    store = s3_backends["123456789012"]["aws"]
    for bucket in ("many", "few", "open", "private"):
        store.create_bucket(bucket, "us-east-1")
    store.put_bucket_policy("open", json.dumps(OPEN).encode())
    for index in range(20_000):
        store.put_object("many", f"many/folder {index % 10}/{index:05}.bin", bytes([index % 251]) * (index % 100))
    for index in range(2500):
        store.put_object("few", f"few/{index:04}", b"")
    store.put_object("open", "photos/a.jpg", b"a" * 50)
    store.put_object("private", "locked.bin", b"x")
    print(server.get_host_and_port()[1], flush=True)
    for _ in sys.stdin:
        print(sum(len(bucket.multiparts) for bucket in store.buckets.values()), flush=True)


if __name__ == "__main__":
    main()
