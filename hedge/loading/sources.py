"""Files of rows: CSV, NDJSON, both gzipped or not, standard input, and Parquet.

A file is read in chunks of about a MiB, so that memory does not grow with the file. A row that
cannot be read becomes an UnreadableRow; a fault of the file as a whole is an error.
"""

import contextlib
import functools
import gzip
import itertools
import json
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, Protocol

from hedge.errors import HedgeError, UsageError
from hedge.loading.tables import Column, Table

#: The number of bytes that are read at once, and the largest size of a row.
CHUNK_BYTES = 1 << 20

_BOM = b"\xef\xbb\xbf"
#: One value of a CSV record and the delimiter or line end after it.
_VALUE = re.compile(rb'(?:"([^"]*+(?:""[^"]*+)*+)"|([^",\r\n]*+))(,|\r?(?:\n|\Z))')
#: A value whose closing quote is missing in what was read so far.
_OPEN_VALUE = re.compile(rb'"[^"]*+(?:""[^"]*+)*+\Z')
#: A quoted value on one line, between delimiters or the ends of a line.
_QUOTED_VALUE = re.compile(rb'"(?<![^,\n]")[^"\r\n]*+(?:""[^"\r\n]*+)*+"(?![^,\r\n])')


@dataclass(frozen=True, slots=True)
class Row:
    """The values of a row as text, in the order of the source's columns."""

    line: int
    values: list[str | None]


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that cannot be parsed, and the reason."""

    line: int
    text: str
    reason: str


ReadRow = Row | UnreadableRow


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows of a source, beginning at a line.

    `rows` can be iterated once. Where `text` is not None it is the same rows as CSV that COPY
    parses as this module does, so that `rows` need not be parsed in Python.
    """

    line: int
    rows: Iterable[ReadRow]
    text: bytes | None = None


#: The amount that is done, and the total (None: unknown).
Progress = tuple[float, float | None]


class Source(Protocol):
    """An open file whose rows go into a table.

    `columns` gives the order of the values in a row; `present` are the columns for which the
    file has values, complete when all chunks have been read.
    """

    columns: list[str]
    present: set[str]

    def chunks(self) -> Iterator[Chunk]:
        """The rows in chunks."""


class Csv:
    """CSV by RFC 4180 with a header. A value that is empty and not quoted is null."""

    def __init__(self, texts: Iterator[bytes], table: Table) -> None:
        header, _, rest = next(texts, b"").removeprefix(_BOM).partition(b"\n")
        if fault := _fault("header", header):
            raise UsageError(fault)
        values, _ = _parse_record(header, 0)
        if values is None:
            raise UsageError("a quote or a carriage return stands in the header where none may")
        names = [(value or b"").decode() for value in values]
        if not any(names):
            raise UsageError("the file has no header: its first line must name the columns")
        self.columns = table.require(names)
        self.present = set(self.columns)
        self._texts = itertools.chain([rest] if rest else [], texts, [b""])

    def chunks(self) -> Iterator[Chunk]:
        """Text for COPY where COPY parses it as this class does, else rows parsed here."""
        line, unfinished = 2, b""
        for read in self._texts:
            is_last, text = not read, unfinished + read
            if _is_plain(text):
                end = len(text)
                yield Chunk(line, self._lazy_rows(text, line), text)
            else:
                rows, end = self._rows(text, line, is_last)
                yield Chunk(line, rows)
            line += text.count(b"\n", 0, end)
            unfinished = text[end:]

    def _lazy_rows(self, text: bytes, line: int) -> Iterator[ReadRow]:
        """The rows of a text, parsed at the first iteration."""
        yield from self._rows(text, line, is_last=True)[0]

    def _rows(self, text: bytes, line: int, is_last: bool) -> tuple[list[ReadRow], int]:
        """The rows of a text, and where they end: a record may continue in the next text.

        Of a record with broken quotes only the first line is rejected, and parsing continues at
        the next line.
        """
        rows: list[ReadRow] = []
        start = 0
        while start < len(text):
            values, end = _parse_record(text, start)
            if values is None:
                is_open = _OPEN_VALUE.match(text, end) is not None
                if is_open and not is_last and len(text) - start <= CHUNK_BYTES:
                    break
                end = text.find(b"\n", start) + 1 or len(text)
            record = text[start:end]
            if record.strip(b"\r\n"):
                rows.append(self._row(line, record, values))
            line += record.count(b"\n")
            start = end
        return rows, start

    def _row(self, line: int, record: bytes, values: list[bytes | None] | None) -> ReadRow:
        fault = _fault("row", record)
        if fault is None:
            if values is None:
                fault = "a quote or a carriage return stands where none may"
            elif len(values) == len(self.columns):
                return Row(line, [None if value is None else value.decode() for value in values])
            else:
                fault = f"the row has {len(values)} values, the header {len(self.columns)}"
        return UnreadableRow(line, _printable(record), fault)


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
            lines = enumerate(text.removeprefix(_BOM).split(b"\n"), line)
            yield Chunk(line, [self._row(number, row) for number, row in lines if row.strip()])
            line += text.count(b"\n")

    def _row(self, line: int, text: bytes) -> ReadRow:
        try:
            if fault := _fault("row", text):
                raise ValueError(fault)
            found = _json_object(text)
            for name in found:
                if name not in self._by_name:
                    raise ValueError(f"{name[:80]!r} is not a column")
            self.present.update(found)
            return Row(line, [_text(self._by_name[name], found.get(name)) for name in self.columns])
        except ValueError as error:
            return UnreadableRow(line, _printable(text), str(error))


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
            return Row(line, list(map(_text, self._columns, values)))
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


