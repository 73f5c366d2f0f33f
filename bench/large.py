"""Measure runs of a large world, without buckets and in buckets.

    python -m bench.large [--clusters 200000] [--buckets 8] [--jobs 2]

It loads a demo world into an embedded server of its own. For each run: the seconds by the clock and
by the run ledger, the seconds of processor time of the server, the bytes of WAL, and the rows of
the marts of clusters. Each run is measured once, after a checkpoint.
"""

from collections.abc import Callable, Iterator
from typing import Annotated

import psycopg
import typer

from bench.costs import EMPTY, Cost, cost
from bench.figures import begin, timed
from bench.own_server import deployed_world, touch_one_percent
from cli.output import print_table, say
from hedge import buckets, database, runs
from hedge.dbt_runner import runner
from hedge.runs import Run

SIZE = "select pg_database_size(current_database())"
#: How many facts there are, by the statistics of their tables.
FACTS = """
select sum(reltuples)::bigint from pg_class
where relnamespace = 'raw'::regnamespace and relkind = 'r' and reltuples > 0
"""
ANY_CLUSTER = "select cluster_id from app.wallet_links order by cluster_id offset 100 limit 1"


def measure(
    connection: psycopg.Connection, where: str, jobs: int, first: int
) -> Iterator[tuple[str, Cost]]:
    """The name and the cost of each kind of run; facts that are added have ids from `first` on."""

    def costs(name: str, action: Callable[[], Run]) -> tuple[str, Cost]:
        begin(f"{where}: {name}")
        return f"{where}: {name}", cost(connection, action)

    connection.execute(EMPTY)
    yield costs("first full run", lambda: runs.full(jobs=jobs))
    begin("vacuum")
    connection.execute("vacuum analyze")
    yield costs("nothing changed", lambda: runs.full(jobs=jobs))
    touch_one_percent(connection, first)
    yield costs("1 % changed", lambda: runs.full(jobs=jobs))
    yield costs("incremental, nothing touched", runs.incremental)
    touch_one_percent(connection, first + 1_000_000)
    yield costs("incremental, 1 % touched", runs.incremental)
    runner().keep_sessions()
    cluster = database.value(connection, ANY_CLUSTER)
    runs.cluster([cluster])
    yield costs("one cluster, warm", lambda: runs.cluster([cluster]))


def _row(name: str, found: Cost, clusters: int) -> tuple[str, ...]:
    """The cells of a run; milliseconds a cluster by the ledger."""
    return (
        name,
        f"{found.wall:,.1f} s",
        f"{found.ledger:,.1f} s",
        f"{found.ledger / clusters * 1000:,.2f} ms",
        f"{found.server:,.1f} s",
        f"{found.wal / 1e6:,.1f} MB",
        f"{sum(found.rows.values()):,}",
    )


def main(
    clusters: Annotated[int, typer.Option(min=200)] = 200_000,
    number: Annotated[int, typer.Option("--buckets", min=2)] = 8,
    jobs: Annotated[int, typer.Option(min=1)] = 2,
) -> None:
    """Measure runs of a large world in a new embedded server, and print one table."""
    with deployed_world(clusters) as connection:
        facts, size = (database.value(connection, query) for query in (FACTS, SIZE))
        found = list(measure(connection, "no buckets", 1, 900_000_000))
        begin(f"dividing among {number} buckets")
        seconds, _ = timed(lambda: buckets.divide(connection, number, say))
        connection.execute("vacuum analyze")
        found += measure(connection, f"{number} buckets", jobs, 910_000_000)
    facts_and_size = f"{facts:,} facts, {size / 1e9:,.1f} GB before the first run"
    print_table(
        ["run", "seconds", "ledger", "a cluster", "server", "WAL", "rows"],
        [_row(name, each, clusters) for name, each in found],
        right=range(1, 7),
        title=f"\n{clusters:,} clusters, {facts_and_size}",
    )
    say(f"dividing among {number} buckets: {seconds:,.0f} s")


if __name__ == "__main__":
    typer.run(main)
