"""From hedge_staging into the table: an upsert, and versions that change nothing left out."""

from collections.abc import Iterable

import psycopg
from psycopg import sql

from hedge.loading.staging import comma, names
from hedge.loading.tables import Table

#: A table with this column in its key holds versions of what the rest of the key names.
_VERSION = "updated_at"
#: The first half of the advisory lock of loads into a table; the other is the hash of its name.
_LOAD_LOCK = 0x4C6F6164


def wait_for_turn(connection: psycopg.Connection, table: Table) -> None:
    """Wait for other loads into the table, which then are seen, and keep them waiting until the
    transaction ends. Readers and other writers do not wait."""
    lock = "select pg_advisory_xact_lock(%s, hashtext(%s))"
    connection.execute(lock, [_LOAD_LOCK, f"{table.schema}.{table.name}"])


def has_versions(table: Table) -> bool:
    """Whether a row of the table is a version of a thing."""
    return _VERSION in table.key


def upsert(connection: psycopg.Connection, table: Table, given: list[str]) -> tuple[int, int]:
    """Store what was staged; how many rows are new and how many changed.

    Rows whose key is not stored yet are inserted without `on conflict`, which for each row first
    writes down that it may be taken back: a quarter of the time. Where another writer has
    stored some of them meanwhile, all rows are stored once more with it.
    """
    try:
        with connection.transaction():
            return _store(connection, table, given, new="not staged.stands")
    except psycopg.errors.UniqueViolation:
        return _store(connection, table, given, new="false")


def _store(
    connection: psycopg.Connection, table: Table, given: list[str], new: str
) -> tuple[int, int]:
    changed = [name for name in given if name not in table.key]
    on_conflict = sql.SQL(
        "do update set ({changed}) = row({excluded}), loaded_at = now()"
        " where ({stored}) is distinct from ({excluded})"
    ).format(
        changed=names(changed),
        stored=_of("stored", changed),
        excluded=_of("excluded", changed),
    )
    counts = connection.execute(
        sql.SQL(
            """
            with staged as materialized (
                select distinct on ({staged_key})
                    {staged}, ({stored_key}) is not null as stands
                from pg_temp.hedge_staging as staged
                left join {table} as stored on ({staged_key}) = ({stored_key})
                order by {staged_key}, staged.line desc
            ),
            upserted as (
                insert into {table} as stored ({given})
                select {given} from staged where not ({new})
                on conflict ({key}) {on_conflict}
                returning stored.xmax = 0 as is_new
            ),
            inserted as (
                insert into {table} ({given})
                select {given} from staged where {new}
                returning 1
            )
            select
                (select count(*) from inserted) + count(*) filter (where is_new),
                count(*) filter (where not is_new)
            from upserted
            """
        ).format(
            table=sql.Identifier(table.schema, table.name),
            given=names(given),
            staged=_of("staged", given),
            key=names(table.key),
            staged_key=_of("staged", table.key),
            stored_key=_of("stored", table.key),
            new=sql.SQL(new),
            on_conflict=on_conflict if changed else sql.SQL("do nothing"),
        )
    )
    return counts.fetchone()


def leave_out(connection: psycopg.Connection, table: Table, given: list[str]) -> int:
    """Drop staged versions that equal the version before them, stored or staged; how many.

    Versions whose key is stored stay: they are for the upsert.
    """
    thing = [name for name in table.key if name != _VERSION]
    state = [column.name for column in table.columns if column.name not in table.key]
    parts = {
        "table": sql.Identifier(table.schema, table.name),
        "version": sql.Identifier(_VERSION),
        "key": names(table.key),
        "staged_key": _of("staged", table.key),
        "stored_key": _of("stored", table.key),
        "thing": names(thing),
        "stored_thing": _of("stored", thing),
        "state": names(state),
        "stored_state": _of("stored", state),
        "staged_state": comma(
            sql.Identifier("staged" if name in given else "stored", name) for name in state
        ),
        "state_before": comma(
            sql.SQL("lag({}) over versions").format(sql.Identifier(name)) for name in state
        ),
    }
    overruled = """
        delete from pg_temp.hedge_staging where line in (
            select line
            from (
                select line, row_number() over (partition by {key} order by line desc) as place
                from pg_temp.hedge_staging
            ) as ranked
            where place > 1
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
                        ({stored_thing}) in (select {thing} from pg_temp.hedge_staging)
                        and not exists (
                            select from pg_temp.hedge_staging as staged
                            where ({staged_key}) = ({stored_key})
                        )
                ) as versions
                window versions as (partition by {thing} order by {version})
            ) as compared
            where is_new and is_repeated
        )
    """
    connection.execute(sql.SQL(overruled).format(**parts))
    connection.execute("analyze pg_temp.hedge_staging")
    return connection.execute(sql.SQL(repeated).format(**parts)).rowcount


def _of(relation: str, columns: Iterable[str]) -> sql.Composed:
    return comma(sql.Identifier(relation, name) for name in columns)
