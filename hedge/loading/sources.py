"""Files of rows: CSV, NDJSON, both gzipped or not, standard input, and Parquet.

A file is read in blocks of about a MiB, so that memory does not grow with it. Whatever is
wrong with a row becomes a Reject; whatever is wrong with the file as a whole is an error.
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

#: How much is read at once, and the longest a row may be.
BLOCK = 1 << 20

_BOM = b"\xef\xbb\xbf"
#: One value of a CSV record and the mark after it.
_VALUE = re.compile(rb'(?:"([^"]*+(?:""[^"]*+)*+)"|([^",\r\n]*+))(,|\r?(?:\n|\Z))')
#: A value whose quotes are not closed before the end of what was read.
_OPEN_VALUE = re.compile(rb'"[^"]*+(?:""[^"]*+)*+\Z')
#: A quoted value on one line, between commas or the ends of a line.
_QUOTED_VALUE = re.compile(rb'"(?<![^,\n]")[^"\r\n]*+(?:""[^"\r\n]*+)*+"(?![^,\r\n])')


@dataclass(frozen=True, slots=True)
class Row:
    """The values of a row as text, in the order of the source's columns."""

    line: int
    values: list[str | None]


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be read."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a source: `text` is CSV that COPY can be given as it is, if it is that."""

    line: int
    text: bytes | None
    rows: Callable[[], Iterable[Row | Reject]]


#: How much is done, and of how much (None: not known).
Progress = tuple[float, float | None]


class Source(Protocol):
    """A file that was opened for a table.

    `columns` is the order of the values in a row; `given` are the columns that the file
    tells of, complete when its blocks have been read.
    """

    columns: list[str]
    given: set[str]

    def blocks(self) -> Iterator[Block]:
        """The rows, in pieces."""


class Csv:
    """CSV as RFC 4180 has it, with a header. A value that is empty and not quoted is null."""

    def __init__(self, texts: Iterator[bytes], table: Table) -> None:
        header, _, rest = next(texts, b"").removeprefix(_BOM).partition(b"\n")
        if fault := _fault("header", header):
            raise UsageError(fault)
        values, _ = _record(header, 0)
        if values is None:
            raise UsageError("a quote or a carriage return stands in the header where none may")
        names = [(value or b"").decode() for value in values]
        if not any(names):
            raise UsageError("the file has no header: its first line must name the columns")
        self.columns = table.require(names)
        self.given = set(self.columns)
        self._texts = itertools.chain([rest] if rest else [], texts, [b""])

    def blocks(self) -> Iterator[Block]:
        """Text for COPY where nothing speaks against it, else rows that are read here."""
        line, unfinished = 2, b""
        for text in self._texts:
            is_last, text = not text, unfinished + text
            if _is_plain(text):
                end = len(text)
                yield Block(line, text, lambda text=text, line=line: self._rows(text, line)[0])
            else:
                rows, end = self._rows(text, line, is_last)
                yield Block(line, None, lambda rows=rows: rows)
            line += text.count(b"\n", 0, end)
            unfinished = text[end:]

    def _rows(self, text: bytes, line: int, is_last: bool = True) -> tuple[list[Row | Reject], int]:
        """The rows of a text, and where they end: a record may go on in the next text.

        A record with broken quotes loses its first line only; reading goes on with the next.
        """
        rows, start = [], 0
        while start < len(text):
            values, end = _record(text, start)
            if values is None:
                is_open = _OPEN_VALUE.match(text, end) is not None
                if is_open and not is_last and len(text) - start <= BLOCK:
                    break
                end = text.find(b"\n", start) + 1 or len(text)
            record = text[start:end]
            if record.strip(b"\r\n"):
                rows.append(self._row(line, record, values))
            line += record.count(b"\n")
            start = end
        return rows, start

    def _row(self, line: int, record: bytes, values: list[bytes | None] | None) -> Row | Reject:
        fault = _fault("row", record)
        if not fault and values is None:
            fault = "a quote or a carriage return stands where none may"
        if not fault and len(values) != len(self.columns):
            fault = f"the row has {len(values)} values, the header {len(self.columns)}"
        if fault:
            return Reject(line, _readable(record), fault)
        return Row(line, [None if value is None else value.decode() for value in values])


class Ndjson:
    """A JSON object on every line. An absent key is null; numbers keep all their digits."""

    def __init__(self, texts: Iterator[bytes], table: Table) -> None:
        self.columns = [column.name for column in table.columns]
        self.given = {column.name for column in table.columns if column.is_required}
        self._by_name = table.by_name
        self._texts = texts

    def blocks(self) -> Iterator[Block]:
        """Rows that are read here."""
        line = 1
        for text in self._texts:
            lines = enumerate(text.removeprefix(_BOM).split(b"\n"), line)
            rows = [self._row(number, row) for number, row in lines if row.strip()]
            yield Block(line, None, lambda rows=rows: rows)
            line += text.count(b"\n")

    def _row(self, line: int, text: bytes) -> Row | Reject:
        try:
            if fault := _fault("row", text):
                raise ValueError(fault)
            found = _json_object(text)
            for name in found:
                if name not in self._by_name:
                    raise ValueError(f"{name[:80]!r} is not a column")
            self.given.update(found)
            return Row(line, [_text(self._by_name[name], found.get(name)) for name in self.columns])
        except ValueError as error:
            return Reject(line, _readable(text), str(error))


