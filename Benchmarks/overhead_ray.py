"""The pipelines of Overhead/Sources/Overhead/main.swift in Ray Data.

usage: overhead_ray.py map|map_batches COUNT REPEATS     prints a line of JSON for each repeat, the first with `start`
"""

import json
import sys
import time

begun = time.perf_counter()

import ray  # noqa: E402  its import is part of what a user waits for

what, count, repeats = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
ray.init(include_dashboard=False, logging_level="ERROR", log_to_driver=False)
ray.data.DataContext.get_current().enable_progress_bars = False
pipelines = {
    "map": lambda rows: rows.map(lambda row: {"x": row["id"] * 2}),
    "map_batches": lambda rows: rows.map_batches(lambda batch: {"x": batch["id"] * 2}),
}
for repeat in range(repeats):
    start = time.perf_counter()
    found = pipelines[what](ray.data.range(count)).materialize().count()
    assert found == count, found
    end = time.perf_counter()
    line = {"what": what, "rows": count, "seconds": end - start}
    print(json.dumps(line | ({"start": end - begun} if repeat == 0 else {})), flush=True)
