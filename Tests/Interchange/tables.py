"""The tables that other programs write for Penstock: every type, with and without missing values, and the odd ones."""

import datetime
import decimal

import pyarrow as pa

TEXTS = ["", "plain", "ü", "日本語", "a,\"b\"\n2", " ", "null", "\U0001F4F7\U0001F1EC\U0001F1ED", "tab\there", "e\u0301", "\\n", "NaN"]
FLOATS = [0.0, -0.0, 0.5, -1.25, 3.0e38, float("inf"), float("-inf"), float("nan"), 2.0 ** -126]
DAY = datetime.date(2024, 2, 29)
NOON = datetime.datetime(2024, 2, 29, 12, 30, 15, 250_000)


def values(kind: pa.DataType, makes, rows: int, missing: bool) -> pa.Array:
    """A column whose value in row n is `makes(n)`; of three rows one is missing if asked for."""
    return pa.array([None if missing and n % 3 == 1 else makes(n) for n in range(rows)], kind)


def whole(kind: pa.DataType, bit_width: int, signed: bool, rows: int, missing: bool) -> pa.Array:
    top = 2 ** (bit_width - 1) - 1 if signed else 2 ** min(bit_width, 63) - 1
    choice = [0, 1, top, top - 1] + ([-1, -top - 1] if signed else [7])
    return values(kind, lambda n: choice[n % len(choice)], rows, missing)


def numbers(rows: int, missing: bool) -> dict[str, pa.Array]:
    columns = {"bool": values(pa.bool_(), lambda n: n % 2 == 0, rows, missing)}
    for kind, bit_width in [(pa.int8(), 8), (pa.int16(), 16), (pa.int32(), 32), (pa.int64(), 64)]:
        columns[str(kind)] = whole(kind, bit_width, True, rows, missing)
        columns[f"u{kind}"] = whole(getattr(pa, f"u{kind}")(), bit_width, False, rows, missing)
    columns["float16"] = values(pa.float16(), lambda n: [0.0, -0.5, 65504.0, float("inf")][n % 4], rows, missing)
    columns["float32"] = values(pa.float32(), lambda n: FLOATS[n % len(FLOATS)], rows, missing)
    columns["float64"] = values(pa.float64(), lambda n: (FLOATS + [0.1, 1e300])[n % (len(FLOATS) + 2)], rows, missing)
    columns["decimal"] = values(pa.decimal128(12, 2), lambda n: decimal.Decimal(n * 37 - 500) / 100, rows, missing)
    return columns


def texts(rows: int, missing: bool) -> dict[str, pa.Array]:
    text, data = lambda n: TEXTS[n % len(TEXTS)], lambda n: bytes([n % 256, 0, 255])[: n % 4]
    columns = {str(kind): values(kind, text, rows, missing) for kind in (pa.string(), pa.large_string(), pa.string_view())}
    columns |= {str(kind): values(kind, data, rows, missing) for kind in (pa.binary(), pa.large_binary(), pa.binary_view())}
    columns["fixed"] = values(pa.binary(4), lambda n: bytes([n % 256, 1, 2, 3]), rows, missing)
    columns["dictionary"] = values(pa.string(), lambda n: ["red", "", "grün"][n % 3], rows, missing).dictionary_encode()
    return columns


def moments(rows: int, missing: bool) -> dict[str, pa.Array]:
    later = lambda n: NOON + datetime.timedelta(days=n % 50 * 31, microseconds=n)
    earlier = lambda n: datetime.datetime(1969, 12, 31, 23, 59, 59) - datetime.timedelta(days=400 * (n % 50))
    clock = lambda n: datetime.time(n % 24, n % 60, 59, 1000 * (n % 1000))
    return {
        "date": values(pa.date32(), lambda n: DAY - datetime.timedelta(days=n % 50 * 300), rows, missing),
        "time_ms": values(pa.time32("ms"), clock, rows, missing),
        "time_us": values(pa.time64("us"), clock, rows, missing),
        "timestamp_ms": values(pa.timestamp("ms"), earlier, rows, missing),
        "timestamp_us": values(pa.timestamp("us"), later, rows, missing),
        "timestamp_utc": values(pa.timestamp("us", "UTC"), later, rows, missing),
        "timestamp_zone": values(pa.timestamp("ms", "Africa/Accra"), earlier, rows, missing),
    }


def lists(rows: int, missing: bool) -> dict[str, pa.Array]:
    ints = lambda n: [None if k == 2 else n - k for k in range(n % 5)]
    return {
        "list_int": values(pa.list_(pa.int32()), ints, rows, missing),
        "list_text": values(pa.list_(pa.string()), lambda n: [TEXTS[(n + k) % len(TEXTS)] for k in range(n % 3)], rows, missing),
        "nested": values(pa.list_(pa.list_(pa.int64())), lambda n: [ints(k) for k in range(n % 4)], rows, missing),
        "deep": values(pa.list_(pa.list_(pa.list_(pa.string()))), lambda n: [[], [["a", None], []]][: n % 3], rows, missing),
        "large_list": values(pa.large_list(pa.float64()), lambda n: [n / 4] * (n % 2), rows, missing),
    }


def structures(rows: int, missing: bool) -> dict[str, pa.Array]:
    person = pa.struct([("name", pa.string()), ("age", pa.int32()), ("tags", pa.list_(pa.string()))])
    return {"person": values(person, lambda n: {"name": TEXTS[n % len(TEXTS)], "age": n, "tags": ["x"] * (n % 2)}, rows, missing)}


def arrow_only(rows: int, missing: bool) -> dict[str, pa.Array]:
    """What Parquet holds with Arrow's schema beside it."""
    return {
        "fixed_list": values(pa.list_(pa.float32(), 2), lambda n: [n, n / 2], rows, missing),
        "duration": values(pa.duration("ms"), lambda n: datetime.timedelta(milliseconds=n * 777 - 3000), rows, missing),
        "timestamp_ns": values(pa.timestamp("ns"), lambda n: n * 1_234_567_890_123, rows, missing),
        "nothing": pa.nulls(rows),
    }


def table(rows: int, missing: bool, *parts) -> pa.Table:
    """The columns of `parts` beside the number of the row."""
    columns = {"row": pa.array(range(rows), pa.int64())}
    for part in parts:
        columns |= part(rows, missing)
    return pa.table(columns)


def everything(rows: int, missing: bool) -> pa.Table:
    return table(rows, missing, numbers, texts, moments, lists, structures, arrow_only)


def simple(rows: int, missing: bool) -> pa.Table:
    """What CSV and JSON have words for. No number is too long for any writer's digits."""
    whole_numbers = values(pa.int64(), lambda n: n * 1_000_003 - 5, rows, missing)
    return pa.table({
        "row": pa.array(range(rows), pa.int64()),
        "flag": values(pa.bool_(), lambda n: n % 2 == 0, rows, missing),
        "whole": whole_numbers,
        "number": values(pa.float64(), lambda n: n / 8 - 2.0625, rows, missing),
        "text": values(pa.string(), lambda n: TEXTS[n % len(TEXTS)], rows, missing),
        "label": values(pa.string(), lambda n: ["cat", "犬"][n % 2], rows, missing),
    })
