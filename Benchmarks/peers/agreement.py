"""Compares the predictions of two jobs, and each with reference answers where there are any.

usage: agreement.py OURS THEIRS [--golden golden.csv]

OURS and THEIRS are Parquet files or folders of them with `path, predicted_class, confidence`. Rows are matched by file
name. Copies of one photograph are named `NNN_name`; the golden file knows `name`. Prints one line of JSON.
"""

import argparse
import csv
import json
import pathlib
import re

import pyarrow.parquet

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("ours")
parser.add_argument("theirs")
parser.add_argument("--golden")
options = parser.parse_args()


def predictions(place: str) -> dict[str, int]:
    """Class by file name."""
    path = pathlib.Path(place)
    if not path.exists():
        raise SystemExit(f"there are no predictions in {place}")
    files = [path] if path.is_file() else [part for part in sorted(path.glob("*.parquet")) if not part.name.startswith("_")]
    rows: dict[str, int] = {}
    for file in files:
        table = pyarrow.parquet.ParquetFile(file).read(columns=["path", "predicted_class"])
        for name, found in zip(table["path"].to_pylist(), table["predicted_class"].to_pylist()):
            rows[name.rsplit("/", 1)[-1]] = found
    return rows


def plain(name: str) -> str:
    """The photograph's name without a copy's number, as `compare.py` writes it for programs that read ASCII only."""
    return re.sub(r"^\d{3}_", "", name).encode("ascii", "ignore").decode()


def share(pairs: list[bool]) -> float | None:
    return sum(pairs) / len(pairs) if pairs else None


ours, theirs = predictions(options.ours), predictions(options.theirs)
both = ours.keys() & theirs.keys()
result = {"rows": len(theirs), "rows_in_both": len(both), "agrees_with_penstock": share([ours[name] == theirs[name] for name in both])}
if options.golden:
    with open(options.golden, newline="") as file:
        golden = {plain(row["file"]): row for row in csv.DictReader(file)}
    known = [(found, golden[plain(name)]) for name, found in theirs.items() if plain(name) in golden]
    result["agrees_with_reference"] = share([found == int(row["class0"]) for found, row in known])
    result["top1"] = share([found == int(row["label"]) for found, row in known if row["label"]])
print(json.dumps(result))
