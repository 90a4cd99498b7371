"""Does `penstock check` find a slowdown, and is it silent without one? Does `penstock diff` say so?

The slowdown comes from outside: the program is stopped (SIGSTOP) for a share of every 50 ms, as a CPU quota would do it.

usage: python3 Benchmarks/degradation.py PENSTOCK MODEL IMAGES... [--part baseline|silent|found|diff]
       [--slowdown 0.15] [--repeats 5] [--patience 30] [--trials 10] [--folder DIR] [--images 369] [--precision int8]
Parts leave what they made in DIR, so that they can be run one after the other; `diff` begins a new ledger, and
`found` takes --patience seconds for each trial. Prints a line for each trial and a summary; exit code 1 when one came out wrong.
"""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

PERIOD = 0.05
SLOWER = 4  # the exit code of `penstock check`


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("penstock")
    parser.add_argument("model")
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--part", choices=["baseline", "silent", "found", "diff"], action="append")
    parser.add_argument("--slowdown", type=float, default=0.15)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--patience", type=float, default=30)
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--images", type=int, default=369)
    parser.add_argument("--precision", default="int8")
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("degradation"))
    return parser.parse_args()


def throttle(process, slowdown):
    """Stops the process so that it takes 1 + slowdown times as long."""
    stopped = PERIOD * slowdown / (1 + slowdown)
    while process.poll() is None:
        time.sleep(PERIOD - stopped)
        try:
            process.send_signal(signal.SIGSTOP)
            time.sleep(stopped)
            process.send_signal(signal.SIGCONT)
        except ProcessLookupError:
            return


def run(options, words, slowdown=0.0):
    environment = {**os.environ, "PENSTOCK_DATA": str((options.folder / "data").resolve())}
    process = subprocess.Popen(
        [options.penstock, *words], text=True, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    if slowdown:
        threading.Thread(target=throttle, args=(process, slowdown), daemon=True).start()
    output, error = process.communicate()
    return process.returncode, output, error


def job(options):
    listing = options.folder / "list.txt"
    files = sorted(str(file.resolve()) for path in options.paths for file in pathlib.Path(path).rglob("*") if file.is_file())
    repeated = (files * (options.images // len(files) + 1))[: options.images]
    listing.write_text("\n".join(repeated) + "\n")
    return ["classify", str(listing), "--model", options.model, "--precision", options.precision]


def repeating(options):
    return ["--repeat", str(options.repeats), "--patience", str(options.patience)]


def check(options, words, slowdown):
    command = ["check", "--against", str(options.folder / "base.json"), "--max-slowdown", "10%", *repeating(options)]
    code, output, error = run(options, [*command, "--", *words], slowdown)
    if code not in (0, SLOWER):
        sys.exit(f"penstock check ended with {code}: {error}")
    return code, output.splitlines()[0]


def trial(name, number, is_right, text):
    print(f"{name} {number}: {'right' if is_right else 'WRONG'}: {text}", flush=True)
    return is_right


def classify(options, words, slowdown=0.0):
    output = str(options.folder / "out")
    code, _, error = run(options, [*words, "--output", output, "--overwrite", "--progress", "none"], slowdown)
    if code:
        sys.exit(f"penstock classify ended with {code}: {error}")


def main():
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    words = job(options)
    parts = options.part or ["baseline", "silent", "found", "diff"]
    results = []
    if "baseline" in parts:
        code, output, error = run(options, ["check", "--save", str(options.folder / "base.json"), *repeating(options), "--", *words])
        print(output.strip() or error, error.strip().replace("\n", ", "), flush=True)
        if code:
            sys.exit(code)
    for number in range(options.trials if "silent" in parts else 0):
        code, text = check(options, words, 0)
        results.append(trial("silent", number, code == 0, text))
    for number in range(options.trials if "found" in parts else 0):
        code, text = check(options, words, options.slowdown)
        results.append(trial("found", number, code == SLOWER, text))
    if "diff" in parts:
        shutil.rmtree(options.folder / "data", ignore_errors=True)
        for _ in range(6):  # so that the ledger knows the noise
            classify(options, words)
        for number in range(options.trials):
            classify(options, words)
            _, output, _ = run(options, ["diff", "6", "latest"])
            results.append(trial("diff alike", number, output.startswith("B is as fast as A"), output.splitlines()[0]))
        for number in range(options.trials):
            classify(options, words, options.slowdown)
            _, output, _ = run(options, ["diff", "6", "latest"])
            results.append(trial("diff slowed", number, "slower" in output.splitlines()[0].split(":")[0], output.splitlines()[0]))
    print(f"{sum(results)} of {len(results)} right")
    sys.exit(0 if all(results) else 1)


main()
