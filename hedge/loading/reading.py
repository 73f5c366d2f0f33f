"""Reading: how the text of a value becomes the value of a column, without a wrong digit.

Most values are plain: written as PostgreSQL itself would write them, which is what one cast there
and back shows for less than the cast of a row costs. Other values are read by the rules of
hedge/sql/load_functions.sql, which decide alike on every server; PostgreSQL alone would take 0x1F
and 1_000 for numbers from version 16 on, and round what does not fit.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from hedge.loading.tables import Column
from hedge.queries import query

#: Blanks that may surround a value whose meaning does not depend on them.
_BLANKS = " \t\r\n"
_HEXADECIMAL = ("address", "hash")
#: The spellings of an instant that are plain, beside 2026-05-01T12:00:00Z, that of Python
#: (2026-05-01T12:00:00+00:00) and that of PostgreSQL (2026-05-01 12:00:00+00).
_COMMON_TIMES = (
    'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"',
    "YYYY-MM-DD HH24:MI:SS.MS UTC",
    'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"',
)
_INTEGERS = {"smallint": 16, "integer": 32, "bigint": 64}
_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")
#: The types that a function of hedge/sql/load_functions.sql reads, and what a value has to be.
_READERS = {
    "timestamp with time zone": ("hedge_time", "is not an ISO 8601 time"),
    "date": ("hedge_date", "is not an ISO 8601 date"),
    "bigint[]": ("hedge_list", "is not a list of whole numbers"),
}


@dataclass(frozen=True)
class Number:
    """The numbers that a type can hold: how many decimals, and from `low` to `high`. `digits` is
    the number of digits of which it can hold every whole number."""

    decimals: int
    digits: int
    low: str
    high: str
    out_of_range: str

    @classmethod
    def of(cls, type_: str) -> "Number | None":
        """The numbers of a type of PostgreSQL; None where it is not one of exact numbers."""
        if bits := _INTEGERS.get(type_):
            most = 2 ** (bits - 1)
            digits = len(str(most)) - 1
            return cls(0, digits, str(-most), str(most - 1), f"is out of the range of {type_}")
        if not (found := _NUMERIC.fullmatch(type_)):
            return None
        precision, scale = map(int, found.groups())
        most = f"{'9' * (precision - scale)}.{'9' * scale}"
        place = " before the point" if scale else ""
        digits = precision - scale
        return cls(scale, digits, f"-{most}", most, f"has more than {digits} digits{place}")


def plain(column: Column) -> sql.Composed:
    """A condition that is true where a text is null or plain. It may fail as a cast does."""
    name = sql.Identifier(column.name)
    condition = "{0}::{1}::text = {0}"
    type_, decimals = column.type, 0
    match column.type:
        case "text" | "boolean":
            condition = "true"
        case "date":
            condition += " and {0} like '____-%'"
        case "timestamp with time zone":
            spellings = [
                "replace({0}::timestamp::text, ' ', 'T') || 'Z'",
                "replace({0}::timestamp::text, ' ', 'T') || '+00:00'",
                "{0}::timestamp::text || '+00'",
            ]
            spellings += [f"to_char({{0}}::timestamp, '{form}')" for form in _COMMON_TIMES]
            condition = " or ".join(f"{spelling} = {{0}}" for spelling in spellings)
            condition = f"{{0}} like '____-%' and ({condition})"
        case numeric if (number := Number.of(numeric)) and numeric not in _INTEGERS:
            type_, decimals = "numeric", number.decimals
            condition += " and scale({0}::numeric) <= {2}"
    return sql.SQL(f"({{0}} is null or {condition})").format(name, sql.SQL(type_), decimals)


def plain_value(column: Column) -> sql.Composable:
    """The value of a plain text."""
    name = sql.Identifier(column.name)
    if column.type == "text":
        return sql.SQL("lower({})").format(name) if column.form in _HEXADECIMAL else name
    return sql.SQL("{}::{}").format(name, sql.SQL(column.type))


def value(column: Column) -> sql.Composable:
    """The value of a text; null where it cannot be read."""
    given = _trimmed(sql.Identifier(column.name))
    if column.type == "text":
        if column.form in _HEXADECIMAL:
            return sql.SQL("pg_temp.hedge_hex({})").format(given)
        return given if column.form == "word" else sql.Identifier(column.name)
    if Number.of(column.type):
        read = sql.SQL("{}::numeric::{}").format(given, sql.SQL(column.type))
    else:
        function, _ = _READERS.get(column.type, (_attempt(column.type), ""))
        read = sql.SQL("{}({})").format(sql.Identifier("pg_temp", function), given)
    return sql.SQL("case when {} is null then {} end").format(_fault(column, given), read)


def fault(column: Column, text: sql.Composable) -> sql.Composable:
    """The end of the sentence that says why a text cannot be read, which `value` has shown."""
    _, sentence = _READERS.get(column.type, ("", f"is not a {column.type}"))
    return sql.SQL("coalesce({}, {})").format(_fault(column, _trimmed(text)), sentence)


def _fault(column: Column, given: sql.Composable) -> sql.Composable:
    """Why a text cannot be read; null also where only the cast shows that."""
    if number := Number.of(column.type):
        return sql.SQL("pg_temp.hedge_number_fault({}, {}, {}, {}, {}, {})").format(
            given,
            number.decimals,
            number.digits,
            sql.SQL(number.low),
            sql.SQL(number.high),
            number.out_of_range,
        )
    if column.type == "timestamp with time zone":
        return sql.SQL("pg_temp.hedge_time_fault({})").format(given)
    return sql.SQL("null::text")


def create_functions(connection: psycopg.Connection, columns: Iterable[Column]) -> None:
    """Create the functions that `value` and `fault` call, in the schema of the session."""
    connection.execute(query("load_functions"))
    for type_ in {column.type for column in columns} - {"text", *_READERS}:
        if Number.of(type_) is None:
            # PostgreSQL 15 has no cast that returns null where it fails
            connection.execute(
                sql.SQL(
                    "create or replace function {function}(given text) returns {type}"
                    " language plpgsql as $$begin return given::{type};"
                    " exception when others then return null; end$$"
                ).format(function=sql.Identifier("pg_temp", _attempt(type_)), type=sql.SQL(type_))
            )


def _attempt(type_: str) -> str:
    """The name of the function that casts to a type for which there is no rule of ours."""
    return f"hedge_try_{type_}"


def _trimmed(text: sql.Composable) -> sql.Composed:
    return sql.SQL("btrim({}, {})").format(text, _BLANKS)