class Parquet:
    """Parquet, by pyarrow. The line of a row is its number in the file."""

    def __init__(self, file: BinaryIO, table: Table) -> None:
        try:
            import pyarrow.parquet
        except ImportError as error:
            raise UsageError("Parquet needs pyarrow: pip install 'hedge[parquet]'") from error
        self._arrow = pyarrow
        with self._errors():
            self._file = pyarrow.parquet.ParquetFile(file)
        self.columns = table.require(self._file.schema_arrow.names)
        self.given = set(self.columns)
        self._columns = [table.by_name[name] for name in self.columns]

    def blocks(self) -> Iterator[Block]:
        """Rows that are read here."""
        line = 1
        with self._errors():
            for batch in self._file.iter_batches(batch_size=8_192):
                values = zip(*map(self._values, batch.columns), strict=True)
                rows = [self._row(number, row) for number, row in enumerate(values, line)]
                yield Block(line, None, lambda rows=rows: rows)
                line += batch.num_rows

    def _row(self, line: int, values: tuple) -> Row | Reject:
        try:
            return Row(line, list(map(_text, self._columns, values)))
        except ValueError as error:
            return Reject(line, str(dict(zip(self.columns, values, strict=True))), str(error))

    def _values(self, values: Any) -> list:
        if self._arrow.types.is_timestamp(values.type):
            values = values.cast(self._arrow.timestamp("us", "UTC"), safe=False)
        return values.to_pylist()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except self._arrow.ArrowException as error:
            raise OSError(str(error).partition("\n")[0]) from error


_READERS = {".csv": Csv, ".ndjson": Ndjson, ".jsonl": Ndjson, ".parquet": Parquet}


@contextlib.contextmanager
def opened(file: str, table: Table) -> Iterator[tuple[Source, Callable[[], Progress]]]:
    """The rows of a file, and how far it has been read. `-` is standard input.

    Raises UsageError where there is no such file, it is of no kind that we know, or its
    columns are not the table's; HedgeError where it cannot be read (to its end).
    """
    try:
        if file == "-":
            yield _detected(_pieces(sys.stdin.buffer), table), lambda: (0, None)
            return
        name, extension = os.path.splitext(file.lower())
        is_gzip = extension == ".gz"
        reader = _READERS.get(os.path.splitext(name)[1] if is_gzip else extension)
        if reader is None or (is_gzip and reader is Parquet):
            raise UsageError(
                "the name must end in .csv, .ndjson, .jsonl, these with .gz, or .parquet"
            )
        with open(file, "rb") as raw:
            size = os.fstat(raw.fileno()).st_size
            content = gzip.GzipFile(fileobj=raw) if is_gzip else raw
            content = raw if reader is Parquet else _texts(_pieces(content))
            yield reader(content, table), lambda: (raw.tell(), size)
    except FileNotFoundError as error:
        raise UsageError(f"there is no file {file}") from error
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise HedgeError(f"{file} cannot be read: {reason}") from error
    except UsageError as error:
        raise UsageError(f"{'standard input' if file == '-' else file}: {error}") from error


def _detected(pieces: Iterator[bytes], table: Table) -> Source:
    """CSV, unless it begins as JSON does."""
    first = next(pieces, b"")
    is_json = first.removeprefix(_BOM).lstrip().startswith(b"{")
    return (Ndjson if is_json else Csv)(_texts(itertools.chain([first], pieces)), table)


def _pieces(content: BinaryIO) -> Iterator[bytes]:
    return iter(functools.partial(content.read, BLOCK), b"")


def _texts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces cut anew, so that they end with a line.

    Of a line that is longer than a row may be, only enough to see that.
    """
    rest = b""
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if end:
            yield rest + piece[:end]
            rest = piece[end:]
        else:
            rest = (rest + piece)[: BLOCK + 1]
    if rest:
        yield rest


def _is_plain(text: bytes) -> bool:
    """Whether COPY reads the text as we do: each line a record, each quote around a value."""
    if b"\\." in text or (len(text) > BLOCK and b"\n" not in text[: BLOCK + 1]):
        return False
    return b'"' not in text or b'"' not in _QUOTED_VALUE.sub(b"", text)


def _record(text: bytes, start: int) -> tuple[list[bytes | None] | None, int]:
    """The values of the CSV record that begins at `start`, and where it ends.

    No values where the quoting is broken, and the place where it is.
    """
    values: list[bytes | None] = []
    while found := _VALUE.match(text, start):
        quoted, bare, mark = found.groups()
        values.append(bare or None if quoted is None else quoted.replace(b'""', b'"'))
        start = found.end()
        if mark != b",":
            return values, start
    return None, start


def _fault(what: str, text: bytes) -> str | None:
    """What makes a text unreadable as a whole."""
    if len(text) > BLOCK:
        return f"the {what} is longer than 1 MiB"
    if b"\0" in text:
        return f"the {what} contains a NUL byte"
    try:
        text.decode()
    except UnicodeDecodeError:
        return f"the {what} is not UTF-8 text"
    return None


def _readable(text: bytes) -> str:
    """A text for people, whatever its bytes."""
    return text.rstrip(b"\r\n").decode(errors="backslashreplace").replace("\0", "\\x00")


def _json_object(text: bytes) -> dict[str, Any]:
    """A JSON object whose numbers are texts still."""
    try:
        found = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the row is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError("the row is not a JSON object")
    return found


def _text(column: Column, value: Any) -> str | None:
    """A value as PostgreSQL reads it; ValueError where a column cannot hold it."""
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
    if text is None:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
