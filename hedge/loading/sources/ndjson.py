"""NDJSON: a JSON object on every line."""

import json
from collections.abc import Iterator
from typing import Any

from hedge.loading.sources.chunks import (
    UTF8_BOM,
    Chunk,
    ReadRow,
    Row,
    UnreadableRow,
    fault_of_text,
    printable,
)
from hedge.loading.sources.values import text_of
from hedge.loading.tables import Table


class Ndjson:
    """A JSON object on every line. A missing key is null; numbers keep all their digits."""

    def __init__(self, texts: Iterator[bytes], table: Table) -> None:
        self.columns = [column.name for column in table.columns]
        self.present = {column.name for column in table.columns if column.is_required}
        self._by_name = table.by_name
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
            for name in found:
                if name not in self._by_name:
                    raise ValueError(f"{name[:80]!r} is not a column")
            self.present.update(found)
            return Row(
                line, [text_of(self._by_name[name], found.get(name)) for name in self.columns]
            )
        except ValueError as error:
            return UnreadableRow(line, printable(text), str(error))


def _json_object(text: bytes) -> dict[str, Any]:
    """A JSON object in which numbers are still text."""
    try:
        found = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the row is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError("the row is not a JSON object")
    return found
