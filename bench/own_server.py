"""An embedded server for one measurement alone, and a demo world in it."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg

from bench.figures import begin
from hedge import database, runs, seasons, wallets, world
from hedge.loading import load
from hedge.seasons import Season

_TOUCH_ONE_PERCENT = """
    insert into raw.quest_completions
    (chain_id, quest_id, wallet_address, quest_instance_id, status, completed_at)
    select 53935, %(first)s + row_number() over (), min(address), 2, 2, %(at)s
    from app.wallet_links
    where hashtext(cluster_id) %% 100 = 0
    group by cluster_id
"""


@contextlib.contextmanager
def own_server() -> Iterator[Path]:
    """Let the block use an embedded server of its own, which the first statement starts. Yields its
    HEDGE_HOME, in which files can be put; all of it is removed when the block ends."""
    home = tempfile.mkdtemp(prefix="hedge-bench-")
    os.environ["HEDGE_HOME"] = home
    os.environ.pop("HEDGE_DATABASE_URL", None)
    try:
        yield Path(home)
    finally:
        os.environ.pop("HEDGE_DATABASE_URL", None)
        database.stop()
        shutil.rmtree(home)


@contextlib.contextmanager
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


def touch_one_percent(connection: psycopg.Connection, first: int) -> None:
    """Insert a new quest, with an id from first on, for one cluster in a hundred."""
    connection.execute(_TOUCH_ONE_PERCENT, {"first": first, "at": world.AS_OF})
