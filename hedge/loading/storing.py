"""Storing: the upsert of the staged rows."""

from typing import NamedTuple

import psycopg
from psycopg import sql

from hedge import database
from hedge.loading.staging import names, of
from hedge.loading.tables import Table

#: The first key of the advisory lock of loads into a table; the second is the hash of its name.
_LOAD_LOCK = 0x4C6F6164


def lock_loads(connection: psycopg.Connection, table: Table) -> None:
    """Lock the table against other loads until the transaction ends.

    A load waits here until an earlier one has committed, and then sees its rows. Readers and
    other writers do not take this lock.
    """
    lock = "select pg_advisory_xact_lock(%s, hashtext(%s))"
    connection.execute(lock, [_LOAD_LOCK, f"{table.schema}.{table.name}"])


class Stored(NamedTuple):
    """The numbers of staged rows by what was done with them.

    `keys`: the number of different keys, each of which is inserted, updated or unchanged.
    """

    keys: int
    inserted: int
    updated: int


#: The last of the staged rows of each key, and whether its key is stored.
_STAGED = """
    with staged as materialized (
        select distinct on ({staged_key})
            {staged}, ({stored_key}) is not null as is_stored
        from pg_temp.hedge_staging as staged
        left join {table} as stored on ({staged_key}) = ({stored_key})
        order by {staged_key}, staged.line desc
    ),
"""
_UPSERT = (
    _STAGED
    + """
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
)
_UPSERT_INTO_BUCKETS = (
    _STAGED
    + """
    updated as (
        update {table} as stored
        set {sets} loaded_at = now()
        from staged
        where
            staged.is_stored
            and ({staged_key}) = ({stored_key})
            and ({stored_changed}) is distinct from ({staged_changed})
        returning 1
    ),
    inserted as (
        insert into {table} ({columns})
        select {columns} from staged where not is_stored
        returning 1
    )
    select
        (select count(*) from staged),
        (select count(*) from inserted),
        (select count(*) from updated)
"""
)


def upsert(connection: psycopg.Connection, table: Table, columns: list[str]) -> Stored:
    """Write the staged rows to the table.

    Rows whose key is not stored yet are inserted without `on conflict`, because with it
    PostgreSQL inserts each row speculatively first, which costs a quarter of the time. Where
    another writer has stored one of these keys meanwhile, all rows are written again with it.
    """
    changed = [name for name in columns if name not in table.key]
    if _is_divided(connection, table):
        return _upsert_into_buckets(connection, table, columns, changed)
    try:
        with connection.transaction():
            return _upsert(connection, table, columns, changed, is_new="not staged.is_stored")
    except psycopg.errors.UniqueViolation:
        return _upsert(connection, table, columns, changed, is_new="false")


def _upsert(
    connection: psycopg.Connection,
    table: Table,
    columns: list[str],
    changed: list[str],
    is_new: str,
) -> Stored:
    """The upsert. Staged rows for which `is_new`, an SQL expression, is true are inserted without
    `on conflict`."""
    on_conflict = sql.SQL(
        "do update set ({changed}) = row({excluded}), loaded_at = excluded.loaded_at"
        " where ({stored}) is distinct from ({excluded})"
    ).format(
        changed=names(changed),
        stored=of("stored", changed),
        excluded=of("excluded", changed),
    )
    return _stored(
        connection,
        table,
        columns,
        _UPSERT,
        key=names(table.key),
        is_new=sql.SQL(is_new),
        on_conflict=on_conflict if changed else sql.SQL("do nothing"),
    )


def _is_divided(connection: psycopg.Connection, table: Table) -> bool:
    """Whether rows of the table are in buckets (docs/scale.md)."""
    statement = "select %s = 'raw' and exists(select from app.bucket_tables where table_name = %s)"
    return bool(database.value(connection, statement, [table.schema, table.name]))


def _upsert_into_buckets(
    connection: psycopg.Connection, table: Table, columns: list[str], changed: list[str]
) -> Stored:
    """The upsert where stored rows may be in tables that inherit from the table: a conflict would
    not find them, and an update does."""
    return _stored(
        connection,
        table,
        columns,
        _UPSERT_INTO_BUCKETS,
        stored_changed=of("stored", changed or table.key),
        staged_changed=of("staged", changed or table.key),
        sets=sql.SQL("({}) = row({}),").format(names(changed), of("staged", changed))
        if changed
        else sql.SQL(""),
    )


def _stored(
    connection: psycopg.Connection,
    table: Table,
    columns: list[str],
    statement: str,
    **others: sql.Composable,
) -> Stored:
    """Execute one of the statements above."""
    found = connection.execute(
        sql.SQL(statement).format(
            table=sql.Identifier(table.schema, table.name),
            columns=names(columns),
            staged=of("staged", columns),
            staged_key=of("staged", table.key),
            stored_key=of("stored", table.key),
            **others,
        )
    )
    ((keys, inserted, updated),) = found.fetchall()
    return Stored(keys, inserted, updated)
