"""CSV of ethereum-etl and cryo, by the CSV of the loader of facts."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Generic

from hedge.chain.files.columns import Columns
from hedge.chain.files.kinds import Kind, Read, Row, Unreadable
from hedge.loading import sources
from hedge.loading.sources.csv import Csv
from hedge.loading.tables import Table

#: Longer than any value of a file whose rows end at 1 MiB.
csv.field_size_limit(1 << 21)


@dataclass(frozen=True)
class _AnyColumns(Table):
    """A table of which a file may have any columns."""

    def require(self, names: Iterable[str]) -> list[str]:
        return [name.strip().lower() for name in names]


class CsvSource(Generic[Row]):
    """A file of CSV. The number of a row is its first line."""

    def __init__(self, texts: Iterator[bytes], kind: Kind[Row], chain: int | None) -> None:
        known = [name for names in kind.fields.values() for name in names]
        self._csv = Csv(texts, _AnyColumns("raw", kind.table, list(map(_column, known))))
        self._columns = Columns(kind, self._csv.columns, chain)
        self._pick = itemgetter(*map(self._csv.columns.index, self._columns.needed))

    @property
    def chain(self) -> int | None:
        """The chain of the rows."""
        return self._columns.chain

    def read(self) -> Iterator[Read[Row]]:
        """The rows, in the pieces in which the file is read."""
        for chunk in self._csv.chunks():
            found: Read[Row] = Read()
            if chunk.text is None:
                self._read_rows(chunk.rows, found)
            elif not self._read_plain(chunk.text, chunk.line, found):
                found = Read()
                self._read_rows(chunk.rows, found)
            yield found

    def _read_plain(self, text: bytes, line: int, found: Read[Row]) -> bool:
        """Read a text in which each line is a record; false where it is not of that form."""
        try:
            lines = io.StringIO(text.decode(), newline="")
        except UnicodeDecodeError:
            return False
        size = len(self._csv.columns)
        reader = csv.reader(lines, strict=True)
        try:
            for number, values in enumerate(reader, line):
                if values:
                    if len(values) != size:
                        return False
                    self._add(number, values, found)
        except csv.Error:
            return False
        return True

    def _read_rows(self, given: Iterable[sources.ReadRow], found: Read[Row]) -> None:
        for row in given:
            if isinstance(row, sources.UnreadableRow):
                found.unreadable.append(Unreadable(row.line, row.text, row.reason))
            else:
                self._add(row.line, row.values, found)

    def _add(self, line: int, values: Sequence[Any], found: Read[Row]) -> None:
        try:
            found.rows.append((line, self._columns.row(self._pick(values))))
        except ValueError as error:
            text = ",".join(value or "" for value in values)
            found.unreadable.append(Unreadable(line, text, str(error)))


def _column(name: str) -> Any:
    from hedge.loading.tables import Column

    return Column(name, "text", False, None, False, None)
