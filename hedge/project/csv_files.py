"""CSV files row by row, with the lines in which their rows begin, what is wrong with a row, and the
text of rows."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from hedge.errors import UsageError, file_error
from hedge.project.files import encoding_fault
from hedge.suggestions import did_you_mean

#: What begins a formula in a spreadsheet.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@dataclass(frozen=True)
class CsvRow:
    """The values of a row, and its first and last line: a value in quotes can go on to others."""

    line: int
    last_line: int
    values: list[str]


class BrokenCsv(ValueError):
    """The rest of a file cannot be read, from a row that begins in this line on."""

    def __init__(self, line: int, sentence: str) -> None:
        """Keep the line beside the sentence."""
        super().__init__(sentence)
        self.line = line


def rows(content: bytes, separator: str = ",") -> Iterator[CsvRow]:
    """The rows of a content in UTF-8, the header first. BrokenCsv for a wrong quote."""
    lines = io.StringIO(content.decode("utf-8-sig"), newline="")
    reader = csv.reader(lines, delimiter=separator, strict=True)
    line = 1
    try:
        for values in reader:
            yield CsvRow(line, reader.line_num, values)
            line = reader.line_num + 1
    except csv.Error as error:
        raise BrokenCsv(
            line, f"a quote is not closed, or one inside a value is not doubled: {error}"
        ) from error


def text(rows: Iterable[Sequence[object]]) -> str:
    """Rows as the text of a file, with LF."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def plain(value: object) -> str:
    """A value as a file has it, the same for equal values: instants in ISO 8601 in UTC, numbers
    with every digit, nothing for None."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Decimal():
            return f"{value.normalize():f}"
    return str(value)


def harmless(value: object) -> str:
    """A value for a file that a spreadsheet may open: a text that it would compute is preceded by
    an apostrophe (OWASP, CSV injection)."""
    text = plain(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULAS) else text


def records(
    file: str, needed: Sequence[str], optional: Sequence[str] | None = ()
) -> list[dict[str, str]]:
    """The rows of a file in UTF-8, each as {column: value}, without empty lines. The first line
    names the columns, in any order: all that are needed, and none but these and the optional ones,
    or any others where optional is None. A file with a first line alone has no rows.

    A file that cannot be read (a HedgeError where the disk is at fault), and the first line that
    is wrong, is a UsageError with file and line.
    """
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise file_error(f"{file} cannot be read", error) from error
    if wrong := encoding_fault(content):
        raise UsageError(f"{file}:{wrong[0]}: {wrong[1]}")
    found = rows(content)
    given = []
    try:
        header = header_of(found)
        if fault := header_fault(header, needed, optional):
            raise UsageError(f"{file}:1: {fault}")
        for row in found:
            if not row.values:
                continue
            if fault := width_fault(header, row.values):
                raise UsageError(f"{file}:{row.line}: {fault}")
            given.append(dict(zip(header, row.values, strict=True)))
    except BrokenCsv as error:
        raise UsageError(f"{file}:{error.line}: {error}") from error
    return given


def header_fault(
    header: Sequence[str], needed: Sequence[str], optional: Sequence[str] | None = ()
) -> str | None:
    """Why the first line does not name the columns, those that are needed and optional ones, which
    are any others where optional is None; None where it does."""
    known = [*needed, *(optional or ())]
    wanted = f"its columns are {', '.join(known)}"
    for column in header:
        if optional is not None and column not in known:
            return f"no column '{column}'{did_you_mean(column, known)}: {wanted}"
        if header.count(column) > 1:
            return f"the header names the column {column} twice"
    for column in needed:
        if column not in header:
            return f"the header lacks the column {column}: {wanted}"
    return None


def header_of(found: Iterator[CsvRow]) -> list[str]:
    """The values of the first row; none where there is no row."""
    return next((row.values for row in found), [])


def width_fault(header: Sequence[str], values: Sequence[str]) -> str | None:
    """Why the values of a row are not one for each column; None where they are."""
    if len(values) == len(header):
        return None
    cure = "put a value with a comma in quotes"
    if len(values) < len(header):
        cure = f"{', '.join(header[len(values) :])} would have none"
    columns = f"the {len(header)} columns of the first line"
    return f"the row has {len(values)} values for {columns}: {cure}"
