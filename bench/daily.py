"""Measure what a daily full run writes: nothing changed, one cluster in a hundred changed.

    python -m bench.daily [--clusters 5000] [--turns 3]

It loads a demo world into an embedded server of its own. For each run: the rows of each mart, the
bytes of WAL, the seconds by the run ledger, and the seconds of processor time of the server. Of
several turns, the median. Each begins after a checkpoint, so that WAL has the same full pages. Runs
are as of now: between two of them, a window or an age may move a value or two.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Annotated

import psutil
import psycopg
import typer

from bench.__main__ import TOUCH_ONE_PERCENT
from bench.figures import begin, run_seconds
from bench.own_server import own_server
from cli.output import print_table, say
from hedge import database, runs, seasons, wallets, world
from hedge.loading import load
from hedge.runs import Run
from hedge.seasons import Season

#: The marts whose rows are shown.
MARTS = ("cluster_metrics", "challenge_progress", "tier_unlocks", "season_progress")
#: The queries of the server's process id and of the place in its WAL.
POSTMASTER = "select pg_read_file('postmaster.pid')"
WAL = "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"


@dataclass(frozen=True)
class Cost:
    """What a run cost: rows by mart, bytes of WAL, seconds of the ledger and of the server."""

    rows: dict[str, int]
    wal: int
    seconds: float
    processor: float


def postmaster(connection: psycopg.Connection) -> psutil.Process:
    """The process of the server that has started all its others."""
    return psutil.Process(int(database.value(connection, POSTMASTER).splitlines()[0]))


def processor_seconds(process: psutil.Process) -> float:
    """The seconds of processor time of a process and of all its processes, ended ones too."""
    while True:
        try:
            every = [one.cpu_times() for one in (process, *process.children())]
        except psutil.NoSuchProcess:
            continue  # one has ended meanwhile: its time is that of its parent from now on
        return float(
            sum(one.user + one.system + one.children_user + one.children_system for one in every)
        )


def server_seconds(connection: psycopg.Connection) -> float:
    """The seconds of processor time of the server and of all its processes, ended ones too."""
    return processor_seconds(postmaster(connection))


def cost(connection: psycopg.Connection, action: Callable[[], Run]) -> Cost:
    """What a run cost; a checkpoint before it, so that each begins with the same full pages."""
    connection.execute("checkpoint")
    wal, seconds = database.value(connection, WAL), server_seconds(connection)
    run = action()
    # the processes of the run's sessions have ended by then
    return Cost(
        {model.name: model.rows or 0 for model in run.models if model.name in MARTS},
        int(database.value(connection, WAL) - wal),
        run_seconds(run),
        server_seconds(connection) - seconds,
    )


def measure(connection: psycopg.Connection, turns: int) -> Iterator[tuple[str, list[Cost]]]:
    """The first run, and the median of several turns of each kind of daily run."""
    yield "first", [cost(connection, runs.full)]
    connection.execute("vacuum analyze")
    unchanged, touched = [], []
    for turn in range(turns):
        unchanged.append(cost(connection, runs.full))
        connection.execute(
            TOUCH_ONE_PERCENT, {"first": 900_000_000 + turn * 1_000_000, "at": world.AS_OF}
        )
        touched.append(cost(connection, runs.full))
    yield "nothing changed", unchanged
    yield "1 % changed", touched


def row(name: str, costs: list[Cost], first: Cost) -> tuple[str, ...]:
    """The cells of a kind of run: medians, and WAL beside that of the first run."""

    wal = median(each.wal for each in costs)
    return (
        name,
        *(f"{median(each.rows.get(mart, 0) for each in costs):,.0f}" for mart in MARTS),
        f"{wal / 1e6:,.2f} MB",
        f"{wal / first.wal:.1%}",
        f"{median(each.seconds for each in costs):.2f} s",
        f"{median(each.processor for each in costs):.2f} s",
    )


@contextmanager
def deployed_world(clusters: int) -> Iterator[psycopg.Connection]:
    """A deployed database with a demo world and an active season, in a server of its own."""
    with own_server() as home:
        begin(f"generating {clusters:,} clusters")
        files = world.write_world(Path(tempfile.mkdtemp(dir=home)), clusters, 1, 2.2)
        database.migrate()
        runs.deploy()
        begin("loading")
        with database.connect() as connection:
            wallets.import_wallets(connection, str(files.pop("wallets")))
            for table, file in files.items():
                load(connection, table, str(file))
            half = timedelta(days=365)
            seasons.add(
                connection, Season("bench", "Bench", world.AS_OF - half, world.AS_OF + half, True)
            )
            weights = [{"challenge_key": "arena_victor", "weight": "1"}]
            seasons.put_weights(connection, "bench", weights)
            connection.execute("vacuum analyze")
            yield connection


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
