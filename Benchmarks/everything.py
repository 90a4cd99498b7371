"""Runs the judges of this folder one after the other, as docs/performance/README.md describes them, and says which have passed.

usage: everything.py advisor|speed [--folder DIR] [--only NAME,NAME] [--list]

advisor    verdict, tuner in six scenarios, predictions, degradation: about two hours on two cores
speed      the model alone, decoding, peers, ceiling, scaling, start, the planner's choice: about three and a half hours

Needs ../shared/realdata (photographs and models), `make build` and scripts/peers-env.sh; perf for the engine's share. What each prints is
kept in DIR (.build/everything unless given) as NAME.log, its figures as NAME.json. A step that has passed on the commit that is checked out
is not run again, so a run that was ended goes on where it was. Nothing else may run on the machine meanwhile.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time

import compare

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
IMAGES = compare.REALDATA / "images"
PENSTOCK = ROOT / ".build" / "release" / "penstock"
SCENARIOS = ("light", "heavy", "storage", "tiny", "onecore", "large")


def advisor(folder: pathlib.Path, peers: str) -> dict[str, list[str]]:
    resnet, int8 = compare.model_file("resnet50.onnx"), compare.model_file("resnet50_int8.onnx")
    tuner = ["tuner_judge.py", "--results", str(folder / "tuner.json")]
    steps = {f"tuner-{name}": [*tuner, "--scenario", name, "--model", resnet, "--pillow", peers] for name in SCENARIOS}
    steps |= {"tuner": [*tuner, "--summary"],
              "predictions": ["predictions.py", "--photographs", str(IMAGES), "--resnet", resnet, "--piece", "1/1"],
              "predictions-table": ["predictions.py", "--table"],
              "verdict": [peers, "verdict.py", "--json", str(folder / "verdict.json"),
                          "--markdown", str(ROOT / "docs" / "performance" / "verdict.md")],
              "degradation": ["degradation.py", str(PENSTOCK), int8, str(IMAGES), "--folder", str(folder / "degradation")]}
    return steps


def speed(folder: pathlib.Path, peers: str) -> dict[str, list[str]]:
    resnet, int8 = compare.model_file("resnet50.onnx"), compare.model_file("resnet50_int8.onnx")

    def pairs(name: str, *words: str, rounds: int = 5) -> list[str]:
        return ["compare.py", "--python", peers, "--rounds", str(rounds), "--results", str(folder / f"{name}.json"), *words]

    def ceiling(name: str, model: str, precision: str, copies: int, rounds: int) -> list[str]:
        return pairs(name, "--model", model, "--precision", precision, "--copies", str(copies), "--slice", "0.25",
                     "--peers", "model-alone,decode-alone", rounds=rounds)

    def printed_ceiling(name: str, model: str, precision: str) -> list[str]:
        return [str(PENSTOCK), "ceiling", str(IMAGES), "--model", model, "--precision", precision, "--json", str(folder / f"{name}.json")]

    def planner(name: str, precisions: str, count: int) -> list[str]:
        return ["planner.py", "--images", str(IMAGES), "--model", resnet, "--int8-model", int8, "--precisions", precisions, "--count", str(count),
                "--json", str(folder / f"{name}.json")]

    # What computes in f32, eight to thirty images a second, comes last, as it takes the longest.
    return {
        "overhead-build": ["swift", "build", "-c", "release", "--package-path", str(HERE / "Overhead")],
        "model-alone": ["model_alone.py", "--model", resnet, "--int8-model", int8, "--seconds", "12", "--json", str(folder / "model-alone.json")],
        "model-alone-bf16": ["model_alone.py", "--model", resnet, "--precisions", "bf16", "--seconds", "7", "--repeats", "15", "--batches", "4,8",
                             "--json", str(folder / "model-alone-bf16.json")],
        "decode": [peers, "decode.py", "--images", str(IMAGES), "--model", resnet, "--json", str(folder / "decode.json")],
        "startup": ["startup.py", "--images", str(IMAGES), "--model", resnet, "--json", str(folder / "startup.json")],
        "ceiling-f32": ceiling("ceiling-f32", resnet, "f32", 9, rounds=5),
        "ceiling-bf16": ceiling("ceiling-bf16", resnet, "bf16", 16, rounds=9),
        "ceiling-int8": ceiling("ceiling-int8", int8, "auto", 16, rounds=7),
        "printed-ceiling-f32": printed_ceiling("printed-ceiling-f32", resnet, "f32"),
        "printed-ceiling-bf16": printed_ceiling("printed-ceiling-bf16", resnet, "bf16"),
        "printed-ceiling-int8": printed_ceiling("printed-ceiling-int8", int8, "auto"),
        "peers-bf16": pairs("peers-bf16", "--peers", "handwritten,ray-openvino,dataloader-openvino,daft-openvino"),
        "peers-int8": pairs("peers-int8", "--model", int8, "--copies", "16", "--peers", "handwritten", rounds=7),
        "enlarge": [peers, "enlarge.py"],
        "peers-12mp": pairs("peers-12mp", "--images", "ENLARGED", "--peers", "handwritten"),
        "peers-12mp-fast": pairs("peers-12mp-fast", "--images", "ENLARGED", "--peers", "handwritten",
                                 "--penstock-options=--resize-quality fast"),
        "scaling": ["scaling.py", "--images", str(IMAGES), "--model", int8, "--precision", "auto", "--count", "1230", "--repeats", "5",
                    "--json", str(folder / "scaling.json")],
        "planner": planner("planner", "bf16,int8", 1000),
        "peers-tutorial": pairs("peers-tutorial", "--peers", "ray-torch"),
        "planner-f32": planner("planner-f32", "f32", 1000),
    }


def run(name: str, command: list[str], folder: pathlib.Path, enlarged: str) -> bool:
    words = [enlarged if word == "ENLARGED" else word for word in command]
    if words[0].endswith(".py"):
        words = [sys.executable, *words]
    words = [str(HERE / word) if word.endswith(".py") and not word.startswith("/") else word for word in words]
    with open(folder / f"{name}.log", "w") as log:
        return subprocess.run(words, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT).returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("advisor", "speed"))
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / ".build" / "everything")
    parser.add_argument("--only", default="", help="names of steps")
    parser.add_argument("--list", action="store_true", help="print the commands")
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    options.folder.mkdir(parents=True, exist_ok=True)
    peers = subprocess.run([ROOT / "scripts" / "peers-env.sh"], text=True, stdout=subprocess.PIPE, check=True).stdout.strip()
    # Programs that a script starts by their name are those of this environment.
    os.environ["PATH"] = f"{pathlib.Path(peers).parent}:{os.environ['PATH']}"
    steps = (advisor if options.part == "advisor" else speed)(options.folder, peers)
    chosen = options.only.split(",") if options.only else list(steps)
    if unknown := set(chosen) - set(steps):
        sys.exit(f"there is no step {', '.join(sorted(unknown))}; the steps are {', '.join(steps)}")
    commit = subprocess.run(["git", "rev-parse", "HEAD"], text=True, stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout.strip()
    failed = []
    for name in chosen:
        done = options.folder / f"{name}.done"
        if options.list:
            print(name, *steps[name])
            continue
        if done.exists() and done.read_text() == commit:
            print(f"{name}: passed before", flush=True)
            continue
        start, log = time.monotonic(), options.folder / "enlarge.log"
        enlarged = log.read_text().strip().splitlines()[-1] if log.exists() else ""
        if run(name, steps[name], options.folder, enlarged):
            done.write_text(commit)
        else:
            failed.append(name)
        print(f"{name}: {'FAILED' if name in failed else 'ended well'} after {time.monotonic() - start:.0f} s, {name}.log", flush=True)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
