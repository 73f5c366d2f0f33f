"""NDJSON: a JSON object on every line."""

import json
from collections.abc import Iterator
from typing import Any

from hedge.loading.sources import values
from hedge.loading.sources.chunks import (
    UTF8_BOM,
    Chunk,
    ReadRow,
    Row,
    UnreadableRow,
    fault_of_text,
    printable,
)
from hedge.loading.tables import Column, Table


class _Constant(str):
    """NaN, Infinity or -Infinity, which JSON does not have and some libraries write."""


class Ndjson:
    """A JSON object on every line. A missing key is null; numbers keep all their digits."""

    def __init__(self, texts: Iterator[bytes], table: Table) -> None:
        self.columns = [column.name for column in table.columns]
        self.present = {column.name for column in table.columns if column.is_required}
        self._columns = table.columns
        self._known = set(self.columns)
        self._texts = texts

    def chunks(self) -> Iterator[Chunk]:
        """Rows that are parsed here."""
        line = 1
        for text in self._texts:
            lines = enumerate(text.removeprefix(UTF8_BOM).split(b"\n"), line)
            yield Chunk(line, [self._row(number, row) for number, row in lines if row.strip()])
            line += text.count(b"\n")

    def _row(self, line: int, text: bytes) -> ReadRow:
        try:
            if fault := fault_of_text("row", text):
                raise ValueError(fault)
            found = _json_object(text)
            for name in found.keys() - self._known:
                raise ValueError(f"{name[:80]!r} is not a column")
            self.present.update(found)
            return Row(line, [_text(column, found.get(column.name)) for column in self._columns])
        except ValueError as error:
            return UnreadableRow(line, printable(text), str(error))


def _json_object(text: bytes) -> dict[str, Any]:
    """A JSON object in which numbers are still text."""
    try:
        found = json.loads(
            text,
            parse_int=str,
            parse_float=str,
            parse_constant=_Constant,
            object_pairs_hook=_without_repeated_keys,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"the row is not JSON: {error}") from error
    except RecursionError as error:
        raise ValueError("the row is not JSON: it is nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("the row is not a JSON object")
    return found


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {repeated[:80]!r} stands twice in the row")
    return found


def _text(column: Column, value: Any) -> str | None:
    """A value as text; ValueError where the column cannot hold it."""
    if type(value) is str:
        return values.checked(column, value)
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case _Constant():
            raise ValueError(f"{values.named(column, value)} is not a number")
        case list() if column.type.endswith("[]"):
            return values.array(_text(column, element) for element in value)
    raise ValueError(f"{values.named(column, json.dumps(value))} is not a single value")
