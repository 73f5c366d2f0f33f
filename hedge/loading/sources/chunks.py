"""Rows and chunks of rows, which all formats yield.

A row that cannot be read becomes an UnreadableRow; a fault of the file as a whole is an error.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

#: The number of bytes that are read at once, and the largest size of a row.
CHUNK_BYTES = 1 << 20

UTF8_BOM = b"\xef\xbb\xbf"


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
    parses as this package does, so that `rows` need not be parsed in Python.
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


def fault_of_text(what: str, text: bytes) -> str | None:
    """The reason why a text cannot be read at all, if there is one."""
    if len(text) > CHUNK_BYTES:
        return f"the {what} is longer than 1 MiB"
    if b"\0" in text:
        return f"the {what} contains a NUL byte"
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return f"the {what} is not UTF-8 text{_in_latin_1(text[error.start])}"
    return None


def _in_latin_1(byte: int) -> str:
    """What a byte would be in the encodings of old programs."""
    try:
        character = bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return f": its byte 0x{byte:02x} is no character"
    encoding = "Latin-1" if byte >= 0xA0 else "Windows-1252"
    return f": its byte 0x{byte:02x} would be '{character}' in {encoding}; convert the file"


def printable(text: bytes) -> str:
    """The text with escapes for bytes that are not UTF-8 and for NUL."""
    return text.rstrip(b"\r\n").decode(errors="backslashreplace").replace("\0", "\\x00")
