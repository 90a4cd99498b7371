"""Tables in the form in which tests compare them: what Penstock's blocks hold, every cell as text.

A table is a list of columns `{"name", "type", "cells"}`. A cell is null, a text, or for lists a list of cells. Numbers with
a point are written as the digits of their bits, so that nothing is rounded and -0 is not 0; binary as digits of its bytes.
Rows are sorted by the column `row`, where there is one. `ArrowType` in the Swift sources says which type becomes which.
"""

import datetime
import struct

import pyarrow as pa

WHOLE = {"int8": "int32", "int16": "int32", "uint16": "int32", "int32": "int32", "uint8": "uint8",
         "uint32": "int64", "int64": "int64", "uint64": "int64"}
DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
EPOCH = datetime.date(1970, 1, 1)


def columns_of(table: pa.Table) -> list[dict]:
    """The columns of a table, fields of structs as columns of their own."""
    order = list(range(table.num_rows))
    if "row" in table.column_names:
        rows = table["row"].to_pylist()
        order.sort(key=lambda index: rows[index])
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    columns = zip(table.column_names, table.columns)
    return [{"name": name, "type": word(column.type), "cells": in_order([cell(value) for value in column], order)}
            for name, column in columns]


def in_order(cells: list, order: list[int]) -> list:
    return [cells[index] for index in order]


def word(kind: pa.DataType) -> str:
    """The type of the column in a block."""
    types = pa.types
    if types.is_dictionary(kind):
        return word(kind.value_type)
    if str(kind) in WHOLE:
        return WHOLE[str(kind)]
    if types.is_boolean(kind):
        return "bool"
    if types.is_float16(kind) or types.is_float32(kind):
        return "float"
    if types.is_float64(kind):
        return "double"
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind) or types.is_fixed_size_binary(kind):
        return "binary"
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return f"list<{word(kind.value_type)}>"
    if isinstance(kind, pa.BaseExtensionType):
        return word(kind.storage_type)
    return "string"


def cell(value: pa.Scalar) -> None | str | list:
    """One value."""
    kind, types = value.type, pa.types
    if isinstance(value, pa.ExtensionScalar):
        return cell(value.value)
    if not value.is_valid:
        return None
    if types.is_dictionary(kind):
        return cell(value.value)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return [cell(element) for element in value.values]
    if types.is_boolean(kind):
        return "true" if value.as_py() else "false"
    if word(kind) == "float":
        return bits(float(value.as_py()), "f", "I")
    if types.is_float64(kind):
        return bits(value.as_py(), "d", "Q")
    if word(kind) == "binary":
        return value.as_py().hex()
    if types.is_temporal(kind):
        return moment(value.value, kind)
    return f"{value.as_py():f}" if types.is_decimal(kind) else str(value.as_py())


def bits(value: float, kind: str, whole: str) -> str:
    if value != value:
        return "nan"  # there are many; which one is left after a conversion says nothing
    width = struct.calcsize(kind) * 2
    return f"{struct.unpack(whole, struct.pack(kind, value))[0]:0{width}x}"


def moment(value: int, kind: pa.DataType) -> str:
    """ISO 8601, with the digits of the type's unit."""
    types = pa.types
    if types.is_date32(kind):
        return (EPOCH + datetime.timedelta(days=value)).isoformat()
    if types.is_date64(kind):
        return (EPOCH + datetime.timedelta(days=value // 86_400_000)).isoformat()
    digits = DIGITS[kind.unit]
    if types.is_duration(kind):
        whole, rest = divmod(abs(value), 10 ** digits)
        return f"{'-' if value < 0 else ''}PT{whole}{fraction(rest, digits)}S"
    seconds, rest = divmod(value, 10 ** digits)
    days, seconds = divmod(seconds, 86_400) if types.is_timestamp(kind) else (0, seconds)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction(rest, digits)}"
    if not types.is_timestamp(kind):
        return clock
    return f"{(EPOCH + datetime.timedelta(days=days)).isoformat()}T{clock}{'Z' if kind.tz else ''}"


def fraction(rest: int, digits: int) -> str:
    return f".{rest:0{digits}}" if digits else ""
