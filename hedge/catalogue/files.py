"""Boards, seasons and weights as CSV files: one row each, with the fields of its dataclass."""

import dataclasses
import types
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from hedge.boards import Board
from hedge.errors import UsageError, file_error, raise_faults
from hedge.instants import instant_of
from hedge.names import tidied
from hedge.project import csv_files
from hedge.project.csv_files import BrokenCsv
from hedge.project.files import encoding_fault
from hedge.seasons import Season
from hedge.suggestions import did_you_mean


@dataclass(frozen=True)
class SeasonWeight:
    """The points per unit of a challenge's value in a season."""

    season_id: str
    challenge_key: str
    weight: Decimal

    def given(self) -> dict[str, str]:
        """The weight as hedge.seasons takes it."""
        return {"challenge_key": self.challenge_key, "weight": f"{self.weight:f}"}


#: The name of the file for each kind of row, and the columns that no two rows share.
NAMES = {
    Board: ("leaderboard_defs.csv", ("key",)),
    Season: ("seasons.csv", ("id",)),
    SeasonWeight: ("season_weights.csv", ("season_id", "challenge_key")),
}

Record = TypeVar("Record")


@dataclass(frozen=True)
class Line(Generic[Record]):
    """A row of a file; place is `file:line`."""

    place: str
    record: Record


def write(folder: Path, kind: type[Record], records: Sequence[Record]) -> Path:
    """Write the file of a kind of rows into a folder, which is created; returns the file."""
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    values = ([csv_files.plain(getattr(one, name)) for name in names] for one in records)
    text = csv_files.text([names, *values])
    file = folder / NAMES[kind][0]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise file_error(f"{file} cannot be written", error) from error
    return file


def read(folder: Path, kind: type[Record]) -> list[Line[Record]]:
    """The rows of the file of a kind. Columns with a default may be missing.

    A file that cannot be read, and rows that are wrong, are a UsageError with file and line.
    """
    name, key = NAMES[kind]
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise file_error(f"{path} cannot be read", error) from error
    if wrong := encoding_fault(content):
        raise UsageError(f"{path}:{wrong[0]}: {wrong[1]}")
    rows = csv_files.rows(content)
    lines: list[Line[Record]] = []
    faults: list[str] = []
    places: dict[tuple[Any, ...], int] = {}
    try:
        header = csv_files.header_of(rows)
        if fault := _header_fault(header, kind):
            raise UsageError(f"{path}:1: {fault}")
        for row in rows:
            place = f"{path}:{row.line}"
            try:
                record = _record(kind, header, row.values)
            except ValueError as error:
                faults.append(f"{place}: {error}")
                continue
            identity = tuple(getattr(record, column) for column in key)
            other = places.setdefault(identity, row.line)
            if other != row.line:
                faults.append(f"{place}: line {other} has {' '.join(identity)} already")
            lines.append(Line(place, record))
    except BrokenCsv as error:
        faults.append(f"{path}:{error.line}: {error}")
    raise_faults(faults, UsageError)
    return lines


def _header_fault(header: Sequence[str], kind: Any) -> str | None:
    """Why the first line does not name the columns; None where it does."""
    fields = dataclasses.fields(kind)
    needed = [field.name for field in fields if field.default is dataclasses.MISSING]
    optional = [field.name for field in fields if field.name not in needed]
    return csv_files.header_fault(header, needed, optional)


def _record(kind: type[Record], header: Sequence[str], values: Sequence[str]) -> Record:
    """A row of a file; a ValueError says what is wrong with it."""
    if not values:
        raise ValueError("the line is empty: delete it")
    if fault := csv_files.width_fault(header, values):
        raise ValueError(fault)
    types_of = typing.get_type_hints(kind)
    return kind(
        **{
            column: _value(column, types_of[column], text)
            for column, text in zip(header, values, strict=True)
        }
    )


def _value(column: str, wanted: Any, text: str) -> Any:
    """The value of a column of a type; a ValueError says why a text is none."""
    if typing.get_origin(wanted) in (types.UnionType, typing.Union):
        return text or None
    if typing.get_origin(wanted) is Literal:
        words = typing.get_args(wanted)
        if text not in words:
            raise ValueError(
                f"{column} is '{text}', not one of {', '.join(words)}{did_you_mean(text, words)}"
            )
        return text
    if wanted is bool:
        if text not in ("true", "false"):
            raise ValueError(f"{column} is '{text}': write true or false")
        return text == "true"
    try:
        if wanted is int:
            return int(text)
        if wanted is Decimal:
            return Decimal(text)
        if wanted is datetime:
            return instant_of(text)
    except (ValueError, InvalidOperation):
        kinds = {
            int: "a whole number",
            Decimal: "a number",
            datetime: "an ISO 8601 time such as 2026-11-01T00:00Z",
        }
        raise ValueError(f"{column} is '{text}', not {kinds[wanted]}") from None
    # as it is stored, so that a file that was applied changes nothing more
    return tidied(text) if column == "name" else text
