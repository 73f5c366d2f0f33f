"""Storing: the upsert of the staged rows, and the removal of versions that change nothing."""

from collections.abc import Iterable
from typing import NamedTuple

import psycopg
from psycopg import sql

from hedge.loading.staging import comma, names
from hedge.loading.tables import Table

#: A table with this column in its key holds versions of an object, which the other columns of the
#: key identify.
_VERSION = "updated_at"
#: The first key of the advisory lock of loads into a table; the second is the hash of its name.
_LOAD_LOCK = 0x4C6F6164


def lock_loads(connection: psycopg.Connection, table: Table) -> None:
    """Lock the table against other loads until the transaction ends.

    A load waits here until an earlier one has committed, and then sees its rows. Readers and
    other writers do not take this lock.
    """
    lock = "select pg_advisory_xact_lock(%s, hashtext(%s))"
    connection.execute(lock, [_LOAD_LOCK, f"{table.schema}.{table.name}"])


def has_versions(table: Table) -> bool:
    """Whether a row of the table is a version of an object."""
    return _VERSION in table.key


class Stored(NamedTuple):
    """The numbers of staged rows by what was done with them.

    `keys`: the number of different keys, each of which is inserted, updated or unchanged.
    """

    keys: int
    inserted: int
    updated: int


def upsert(connection: psycopg.Connection, table: Table, columns: list[str]) -> Stored:
    """Write the staged rows to the table.

    Rows whose key is not stored yet are inserted without `on conflict`, because with it
    PostgreSQL inserts each row speculatively first, which costs a quarter of the time. Where
    another writer has stored one of these keys meanwhile, all rows are written again with it.
    """
    try:
        with connection.transaction():
            return _upsert(connection, table, columns, is_new="not staged.is_stored")
    except psycopg.errors.UniqueViolation:
        return _upsert(connection, table, columns, is_new="false")


def _upsert(
    connection: psycopg.Connection, table: Table, columns: list[str], is_new: str
) -> Stored:
    """The upsert. Staged rows for which `is_new`, an SQL expression, is true are inserted without
    `on conflict`."""
    changed = [name for name in columns if name not in table.key]
    on_conflict = sql.SQL(
        "do update set ({changed}) = row({excluded}), loaded_at = now()"
        " where ({stored}) is distinct from ({excluded})"
    ).format(
        changed=names(changed),
        stored=_of("stored", changed),
        excluded=_of("excluded", changed),
    )
    found = connection.execute(
        sql.SQL(
            """
            with staged as materialized (
                select distinct on ({staged_key})
                    {staged}, ({stored_key}) is not null as is_stored
                from pg_temp.hedge_staging as staged
                left join {table} as stored on ({staged_key}) = ({stored_key})
                order by {staged_key}, staged.line desc
            ),
            upserted as (
                insert into {table} as stored ({columns})
                select {columns} from staged where not ({is_new})
                on conflict ({key}) {on_conflict}
                returning stored.xmax = 0 as is_inserted
            ),
            inserted as (
                insert into {table} ({columns})
                select {columns} from staged where {is_new}
                returning 1
            )
            select
                (select count(*) from staged),
                (select count(*) from inserted) + count(*) filter (where is_inserted),
                count(*) filter (where not is_inserted)
            from upserted
            """
        ).format(
            table=sql.Identifier(table.schema, table.name),
            columns=names(columns),
            staged=_of("staged", columns),
            key=names(table.key),
            staged_key=_of("staged", table.key),
            stored_key=_of("stored", table.key),
            is_new=sql.SQL(is_new),
            on_conflict=on_conflict if changed else sql.SQL("do nothing"),
        )
    )
    ((keys, inserted, updated),) = found.fetchall()
    return Stored(keys, inserted, updated)


def delete_repeated_versions(
    connection: psycopg.Connection, table: Table, columns: list[str]
) -> int:
    """Delete staged versions whose key a later row of the file has, and those that equal the
    version before them, stored or staged; returns the number of the latter.

    Versions whose key is stored are kept, because the upsert updates the stored row with them.
    """
    object_ = [name for name in table.key if name != _VERSION]
    state = [column.name for column in table.columns if column.name not in table.key]
    parts = {
        "table": sql.Identifier(table.schema, table.name),
        "version": sql.Identifier(_VERSION),
        "key": names(table.key),
        "staged_key": _of("staged", table.key),
        "stored_key": _of("stored", table.key),
        "object": names(object_),
        "stored_object": _of("stored", object_),
        "state": names(state),
        "stored_state": _of("stored", state),
        "staged_state": comma(
            sql.Identifier("staged" if name in columns else "stored", name) for name in state
        ),
        "state_before": comma(
            sql.SQL("lag({}) over versions").format(sql.Identifier(name)) for name in state
        ),
    }
    superseded = """
        delete from pg_temp.hedge_staging where line in (
            select line
            from (
                select line, row_number() over (partition by {key} order by line desc) as number
                from pg_temp.hedge_staging
            ) as ranked
            where number > 1
        )
    """
    repeated = """
        delete from pg_temp.hedge_staging where line in (
            select line
            from (
                select line, is_new, ({state}) is not distinct from ({state_before}) as is_repeated
                from (
                    select
                        staged.line, stored.{version} is null as is_new,
                        {staged_key}, {staged_state}
                    from pg_temp.hedge_staging as staged
                    left join {table} as stored on ({staged_key}) = ({stored_key})
                    union all
                    select null, false, {stored_key}, {stored_state}
                    from {table} as stored
                    where
                        ({stored_object}) in (select {object} from pg_temp.hedge_staging)
                        and not exists (
                            select from pg_temp.hedge_staging as staged
                            where ({staged_key}) = ({stored_key})
                        )
                ) as versions
                window versions as (partition by {object} order by {version})
            ) as compared
            where is_new and is_repeated
        )
    """
    connection.execute(sql.SQL(superseded).format(**parts))
    connection.execute("analyze pg_temp.hedge_staging")
    return connection.execute(sql.SQL(repeated).format(**parts)).rowcount


def _of(relation: str, columns: Iterable[str]) -> sql.Composed:
    """The columns of a relation as a list in SQL."""
    return comma(sql.Identifier(relation, name) for name in columns)
