"""The made-up world in a database: loaded once, deployed, computed as of its fixed instant,
with the boards and the season of the catalogue."""

import tempfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import psycopg
from psycopg.rows import class_row

from hedge import boards, catalogue, database, runs, settings, wallets, world
from hedge.errors import UsageError
from hedge.loading import load
from hedge.project import files
from hedge.queries import query
from hedge.runs import Report, Run


@dataclass(frozen=True)
class Standing:
    """One challenge in the made-up world: two clusters one can check by eye, and the crowd.

    Values are in the metric's unit; on_a_rung and on_the_last_rung count clusters.
    """

    challenge: str
    unit: str
    busy: Decimal
    busy_tier: str
    rival: Decimal
    rival_tier: str
    on_a_rung: int
    on_the_last_rung: int


def make(clusters: int, seed: int, report: Report) -> tuple[int, Run]:
    """Load the world unless it is there, deploy and compute unless that was done, the boards
    among it.

    Returns the number of facts loaded now and the full run that stands.

    A database that holds anything else is a UsageError, and nothing is changed.
    """
    database.migrate()
    with database.connect() as connection:
        facts = _load(connection, clusters, seed, report)
        run = None
        if runs.is_deployed(connection):
            definitions = files.definitions_hash(settings.project())
            run = runs.reusable_full_run(connection, world.AS_OF, definitions)
        if run is None:
            runs.deploy(report)
            catalogue.install(connection)
            run = runs.full(world.AS_OF, report)
    boards.run(mode="DUE", as_of=world.AS_OF, report=report)
    return facts, run


def _load(connection: psycopg.Connection, clusters: int, seed: int, report: Report) -> int:
    standing = connection.execute("select clusters, seed from app.made_up_world").fetchone()
    if standing == (clusters, seed):
        return 0
    if standing is not None:
        raise UsageError(
            f"the database holds another made-up world ({standing[0]} clusters, seed "
            f"{standing[1]}): hedge db reset drops it"
        )
    if connection.execute(query("holds_anything")).fetchone()[0]:
        raise UsageError(
            "the database holds real facts or wallets, which a made-up world must not mix with"
        )
    facts = 0
    with tempfile.TemporaryDirectory() as folder, connection.transaction():
        made = world.write_world(Path(folder), clusters=clusters, seed=seed)
        wallets.import_wallets(connection, str(made.pop("wallets")))
        for done, (table, file) in enumerate(made.items()):
            report(f"loading {table}", done, len(made))
            facts += load(connection, table, str(file), strict=True).inserted
        connection.execute(
            "insert into app.made_up_world (clusters, seed) values (%s, %s)", [clusters, seed]
        )
    return facts


def standings(connection: psycopg.Connection) -> list[Standing]:
    """How the made-up world stands in every challenge."""
    with connection.cursor(row_factory=class_row(Standing)) as cursor:
        return cursor.execute(query("demo_standings")).fetchall()