_TEXT_SOURCES: dict[str, type[Csv] | type[Ndjson]] = {
    ".csv": Csv,
    ".ndjson": Ndjson,
    ".jsonl": Ndjson,
}


@contextlib.contextmanager
def open_source(file: str, table: Table) -> Iterator[tuple[Source, Callable[[], Progress]]]:
    """The rows of a file, and a function that returns how far it has been read. `-` is standard
    input.

    Raises UsageError for a file that does not exist, has an unknown extension or columns that the
    table does not have; HedgeError for a file that cannot be read to its end.
    """
    try:
        if file == "-":
            pieces = _read_pieces(sys.stdin.buffer.read)
            yield _csv_or_ndjson(pieces, table), lambda: (0, None)
            return
        name, extension = os.path.splitext(file.lower())
        is_gzip = extension == ".gz"
        text_source = _TEXT_SOURCES.get(os.path.splitext(name)[1] if is_gzip else extension)
        if text_source is None and extension != ".parquet":
            raise UsageError(
                "the name must end in .csv, .ndjson, .jsonl, these with .gz, or .parquet"
            )
        with open(file, "rb") as raw:
            size = os.fstat(raw.fileno()).st_size
            if text_source is None:
                source: Source = Parquet(raw, table)
            else:
                read = gzip.GzipFile(fileobj=raw).read if is_gzip else raw.read
                source = text_source(_whole_lines(_read_pieces(read)), table)
            yield source, lambda: (raw.tell(), size)
    except FileNotFoundError as error:
        raise UsageError(f"there is no file {file}") from error
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise HedgeError(f"{file} cannot be read: {reason}") from error
    except UsageError as error:
        raise UsageError(f"{'standard input' if file == '-' else file}: {error}") from error


def _csv_or_ndjson(pieces: Iterator[bytes], table: Table) -> Source:
    """NDJSON where the text begins with a brace, else CSV."""
    first = next(pieces, b"")
    is_json = first.removeprefix(_BOM).lstrip().startswith(b"{")
    return (Ndjson if is_json else Csv)(_whole_lines(itertools.chain([first], pieces)), table)


def _read_pieces(read: Callable[[int], bytes]) -> Iterator[bytes]:
    return iter(functools.partial(read, CHUNK_BYTES), b"")


def _whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that end with a line.

    Of a line that exceeds the largest size of a row, only as much is kept as shows that.
    """
    rest = b""
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if end:
            yield rest + piece[:end]
            rest = piece[end:]
        else:
            rest = (rest + piece)[: CHUNK_BYTES + 1]
    if rest:
        yield rest


def _is_plain(text: bytes) -> bool:
    """Whether COPY parses the text as Csv does: each line is a record, each quote is at the
    beginning or the end of a value."""
    if b"\\." in text or (len(text) > CHUNK_BYTES and b"\n" not in text[: CHUNK_BYTES + 1]):
        return False
    return b'"' not in text or b'"' not in _QUOTED_VALUE.sub(b"", text)


def _parse_record(text: bytes, start: int) -> tuple[list[bytes | None] | None, int]:
    """The values of the CSV record that begins at `start`, and the position after it.

    Where the quoting is broken: None, and the position of the broken value.
    """
    values: list[bytes | None] = []
    while found := _VALUE.match(text, start):
        quoted, bare, delimiter = found.groups()
        values.append(bare or None if quoted is None else quoted.replace(b'""', b'"'))
        start = found.end()
        if delimiter != b",":
            return values, start
    return None, start


def _fault(what: str, text: bytes) -> str | None:
    """The reason why a text cannot be read at all, if there is one."""
    if len(text) > CHUNK_BYTES:
        return f"the {what} is longer than 1 MiB"
    if b"\0" in text:
        return f"the {what} contains a NUL byte"
    try:
        text.decode()
    except UnicodeDecodeError:
        return f"the {what} is not UTF-8 text"
    return None


def _printable(text: bytes) -> str:
    """The text with escapes for bytes that are not UTF-8 and for NUL."""
    return text.rstrip(b"\r\n").decode(errors="backslashreplace").replace("\0", "\\x00")


def _json_object(text: bytes) -> dict[str, Any]:
    """A JSON object in which numbers are still text."""
    try:
        found = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the row is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError("the row is not a JSON object")
    return found


def _text(column: Column, value: Any) -> str | None:
    """A value as text that PostgreSQL can cast; ValueError where a column cannot hold it."""
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case str():
            if "\0" in value or not _is_unicode(value):
                raise ValueError(f"{column.name} contains a character that is none")
            return value
        case int():
            return str(value)
        case float():
            return f"{value:.0f}" if value.is_integer() else repr(value)
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case list() if column.type.endswith("[]"):
            return "{" + ",".join(_element(_text(column, item)) for item in value) + "}"
    raise ValueError(f"{column.name} is not a single value")


def _element(text: str | None) -> str:
    """An element of a PostgreSQL array literal."""
    if text is None:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
