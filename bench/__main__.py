"""make bench: measure how long each path takes, compared with alternatives.

    python -m bench [--clusters 20000] [--activity 2.2] [--requests 200] [--runs-only]

It loads a demo world into an embedded server of its own. Hedge and the alternative are measured
in the same run on the same data. Seconds depend on the machine and the run, so compare ratios.
"""

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import psycopg
import typer
from psycopg import sql

from bench import column_store, history, loop, service, six
from bench.figures import Figure, begin, copy, print_figures, run_seconds, timed
from bench.own_server import own_server, touch_one_percent
from hedge import boards, catalogue, database, runs, seasons, settings, wallets, world
from hedge.loading import load

#: A month of the demo world, and boards of this month and of other periods.
OCTOBER = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
BOARD = "lb_pvp_monthly_wins"
EIGHT_BOARDS = [
    "lb_defi_participation",
    "lb_hero_levels",
    "lb_hunting_pve",
    "lb_overall_progression",
    "lb_pvp_daily_wins",
    BOARD,
    "lb_pvp_weekly_wins",
    "lb_tournament_monthly_wins",
]
DIFFERENT_ENTRIES = """
    select count(*)
    from (
        select entries.rank, entries.cluster_id, entries.score::bigint as score
        from analytics.leaderboard_entries as entries
        where entries.run_id = (
            select max(id) from app.leaderboard_runs where leaderboard_key = %(board)s
        )
    ) as ours
    full join bench.board as theirs using (cluster_id)
    where (ours.rank, ours.score) is distinct from (theirs.rank, theirs.score)
"""
BOARD_BY_HAND = (Path(__file__).parent / "boards.sql").read_text()
#: The settings that macros/session_settings.sql makes for a run.
SESSION_BY_HAND = """
    set local jit = off;
    set local work_mem = '256MB';
    set local random_page_cost = 1.1;
    set local parallel_tuple_cost = 0.01;
    set local max_parallel_workers_per_gather = 2;
    set local parallel_leader_participation = off
"""
NAMES = [f"demo-{number:04}" for number in range(100, 2100)]


def measure_load(
    connection: psycopg.Connection, files: dict[str, Path], *, compared: bool
) -> Iterator[Figure]:
    """Load every table; with `compared`, also by \\copy of the file into the same indexed table."""
    facts, seconds, copied = 0, 0.0, 0.0
    for table, file in files.items():
        if compared:
            other, _ = timed(partial(copy, connection, table, file))
            copied += other
            connection.execute(f"truncate raw.{table}")
        ours, summary = timed(partial(load, connection, table, str(file)))
        if compared and table == "pvp_matches":
            yield Figure(
                f"load of {summary.inserted:,} pvp_matches", ours, "s", other, "\\copy", most=2
            )
        facts, seconds = facts + summary.inserted, seconds + ours
    yield Figure(
        f"load of all {facts:,} facts", seconds, "s", copied or None, "\\copy" if compared else ""
    )
    connection.execute("vacuum analyze")


def measure_runs(connection: psycopg.Connection, clusters: int) -> Iterator[Figure]:
    """Full and incremental runs."""
    yield Figure("full run of everything, first", run_seconds(runs.full(world.AS_OF)), "s")
    memory = _full_run_memory()
    (full,) = runs.ledger(connection, limit=1)
    full_seconds = run_seconds(full)
    yield Figure("full run of everything, daily", full_seconds, "s")
    yield Figure("memory of its Python, at most", memory, "MiB", limit=500)
    some = NAMES[: min(100, clusters - 100)]
    other, _ = timed(lambda: loop.compute(database.url(), some))
    yield Figure(
        "full run, milliseconds per cluster",
        full_seconds / clusters * 1000,
        "ms",
        other / len(some) * 1000,
        "a loop over clusters",
        most=1 / 15,
    )
    nothing, _ = timed(runs.incremental)
    yield Figure("incremental run, nothing touched", nothing, "s")
    touch_one_percent(connection, 900_000_000)
    touched, run = timed(runs.incremental)
    yield Figure(
        f"incremental run, {run.scope_size} clusters, less the line above",
        touched - nothing,
        "s",
        full_seconds,
        "the full run",
        most=0.06,
    )


