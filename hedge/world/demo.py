"""The demo world in a database: loaded, deployed and computed as of its fixed instant, with the
boards and seasons of the catalogue."""

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import cast

import psycopg
from psycopg.rows import class_row

from hedge import boards, catalogue, database, runs, settings, wallets, world
from hedge.errors import UsageError
from hedge.loading import load
from hedge.project import files
from hedge.queries import query
from hedge.runs import Report, Run


@dataclass(frozen=True)
class ChallengeSummary:
    """One challenge in the demo world: the values of two clusters that can be checked by eye, in
    the unit of the metric, and how many clusters have a tier.

    on_a_rung and on_the_last_rung, published names, are the numbers of clusters with any tier and
    with the last tier.
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
    """Load the demo world, deploy and compute everything, boards included. What an earlier call
    has done is not repeated.

    Returns the number of facts that were loaded now, and the full run that computed them.

    A database that holds other facts or wallets is a UsageError, and nothing is changed.
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
    """Load the facts and wallets in one transaction, unless the database holds them; returns the
    number of facts loaded."""
    loaded = connection.execute("select clusters, seed from app.made_up_world").fetchone()
    if loaded == (clusters, seed):
        return 0
    if loaded is not None:
        raise UsageError(
            f"the database holds another demo world ({loaded[0]} clusters, seed "
            f"{loaded[1]}): hedge db reset drops it"
        )
    if database.value(connection, query("demo_holds_facts")):
        raise UsageError(
            "the database holds real facts or wallets, which a demo world must not mix with"
        )
    facts = 0
    with tempfile.TemporaryDirectory() as folder, connection.transaction():
        files_by_table = world.write_world(Path(folder), clusters=clusters, seed=seed)
        wallets.import_wallets(connection, str(files_by_table.pop("wallets")))
        for done, (table, file) in enumerate(files_by_table.items()):
            report(f"loading {table}", done, len(files_by_table))
            facts += load(connection, table, str(file), strict=True).inserted
        connection.execute(
            "insert into app.made_up_world (clusters, seed) values (%s, %s)", [clusters, seed]
        )
    return facts


def as_of(connection: psycopg.Connection) -> datetime:
    """The instant that the values of the demo were computed as of: the fixed one at first, and
    that of the newest run once a worker or somebody has computed the world again."""
    return cast(datetime, database.value(connection, query("demo_as_of"))).astimezone(UTC)


def challenges(connection: psycopg.Connection) -> list[ChallengeSummary]:
    """Every challenge in the demo world, in the order of the catalogue."""
    with connection.cursor(row_factory=class_row(ChallengeSummary)) as cursor:
        return cursor.execute(query("demo_challenges")).fetchall()
