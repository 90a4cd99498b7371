"""Reads tables that Penstock wrote with pyarrow, DuckDB and Ray Data.

usage: read_tables.py CASES      a JSON list of {"name", "format", "path"}, the path being an output folder
                                 prints a JSON list of {"name", "format", "reader", "columns"} or, for columns, "error"

Each reader is told what its defaults do not know: that only an empty field without quotes is missing.
"""

import json
import pathlib
import sys

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.parquet as pq
import ray

import canonical

MISSING = pa.csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""])
LINES = pa.csv.ParseOptions(newlines_in_values=True)


def with_pyarrow(path: str, kind: str) -> pa.Table:
    if kind == "parquet":
        return pq.read_table(path)
    formats = {"csv": pa.dataset.CsvFileFormat(parse_options=LINES, convert_options=MISSING), "jsonl": "json"}
    return pa.dataset.dataset(path, format=formats[kind]).to_table()


def with_duckdb(path: str, kind: str) -> pa.Table:
    connection = duckdb.connect(config={"threads": 1})
    calls = {"parquet": "read_parquet('{}')", "jsonl": "read_json('{}/*.jsonl', sample_size = -1)",
             "csv": "read_csv('{}/*.csv', header = true, allow_quoted_nulls = false, sample_size = -1, types = "
                    "{{'float': 'DOUBLE', 'double': 'DOUBLE'}})"}  # a file that begins with -inf would be text
    table = connection.sql(f"SELECT * FROM {calls[kind].format(path)}").to_arrow_table()
    return table.cast(pa.schema([field.with_type(narrow(field.type)) for field in table.schema]))


def narrow(kind: pa.DataType) -> pa.DataType:
    """DuckDB gives JSON's whole numbers 128 bits once one is negative."""
    if pa.types.is_list(kind):
        return pa.list_(narrow(kind.value_type))
    return pa.int64() if kind == pa.decimal128(38, 0) else kind


def with_ray(path: str, kind: str) -> pa.Table:
    if kind == "parquet":
        dataset = ray.data.read_parquet(path)
    elif kind == "csv":
        dataset = ray.data.read_csv(path, parse_options=LINES, convert_options=MISSING)
    else:
        dataset = ray.data.read_json(path, lines=True)
    tables = [table for table in ray.get(dataset.to_arrow_refs()) if table.num_columns]
    return pa.concat_tables(tables, promote_options="permissive") if tables else pa.table({})


def result(case: dict, reader: str, read) -> dict:
    found = {"name": case["name"], "format": case["format"], "reader": reader}
    try:
        return found | {"columns": canonical.columns_of(read(case["path"], case["format"]))}
    except Exception as error:  # whatever a reader throws is what its users would see
        return found | {"error": f"{type(error).__name__}: {error}"}


cases = json.loads(pathlib.Path(sys.argv[1]).read_text())
ray.init(num_cpus=1, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
ray.data.DataContext.get_current().enable_progress_bars = False
readers = {"pyarrow": with_pyarrow, "duckdb": with_duckdb, "ray": with_ray}
print(json.dumps([result(case, reader, read) for case in cases for reader, read in readers.items()]))
ray.shutdown()
