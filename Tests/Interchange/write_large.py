"""Writes Parquet files with a column of more than 2^31 bytes in one row group, small as files.

usage: write_large.py FOLDER      prints a JSON list of {"path", "rows", "values"}; each value is 1 MiB of "x"

Between two values are ten rows without one. `dictionary.parquet` has the text once, `plain.parquet` every time.
"""

import json
import pathlib
import sys

import pyarrow as pa
import pyarrow.parquet as pq

VALUES, GAP, MEBIBYTE = 2200, 10, 1 << 20
ROWS = VALUES * (GAP + 1)
FOLDER = pathlib.Path(sys.argv[1])
TEXT = "x" * MEBIBYTE


def texts(values: int) -> pa.DictionaryArray:
    """Rows with so many values, and those between."""
    indices = [0 if row % (GAP + 1) == 0 else None for row in range(values * (GAP + 1))]
    return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), pa.array([TEXT]))


def write(path: pathlib.Path, column, **options) -> None:
    table = pa.table({"row": range(ROWS), "text": column})
    pq.write_table(table, path, row_group_size=ROWS, store_schema=False, write_statistics=False, **options)
    assert pq.ParquetFile(path).metadata.num_row_groups == 1


write(FOLDER / "dictionary.parquet", texts(VALUES))
few = texts(50).dictionary_decode()
repeated = pa.chunked_array([few] * (VALUES // 50))  # 50 MiB in memory, all chunks being one
write(FOLDER / "plain.parquet", repeated, use_dictionary=False, compression="zstd")
paths = [str(FOLDER / f"{name}.parquet") for name in ("dictionary", "plain")]
print(json.dumps([{"path": path, "rows": ROWS, "values": VALUES} for path in paths]))
