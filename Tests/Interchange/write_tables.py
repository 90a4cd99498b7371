"""Has pyarrow, DuckDB and Ray Data write tables, for Penstock to read.

usage: write_tables.py FOLDER      prints a JSON list of cases: {"name", "format", "path", "columns"}, see canonical.py
"""

import json
import pathlib
import sys

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import ray

import canonical
import tables

FOLDER = pathlib.Path(sys.argv[1])
CASES: list[dict] = []


def case(name: str, ending: str, written: pa.Table, write, expected: pa.Table | None = None) -> None:
    """Writes one file or folder and notes what Penstock has to find in it."""
    path = FOLDER / f"{name}.{ending}"
    write(str(path))
    columns = canonical.columns_of(written if expected is None else expected)
    CASES.append({"name": name, "format": ending, "path": str(path), "columns": columns})


def write_with_pyarrow() -> None:
    for name, table in (("all types", tables.everything(40, False)), ("all types, some missing", tables.everything(40, True)),
                        ("no rows", tables.everything(40, True).slice(0, 0)), ("one row", tables.everything(40, True).slice(5, 1))):
        case(f"pyarrow, {name}", "parquet", table, lambda path: pq.write_table(table, path))
    table = tables.everything(100, True)
    for name, options in {
        "row groups": {"row_group_size": 7}, "without dictionaries": {"use_dictionary": False, "row_group_size": 64},
        "pages of version 2": {"data_page_version": "2.0", "data_page_size": 64},
        "uncompressed": {"compression": "none"}, "gzip": {"compression": "gzip"}, "zstd": {"compression": "zstd"},
        "lz4": {"compression": "lz4"}, "brotli": {"compression": "brotli"},
    }.items():
        case(f"pyarrow, {name}", "parquet", table, lambda path: pq.write_table(table, path, **options))
    plain = tables.table(60, True, tables.numbers, tables.texts, tables.moments, tables.lists, tables.structures)
    for name, options in {"no Arrow schema": {"store_schema": False}, "version 1": {"store_schema": False, "version": "1.0"}}.items():
        path = FOLDER / "foreign.parquet"
        pq.write_table(plain, path, **options)
        case(f"pyarrow, {name}", "parquet", plain, lambda p: pq.write_table(plain, p, **options), pq.read_table(path))
    folder = tables.simple(50, True)
    case("pyarrow, several files", "parquet", folder, lambda path: write_parts(folder, pathlib.Path(path)))
    for name, table in (("full", tables.simple(50, False)), ("missing", tables.simple(50, True))):
        case(f"pyarrow, {name}", "csv", table, lambda path: pa.csv.write_csv(table, path))
    none = pa.table({name: pa.array([], pa.string()) for name in tables.simple(0, False).column_names})
    case("pyarrow, header only", "csv", none, lambda path: pa.csv.write_csv(none, path))


def write_parts(table: pa.Table, folder: pathlib.Path) -> None:
    folder.mkdir()
    for number in range(5):
        pq.write_table(table.slice(number * 10, 10), folder / f"{number}.parquet")


def write_with_duckdb() -> None:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    for missing in (False, True):
        wide = tables.table(2500, missing, tables.numbers, tables.texts, tables.moments, tables.lists, tables.structures)
        wide = wide.drop_columns(["float16", "string_view", "binary_view", "timestamp_zone"])
        connection.register("wide", wide)
        for name, options in (("zstd", "COMPRESSION zstd, ROW_GROUP_SIZE 2048"), ("version 2", "PARQUET_VERSION v2")):
            case(f"duckdb, {name}{', missing' * missing}", "parquet", wide,
                 lambda path: connection.execute(f"COPY wide TO '{path}' (FORMAT parquet, {options})"),
                 connection.execute("SELECT * FROM wide").to_arrow_table())
        simple = tables.simple(50, missing)
        connection.register("simple", simple)
        for ending, options in (("csv", "FORMAT csv, HEADER"), ("jsonl", "FORMAT json")):
            case(f"duckdb{', missing' * missing}", ending, simple,
                 lambda path: connection.execute(f"COPY simple TO '{path}' ({options})"))
    few = tables.table(30, True, tables.lists, tables.structures).drop_columns(["deep"])
    connection.register("few", few)
    case("duckdb, lists and objects", "jsonl", few, lambda path: connection.execute(f"COPY few TO '{path}' (FORMAT json)"),
         as_json_reads(few))


def as_json_reads(table: pa.Table) -> pa.Table:
    """JSON knows one type of whole numbers."""
    columns = {"row": table["row"], "list_int": table["list_int"].cast(pa.list_(pa.int64())), "list_text": table["list_text"],
               "nested": table["nested"], "large_list": table["large_list"].cast(pa.list_(pa.float64()))}
    person = pa.struct([("name", pa.string()), ("age", pa.int64()), ("tags", pa.list_(pa.string()))])
    return pa.table(columns | {"person": table["person"].cast(person)})


def write_with_ray() -> None:
    ray.init(num_cpus=1, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    for missing in (False, True):
        wide = tables.table(60, missing, tables.numbers, tables.texts, tables.moments, tables.lists, tables.structures)
        wide = wide.drop_columns(["string_view", "binary_view"])
        case(f"ray{', missing' * missing}", "parquet", wide, lambda path: ray.data.from_arrow(wide).repartition(3).write_parquet(path))
        simple = tables.simple(50, missing)
        case(f"ray{', missing' * missing}", "csv", simple, lambda path: ray.data.from_arrow(simple).repartition(2).write_csv(path))
        case(f"ray{', missing' * missing}", "json", simple, lambda path: ray.data.from_arrow(simple).repartition(2).write_json(path))
    ray.shutdown()


write_with_pyarrow()
write_with_duckdb()
write_with_ray()
print(json.dumps(CASES))
