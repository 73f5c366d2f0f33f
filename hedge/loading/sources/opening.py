"""Opening: files, pipes and standard input, and what format they have.

What a file begins with decides where that is certain, and elsewhere its name.
"""

import codecs
import contextlib
import functools
import gzip
import itertools
import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Generic, TypeVar

from hedge.errors import UsageError, file_error
from hedge.loading.sources import chunks
from hedge.loading.sources.chunks import UTF8_BOM, Progress, Source
from hedge.loading.sources.csv import Csv
from hedge.loading.sources.ndjson import Ndjson
from hedge.loading.sources.parquet import Parquet
from hedge.loading.tables import Table

_NAMES_OF_CSV, _NAMES_OF_JSON = (".csv", ".tsv"), (".ndjson", ".jsonl", ".json")
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_COMPRESSED = "is compressed with {}, which is not supported: decompress it first"
_NO_ROWS = "is {}, which is not supported: save it as CSV, NDJSON or Parquet"
#: What the beginning of a file says of it, where it cannot be read.
_UNSUPPORTED = {
    b"\x28\xb5\x2f\xfd": _COMPRESSED.format("zstd"),
    b"BZh": _COMPRESSED.format("bzip2"),
    b"\xfd7zXZ": _COMPRESSED.format("xz"),
    b"\x04\x22\x4d\x18": _COMPRESSED.format("lz4"),
    b"\x1f\x9d": _COMPRESSED.format("compress"),
    b"7z\xbc\xaf": _COMPRESSED.format("7-Zip"),
    b"PK\x03\x04": _NO_ROWS.format("an Excel workbook or a ZIP archive"),
    b"\xd0\xcf\x11\xe0": _NO_ROWS.format("an Excel workbook"),
    b"ARROW1": _NO_ROWS.format("Arrow (Feather)"),
    b"Obj\x01": _NO_ROWS.format("Avro"),
    b"ORC": _NO_ROWS.format("ORC"),
    b"SQLite format 3": _NO_ROWS.format("a database of SQLite"),
    b"%PDF": _NO_ROWS.format("PDF"),
    b"<": _NO_ROWS.format("HTML or XML"),
    codecs.BOM_UTF32_LE: "is UTF-32 text: convert it to UTF-8",
    codecs.BOM_UTF32_BE: "is UTF-32 text: convert it to UTF-8",
}
_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: The number of bytes by which a format is recognized.
_BEGINNING = 64
#: The size up to which a Parquet file that is not on a disk is kept in memory.
_SPOOLED_BYTES = 1 << 26


Found = TypeVar("Found")


@dataclass(frozen=True)
class Formats(Generic[Found]):
    """What reads the rows of a file, by its format. `csv` gets text in pieces that end with a line,
    `json` in pieces of any size, `parquet` a file in which it can seek."""

    csv: Callable[[Iterator[bytes]], Found]
    json: Callable[[Iterator[bytes]], Found]
    parquet: Callable[[IO[bytes]], Found]


