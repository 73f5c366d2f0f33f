"""Parquet, read by pyarrow. A value becomes text by its type in the file and its column."""

import contextlib
import dataclasses
import functools
import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from hedge.errors import UsageError
from hedge.loading.sources import values
from hedge.loading.sources.chunks import Chunk, ReadRow, Row, UnreadableRow
from hedge.loading.tables import Column, Table

_BATCH_ROWS = 8_192
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
#: The floating-point types by their size in bits.
_FLOATS: dict[int, values.Float] = {
    16: values.Float("FLOAT16", 11, -24, "e"),
    32: values.Float("FLOAT", 24, -149, "f"),
    64: values.Float("DOUBLE", 53, -1074, "d"),
}


@dataclass(frozen=True, slots=True)
class _Fault:
    """A value that cannot be read, as it is shown, and the reason."""

    shown: str
    reason: str


#: Makes text of a value; ValueError where the column cannot hold it.
_Convert = Callable[[Any], str]
_Texts = list[str | _Fault | None]


def arrow() -> Any:
    """The module pyarrow with what reads Parquet; UsageError where it is not installed."""
    try:
        import pyarrow.compute
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow: pip install 'hedge[parquet]'") from error
    return pyarrow


@contextlib.contextmanager
def arrow_errors() -> Iterator[None]:
    """Makes an OSError with one line of what pyarrow finds wrong in a file."""
    try:
        yield
    except arrow().ArrowException as error:
        raise OSError(str(error).partition("\n")[0]) from error


