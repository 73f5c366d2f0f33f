"""Seeds as a spreadsheet saves them, rewritten as the checks want them.

Only what can be read in one way is changed: the encoding, line ends, the separator, blanks, and
values that the checks refuse and of which exactly one other writing is meant. All else stays, and
the checks name it. A file in which nothing is changed is not written, and no cell is ever lost.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from hedge.counting import counted
from hedge.project import csv_files
from hedge.project.csv_files import BrokenCsv
from hedge.project.seed_checks import seed_names, value_fault
from hedge.project.seed_files import SEPARATORS
from hedge.project.seed_schema import Column, Schema, schemas

#: Bytes above 0x7f that stand for another character in ISO 8859-15 or nothing in Windows-1252, so
#: that a file with one of them may be in either encoding.
_AMBIGUOUS = frozenset(b"\xa4\xa6\xa8\xb4\xb8\xbc\xbd\xbe\x81\x8d\x8f\x90\x9d")
#: The words that spreadsheets write for true and false in their languages.
_BOOLEANS = {
    **dict.fromkeys(("true", "wahr", "vrai", "verdadero", "vero"), "true"),
    **dict.fromkeys(("false", "falsch", "faux", "falso"), "false"),
}
#: A number with an exponent; a spreadsheet that shows six digits may have dropped others.
_EXPONENT = re.compile(r"([+-]?)(\d)(?:[.,](\d{1,4}))?[eE]\+?(\d{1,2})")
#: A decimal comma; three digits after it could be thousands.
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,(?:\d{1,2}|\d{4,})")
#: A whole number with a point.
_WHOLE = re.compile(r"([+-]?\d+)[.,]0*")


@dataclass(frozen=True)
class Formatted:
    """A seed with what is changed in it, a sentence each. before and after are its texts with LF;
    content is what to write."""

    file: str
    path: Path
    changes: list[str]
    before: str
    after: str

    @property
    def content(self) -> bytes:
        """The file as the checks want it."""
        return self.after.encode()


def formatted(project: Path, names: Sequence[str] = ()) -> Iterator[Formatted]:
    """The seeds of a project in which something is changed; of all seeds, or of those that are
    named. Nothing is written."""
    described = schemas(project)
    for name, path in seed_names(project).items():
        if names and name not in names:
            continue
        found = _formatted(project, path, described.get(name))
        if found is not None and found.changes:
            yield found


def _formatted(project: Path, path: Path, schema: Schema | None) -> Formatted | None:
    """A seed, formatted; None where it cannot be read in one way."""
    changes: list[str] = []
    text = _text(path.read_bytes(), changes)
    if text is None:
        return None
    before = re.sub(r"\r\n?", "\n", text)
    if text != before:
        changes.append("lines end with LF")
    table = _table(before, schema, changes)
    if table is None:
        return None
    rows = _rows(table, schema, changes)
    after = before
    if rows != table or "commas separate the values" in changes:
        after = csv_files.text(rows)
    return Formatted(path.relative_to(project).as_posix(), path, changes, before, after)


def _text(content: bytes, changes: list[str]) -> str | None:
    """The text of a file, where its encoding is certain, else None."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = content.decode("utf-16")
        except UnicodeDecodeError:
            return None
        changes.append("the encoding is UTF-8 instead of UTF-16")
        return text
    if b"\0" in content:
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        if _AMBIGUOUS & {*content}:
            return None
        changes.append("the encoding is UTF-8 instead of Latin-1")
        return content.decode("cp1252")
    if text.startswith("\ufeff"):
        changes.append("there is no byte order mark")
    return text.removeprefix("\ufeff")


def _table(text: str, schema: Schema | None, changes: list[str]) -> list[list[str]] | None:
    """The values of a text row by row. None where its quotes cannot be read, or where a value goes
    on to another line."""
    separator = ","
    if schema is not None:
        first = text.split("\n", 1)[0]
        for one in (",", *SEPARATORS):
            named = [_column(name, schema) for name in first.replace('"', "").split(one)]
            if {*named} - {None} == {*schema.columns}:
                separator = one
                break
    try:
        rows = [row.values for row in csv_files.rows(text.encode(), separator)]
    except BrokenCsv:
        return None
    if any("\n" in value for row in rows for value in row):
        return None
    if separator != ",":
        changes.append("commas separate the values")
    return rows


def _column(name: str, schema: Schema) -> str | None:
    """The column that a name of a header means; None for none."""
    wanted = name.strip().casefold()
    return next((column for column in schema.columns if column.casefold() == wanted), None)


def _rows(table: list[list[str]], schema: Schema | None, changes: list[str]) -> list[list[str]]:
    """The rows of a table as the checks want them."""
    rows = [[value.strip() for value in row] for row in table]
    if rows != table:
        changes.append("no blanks surround values")
    filled = [row for row in rows if any(row)]
    if len(filled) < len(rows):
        changes.append(
            f"{counted(len(rows) - len(filled), 'empty line is', 'empty lines are')} left out"
        )
    rows = _without_empty_columns(filled, changes)
    if schema is None or not rows:
        return rows
    header = [_column(name, schema) or name for name in rows[0]]
    if header != rows[0] and len({*header}) == len(header):
        changes.append("the header names the columns in lower case")
        rows[0] = header
    written = 0
    for row in rows[1:]:
        if len(row) != len(rows[0]):
            continue
        for place, name in enumerate(rows[0]):
            column = schema.columns.get(name)
            meant = None if column is None else _meant(column, row[place])
            if meant is not None:
                row[place] = meant
                written += 1
    if written:
        changes.append(f"{counted(written, 'value is', 'values are')} written otherwise")
    return rows


def _without_empty_columns(rows: list[list[str]], changes: list[str]) -> list[list[str]]:
    """Rows without the columns at their end that have no name and no value."""
    width = len(rows[0]) if rows else 0
    kept = width
    while kept and not any(row[kept - 1] for row in rows if len(row) >= kept):
        kept -= 1
    if kept == width or any(len(row) != width for row in rows):
        return rows
    changes.append(f"{counted(width - kept, 'column')} without a name or value left out")
    return [row[:kept] for row in rows]


def _meant(column: Column, value: str) -> str | None:
    """The one writing of a value that the checks take, where they refuse the value; else None."""
    if value_fault(column, value) is None:
        return None
    meant = {one for one in _writings(column, value) if value_fault(column, one) is None}
    return meant.pop() if len(meant) == 1 else None


def _writings(column: Column, value: str) -> Iterator[str]:
    """What a value may have been before a spreadsheet wrote it."""
    if column.type == "boolean":
        yield _BOOLEANS.get(value.casefold(), value)
    elif column.accepted is not None:
        yield from (one for one in column.accepted if one.casefold() == value.casefold())
    elif column.form == "address":
        yield value.lower()
    elif column.type != "text":
        if exponent := _EXPONENT.fullmatch(value):
            sign, digit, more, power = exponent.groups(default="")
            yield f"{Decimal(f'{sign}{digit}.{more or 0}e{power}').normalize():f}"
        if _DECIMAL_COMMA.fullmatch(value):
            yield value.replace(",", ".")
        if whole := _WHOLE.fullmatch(value):
            yield whole[1]
