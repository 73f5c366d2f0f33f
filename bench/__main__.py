"""make bench: how fast the paths are, on a made-up world in a server of its own.

    python -m bench [--clusters 20000] [--activity 2.2]

Figures are of this machine and this run; compare ratios, not seconds.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from cli.output import print_table, say
from hedge import boards, catalogue, database, runs, seasons, wallets, world
from hedge.loading import load

#: A new fact for one cluster in a hundred, spread over all of them.
TOUCH_ONE_PERCENT = """
    insert into raw.quest_completions
    (chain_id, quest_id, wallet_address, quest_instance_id, status, completed_at)
    select 53935, 900000000 + row_number() over (), min(address), 2, 2, %s
    from app.wallet_links
    where hashtext(cluster_id) %% 100 = 0
    group by cluster_id
"""


def timed(action: Callable[[], object]) -> tuple[float, object]:
    """Seconds of wall time, and what the action returned."""
    started = time.perf_counter()
    result = action()
    return time.perf_counter() - started, result


def copy(connection: psycopg.Connection, file: Path) -> None:
    """What psql's \\copy does: the same bytes through COPY into the same indexed table."""
    columns = file.open().readline().strip()
    statement = f"copy raw.{file.stem} ({columns}) from stdin (format csv, header)"
    with file.open("rb") as source, connection.cursor().copy(statement) as target:
        while block := source.read(1 << 20):
            target.write(block)


def measure(clusters: int, activity: float, folder: Path) -> list[tuple[str, str, str]]:
    """Path, figure and remark of every measurement."""
    rows = []
    seconds, files = timed(lambda: world.write_world(folder, clusters, 1, activity))
    say(f"made up in {seconds:.0f} s")
    database.migrate()
    runs.deploy()
    with database.connect() as connection:
        wallets.import_wallets(connection, str(files.pop("wallets")))
        loaded, copied, facts = 0.0, 0.0, 0
        for table, file in files.items():
            seconds, _ = timed(lambda file=file: copy(connection, file))
            copied += seconds
            connection.execute(f"truncate raw.{table}")
        for table, file in files.items():
            seconds, summary = timed(
                lambda table=table, file=file: load(connection, table, str(file))
            )
            loaded, facts = loaded + seconds, facts + summary.inserted
        rows.append(("load, all tables", f"{facts / loaded:,.0f} rows/s", f"{facts:,} facts"))
        rows.append(("", f"{loaded / copied:.2f} times \\copy", "same files, same indexes"))
        connection.execute("vacuum analyze")

        first = runs.full(world.AS_OF)
        rows.append(("full run, first", f"{first.seconds:.1f} s", f"{clusters:,} clusters"))
        again = runs.full()
        rows.append(("full run, daily", f"{again.seconds:.1f} s", "every row rewritten"))

        connection.execute(TOUCH_ONE_PERCENT, [world.AS_OF])
        seconds, run = timed(runs.incremental)
        remark = f"{run.scope_size} clusters, {run.seconds / again.seconds:.1%} of the full run"
        rows.append(("incremental run, 1 % touched", f"{seconds:.2f} s", remark))

        names = [f"demo-{number:04}" for number in range(100, 120)]
        times = sorted(timed(lambda name=name: runs.cluster([name]))[0] for name in names)
        rows.append(("one cluster, warm process", f"{times[10]:.2f} s", f"worst {times[-1]:.2f} s"))

        rows += measure_boards_and_seasons(connection, facts)
    command = [str(Path(sys.executable).parent / "hedge"), "etl", "cluster", "demo-0100"]
    seconds, _ = timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    rows.append(("one cluster, the command", f"{seconds:.2f} s", "Python and dbt start included"))
    return rows


#: One month of the made-up world, and boards of it and of all time.
OCTOBER = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
EIGHT_BOARDS = [
    "lb_defi_participation",
    "lb_hero_levels",
    "lb_hunting_pve",
    "lb_overall_progression",
    "lb_pvp_daily_wins",
    "lb_pvp_monthly_wins",
    "lb_pvp_weekly_wins",
    "lb_tournament_monthly_wins",
]


def measure_boards_and_seasons(
    connection: psycopg.Connection, facts: int
) -> list[tuple[str, str, str]]:
    """One board for a month and for all time, eight in one run, and the season run."""
    catalogue.install(connection)
    board = "lb_pvp_monthly_wins"
    rows = []
    for name, keys, arguments in [
        ("one board, one month", [board], {"span": OCTOBER}),
        ("one board, all time", ["lb_hunting_pve"], {}),
        ("eight boards in one run", EIGHT_BOARDS, {"mode": "CURRENT"}),
    ]:
        seconds, done = timed(
            lambda keys=keys, arguments=arguments: boards.run(keys, as_of=world.AS_OF, **arguments)
        )
        entries = sum(run.row_count for run in done)
        rows.append((name, f"{seconds:.2f} s", f"{entries:,} entries of {facts:,} facts"))
    seconds, _ = timed(lambda: seasons.run(as_of=world.AS_OF))
    rows.append(("season run, first", f"{seconds:.1f} s", "every cluster"))
    seconds, _ = timed(lambda: seasons.run(as_of=world.AS_OF))
    rows.append(("season run, again", f"{seconds:.1f} s", "nothing changed"))
    full = runs.full()
    rows.append(("full run with a season", f"{full.seconds:.1f} s", "every row rewritten"))
    return rows


def main(
    clusters: Annotated[int, typer.Option(min=200, help="Clusters to make up.")] = 20_000,
    activity: Annotated[float, typer.Option(help="1 is about 113 facts a cluster.")] = 2.2,
) -> None:
    """Measure loading, full, incremental and cluster runs in a server made for it."""
    home = tempfile.mkdtemp(prefix="hedge-bench-")
    os.environ["HEDGE_HOME"] = home
    os.environ.pop("HEDGE_DATABASE_URL", None)
    try:
        rows = measure(clusters, activity, Path(tempfile.mkdtemp(dir=home)))
        with database.connect() as connection:
            version = connection.execute("show server_version").fetchone()[0]
        cores = os.cpu_count()
        print_table(
            ["path", "figure", ""],
            rows,
            title=f"PostgreSQL {version}, {platform.machine()}, {cores} cores",
        )
    finally:
        database.stop()
        shutil.rmtree(home)


if __name__ == "__main__":
    typer.run(main)
