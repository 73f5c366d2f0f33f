"""Dividing clusters among buckets, and undoing it (docs/scale.md).

The tables of a bucket inherit from those of raw and analytics. The migration 0132-buckets has the
functions that make and remove them; this module calls them under the deploy lock.
"""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from hedge import database, settings
from hedge.errors import HedgeError, UsageError
from hedge.queries import query
from hedge.runs import dbt
from hedge.runs.buckets import marts
from hedge.runs.deployed import project_of_runs
from hedge.runs.locks import deploy_lock, require_deployed

#: The most buckets.
MOST = 64
#: How many facts of each raw table one transaction moves.
PORTION = 200_000


@dataclass(frozen=True)
class Bucket:
    """A bucket: how many clusters are assigned to it, and the estimated numbers of its facts and of
    the rows of its marts. number is 0 for what is in no bucket: facts that have come in."""

    number: int
    clusters: int
    facts: int
    rows: int


def number(connection: psycopg.Connection) -> int:
    """How many buckets there are; 1 is a database whose clusters are not divided."""
    found: int = database.value(connection, "select greatest(count(*), 1) from app.buckets")
    return found


def have_copies(connection: psycopg.Connection) -> bool:
    """Whether workers of Citus have copies of the buckets (hedge/copies.py)."""
    return bool(database.value(connection, "select exists(select from app.copied_tables)"))


def require_no_copies(connection: psycopg.Connection) -> None:
    """Raise a HedgeError where workers of Citus have copies of the buckets."""
    if have_copies(connection):
        raise HedgeError(
            "workers of Citus have copies of the buckets: hedge db distribute --undo removes them"
        )


def listed(connection: psycopg.Connection) -> list[Bucket]:
    """The buckets with what they hold; empty where clusters are not divided."""
    return [Bucket(*row) for row in connection.execute(query("buckets_list")).fetchall()]


def planned(connection: psycopg.Connection, wanted: int) -> list[str]:
    """What `divide` would do, in sentences."""
    _require_possible(connection, wanted)
    before = number(connection)
    tables = sorted(owners_of_facts(connection))
    sentences = []
    if before > 1 and wanted != before:
        sentences.append(f"{before} buckets are joined: their facts go back to raw")
    if wanted > 1 and wanted != before:
        clusters = database.value(connection, "select count(*) from app.wallet_clusters")
        sentences += [
            f"{clusters:,} clusters, with their rows of {', '.join(marts(connection))}, are "
            f"divided among {wanted} buckets: bucket_1 to bucket_{wanted}",
            f"the facts of {len(tables)} raw tables follow their wallets: {', '.join(tables)}",
            "all other raw tables stay as they are",
        ]
    return sentences or [f"nothing: the number of buckets is {wanted} already"]


def divide(connection: psycopg.Connection, wanted: int, tell: Callable[[str], None]) -> None:
    """Divide the clusters among so many buckets; 1 joins them. Tells what it does.

    Tables and marts are divided in one transaction, in which no run writes, and the facts follow in
    portions. Whenever it is interrupted, nothing is lost, values are right, and the next call, or
    the next run, moves the rest. A wrong number is a UsageError; a HedgeError says which runs are
    in the way.
    """
    _require_possible(connection, wanted)
    if wanted != number(connection):
        owners = owners_of_facts(connection)
        with deploy_lock(connection, exclusive=True), connection.transaction():
            before = number(connection)
            if before > 1:
                tell(f"joining {before} buckets")
                connection.execute("select app.join_verified()")
                connection.execute("select app.join_buckets()")
                # By another number they are in other buckets.
                connection.execute("delete from app.cluster_buckets")
            if wanted > 1:
                tell(f"dividing the clusters and their marts among {wanted} buckets")
                connection.execute(
                    "select app.split_into_buckets(%s, %s)",
                    [wanted, Jsonb(owners)],
                )
                connection.execute("select app.divide_verified()")
    moved = 0
    while found := database.value(connection, "select app.fill_buckets(%s)", [PORTION]):
        moved += found
        tell(f"{moved:,} facts moved")
    if wanted > 1:
        # Autovacuum would collect the statistics after the first runs.
        for table in owners_of_facts(connection):
            for schema in database.buckets(connection):
                name = sql.Identifier(schema, f"raw_{table}")
                connection.execute(sql.SQL("analyze {}").format(name))
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier("raw", table)))


def _require_possible(connection: psycopg.Connection, wanted: int) -> None:
    if not 1 <= wanted <= MOST:
        raise UsageError(f"{wanted} buckets: there can be 1 to {MOST}")
    require_deployed(connection)
    if wanted != number(connection):
        require_no_copies(connection)
    if wanted > 1 and settings.dbt() != "in-process":
        raise UsageError(
            f"HEDGE_DBT is '{settings.dbt()}', which cannot compute buckets: use 'in-process'"
        )


def owners_of_facts(connection: psycopg.Connection) -> dict[str, str]:
    """The raw tables whose facts belong to one cluster alone, each with the column of the wallet:
    `belongs_to` in models/staging/_sources.yml of the deployed project."""
    sources = dbt.parsed(*project_of_runs(connection)).manifest.sources.values()
    return {
        source.identifier: source.meta["belongs_to"]
        for source in sources
        if source.schema == "raw" and source.meta.get("belongs_to", "everybody") != "everybody"
    }
