"""CSV: values between separators, in records that end with a line."""

import functools
import itertools
import re
from collections.abc import Iterator

from hedge.errors import UsageError
from hedge.loading.sources import chunks
from hedge.loading.sources.chunks import (
    UTF8_BOM,
    Chunk,
    ReadRow,
    Row,
    UnreadableRow,
    fault_of_text,
    printable,
)
from hedge.loading.tables import Table

#: The separators that are recognized, and their names. The first one that fits is taken.
_SEPARATORS = {b",": "commas", b";": "semicolons", b"\t": "tabs", b"|": "vertical bars"}
#: A value whose closing quote is missing in what was read so far.
_OPEN_VALUE = re.compile(rb' *"[^"]*+(?:""[^"]*+)*+\Z')
#: A quoted value on one line, between commas or the ends of a line.
_QUOTED_VALUE = re.compile(rb'"(?<![^,\n]")[^"\r\n]*+(?:""[^"\r\n]*+)*+"(?![^,\r\n])')


class Csv:
    """CSV by RFC 4180 with a header. A value that is empty and not quoted is null.

    Values may be separated by another character than a comma where only with that one the header
    names columns of the table. Blanks may surround quotes.
    """

    def __init__(self, texts: Iterator[bytes], table: Table) -> None:
        first = next(texts, b"").removeprefix(UTF8_BOM)
        if not first:
            raise UsageError("the file is empty")
        header, _, rest = first.partition(b"\n")
        if fault := fault_of_text("header", header):
            raise UsageError(fault)
        self._separator = _separator(header, table)
        self.columns = _columns(header, self._separator, table)
        self.present = set(self.columns)
        self._texts = itertools.chain([rest] if rest else [], texts, [b""])

    def chunks(self) -> Iterator[Chunk]:
        """Text for COPY where COPY parses it as this class does, else rows parsed here."""
        line, unfinished = 2, b""
        for read in self._texts:
            is_last, text = not read, unfinished + read
            if self._separator == b"," and _is_plain(text):
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
            values, end = _parse_record(text, start, self._separator)
            if values is None:
                is_open = _OPEN_VALUE.match(text, end) is not None
                if is_open and not is_last and len(text) - start <= chunks.CHUNK_BYTES:
                    break
                end = text.find(b"\n", start) + 1 or len(text)
            record = text[start:end]
            if record.strip(b"\r\n"):
                rows.append(self._row(line, record, values))
            line += record.count(b"\n")
            start = end
        return rows, start

    def _row(self, line: int, record: bytes, values: list[bytes | None] | None) -> ReadRow:
        fault = fault_of_text("row", record)
        if fault is None:
            if values is None:
                fault = "a quote or a carriage return stands where none may"
            elif len(values) == len(self.columns):
                return Row(line, [None if value is None else value.decode() for value in values])
            else:
                fault = f"the row has {len(values)} values, the header {len(self.columns)}"
        return UnreadableRow(line, printable(record), fault)


def _is_plain(text: bytes) -> bool:
    """Whether COPY parses the text as Csv does: each line is a record, each quote is at the
    beginning or the end of a value."""
    if b"\\." in text or (
        len(text) > chunks.CHUNK_BYTES and b"\n" not in text[: chunks.CHUNK_BYTES + 1]
    ):
        return False
    return b'"' not in text or b'"' not in _QUOTED_VALUE.sub(b"", text)


def _separator(header: bytes, table: Table) -> bytes:
    """The separator that finds most columns of the table in a header; where none finds any, one
    that is in it."""

    def rank(separator: bytes) -> tuple[int, bool]:
        values, _ = _parse_record(header, 0, separator)
        names = table.by_name
        known = [value for value in values or [] if _name(value) in names]
        return len(known), separator in header

    return max(_SEPARATORS, key=rank)


def _columns(header: bytes, separator: bytes, table: Table) -> list[str]:
    """The columns of the table that a header names."""
    values, _ = _parse_record(header, 0, separator)
    if values is None:
        raise UsageError("a quote or a carriage return stands in the header where none may")
    names = list(map(_name, values))
    if not any(names):
        raise UsageError("the file has no header: its first line must name the columns")
    try:
        return table.require(names)
    except UsageError as error:
        if separator == b",":
            raise
        raise UsageError(f"with {_SEPARATORS[separator]} as separators, {error}") from error


def _name(value: bytes | None) -> str:
    """The name of a column as the table has it."""
    return (value or b"").decode().strip().lower()


def _parse_record(
    text: bytes, start: int, separator: bytes
) -> tuple[list[bytes | None] | None, int]:
    """The values of the CSV record that begins at `start`, and the position after it.

    Where the quoting is broken: None, and the position of the broken value.
    """
    values: list[bytes | None] = []
    match = _value(separator).match
    while found := match(text, start):
        quoted, bare, delimiter = found.groups()
        values.append(bare or None if quoted is None else quoted.replace(b'""', b'"'))
        start = found.end()
        if delimiter != separator:
            return values, start
    return None, start


@functools.cache
def _value(separator: bytes) -> re.Pattern[bytes]:
    """One value of a CSV record and the separator or line end after it."""
    delimiter = re.escape(separator)
    return re.compile(
        rb'(?: *"([^"]*+(?:""[^"]*+)*+)" *|([^"\r\n%b]*+))(%b|\r?(?:\n|\Z))'
        % (delimiter, delimiter)
    )