class _Stream:
    """Bytes that are read once, whose beginning can be looked at before."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.position = 0
        self._read = read
        self._ahead = b""

    def beginning(self) -> bytes:
        """The first bytes that have not been read."""
        self._ahead += self._read_on(_BEGINNING - len(self._ahead))
        return self._ahead

    def read(self, size: int) -> bytes:
        """The next bytes, fewer than `size` only at the end."""
        ahead, self._ahead = self._ahead[:size], self._ahead[size:]
        return ahead + self._read_on(size - len(ahead))

    def pieces(self) -> Iterator[bytes]:
        """The bytes that have not been read, in pieces."""
        return iter(functools.partial(self.read, chunks.CHUNK_BYTES), b"")

    def _read_on(self, size: int) -> bytes:
        found = self._read(size) if size else b""
        self.position += len(found)
        return found


def open_source(
    file: str, table: Table
) -> contextlib.AbstractContextManager[tuple[Source, Callable[[], Progress]]]:
    """The rows of a file for a table, as of open_file. Raises UsageError also for columns that the
    table does not have."""
    formats: Formats[Source] = Formats(
        csv=lambda texts: Csv(texts, table),
        json=lambda texts: Ndjson(_whole_lines(_one_object_a_line(texts)), table),
        parquet=lambda opened: Parquet(opened, table),
    )
    return open_file(file, formats)


@contextlib.contextmanager
def open_file(file: str, formats: Formats[Found]) -> Iterator[tuple[Found, Callable[[], Progress]]]:
    """What reads the rows of a file, and a function that returns how far it has been read. `-` is
    standard input.

    Raises UsageError for a file that does not exist, is of another format or cannot be read to its
    end; HedgeError where the disk is at fault.
    """
    try:
        with contextlib.ExitStack() as opened:
            raw, size = opened.enter_context(_open(file))
            stream = _Stream(raw.read)
            # what is no file of a folder has a name by chance: /dev/fd/63; /dev/shm has files
            by_chance = size is None or file.startswith(("/dev/fd/", "/dev/std"))
            name = "" if by_chance else file.lower()
            source = _source(stream, name, None if size is None else raw, formats, opened)
            yield source, lambda: (stream.position if size is None else raw.tell(), size)
    except FileNotFoundError as error:
        raise UsageError(f"there is no file {file}") from error
    except OSError as error:
        raise file_error(f"{_named(file)} cannot be read", error) from error
    except (EOFError, zlib.error) as error:
        raise UsageError(f"{_named(file)} cannot be read: {error}") from error
    except UsageError as error:
        raise UsageError(f"{_named(file)}: {error}") from error


def _named(file: str) -> str:
    return "standard input" if file == "-" else file


@contextlib.contextmanager
def _open(file: str) -> Iterator[tuple[IO[bytes], int | None]]:
    """The bytes of a file and its size, which is None for a pipe."""
    if file == "-":
        if sys.stdin is None:
            raise UsageError("it is closed")
        yield sys.stdin.buffer, None
        return
    mode = os.stat(file).st_mode
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        raise UsageError("it is a device or a socket, not a file")
    with open(file, "rb") as raw:
        yield raw, os.fstat(raw.fileno()).st_size if stat.S_ISREG(mode) else None


def _source(
    stream: _Stream,
    name: str,
    on_disk: IO[bytes] | None,
    formats: Formats[Found],
    opened: contextlib.ExitStack,
) -> Found:
    """The rows of a stream, which are in the file `on_disk` if there is one."""
    while stream.beginning().startswith(_GZIP):
        stream, on_disk = _Stream(gzip.GzipFile(fileobj=stream).read), None  # type: ignore[call-overload]
        name = name.removesuffix(".gz")
    beginning = stream.beginning()
    for magic, what in _UNSUPPORTED.items():
        if beginning.startswith(magic):
            raise UsageError(f"the file {what}")
    if beginning.startswith(_PARQUET) or name.endswith(".parquet"):
        return formats.parquet(on_disk or opened.enter_context(_spooled(stream)))
    if name.endswith(".gz") and beginning:
        raise OSError("its name ends in .gz, and it is not compressed with gzip")
    return _text_source(stream, name.removesuffix(".gz"), formats)


@contextlib.contextmanager
def _spooled(stream: _Stream) -> Iterator[IO[bytes]]:
    """The bytes of a stream in a temporary file, because the end of Parquet is read first."""
    with tempfile.SpooledTemporaryFile(_SPOOLED_BYTES) as file:
        for piece in stream.pieces():
            file.write(piece)
        yield file


def _text_source(stream: _Stream, name: str, formats: Formats[Found]) -> Found:
    """CSV or JSON, by what the text begins with or by the name."""
    ending = os.path.splitext(name)[1]
    if name and ending not in _NAMES_OF_CSV + _NAMES_OF_JSON:
        raise UsageError(
            "the name must end in .csv, .tsv, .ndjson, .jsonl, .json, these with .gz, or .parquet"
        )
    pieces = _as_utf8(stream)
    first = next(pieces, b"")
    pieces = itertools.chain([first], pieces)
    begins_json = first.removeprefix(UTF8_BOM).lstrip().startswith((b"{", b"["))
    if begins_json or ending in _NAMES_OF_JSON:
        return formats.json(pieces)
    return formats.csv(_whole_lines(pieces))


def _one_object_a_line(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same text; UsageError where its beginning shows that it is other JSON than NDJSON."""
    first = next(pieces, b"")
    text = first.removeprefix(UTF8_BOM).lstrip()
    if text.startswith(b"["):
        raise UsageError(
            "the file is one array of JSON; NDJSON has one object on every line, as jq -c '.[]'"
            " writes it"
        )
    if text.partition(b"\n")[0].strip() == b"{":
        raise UsageError(
            "an object of JSON stands on several lines; NDJSON has one object on every line, as"
            " jq -c . writes it"
        )
    return itertools.chain([first], pieces)


def _as_utf8(stream: _Stream) -> Iterator[bytes]:
    """The bytes of a stream, those of UTF-16 text as UTF-8."""
    beginning = stream.beginning()
    if beginning.startswith(_UTF16_BOMS):
        return _decoded(stream.pieces())
    if len(beginning) > 3 and (not any(beginning[0:16:2]) or not any(beginning[1:16:2])):
        raise UsageError("the file is UTF-16 text without a byte order mark: convert it to UTF-8")
    return stream.pieces()


def _decoded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        for piece in pieces:
            if text := decoder.decode(piece):
                yield text.encode()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise OSError(f"it is not UTF-16 text: {error.reason}") from error


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
            rest = (rest + piece)[: chunks.CHUNK_BYTES + 1]
    if rest:
        yield rest
