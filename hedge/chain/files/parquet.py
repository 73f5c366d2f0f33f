"""Parquet of cryo: bytes, or with --hex texts of hexadecimal digits."""

import contextlib
from collections.abc import Iterator
from typing import IO, Any, Generic

from hedge.chain.files.columns import Columns
from hedge.chain.files.kinds import Kind, Read, Row, Unreadable
from hedge.errors import UsageError
from hedge.loading.sources.parquet import arrow, arrow_errors
from hedge.loading.sources.values import shown

_BATCH_ROWS = 4_096


class ParquetSource(Generic[Row]):
    """A file of Parquet. The number of a row is its place in the file, from 1."""

    def __init__(self, file: IO[bytes], kind: Kind[Row], chain: int | None) -> None:
        self._arrow = arrow()
        with _errors():
            self._file = self._arrow.parquet.ParquetFile(file)
        schema = self._file.schema_arrow
        self._columns = Columns(kind, schema.names, chain)
        by_name = {name.strip().lower(): name for name in schema.names}
        self._names = [by_name[name] for name in self._columns.needed]
        for name in self._names:
            if not self._is_known(schema.field(name).type):
                raise UsageError(
                    f"the column {name} has the type {schema.field(name).type}, which holds neither"
                    " bytes nor text nor whole numbers"
                )

    @property
    def chain(self) -> int | None:
        """The chain of the rows."""
        return self._columns.chain

    def read(self) -> Iterator[Read[Row]]:
        """The rows, some thousands at once."""
        start = 1
        with _errors():
            for batch in self._file.iter_batches(batch_size=_BATCH_ROWS, columns=self._names):
                found: Read[Row] = Read()
                arrays = [batch.column(name).to_pylist() for name in self._names]
                for line, values in enumerate(zip(*arrays, strict=True), start):
                    try:
                        found.rows.append((line, self._columns.row(values)))
                    except ValueError as error:
                        found.unreadable.append(Unreadable(line, self._text(values), str(error)))
                start += batch.num_rows
                yield found

    def _text(self, values: tuple[Any, ...]) -> str:
        """A row that cannot be read, as text."""
        return ", ".join(
            f"{name} {shown(value)}"
            for name, value in zip(self._names, values, strict=True)
            if value is not None
        )

    def _is_known(self, kind: Any) -> bool:
        types = self._arrow.types
        return bool(
            types.is_integer(kind)
            or types.is_binary(kind)
            or types.is_large_binary(kind)
            or types.is_binary_view(kind)
            or types.is_fixed_size_binary(kind)
            or types.is_string(kind)
            or types.is_large_string(kind)
            or types.is_string_view(kind)
            or types.is_dictionary(kind)
            or types.is_boolean(kind)
            or types.is_null(kind)
        )


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    try:
        with arrow_errors():
            yield
    except UnicodeDecodeError as error:
        raise OSError("a text of it is not UTF-8") from error
