"""An S3 server on loopback (moto) that answers each request for an object only after a delay, as a store far away does.

usage: slow_store.py FOLDER COUNT MILLISECONDS

The bucket `slow` holds COUNT objects below `photos/`: the files of FOLDER, again from the first when they are used up. Prints
its port when it is ready, and ends when its standard input does.
"""

import json
import logging
import pathlib
import sys
import threading
import time

from moto.s3.models import s3_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

POLICY = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::slow", "arn:aws:s3:::slow/*"],
}]}


def main() -> None:
    folder, count, delay = pathlib.Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = DomainDispatcherApplication(create_backend_app)

    def delayed(environ, start_response):
        if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"].startswith("/slow/photos/"):
            time.sleep(delay)
        return moto(environ, start_response)

    store = s3_backends["123456789012"]["aws"]
    store.create_bucket("slow", "us-east-1")
    store.put_bucket_policy("slow", json.dumps(POLICY).encode())
    files = sorted(path for path in folder.iterdir() if path.is_file())
    for index in range(count):
        path = files[index % len(files)]
        store.put_object("slow", f"photos/{index:05}{path.suffix}", path.read_bytes())
    server = make_server("127.0.0.1", 0, delayed, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
