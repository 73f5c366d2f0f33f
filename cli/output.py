"""What commands print: tables and sentences for people, JSON for programs, a progress bar."""

import contextlib
import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

console = Console()
if not console.is_terminal:
    # Output to a file or a pipe is not wrapped at the width of a terminal, so grep finds lines.
    console.width = 200
errors = Console(stderr=True)


def say(text: str) -> None:
    """Print a sentence to standard output; rich markup in it is not interpreted."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def complain(text: str) -> None:
    """Print a sentence to standard error."""
    errors.print(text, markup=False, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Print a value, a dataclass or a list of them as JSON: dates in ISO 8601, exact numbers."""
    json.dump(value, sys.stdout, indent=2, default=_plain, ensure_ascii=False)
    sys.stdout.write("\n")


def print_result(value: Any, sentence: str, *, as_json: bool) -> None:
    """Print a result as JSON, or the sentence that states it."""
    if as_json:
        print_json(value)
    else:
        say(sentence)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return int(value) if isinstance(value, Decimal) and value == value.to_integral() else str(value)


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    right: Sequence[int] = (),
    title: str = "",
    console: Console = console,
) -> None:
    """Print rows under headings; `right` has the indexes of right-aligned columns, and `console`
    is where to print."""
    if title:
        say(title)
    table = Table(box=None, pad_edge=False)
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index in right else "left")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(table, markup=False, highlight=False)


def number(value: Decimal | int | None) -> str:
    """A number with thousands separators, without trailing zeros; empty for None."""
    return "" if value is None else f"{Decimal(value):,f}"


def tier_name(code: str | None) -> str:
    """A tier code as a word; empty for NONE, which is below the first tier, and for None."""
    return "" if code is None or code == "NONE" else code.capitalize()


def instant(value: datetime | None) -> str:
    """An instant in UTC, as a date alone at midnight; empty for None."""
    if value is None:
        return ""
    text = f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return text.removesuffix(" 00:00:00")


def period(start: datetime | None, end: datetime | None) -> str:
    """A half-open period [start, end); without a start it is all time."""
    return "all time" if start is None else f"{instant(start)} to {instant(end)}"


#: Called with a description of the current step, how much of it is done, and the total (None:
#: unknown).
Report = Callable[[str, float, float | None], None]


@contextlib.contextmanager
def progress() -> Iterator[Report]:
    """A progress bar on standard error while the block runs; none where that is no terminal."""
    if not errors.is_terminal:
        yield lambda description, done, total: None
        return
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None)

        def report(description: str, done: float, total: float | None) -> None:
            bar.update(task, description=description, completed=done, total=total)

        yield report
