"""How the commands speak: tables for people, JSON for machines, progress on a terminal."""

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
    # off a terminal lines are as long as they need to be, for grep and the like
    console.width = 200
errors = Console(stderr=True)


def say(text: str) -> None:
    """Print a sentence as it is, without reading markup into it."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def complain(text: str) -> None:
    """Print a sentence to standard error."""
    errors.print(text, markup=False, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Print a value, a dataclass or a list of them as JSON: dates in ISO 8601, exact numbers."""
    json.dump(value, sys.stdout, indent=2, default=_plain, ensure_ascii=False)
    sys.stdout.write("\n")


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return dataclasses.asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return int(value) if isinstance(value, Decimal) and value == value.to_integral() else str(value)


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    right: Sequence[int] = (),
    title: str = "",
) -> None:
    """Print rows under a heading; the columns at the given places stand to the right."""
    if title:
        say(title)
    table = Table(box=None, pad_edge=False)
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index in right else "left")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(table, markup=False, highlight=False)


def number(value: Decimal | int | None) -> str:
    """A number for people: thousands apart, no trailing zeros, nothing for None."""
    return "" if value is None else f"{Decimal(value):,f}"


def word(tier: str | None) -> str:
    """A tier for people: nothing below the first rung."""
    return "" if tier in (None, "NONE") else tier.capitalize()


def instant(value: datetime | None) -> str:
    """An instant for people, in UTC: the day alone at midnight, nothing for None."""
    if value is None:
        return ""
    text = f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return text.removesuffix(" 00:00:00")


def period(start: datetime | None, end: datetime | None) -> str:
    """A half-open period for people."""
    return "all time" if start is None else f"{instant(start)} to {instant(end)}"


#: Called with what is being done, how much is done and the total (None: not known).
Report = Callable[[str, float, float | None], None]


@contextlib.contextmanager
def progress() -> Iterator[Report]:
    """A progress bar on standard error while the block runs; nothing off a terminal."""
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
