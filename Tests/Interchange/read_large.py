"""Reads the column `text` of a Parquet file or folder with pyarrow and DuckDB, in bounded memory.

usage: read_large.py PATH      prints a JSON list of [rows, values, bytes of text], one of pyarrow and one of DuckDB
"""

import json
import pathlib
import sys

import duckdb
import pyarrow.compute as pc
import pyarrow.dataset

rows, values, size = 0, 0, 0
for batch in pyarrow.dataset.dataset(sys.argv[1]).to_batches(columns=["text"], batch_size=64, batch_readahead=1):
    rows, values = rows + len(batch), values + len(batch) - batch["text"].null_count
    size += pc.sum(pc.binary_length(batch["text"])).as_py() or 0
path = pathlib.Path(sys.argv[1])
query = f"SELECT count(*), count(text), sum(strlen(text))::BIGINT FROM read_parquet('{path / '*.parquet' if path.is_dir() else path}')"
print(json.dumps([[rows, values, size], list(duckdb.sql(query).fetchall()[0])]))
