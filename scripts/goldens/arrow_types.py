"""Writes Tests/PenstockStagesTests/Goldens/arrow_types.parquet: one column of every Arrow type that Parquet can keep, as
pyarrow writes it. Row 0 is ordinary, row 1 missing, row 2 extreme or negative, row 3 zero or empty; two row groups.

usage: python3 scripts/goldens/arrow_types.py        (pyarrow 26)
"""

import datetime as dt
import decimal
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests/PenstockStagesTests/Goldens/arrow_types.parquet"
D = decimal.Decimal

columns: dict[str, pa.Array] = {}


def add(name: str, kind: pa.DataType, *values: object) -> None:
    columns[name] = pa.array(values, kind)


add("int8", pa.int8(), 1, None, -128, 0)
add("int16", pa.int16(), 1, None, -32768, 0)
add("uint16", pa.uint16(), 1, None, 65535, 0)
add("uint32", pa.uint32(), 1, None, 4294967295, 0)
add("uint64", pa.uint64(), 1, None, 2**63 - 1, 0)
add("float16", pa.float16(), 1.5, None, -65504.0, 0.0)
add("large_string", pa.large_string(), "ä", None, "x" * 20, "")
add("large_binary", pa.large_binary(), b"a\x00", None, b"\xff", b"")
add("fixed_binary", pa.binary(3), b"abc", None, b"\x00\x01\xff", b"   ")
add("dictionary", pa.dictionary(pa.int32(), pa.string()), "red", None, "blue", "red")
add("decimal32", pa.decimal32(9, 2), D("12.50"), None, D("-0.01"), D("0"))
add("decimal64", pa.decimal64(18, 4), D("12.5"), None, D("-99999999999999.9999"), D("0"))
add("decimal128", pa.decimal128(38, 0), D(7), None, D(-(10**38) + 1), D(0))
add("decimal256", pa.decimal256(76, 10), D("1.5"), None, D("-" + "9" * 66 + "." + "9" * 10), D(0))
add("date32", pa.date32(), dt.date(2024, 2, 29), None, dt.date(1, 1, 1), dt.date(1970, 1, 1))
add("date64", pa.date64(), dt.date(2024, 2, 29), None, dt.date(9999, 12, 31), dt.date(1970, 1, 1))
add("time32_s", pa.time32("s"), 34200, None, 86399, 0)
add("time32_ms", pa.time32("ms"), 34200250, None, 86399999, 0)
add("time64_us", pa.time64("us"), 34200000250, None, 86399999999, 0)
add("time64_ns", pa.time64("ns"), 34200000000250, None, 86399999999999, 0)
add("timestamp_s", pa.timestamp("s"), 1709209800, None, -1, 0)
add("timestamp_ms", pa.timestamp("ms", "UTC"), 1709209800250, None, -1, 0)
add("timestamp_us", pa.timestamp("us", "Europe/Berlin"), 1709209800000250, None, -(2**55), 0)
add("timestamp_ns", pa.timestamp("ns"), 1709209800000000250, None, -(2**63), 0)
add("duration_s", pa.duration("s"), 90, None, -1, 0)
add("duration_ns", pa.duration("ns"), 1500000000, None, -(2**63), 0)
add("null", pa.null(), None, None, None, None)
add("list", pa.list_(pa.int16()), [1, None, -2], None, [32767], [])
add("large_list", pa.large_list(pa.large_string()), ["a", None], None, [""], [])
add("fixed_list", pa.list_(pa.float32(), 2), [1, 2], None, [-1, 0.5], [0, 0])
add("nested", pa.list_(pa.list_(pa.date32())), [[dt.date(1970, 1, 2)], None, []], None, [[]], [])
place = pa.struct([("name", pa.string()), ("at", pa.struct([("x", pa.int8()), ("y", pa.float64())]))])
add("place", place, {"name": "a", "at": {"x": 1, "y": 2}}, None, {"name": None, "at": None}, {"name": "", "at": {"x": None, "y": 0}})
add("map", pa.map_(pa.string(), pa.int32()), [("a", 1)], None, [("b", None)], [])
add("structs", pa.list_(pa.struct([("x", pa.int8())])), [{"x": 1}], None, [None], [])

OUT.parent.mkdir(exist_ok=True)
pq.write_table(pa.table(columns), OUT, row_group_size=3)
print(f"{OUT}: {OUT.stat().st_size} bytes, {len(columns)} columns")
