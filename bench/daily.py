"""Measure what a daily full run writes: nothing changed, one cluster in a hundred changed.

    python -m bench.daily [--clusters 5000] [--turns 3]

It loads a demo world into an embedded server of its own. For each run: the rows of each mart, the
bytes of WAL, the seconds by the run ledger, and the seconds of processor time of the server. Of
several turns, the median. Each begins after a checkpoint, so that WAL has the same full pages. Runs
are as of now: between two of them, a window or an age may move a value or two.
"""

from collections.abc import Iterator
from statistics import median
from typing import Annotated

import psycopg
import typer

from bench.costs import MARTS, Cost, cost
from bench.figures import begin
from bench.own_server import deployed_world, touch_one_percent
from cli.output import print_table, say
from hedge import runs


def measure(connection: psycopg.Connection, turns: int) -> Iterator[tuple[str, list[Cost]]]:
    """The first run, and the median of several turns of each kind of daily run."""
    yield "first", [cost(connection, runs.full)]
    connection.execute("vacuum analyze")
    unchanged, touched = [], []
    for turn in range(turns):
        unchanged.append(cost(connection, runs.full))
        touch_one_percent(connection, 900_000_000 + turn * 1_000_000)
        touched.append(cost(connection, runs.full))
    yield "nothing changed", unchanged
    yield "1 % changed", touched


def row(name: str, costs: list[Cost], first: Cost) -> tuple[str, ...]:
    """The cells of a kind of run: medians, and WAL beside that of the first run."""

    wal = median(each.wal for each in costs)
    return (
        name,
        *(f"{median(each.rows[mart] for each in costs):,.0f}" for mart in MARTS),
        f"{wal / 1e6:,.2f} MB",
        f"{wal / first.wal:.1%}",
        f"{median(each.ledger for each in costs):.2f} s",
        f"{median(each.server for each in costs):.2f} s",
    )


def main(
    clusters: Annotated[int, typer.Option(min=200)] = 5_000,
    turns: Annotated[int, typer.Option(min=1)] = 3,
) -> None:
    """Measure daily full runs in a new embedded server, and print one table."""
    with deployed_world(clusters) as connection:
        begin("full runs")
        found = dict(measure(connection, turns))
        (first,) = found["first"]
        print_table(
            ["full run", *MARTS, "WAL", "of the first", "ledger", "server"],
            [row(name, costs, first) for name, costs in found.items()],
            right=range(1, 9),
            title=f"\n{clusters:,} clusters, {turns} turns",
        )
        say("rows: as the run ledger counts them")


if __name__ == "__main__":
    typer.run(main)
