"""Measurements: how they are taken, and the table that shows them."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil
import psycopg
from psycopg import sql

from cli.output import print_table, say
from hedge.runs import Run

Result = TypeVar("Result")


@dataclass(frozen=True)
class Figure:
    """One row of the table: Hedge's figure and, where there is one, the figure it is compared with,
    both in `unit`. The goal of the ratio is at most `most` or at least `least`; the goal of
    Hedge's figure is at most `limit`."""

    path: str
    ours: float
    unit: str = "s"
    other: float | None = None
    against: str = ""
    most: float | None = None
    least: float | None = None
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        """Hedge's figure divided by the other; None where there is no other."""
        return self.ours / self.other if self.other else None

    @property
    def goal(self) -> str:
        """The goal of the ratio or of Hedge's figure, in words."""
        if self.limit is not None:
            return f"{self.limit:g} {self.unit}"
        if self.most is not None:
            return f"at most {self.most:.2g}"
        return "" if self.least is None else f"at least {self.least:.2g}"

    def row(self) -> tuple[str, ...]:
        """The cells of the table."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        other = "" if self.other is None else _quantity(self.other, self.unit)
        return (self.path, _quantity(self.ours, self.unit), self.against, other, ratio, self.goal)


def print_figures(figures: Iterable[Figure], title: str) -> None:
    """Print each figure as soon as it is measured, and one table of all of them in the end."""
    rows = []
    for figure in figures:
        rows.append(figure.row())
        say("   ".join(cell for cell in rows[-1] if cell))
    heads = ["path", "ours", "against", "other", "ratio", "to reach"]
    print_table(heads, rows, right=(1, 3, 4), title=f"\n{title}")


def _quantity(value: float, unit: str) -> str:
    digits = 0 if value >= 1000 else 1 if value >= 20 else 3
    return f"{value:,.{digits}f} {unit}".strip()


def timed(action: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds of wall time of an action, and its result."""
    started = time.perf_counter()
    result = action()
    return time.perf_counter() - started, result


def run_seconds(run: Run) -> float:
    """The duration of a finished run by the run ledger, in seconds, without the start of dbt."""
    if run.seconds is None:
        raise ValueError(f"run {run.run_id} has not finished")
    return run.seconds


def percentile(values: Sequence[float], share: float) -> float:
    """The value that the given share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def copy(connection: psycopg.Connection, table: str, file: Path) -> None:
    """Copy a CSV file into a table as psql's \\copy does."""
    with file.open() as lines:
        columns = lines.readline().strip().split(",")
    statement = sql.SQL("copy raw.{} ({}) from stdin (format csv, header)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with file.open("rb") as source, connection.cursor().copy(statement) as target:
        while block := source.read(1 << 20):
            target.write(block)


def begin(what: str) -> None:
    """Print what is measured next, with the time of day."""
    say(f"{time.strftime('%H:%M:%S')} {what}")


def cpu_seconds(process: psutil.Process) -> float:
    """The seconds of processor time that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)
