"""Reads 20,000 small objects of an S3 server on loopback in bounded memory, and once more through a proxy that breaks requests.

usage: objects.py [--memory 128] [--json FILE]

Builds Benchmarks/Overhead (release) and needs .deps-python (scripts/python-env.sh). The server is moto, in Python, so the rate
is its own; what counts is that every object comes once, and the peak of memory. `first_row_seconds` shows that work starts
before the listing ends. Exit status 1 if an object is missing, wrong or there twice.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE.parent
PYTHON = PACKAGE / ".deps-python" / "bin" / "python"
SCRIPTS = PACKAGE / "Tests" / "PenstockStagesTests" / "Files"
OBJECTS = 20_000
FAULTS = ["503:1:GET /many/many/", "reset:1:GET /many/many/.*[05].bin", "cut:1:GET /many/many/.*[16].bin",
          "short:1:GET /many/many/.*[27].bin", "slow:=1:GET /many/many/.*99.bin"]


class Loopback:
    """A script that prints its port and ends with its standard input."""

    def __init__(self, script: str, *arguments: str) -> None:
        self.process = subprocess.Popen([str(PYTHON), str(SCRIPTS / script), *arguments], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.port = int(self.process.stdout.readline())

    def count(self) -> int:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=30)


def read(port: int, memory: int) -> dict:
    uri = f"s3://key:secret@many/many?endpoint_override=127.0.0.1:{port}&scheme=http&region=us-east-1"
    program = HERE / "Overhead" / ".build" / "release" / "Objects"
    process = subprocess.Popen([str(program), uri, str(memory)], text=True, stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"Objects ended with status {status}: {output[-2000:]}")
    return json.loads(output) | {"peak_rss_mib": round(usage.ru_maxrss / 1024)}


def main() -> None:
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("--memory", type=int, default=128)
    parser.add_argument("--json")
    options = parser.parse_args()
    subprocess.run(["swift", "build", "-c", "release", "--package-path", str(HERE / "Overhead"), "--product", "Objects"],
                   check=True)
    server = Loopback("store_server.py")
    results = {"plain": read(server.port, options.memory)}
    proxy = Loopback("fault_proxy.py", str(server.port), "1", *FAULTS)
    results["faulty"] = read(proxy.port, options.memory) | {"faults": proxy.count()}
    proxy.close()
    server.close()
    for name, result in results.items():
        print(f"{name:7} {result}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2) + "\n")
    if any(result["objects"] != OBJECTS or result["twice"] or result["wrong"] for result in results.values()):
        sys.exit("objects are missing, wrong, or there twice")


if __name__ == "__main__":
    main()
