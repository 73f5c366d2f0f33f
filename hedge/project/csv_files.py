"""CSV files row by row, with the lines in which their rows begin, what is wrong with a row, and the
text of rows."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


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