def _full_run_memory() -> float:
    """The peak memory of the Python process of a full run by the command line, in MiB."""
    arguments = [sys.executable, "-m", "cli", "etl", "full"]
    run = subprocess.Popen(arguments, cwd=settings.PACKAGED_PROJECT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(run.pid, 0)
    if status:
        raise AssertionError("the full run failed")
    return usage.ru_maxrss / 1024


def measure_boards(connection: psycopg.Connection) -> Iterator[Figure]:
    """One board of a month, and eight boards in one run, without the start of dbt.

    Raises AssertionError where the board and the query by hand differ.
    """
    catalogue.install(connection)
    connection.execute("create schema if not exists bench")
    ours = _board_seconds(connection, [BOARD], mode="PREVIOUS", as_of=world.AS_OF)
    other = min(_board_by_hand(connection) for _ in range(2))
    different = database.value(connection, DIFFERENT_ENTRIES, {"board": BOARD})
    if different:
        raise AssertionError(f"{different} entries of the board and of the query differ")
    yield Figure("one monthly board", ours, "s", other, "a query by hand", most=1.3)
    # The current periods at this instant are nearly complete.
    as_of = world.AS_OF - timedelta(seconds=1)

    def in_a_run(*keys: str) -> float:
        return _board_seconds(connection, list(keys), mode="CURRENT", as_of=as_of)

    def as_a_command(*keys: str) -> float:
        return service.command_seconds("boards", "run", *keys, "--as-of", as_of.isoformat())

    eight = in_a_run(*EIGHT_BOARDS)
    yield Figure("eight boards in one run", eight, "s", ours, "the one monthly board", most=3)
    against = "the mean of single ones"
    yield Figure("the same", eight, "s", fmean(map(in_a_run, EIGHT_BOARDS)), against)
    mean = fmean(map(as_a_command, EIGHT_BOARDS))
    yield Figure("the same, as a command", as_a_command(*EIGHT_BOARDS), "s", mean, against)
    seconds, _ = timed(lambda: seasons.run(as_of=world.AS_OF))
    yield Figure("season run, first", seconds, "s")
    yield Figure("full run with a season", run_seconds(runs.full()), "s")


def _board_by_hand(connection: psycopg.Connection) -> float:
    """Seconds of the query by hand, with the settings of a run."""
    start, end = OCTOBER
    connection.execute("drop table if exists bench.board")
    with connection.transaction(), psycopg.ClientCursor(connection) as cursor:
        cursor.execute(SESSION_BY_HAND)
        return timed(lambda: cursor.execute(BOARD_BY_HAND, {"start": start, "end": end}))[0]


def _board_seconds(connection: psycopg.Connection, keys: list[str], **options: Any) -> float:
    """Seconds of a run of boards by the run ledger, the faster of two."""
    seconds = []
    for _ in range(2):
        boards.run(keys, **options)
        (run, *_) = runs.ledger(connection, limit=1)
        seconds.append(run_seconds(run))
    return min(seconds)


def measure(
    clusters: int, activity: float, single_requests: int, folder: Path, *, runs_only: bool
) -> Iterator[Figure]:
    """All measurements in a database with its tables; with `runs_only` only loading, without a
    comparison, and runs."""
    begin(f"generating {clusters:,} clusters")
    files = world.write_world(folder, clusters, 1, activity)
    runs.deploy()
    names = NAMES[: min(single_requests, clusters - 100)]
    with database.connect() as connection:
        wallets.import_wallets(connection, str(files.pop("wallets")))
        begin("loading")
        yield from measure_load(connection, files, compared=not runs_only)
    if not runs_only:
        begin("six sources and a script")
        with _copied("six"):
            yield from six.measure(Path(tempfile.mkdtemp(dir=folder)))
    with database.connect() as connection:
        begin("full and incremental runs")
        yield from measure_runs(connection, clusters)
        if runs_only:
            return
        begin("a column store")
        yield from column_store.measure(world.AS_OF)
        begin("boards and seasons")
        yield from measure_boards(connection)
    begin("a warm worker")
    command = service.command_seconds("etl", "cluster", names[0])
    yield from service.measure_worker(folder, names, command)
    begin("the API")
    yield from service.measure_api(folder, BOARD, names)
    with database.connect() as connection:
        begin("a long history")
        yield from history.measure(connection)


class _copied:
    """A copy of the database, to which HEDGE_DATABASE_URL is set during the block."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        url = database.url()
        with psycopg.connect(url.replace("/hedge?", "/postgres?"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("create database {} template hedge").format(sql.Identifier(self.name))
            )
            # Otherwise the first run would be charged with writing the copy to disk.
            connection.execute("checkpoint")
        os.environ["HEDGE_DATABASE_URL"] = url.replace("/hedge?", f"/{self.name}?")

    def __exit__(self, *_: object) -> None:
        del os.environ["HEDGE_DATABASE_URL"]


def main(
    clusters: Annotated[
        int, typer.Option(min=200, help="The number of clusters to generate.")
    ] = 20_000,
    activity: Annotated[
        float, typer.Option(help="The scale of random facts; 1 is about 113 facts per cluster.")
    ] = 2.2,
    single_requests: Annotated[
        int,
        typer.Option(
            "--requests", min=1, max=2000, help="The number of requests for single clusters."
        ),
    ] = 200,
    runs_only: Annotated[
        bool, typer.Option("--runs-only", help="Measure loading and runs only, for large worlds.")
    ] = False,
) -> None:
    """Measure every path in a new embedded server, and print one table."""
    with own_server() as home:
        folder = Path(tempfile.mkdtemp(dir=home))
        database.migrate()
        with database.connect() as connection:
            version = database.value(connection, "show server_version")
        print_figures(
            measure(clusters, activity, single_requests, folder, runs_only=runs_only),
            f"PostgreSQL {version}, {platform.machine()}, {os.cpu_count()} cores",
        )


if __name__ == "__main__":
    typer.run(main)
