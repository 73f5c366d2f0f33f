"""Reading a seed: its rows, and what is wrong with its form.

dbt keeps blanks around values, reads the word null and an empty line as nothing, and takes a file
with another separator for one column; each is a fault here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hedge.counting import counted
from hedge.project import csv_files
from hedge.project.csv_files import BrokenCsv, CsvRow
from hedge.project.files import encoding_fault
from hedge.suggestions import nearest

#: Separators that programs write instead of a comma.
SEPARATORS = {";": "';'", "\t": "tabs", "|": "'|'"}


@dataclass(frozen=True)
class Fault:
    """What is wrong in a line of a file, and the cure."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        """The fault as `file:line: sentence`."""
        return f"{self.file}:{self.line}: {self.sentence}"


@dataclass(frozen=True)
class Row:
    """A row of a seed with its file and line. Values have no blanks around them. faulty are the
    columns whose values are wrong, which later checks pass over."""

    file: str
    line: int
    values: dict[str, str]
    faulty: set[str] = field(default_factory=set)

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def fault(self, sentence: str) -> Fault:
        """A fault of this row."""
        return Fault(self.file, self.line, sentence)

    def is_sound(self, columns: Sequence[str]) -> bool:
        """Whether no check has found a fault in any of these columns yet."""
        return not self.faulty & {*columns}


@dataclass(frozen=True)
class SeedFile:
    """A seed as it was read. is_whole says that every row could be read, so that a value that is
    missing here is missing indeed."""

    rows: list[Row]
    faults: list[Fault]
    is_whole: bool


def read(project: Path, file: Path, columns: Sequence[str] | None) -> SeedFile:
    """Read a seed; columns are those that its header must name, None for any.

    A file that cannot be read, or has a wrong header, has one fault and no rows.
    """
    path = file.relative_to(project).as_posix()
    content = file.read_bytes()
    if wrong := encoding_fault(content):
        return SeedFile([], [Fault(path, *wrong)], is_whole=False)
    faults = _byte_faults(path, content)
    found = csv_files.rows(content)
    rows: list[Row] = []
    is_whole = True
    try:
        header = csv_files.header_of(found)
        if wrong_header := _header_fault(header, columns):
            return SeedFile([], [Fault(path, 1, wrong_header)], is_whole=False)
        for row in found:
            if wrong_row := _row_fault(row, header):
                faults.append(Fault(path, row.line, wrong_row))
                # what an empty line should have held is not missing
                is_whole = is_whole and not row.values
                continue
            stripped = [value.strip() for value in row.values]
            rows.append(Row(path, row.line, dict(zip(header, stripped, strict=True))))
            faults += _blank_faults(rows[-1], row.values)
    except BrokenCsv as error:
        return SeedFile(rows, [*faults, Fault(path, error.line, str(error))], is_whole=False)
    return SeedFile(rows, faults, is_whole)


def rows(project: Path, seed: str) -> list[Row]:
    """The rows of a seed that can be read, for projects whose seeds have been checked."""
    return read(project, project / "seeds" / f"{seed}.csv", None).rows


def _byte_faults(path: str, content: bytes) -> list[Fault]:
    """A byte order mark, and lines that do not end with LF."""
    faults = []
    if content.startswith(b"\xef\xbb\xbf"):
        faults.append(
            Fault(path, 1, "the file begins with a byte order mark: save it as UTF-8 without BOM")
        )
    if b"\r" in content:
        line = content.count(b"\n", 0, content.index(b"\r")) + 1
        lines = counted(content.count(b"\r"), "line ends", "lines end")
        sentence = f"{lines} with CR, as on Windows: end lines with LF, as dos2unix does"
        faults.append(Fault(path, line, sentence))
    return faults


def _header_fault(header: Sequence[str], columns: Sequence[str] | None) -> str | None:
    """Why the first line does not name the columns; None where it does."""
    wanted = f"its columns are {', '.join(columns)}" if columns else "it names the columns"
    if not header or header == [""]:
        return f"the first line is empty: {wanted}"
    if len(header) == 1:
        for separator, name in SEPARATORS.items():
            if separator in header[0]:
                return f"{name} separate the values: separate them with commas"
    for name in header:
        if name != name.strip():
            return f"blanks surround the column '{name}' of the header: remove them"
        if header.count(name) > 1:
            return f"the header names the column {name} twice"
    if columns is None:
        return None
    unknown = [name for name in header if name not in columns]
    missing = [name for name in columns if name not in header]
    if unknown and missing:
        return (
            f"the header has {unknown[0]}, which is no column of this seed, instead of "
            f"{nearest(unknown[0], missing) or missing[0]}: {wanted}"
        )
    if unknown:
        return f"the header has {unknown[0]}, which is no column of this seed: {wanted}"
    return f"the header lacks the column {missing[0]}: {wanted}" if missing else None


def _row_fault(row: CsvRow, header: Sequence[str]) -> str | None:
    """Why a row cannot be read; None where it can."""
    if not row.values:
        return "the line is empty, and dbt reads it as a row without values: delete it"
    if fault := csv_files.width_fault(header, row.values):
        return fault
    for name, value in zip(header, row.values, strict=True):
        if "\n" in value:
            return f"a value of {name} goes on to line {row.last_line}: close its quote"
    return None


def _blank_faults(row: Row, values: Sequence[str]) -> list[Fault]:
    """Values with blanks around them. Later checks read them without."""
    return [
        row.fault(f"blanks surround '{value}' of {name}, and dbt keeps them: remove them")
        for name, value in zip(row.values, values, strict=True)
        if value != value.strip()
    ]
