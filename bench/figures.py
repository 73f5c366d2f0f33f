"""What a measurement says, and how it is taken."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from cli.output import say


@dataclass(frozen=True)
class Figure:
    """One row of the table. ours and other are in unit; a ratio that is to be reached is at
    most `most` or at least `least`, and ours is to be at most `limit`."""

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
        """Ours over the other's; None where there is nothing to compare with."""
        return self.ours / self.other if self.other else None

    @property
    def goal(self) -> str:
        """What the ratio or ours is to be."""
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


def _quantity(value: float, unit: str) -> str:
    digits = 0 if value >= 1000 else 1 if value >= 20 else 3
    return f"{value:,.{digits}f} {unit}".strip()


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of wall time, and what the action returned."""
    started = time.perf_counter()
    result = action()
    return time.perf_counter() - started, result


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def copy(connection: psycopg.Connection, table: str, file) -> None:
    """What psql's \\copy does: the bytes of a CSV file through COPY into a table."""
    columns = file.open().readline().strip()
    statement = f"copy {table} ({columns}) from stdin (format csv, header)"
    with file.open("rb") as source, connection.cursor().copy(statement) as target:
        while block := source.read(1 << 20):
            target.write(block)


def begin(what: str) -> None:
    """Say what is measured now."""
    say(f"{time.strftime('%H:%M:%S')} {what}")
