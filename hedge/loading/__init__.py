"""The loader: files of facts into the raw tables, whatever the files are like.

with database.connect() as connection:
    summary = load(connection, "pvp_matches", "matches.csv")
"""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from hedge.loading.sources import opened
from hedge.loading.staging import Rejection, Staging, comma, names
from hedge.loading.tables import Table, raw_table

__all__ = ["Rejection", "Report", "Summary", "Table", "load", "take"]

#: Called with what is being done, how much is done and of how much (None: not known).
Report = Callable[[str, float, float | None], None]

#: What makes a table one of versions: the last column of its key.
_VERSION = "updated_at"


@dataclass(frozen=True)
class Summary:
    """What became of the rows of a file.

    `unchanged`: stored as they are already, or overruled by a later row of the file.
    `left_out`: versions that change nothing. `rejects`: the first few of the `rejected`, all of
    which stand in raw.rejected_rows. Without a strict refusal the counts add up to `read`.
    """

    table: str
    file: str
    read: int
    inserted: int
    updated: int
    unchanged: int
    left_out: int
    rejected: int
    rejects: list[Rejection]


def load(
    connection: psycopg.Connection,
    table: str,
    source: str,
    *,
    strict: bool = False,
    report: Report | None = None,
) -> Summary:
    """Load a file (`-`: standard input) into a raw table, in one transaction.

    Rows upsert on the natural key, the last of equal keys in the file wins, and only columns
    that the file has are set. Rows that break the contract go to raw.rejected_rows; `strict`
    then loads none of the others either.

    Raises UsageError for a table, file or column that is not there, HedgeError for a file
    that cannot be read to its end; nothing is written then.
    """
    file = str(source)
    with connection.transaction():
        target = raw_table(connection, table)
        staging, given = take(connection, target, file, report)
        staging.keep_rejects(target.name, file)
        rejected, rejects = staging.rejects()
        inserted = updated = unchanged = left_out = 0
        if not (strict and rejected):
            if report:
                report(f"{file}: storing", 0, None)
            left_out = _leave_out(connection, target, given) if _VERSION in target.key else 0
            inserted, updated = _upsert(connection, target, given)
            unchanged = staging.read - rejected - left_out - inserted - updated
    return Summary(
        target.name, file, staging.read, inserted, updated, unchanged, left_out, rejected, rejects
    )


def take(
    connection: psycopg.Connection, table: Table, file: str, report: Report | None = None
) -> tuple[Staging, list[str]]:
    """Read a file into a Staging; also the names of the columns that the file gives."""
    with opened(file, table) as (source, progress):
        staging = Staging(connection, table, source.columns)
        for block in source.blocks():
            staging.take(block)
            if report:
                report(f"{file}: reading", *progress())
    return staging, [name for name in source.columns if name in source.given]


def _upsert(connection: psycopg.Connection, table: Table, given: list[str]) -> tuple[int, int]:
    """Store what was staged; how many rows are new and how many changed.

    In the order of the key, so that two loads at once wait for each other and never both.
    """
    changed = [name for name in given if name not in table.key]
    on_conflict = sql.SQL(
        "do update set ({changed}) = row({excluded}), loaded_at = now()"
        " where ({stored}) is distinct from ({excluded})"
    ).format(
        changed=names(changed),
        stored=_columns_of("stored", changed),
        excluded=_columns_of("excluded", changed),
    )
    counts = connection.execute(
        sql.SQL(
            """
            with upserted as (
                insert into {table} as stored ({given})
                select distinct on ({key}) {given} from pg_temp.hedge_staging
                order by {key}, line desc
                on conflict ({key}) {on_conflict}
                returning stored.xmax = 0 as is_new
            )
            select count(*) filter (where is_new), count(*) filter (where not is_new) from upserted
            """
        ).format(
            table=sql.Identifier(table.schema, table.name),
            given=names(given),
            key=names(table.key),
            on_conflict=on_conflict if changed else sql.SQL("do nothing"),
        )
    )
    return counts.fetchone()


def _leave_out(connection: psycopg.Connection, table: Table, given: list[str]) -> int:
    """Drop staged versions that equal the version before them, stored or staged; how many."""
    key, what = table.key, [name for name in table.key if name != _VERSION]
    state = [column.name for column in table.columns if column.name not in key]
    parts = {
        "table": sql.Identifier(table.schema, table.name),
        "key": names(key),
        "what": names(what),
        "version": sql.Identifier(_VERSION),
        "state": names(state),
        "merged": comma(
            sql.Identifier("staged" if name in given else "stored", name) for name in state
        ),
        "before": comma(
            sql.SQL("lag({}) over versions").format(sql.Identifier(name)) for name in state
        ),
        "stored_columns": _columns_of("stored", [*key, *state]),
        "staged_key": _columns_of("staged", key),
        "stored_key": _columns_of("stored", key),
        "later_key": _columns_of("later", key),
    }
    connection.execute(
        sql.SQL(
            """
            delete from pg_temp.hedge_staging as staged using pg_temp.hedge_staging as later
            where ({staged_key}) = ({later_key}) and staged.line < later.line;
            analyze pg_temp.hedge_staging
            """
        ).format(**parts)
    )
    return connection.execute(
        sql.SQL(
            """
            with versions as (
                select
                    staged.line, stored.{version} is null as is_new, {staged_key}, {merged}
                from pg_temp.hedge_staging as staged
                left join {table} as stored on ({staged_key}) = ({stored_key})
                union all
                select null, false, {stored_columns}
                from {table} as stored
                where
                    ({stored_what}) in (select {what} from pg_temp.hedge_staging)
                    and ({stored_key}) not in (select {key} from pg_temp.hedge_staging)
            ),
            compared as (
                select line, is_new, ({state}) is not distinct from ({before}) as changes_nothing
                from versions
                window versions as (partition by {what} order by {version})
            )
            delete from pg_temp.hedge_staging
            where line in (select line from compared where is_new and changes_nothing)
            """
        ).format(stored_what=_columns_of("stored", what), **parts)
    ).rowcount


def _columns_of(relation: str, columns: list[str]) -> sql.Composed:
    return comma(sql.Identifier(relation, name) for name in columns)
