"""OpenVINO's own benchmark of a model, as a program that takes turns. No script: others import it."""

import os
import pathlib
import re

import turns

SIDE = 224


def benchmark_app(program: pathlib.Path, model: str, precision: str, streams: int, batch: int, seconds: float) -> list[str]:
    """The command; with `int8` the layers that are not compute in what the device likes best."""
    shape = f"[{batch},3,{SIDE},{SIDE}]"
    command = [str(program), "-m", model, "-d", "CPU", "-hint", "none", "-nstreams", str(streams), "-nthreads",
               str(len(os.sched_getaffinity(0))), "-data_shape", shape, "-shape", shape, "-t", str(max(1, round(seconds)))]
    return command + ([] if precision == "int8" else ["-infer_precision", precision])


def rate(program: turns.Program, batch: int) -> float:
    """Images a second of its own turns while it measured; its report comes right after that."""
    text = program.text()
    end = next(moment for moment, line in program.lines if "Count:" in line)
    batches, milliseconds = (float(re.findall(rf"{word}:\s+([0-9.]+)", text)[-1]) for word in ("Count", "Duration"))
    return batch * batches / program.active(end - milliseconds / 1e3, end)
