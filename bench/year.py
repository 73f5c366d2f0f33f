"""Measure what a year of nightly full runs leaves behind.

    python -m bench.year [--clusters 1000] [--nights 365]

It loads a demo world into an embedded server of its own and computes it as of each night of the
year that ends with the world, so that facts, windows and ages move as they do. The first table has
the size of each mart, indexes included, after the first night, a quarter and all of them; events
are left out, which are pruned by the clock, and change notes, which autovacuum takes away: it looks
once a minute, and a night of this year takes two seconds. The second table has what the first run,
the second and all later ones took: seconds by the run ledger, those of autovacuum beside them,
temporary files, and memory.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import psutil
import psycopg
import typer

from bench.costs import postmaster
from bench.figures import begin, run_seconds
from bench.own_server import deployed_world
from cli.output import print_table
from hedge import runs, world

#: How many marts are shown, the largest first.
SHOWN = 6
MARTS = """
    select relname, pg_total_relation_size(relid), n_dead_tup
    from pg_stat_user_tables
    where schemaname = 'analytics'
"""
#: Milliseconds that autovacuum has taken, and bytes in temporary files.
TAKEN = """
    select
        (
            select sum(total_autovacuum_time + total_autoanalyze_time)
            from pg_stat_all_tables
        ),
        temp_bytes
    from pg_stat_database
    where datname = current_database()
"""
#: Seconds between two looks at the memory.
PAUSE = 0.1


@dataclass
class Stage:
    """What some runs took: seconds by the run ledger and of autovacuum, bytes of temporary files,
    and the largest resident memory of this process and of all sessions of the server, in bytes
    without what they share."""

    seconds: float = 0
    vacuum: float = 0
    temporary: int = 0
    python: int = 0
    sessions: int = 0


@contextmanager
def stage(connection: psycopg.Connection) -> Iterator[Stage]:
    """Take the time and look at the memory while the block makes runs, which adds their seconds."""
    found, ended = Stage(), threading.Event()
    server, own = postmaster(connection), psutil.Process()

    def look() -> None:
        while not ended.wait(PAUSE):
            found.python = max(found.python, own.memory_info().rss)
            found.sessions = max(found.sessions, sum(map(_private, server.children())))

    looking = threading.Thread(target=look)
    vacuum, temporary = connection.execute(TAKEN).fetchone() or (0, 0)
    looking.start()
    try:
        yield found
    finally:
        ended.set()
        looking.join()
    later = connection.execute(TAKEN).fetchone() or (0, 0)
    found.vacuum = (later[0] - vacuum) / 1000
    found.temporary = later[1] - temporary


def _private(process: psutil.Process) -> int:
    try:
        memory = process.memory_info()
    except psutil.NoSuchProcess:
        return 0
    return int(memory.rss - memory.shared)


def marts(connection: psycopg.Connection) -> dict[str, tuple[int, int]]:
    """The bytes with indexes and the dead rows of each mart, by name."""
    found = connection.execute(MARTS).fetchall()
    return {name: (size, dead) for name, size, dead in found}


def main(
    clusters: Annotated[int, typer.Option(min=200)] = 1_000,
    nights: Annotated[int, typer.Option(min=5)] = 365,
) -> None:
    """Compute a world each night of a year in a new embedded server, and print two tables."""
    with deployed_world(clusters) as connection:
        begin(f"{nights} full runs")
        sizes: dict[int, dict[str, tuple[int, int]]] = {}
        stages = {}
        quarter = nights // 4
        for name, first, last in (("first", 1, 1), ("second", 2, 2), ("later", 3, nights)):
            with stage(connection) as stages[name]:
                for night in range(first, last + 1):
                    at = world.AS_OF - timedelta(days=nights - night)
                    stages[name].seconds += run_seconds(runs.full(at))
                    if night in (1, quarter, nights):
                        sizes[night] = marts(connection)
        largest = sorted(sizes[nights], key=lambda name: sizes[nights][name], reverse=True)
        print_table(
            ["mart", *(f"night {night}" for night in sizes), "dead rows"],
            [
                [
                    name,
                    *(f"{size[name][0] / 1e6:,.1f} MB" for size in sizes.values()),
                    f"{sizes[nights][name][1]:,}",
                ]
                for name in largest[:SHOWN]
            ],
            right=range(1, 5),
            title=f"\n{clusters:,} clusters, {nights} nights",
        )
        print_table(
            ["runs", "ledger", "autovacuum", "temporary files", "Python", "sessions"],
            [
                [
                    name,
                    f"{one.seconds:,.1f} s",
                    f"{one.vacuum:,.1f} s",
                    f"{one.temporary / 1e6:,.1f} MB",
                    f"{one.python / 2**20:,.0f} MiB",
                    f"{one.sessions / 2**20:,.0f} MiB",
                ]
                for name, one in stages.items()
            ],
            right=range(1, 6),
            title="",
        )


if __name__ == "__main__":
    typer.run(main)