class Parquet:
    """A file of Parquet. The line of a row is its number in the file."""

    def __init__(self, file: IO[bytes], table: Table) -> None:
        self._arrow = arrow()
        with arrow_errors():
            self._file = self._arrow.parquet.ParquetFile(file)
            self._microseconds = self._arrow.parquet.ParquetFile(
                file, coerce_int96_timestamp_unit="us"
            )
        self._names: list[str] = self._file.schema_arrow.names
        self.columns = table.require(self._names)
        self.present = set(self.columns)
        self._columns = [table.by_name[name] for name in self.columns]
        # pyarrow reads INT96 as nanoseconds, which wrap around after the year 2262
        schema = self._file.schema
        leaves = [schema.column(number) for number in range(len(schema))]
        self._wrapping = [leaf.path for leaf in leaves if leaf.physical_type == "INT96"]

    def chunks(self) -> Iterator[Chunk]:
        """Rows that are parsed here."""
        line = 1
        with arrow_errors():
            for batch, microseconds in zip(self._batches(), self._instants(), strict=False):
                texts = [
                    self._instant_texts(column, array, microseconds[name])
                    if name in microseconds
                    else self._texts(column, array)
                    for name, column, array in zip(
                        self._names, self._columns, batch.columns, strict=True
                    )
                ]
                yield Chunk(line, list(self._rows(line, texts)))
                line += batch.num_rows

    def _batches(self) -> Iterator[Any]:
        batches: Iterator[Any] = self._file.iter_batches(batch_size=_BATCH_ROWS)
        return batches

    def _instants(self) -> Iterator[dict[str, Any]]:
        """The columns of type INT96 as microseconds, by their names, in the same batches."""
        if not self._wrapping:
            return itertools.repeat({})
        batches = self._microseconds.iter_batches(batch_size=_BATCH_ROWS, columns=self._wrapping)
        return (dict(zip(self._wrapping, batch.columns, strict=True)) for batch in batches)

    def _rows(self, line: int, texts: list[_Texts]) -> Iterator[ReadRow]:
        for number, row in enumerate(zip(*texts, strict=True), line):
            faults = [value for value in row if isinstance(value, _Fault)]
            if faults:
                as_read = {
                    name: value.shown if isinstance(value, _Fault) else value
                    for name, value in zip(self.columns, row, strict=True)
                    if value is not None
                }
                reason = "; ".join(fault.reason for fault in faults)
                yield UnreadableRow(number, json.dumps(as_read), reason)
            else:
                yield Row(number, list(row))

    def _texts(self, column: Column, array: Any) -> _Texts:
        """The values of an array as text."""
        types = self._arrow.types
        if types.is_dictionary(array.type):
            return self._texts(column, array.dictionary_decode())
        if column.type.endswith("[]") and _is_list(types, array.type):
            return self._array_texts(column, array)
        array, convert = self._converter(column, array)
        return _converted(convert, array.to_pylist())

    def _array_texts(self, column: Column, array: Any) -> _Texts:
        """The values of an array of lists as array literals."""
        element = dataclasses.replace(column, type=column.type.removesuffix("[]"))
        elements = iter(self._texts(element, array.flatten()))
        sizes = self._arrow.compute.list_value_length(array).to_pylist()
        return [
            None if size is None else _array_text(list(itertools.islice(elements, size)))
            for size in sizes
        ]

    def _instant_texts(self, column: Column, nanoseconds: Any, microseconds: Any) -> _Texts:
        """The instants of which both are rounded down: the one is right modulo 2^64, the other has
        no digits for nanoseconds."""
        pairs = zip(
            nanoseconds.cast(self._arrow.int64()).to_pylist(),
            microseconds.cast(self._arrow.int64()).to_pylist(),
            strict=True,
        )
        exact = [
            None if cut is None else cut * 1000 + (whole - cut * 1000) % 2**64
            for whole, cut in pairs
        ]
        return _converted(functools.partial(values.from_ticks, column, 10**9), exact)

    def _converter(self, column: Column, array: Any) -> tuple[Any, _Convert]:
        """An array of which pyarrow cuts and refuses no value, and what makes text of its values:
        instants and dates are whole numbers in it, and text is bytes."""
        types, kind = self._arrow.types, array.type
        convert: _Convert = functools.partial(_refuse, column, kind)
        if isinstance(kind, self._arrow.BaseExtensionType):
            if kind.extension_name == "arrow.uuid":
                return array.storage, lambda value: str(uuid.UUID(bytes=value))
            return self._converter(column, array.storage)
        if types.is_integer(kind):
            convert = str
        elif types.is_floating(kind):
            convert = functools.partial(values.from_float, column, _FLOATS[kind.bit_width])
        elif types.is_decimal(kind):
            convert = values.from_decimal
        elif types.is_boolean(kind):
            convert = _from_boolean
        elif types.is_timestamp(kind):
            array = array.cast(self._arrow.int64())
            convert = functools.partial(values.from_ticks, column, _PER_SECOND[kind.unit])
        elif types.is_date(kind):
            array = array.cast(self._arrow.date32()).cast(self._arrow.int32())
            convert = functools.partial(values.from_days, column)
        elif types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
            array = array.cast(self._arrow.large_binary())
            convert = functools.partial(values.from_utf8, column)
        elif (
            types.is_binary(kind)
            or types.is_large_binary(kind)
            or types.is_binary_view(kind)
            or types.is_fixed_size_binary(kind)
        ):
            convert = functools.partial(values.from_bytes, column)
        return array, convert


def _converted(convert: _Convert, given: list[Any]) -> _Texts:
    """Values as text, faults for those that cannot be converted."""
    try:
        return [None if value is None else convert(value) for value in given]
    except ValueError:
        return [None if value is None else _text_or_fault(convert, value) for value in given]


def _text_or_fault(convert: _Convert, value: Any) -> str | _Fault:
    try:
        return convert(value)
    except ValueError as error:
        return _Fault(values.shown(value), str(error))


def _array_text(elements: _Texts) -> str | _Fault:
    """The array literal of elements; a fault where one is a fault."""
    texts = [element for element in elements if not isinstance(element, _Fault)]
    if len(texts) == len(elements):
        return values.array(texts)
    faults = [element for element in elements if isinstance(element, _Fault)]
    return _Fault(", ".join(fault.shown for fault in faults), faults[0].reason)


def _from_boolean(value: bool) -> str:
    return str(value).lower()


def _refuse(column: Column, kind: Any, value: Any) -> str:
    raise ValueError(f"{values.named(column, value)} has the type {kind}, which no column holds")


def _is_list(types: Any, kind: Any) -> bool:
    return bool(
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
        or types.is_list_view(kind)
        or types.is_large_list_view(kind)
    )
