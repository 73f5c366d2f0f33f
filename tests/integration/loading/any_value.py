"""Any value that PostgreSQL can hold in a column, and how the library of each format writes it."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pyarrow
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from psycopg import sql
from pyarrow import parquet

from hedge.loading.tables import Column, Table, read_checks

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")
_BITS = {"smallint": 15, "integer": 31, "bigint": 63}
_WORDS = re.compile(r"\w+ is ([A-Z_]+(?:, [A-Z_]+)*) or ([A-Z_]+)")


@dataclass(frozen=True)
class Beyond:
    """A value that PostgreSQL can hold and Python cannot: its text in PostgreSQL, and how many
    days or microseconds it is after the beginning of 1970, if that is a number."""

    text: str
    ticks: int | None

    def __str__(self) -> str:
        return self.text


_BEYOND = {
    "timestamp with time zone": [
        Beyond("infinity", None),
        Beyond("10000-01-01 00:00:00+00", 253_402_300_800_000_000),
        Beyond("294247-01-10 04:00:54.775807+00", 2**63 - 1),
        Beyond("294276-12-31 23:59:59.999999+00", None),
        Beyond("0001-12-31 23:59:59+00 BC", -62_135_596_801_000_000),
    ],
    "date": [
        Beyond("-infinity", None),
        Beyond("10000-01-01", 2_932_897),
        Beyond("5874897-12-31", 2_145_042_540),
        Beyond("0001-12-31 BC", -719_163),
    ],
}


# -- values --------------------------------------------------------------------------------


def values(column: Column, words: list[str]) -> SearchStrategy[Any]:
    """Values of the type of a column, those of its domain and others."""
    if column.type in _BITS:
        most = 2 ** _BITS[column.type]
        return st.integers(-most, most - 1) | st.integers(0, most - 1)
    if found := _NUMERIC.fullmatch(column.type):
        return _decimals(*map(int, found.groups()))
    match column.type:
        case "boolean":
            return st.booleans()
        case "date":
            return st.dates() | st.sampled_from(_BEYOND[column.type])
        case "timestamp with time zone":
            return (
                st.datetimes(timezones=st.just(UTC))
                | st.integers(1_000_000_000, 9_999_999_999).map(
                    lambda seconds: _EPOCH + timedelta(seconds=seconds)
                )
                | st.sampled_from(_BEYOND[column.type])
            )
        case "bigint[]":
            return st.lists(st.integers(-(2**63), 2**63 - 1) | st.none(), max_size=4)
    text = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)
    digits = {"address": 40, "hash": 64}.get(column.form or "")
    if digits:
        hexadecimal = st.integers(0, 16**digits - 1).map(lambda n: f"0x{n:0{digits}x}")
        return hexadecimal | hexadecimal.map(str.upper) | hexadecimal.map(lambda x: x[2:]) | text
    if words:
        word = st.sampled_from(words)
        return word | word.map(str.lower) | word.map(lambda text: f" {text}") | text
    return text | st.text("x,;|\t\"'\\ \r\n", max_size=6) | st.integers(500, 520).map("x".__mul__)


def edges(column: Column) -> list[Any]:
    """Values of the type of a column that a format may confuse with others."""
    if column.type in _BITS:
        most = 2 ** _BITS[column.type]
        return [n for bits in (11, 24, 53) for n in _beside(2**bits) if n < most]
    if found := _NUMERIC.fullmatch(column.type):
        precision, scale = map(int, found.groups())
        units = [
            n
            for bits in (11, 24, 53)
            for power in (2**bits, 2**bits * 10**scale)
            for n in _beside(power)
        ]
        return list(
            {n: _decimal(n, scale) for n in [0, 1, 2, *units] if n < 10**precision}.values()
        )
    match column.type:
        case "bigint[]":
            return [[], [None], [2**53, 2**53 + 1]]
        case "date" | "timestamp with time zone":
            return list(_BEYOND[column.type])
        case "text":
            return ["", " ", '"', "\\.", "\\N", "NULL", "0x", "an address of nobody"]
    return []


def _beside(number: int) -> list[int]:
    return [number - 1, number, number + 1]


def _decimal(units: int, scale: int) -> Decimal:
    digits = f"{abs(units):0{scale + 1}}"
    whole, decimals = digits[: len(digits) - scale], digits[len(digits) - scale :]
    return Decimal(f"{'-' if units < 0 else ''}{whole}.{decimals}")


def _decimals(precision: int, scale: int) -> SearchStrategy[Any]:
    """Decimals of a type, among them those beside the decimal that is nearest to a float."""
    most = 10**precision - 1
    near = st.floats(0, 2.0**60).map(lambda number: round(Fraction(number) * 10**scale))
    beside_floats = st.builds(int.__add__, near, st.sampled_from([-1, 0, 1]))
    units = (
        st.integers(0, most)
        | st.integers(-most, most)
        | beside_floats.filter(lambda number: abs(number) <= most)
    )
    return units.map(lambda number: _decimal(number, scale)) | st.just(Decimal("NaN"))


def words_of(connection: psycopg.Connection, table: Table) -> dict[str, list[str]]:
    """The words of the columns that hold a word of a list."""
    found = {}
    for check in read_checks(connection, f"{table.schema}.{table.name}"):
        if words := _WORDS.fullmatch(check.sentence):
            found[check.columns[0]] = [*words.group(1).split(", "), words.group(2)]
    return found


def base_row(table: Table, words: dict[str, list[str]], varied: str, number: int) -> dict[str, str]:
    """A valid row without the varied column, and with a key of its own."""
    row = {}
    for column in table.columns:
        is_key = column.key_position is not None
        if column.name == varied or not (is_key or column.is_required):
            continue
        here = number if is_key else 1
        match column.type:
            case "boolean":
                text = "true"
            case "date":
                text = str(date(2025, 1, 1) + timedelta(days=here))
            case "timestamp with time zone":
                text = f"{_EPOCH + timedelta(days=20_000, seconds=here):%Y-%m-%dT%H:%M:%SZ}"
            case "text" if column.name in words:
                text = words[column.name][0]
            case "text":
                digits = {"address": 40, "hash": 64}.get(column.form or "")
                text = f"0x{here:0{digits}x}" if digits else f"k{here}"
            case _:
                text = str(here)
        row[column.name] = text
    return row


@dataclass(frozen=True)
class Held:
    """A value as PostgreSQL holds it, as text, and whether the constraints allow it."""

    text: str
    is_allowed: bool


def held(
    connection: psycopg.Connection, table: Table, column: Column, texts: list[str]
) -> list[Held]:
    """What PostgreSQL holds where it is given literals of the type."""
    checks = [
        sql.SQL(check.expression)
        for check in read_checks(connection, f"{table.schema}.{table.name}")
        if check.columns == [column.name]
    ]
    limit = sql.SQL("octet_length({}) <= 512").format(sql.Identifier(column.name))
    if column.type == "text" and column.is_indexed:
        checks.append(limit)
    found = connection.execute(
        sql.SQL(
            "select {name}::text, {checks} from ("
            "select given::{type} as {name}, number"
            " from unnest(%s::text[]) with ordinality as texts (given, number)"
            ") as typed order by number"
        ).format(
            name=sql.Identifier(column.name),
            type=sql.SQL(column.type),
            checks=sql.SQL(" and ").join([sql.SQL("true"), *checks]),
        ),
        [texts],
    )
    return [Held(text, is_allowed is not False) for text, is_allowed in found]


def literal(value: Any) -> str:
    """A value as a literal of PostgreSQL."""
    if isinstance(value, list):
        return "{" + ",".join("NULL" if part is None else str(part) for part in value) + "}"
    return str(value)


# -- files -----------------------------------------------------------------------------------

#: What stands in a file for a value, and None where the library does not write the value.
Encode = Callable[[Any], Any]


@dataclass(frozen=True)
class Writer:
    """A way to write values of a column. A faithful one keeps every digit."""

    name: str
    write: Callable[[Path, list[dict[str, Any]]], None]
    encode: Encode
    is_faithful: bool = True


def _csv(**options: Any) -> Callable[[Path, list[dict[str, Any]]], None]:
    def write(path: Path, rows: list[dict[str, Any]]) -> None:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(rows[0]), **options)
        writer.writeheader()
        writer.writerows(rows)
        path.with_suffix(".csv").write_bytes(text.getvalue().encode())

    return write


def _ndjson(path: Path, rows: list[dict[str, Any]]) -> None:
    lines = (json.dumps(row, default=str) for row in rows)
    path.with_suffix(".ndjson").write_text("\n".join(lines))


def _parquet(kind: Any, **options: Any) -> Callable[[Path, list[dict[str, Any]]], None]:
    def write(path: Path, rows: list[dict[str, Any]]) -> None:
        *others, varied = rows[0]
        arrays = {name: [row[name] for row in rows] for name in others}
        array = _array([row[varied] for row in rows], kind)
        if options.get("dictionary"):
            array = array.dictionary_encode()
        parquet.write_table(
            pyarrow.table({**arrays, varied: array}),
            path.with_suffix(".parquet"),
            use_deprecated_int96_timestamps=bool(options.get("int96")),
        )

    return write


def _array(given: list[Any], kind: Any) -> Any:
    ticks = {pyarrow.date32(): pyarrow.int32()}.get(kind, pyarrow.int64())
    if any(isinstance(value, Beyond) for value in given):
        return pyarrow.array([_ticks(value) for value in given], ticks).view(kind)
    return pyarrow.array(given, kind)


def _ticks(value: Any) -> int:
    if isinstance(value, Beyond):
        return value.ticks
    if isinstance(value, datetime):
        return (value - _EPOCH) // timedelta(microseconds=1)
    return (value - _EPOCH.date()).days


def _as(kind: Any, convert: Encode = lambda value: value) -> Encode:
    """The value as pyarrow writes it in a type; None where pyarrow refuses it."""

    def encode(value: Any) -> Any:
        try:
            if isinstance(value, Beyond):
                is_plain = kind in (pyarrow.timestamp("us", "UTC"), pyarrow.date32())
                return value if value.ticks is not None and is_plain else None
            converted = convert(value)
            pyarrow.array([converted], kind)
        except (pyarrow.ArrowException, ValueError, OverflowError, TypeError):
            return None
        return converted

    return encode


def _text_as_bytes(column: Column, value: Any) -> bytes | None:
    """Text without an annotation. As many bytes as an address has are one, if not ASCII."""
    text = literal(value).encode()
    size = {"address": 20, "hash": 32}.get(column.form or "")
    return None if len(text) == size and not text.isascii() else text


def _bytes_of(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        return None


def writers(column: Column) -> Iterator[Writer]:
    """The ways in which the libraries write a column."""
    as_literal = literal if column.type.endswith("[]") else str
    yield Writer("csv", _csv(), lambda value: as_literal(value) or None)
    yield Writer("quoted csv", _csv(quoting=csv.QUOTE_ALL), as_literal)
    yield Writer(
        "csv with semicolons", _csv(delimiter=";"), lambda value: as_literal(value) or None
    )
    yield Writer("tsv", _csv(dialect="excel-tab"), lambda value: as_literal(value) or None)
    yield Writer("json", _ndjson, lambda value: value)
    text = pyarrow.string()
    yield Writer("parquet text", _parquet(text), _as(text, as_literal))
    yield Writer("parquet dictionary", _parquet(text, dictionary=True), _as(text, as_literal))
    binary = pyarrow.binary()
    yield Writer("parquet bytes", _parquet(binary), _as(binary, partial(_text_as_bytes, column)))
    for name, kind, convert, is_faithful in _types(column):
        yield Writer(f"parquet {name}", _parquet(kind), _as(kind, convert), is_faithful)
    if column.type == "timestamp with time zone":
        kind = pyarrow.timestamp("us", "UTC")
        yield Writer("parquet INT96", _parquet(kind, int96=True), _as(kind))


def _types(column: Column) -> Iterator[tuple[str, Any, Encode, bool]]:
    """The types of Arrow for a column, what makes their values, and whether they keep all."""

    def same(value: Any) -> Any:
        return value

    def whole(value: Any) -> Any:
        return None if value.is_nan() else int(value)

    floats = {"double": pyarrow.float64(), "float": pyarrow.float32(), "half": pyarrow.float16()}
    if found := _NUMERIC.fullmatch(column.type):
        scale = int(found.group(2))
        for name, kind in floats.items():
            yield name, kind, float, False
        yield "decimal256", pyarrow.decimal256(76, scale), same, True
        yield "decimal128", pyarrow.decimal128(38, scale), same, True
        if not scale:
            yield "uint64", pyarrow.uint64(), whole, True
    elif column.type in _BITS:
        for name, kind in floats.items():
            yield name, kind, same, False
        yield "int64", pyarrow.int64(), same, True
        yield "decimal", pyarrow.decimal128(38, 9), Decimal, True
    elif column.type == "bigint[]":
        yield "list", pyarrow.list_(pyarrow.int64()), same, True
        yield "large list", pyarrow.large_list(pyarrow.int64()), same, True
        yield "list of doubles", pyarrow.list_(pyarrow.float64()), same, False
    elif column.type == "boolean":
        yield "bool", pyarrow.bool_(), same, True
    elif column.type == "date":
        yield "date32", pyarrow.date32(), same, True
        yield "timestamp", pyarrow.timestamp("us"), same, True
    elif column.type == "timestamp with time zone":
        for unit, microseconds in {"s": 10**6, "ms": 10**3, "us": 1, "ns": 1}.items():
            yield unit, pyarrow.timestamp(unit, "UTC"), partial(_in_units, microseconds), True
        yield "us without zone", pyarrow.timestamp("us"), lambda v: v.replace(tzinfo=None), True
        yield "seconds", pyarrow.int64(), _seconds, True
    elif column.form in ("address", "hash"):
        size = 20 if column.form == "address" else 32
        yield "binary of one size", pyarrow.binary(size), _bytes_of, True
        yield "binary", pyarrow.binary(), _bytes_of, True


def _in_units(microseconds: int, at: datetime) -> datetime | None:
    """An instant that is a whole number of units, of which pyarrow would cut the rest."""
    return None if at.microsecond % microseconds else at


def _seconds(at: datetime) -> int | None:
    seconds, rest = divmod(at - _EPOCH, timedelta(seconds=1))
    return None if rest or not 10**9 <= seconds < 10**10 else seconds
