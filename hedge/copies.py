"""Copies of buckets on the workers of Citus, which compute metric sources (docs/scale.md).

The migration 0147-copies-on-workers has the functions that make and change them; this module calls
them under the deploy lock.
"""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from hedge import buckets, database
from hedge.errors import HedgeError
from hedge.queries import query
from hedge.runs import dbt
from hedge.runs.copies import OF_EVERYBODY
from hedge.runs.deployed import project_of_runs
from hedge.runs.locks import deploy_lock, require_deployed

#: The oldest version of Citus that can keep a schema on one worker.
OLDEST = 12


@dataclass(frozen=True)
class Copy:
    """A copy of a bucket: the number of the bucket, and the worker, `host:port`, that has it."""

    bucket: int
    worker: str


def listed(connection: psycopg.Connection) -> list[Copy]:
    """The copies with their workers; empty where there are none."""
    if not buckets.have_copies(connection):
        return []
    _require_workers(connection)
    return [Copy(*row) for row in connection.execute(query("copies_list")).fetchall()]


def planned(connection: psycopg.Connection) -> list[str]:
    """What `distribute` would do, in sentences."""
    workers = _require_possible(connection)
    tables = raw_tables(connection)
    missing = _missing(connection, tables)
    if not missing:
        return ["nothing: every bucket has its copy"]
    divided = set(buckets.owners_of_facts(connection))
    number = buckets.number(connection)
    return [
        f"the facts of {number} buckets are copied to {workers} workers, to the schemas "
        f"bucket_1_copy to bucket_{number}_copy: {', '.join(sorted(divided & set(missing)))}",
        "each worker has a copy of the facts that metrics of every bucket read, in "
        f"{OF_EVERYBODY}: {', '.join(sorted(set(missing) - divided))}",
        "all tables stay as they are on the coordinator, with the marts; runs change the copies as"
        " the facts have changed",
    ]


def distribute(connection: psycopg.Connection, tell: Callable[[str], None]) -> None:
    """Make the copies that are missing, and copy all facts. Tells what it does.

    Tables are made in one transaction, in which no run writes, and the facts follow by table.
    Whenever it is interrupted, values are right, and the next call, or the next run, copies the
    rest. A HedgeError says why it is not possible, or which runs are in the way.
    """
    _require_possible(connection)
    tables = raw_tables(connection)
    if _missing(connection, tables):
        tell("creating the tables of the copies")
        create(connection, tables, citus=True)
    for table in tables:
        if copied := database.value(connection, "select app.copy_facts(%s)", [table]):
            tell(f"raw.{table}: {copied:,} facts copied")
    for (relation,) in connection.execute(query("copies_tables")).fetchall():
        connection.execute(sql.SQL("analyze {}").format(sql.SQL(relation)))


def create(connection: psycopg.Connection, tables: list[str], *, citus: bool) -> None:
    """Create copies of the raw tables, without facts: where `citus`, on its workers, and else in
    the same database, which is of use to tests alone. What there was of copies is removed."""
    with deploy_lock(connection, exclusive=True), connection.transaction():
        if citus:
            # reference tables are made after others, and each of these from several sessions
            connection.execute("set local citus.multi_shard_modify_mode to 'sequential'")
        connection.execute("select app.end_copying(), app.drop_copies()")
        for schema in (*database.buckets(connection, "_copy"), OF_EVERYBODY):
            connection.execute(
                sql.SQL("create schema {} authorization {}").format(
                    sql.Identifier(schema), sql.Identifier(_owner_of_marts(connection))
                )
            )
        for table in tables:
            places = connection.execute(
                "select copies from app.places_of_copies(%s)", [table]
            ).fetchall()
            for (place,) in places:
                schema = place.partition(".")[0]
                facts = f"raw.{table}"
                connection.execute("select app.create_copy(%s::regclass, %s)", [facts, schema])
                if citus and schema == OF_EVERYBODY:
                    connection.execute("select create_reference_table(%s)", [place])
            connection.execute("select app.begin_copying(%s::regclass)", [f"raw.{table}"])
        for schema in database.buckets(connection, "_copy") if citus else ():
            # A table that a function creates in a distributed schema would stay local.
            connection.execute("select citus_schema_distribute(%s)", [schema])
        connection.execute(
            "create trigger copy_moved after delete on app.wallets_to_place"
            " referencing old table as touched for each statement"
            " execute function app.note_wallets_to_copy()"
        )


def remove(connection: psycopg.Connection) -> None:
    """Remove all copies: the coordinator computes again. A HedgeError says which runs are in the
    way, or why a worker still has its copies; runs do without it then, and the next call tries to
    remove them again."""
    with deploy_lock(connection, exclusive=True), connection.transaction():
        connection.execute("select app.end_copying()")
    try:
        with deploy_lock(connection, exclusive=True), connection.transaction():
            connection.execute("select app.drop_copies()")
    except psycopg.Error as error:
        said = (error.diag.message_primary or str(error)).splitlines()[0]
        raise HedgeError(
            f"the coordinator computes again, but the copies could not be removed: {said}; once "
            "the worker answers, or citus_update_node has replaced it, call this again"
        ) from error


def _require_possible(connection: psycopg.Connection) -> int:
    """How many workers there are; a HedgeError where nothing can be copied to them."""
    require_deployed(connection)
    workers = _require_workers(connection)
    if buckets.number(connection) == 1:
        raise HedgeError(
            "the clusters are not divided, and each worker computes whole buckets: "
            "hedge db buckets N divides them"
        )
    return workers


def _require_workers(connection: psycopg.Connection) -> int:
    version = database.value(
        connection, "select extversion from pg_extension where extname = 'citus'"
    )
    if version is None:
        raise HedgeError(
            "this database does not have the extension citus, whose workers are to compute the "
            "buckets"
        )
    if int(version.partition(".")[0]) < OLDEST:
        raise HedgeError(
            f"Citus {version} cannot keep a schema on one worker: {OLDEST}.0 or later can"
        )
    workers: int = database.value(connection, query("copies_workers"))
    if not workers:
        raise HedgeError("Citus has no worker that may hold data: citus_add_node adds one")
    return workers


def raw_tables(connection: psycopg.Connection) -> list[str]:
    """The raw tables that the metrics of the deployed project read."""
    manifest = dbt.parsed(*project_of_runs(connection)).manifest
    return sorted(
        source.identifier
        for source in manifest.sources.values()
        if source.schema == "raw" and "belongs_to" in source.meta
    )


def _missing(connection: psycopg.Connection, tables: list[str]) -> list[str]:
    """The raw tables of which a bucket has no copy, or one with other columns."""
    found = {table for (table,) in connection.execute("select table_name from app.copied_tables")}
    found -= {table for (table,) in connection.execute(query("copies_outdated")).fetchall()}
    return [table for table in tables if table not in found]


def _owner_of_marts(connection: psycopg.Connection) -> str:
    owner: str = database.value(
        connection,
        "select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'analytics'",
    )
    return owner
