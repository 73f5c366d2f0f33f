"""Parquet, read by pyarrow."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from hedge.errors import UsageError
from hedge.loading.sources.chunks import Chunk, ReadRow, Row, UnreadableRow
from hedge.loading.sources.values import text_of
from hedge.loading.tables import Table


class Parquet:
    """Parquet, read by pyarrow. The line of a row is its number in the file."""

    def __init__(self, file: BinaryIO, table: Table) -> None:
        try:
            import pyarrow.parquet
        except ImportError as error:
            raise UsageError("Parquet needs pyarrow: pip install 'hedge[parquet]'") from error
        self._arrow = pyarrow
        with self._errors():
            self._file = pyarrow.parquet.ParquetFile(file)
        self.columns = table.require(self._file.schema_arrow.names)
        self.present = set(self.columns)
        self._columns = [table.by_name[name] for name in self.columns]

    def chunks(self) -> Iterator[Chunk]:
        """Rows that are parsed here."""
        line = 1
        with self._errors():
            for batch in self._file.iter_batches(batch_size=8_192):
                values = zip(*map(self._values, batch.columns), strict=True)
                yield Chunk(
                    line, [self._row(number, row) for number, row in enumerate(values, line)]
                )
                line += batch.num_rows

    def _row(self, line: int, values: tuple[Any, ...]) -> ReadRow:
        try:
            return Row(line, list(map(text_of, self._columns, values)))
        except ValueError as error:
            text = str(dict(zip(self.columns, values, strict=True)))
            return UnreadableRow(line, text, str(error))

    def _values(self, column: Any) -> Iterable[Any]:
        if self._arrow.types.is_timestamp(column.type):
            column = column.cast(self._arrow.timestamp("us", "UTC"), safe=False)
        values: list[Any] = column.to_pylist()
        return values

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except self._arrow.ArrowException as error:
            raise OSError(str(error).partition("\n")[0]) from error
