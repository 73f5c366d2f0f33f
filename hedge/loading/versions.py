"""Versions of heroes and pets: those that equal the version before them are left out.

Of a left-out version only the key is stored, in raw.left_out_heroes or raw.left_out_pets. Its
values are those of the stored version before it, at any time: hedge/migrations/
0019-left-out-versions.sql and 0021 see to that where other programs write the versions, this module
where the loader does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from psycopg import sql

from hedge.loading.staging import comma, names, of
from hedge.loading.tables import Table

#: A table with this column in its key holds versions of an object, which the other columns of the
#: key identify.
_VERSION = "updated_at"
#: The relations of the statements below whose key, or its part without _VERSION, they name.
_RELATIONS = (
    *("staged", "deleted", "stored", "left_out", "compared", "other", "before", "known_again"),
)


class Compared(NamedTuple):
    """The numbers of versions by what the comparison with the version before them led to.

    `left_out`: staged versions that are not stored. `restored`: left-out versions that became
    rows.
    """

    left_out: int
    restored: int


def has_versions(table: Table) -> bool:
    """Whether a row of the table is a version of an object."""
    return _VERSION in table.key


@contextmanager
def compared_versions(
    connection: psycopg.Connection, table: Table, columns: list[str]
) -> Iterator[Compared]:
    """Leave out the staged versions that equal the version before them, and restore left-out
    versions that do not any more; what is still staged is to be stored in this context.

    Versions are compared as they are after the load. One whose key is stored stays stored: the
    upsert updates it with the staged row. Staged versions whose key a later row of the file has
    are deleted.
    """
    if not has_versions(table):
        yield Compared(0, 0)
        return
    parts = _parts(table, columns)
    connection.execute(sql.SQL(_DELETE_SUPERSEDED).format(**parts))
    connection.execute("analyze pg_temp.hedge_staging")
    connection.execute(sql.SQL(_LEFT_OUT).format(**parts))
    with _without_triggers(connection):
        (counts,) = connection.execute(sql.SQL(_COMPARE).format(**parts)).fetchall()
        yield Compared(*counts)


def known_keys(table: Table) -> sql.Composable:
    """A query for the keys of the facts that are known: stored, and of versions also left out,
    with decoded_at, where the table has it."""
    query = (
        "select {key}, decoded_at from {table}"
        " union all select {key}, null::timestamptz from {left_out}"
    )
    if not has_versions(table):
        query = "select * from {table}"
    return sql.SQL(query).format(**_parts(table, []))


def restore_left_out(connection: psycopg.Connection, table: Table, deleted: str) -> int:
    """Make rows of the left-out versions that a deletion would lose. `deleted` names a temporary
    table with the keys that are to be deleted.

    These are, for each of these keys that is known, the first left-out version after it; their
    number is returned. A left-out version whose own key is to be deleted becomes a row as well, so
    that the same statement deletes it as deletes the others. Does nothing for a table without
    versions.
    """
    if not has_versions(table):
        return 0
    parts = _parts(table, []) | {"deleted": sql.Identifier("pg_temp", deleted)}
    with _without_triggers(connection):
        found = connection.execute(sql.SQL(_RESTORE).format(**parts))
        ((restored,),) = found.fetchall()
    return int(restored)


@contextmanager
def _without_triggers(connection: psycopg.Connection) -> Iterator[None]:
    """Tell the triggers of the tables of versions that there is nothing for them to do."""
    switch = "select set_config('hedge.versions_are_compared', %s, true)"
    connection.execute(switch, ["on"])
    yield
    connection.execute(switch, [""])


def _parts(table: Table, columns: list[str]) -> dict[str, sql.Composable]:
    """What the statements below name in braces; `columns` are those that the file has."""
    object_ = [name for name in table.key if name != _VERSION]
    state = [column.name for column in table.columns if column.name not in table.key]
    parts: dict[str, sql.Composable] = {
        "table": sql.Identifier(table.schema, table.name),
        "left_out": sql.Identifier(table.schema, f"left_out_{table.name}"),
        "version": sql.Identifier(_VERSION),
        "key": names(table.key),
        "object": names(object_),
        "state": names(state),
        "stored_state": of("stored", state),
        "state_after": comma(
            sql.SQL(
                "case when staged.line is null then known.{0} else staged.{0} end as {0}"
                if name in columns
                else "known.{0}"
            ).format(sql.Identifier(name))
            for name in state
        ),
        "state_before": comma(
            sql.SQL("lag({}) over before").format(sql.Identifier(name)) for name in state
        ),
    }
    for relation in _RELATIONS:
        parts[f"{relation}_key"] = of(relation, table.key)
        parts[f"{relation}_object"] = of(relation, object_)
    return parts


_DELETE_SUPERSEDED = """
    delete from pg_temp.hedge_staging where line in (
        select line
        from (
            select line, row_number() over (partition by {key} order by line desc) as number
            from pg_temp.hedge_staging
        ) as ranked
        where number > 1
    )
"""

# hedge_objects: the objects of which versions are staged. hedge_left_out: their left-out versions
# since the first staged one, with the time of the stored version whose values they have.
_LEFT_OUT = """
    drop table if exists pg_temp.hedge_objects, pg_temp.hedge_left_out;
    create temp table hedge_objects on commit drop as
    select {object}, min({version}) as first_at from pg_temp.hedge_staging group by {object};
    analyze pg_temp.hedge_objects;
    create temp table hedge_left_out on commit drop as
    with
    left_out as materialized (
        select {key} from {left_out} inner join pg_temp.hedge_objects using ({object})
        where {version} >= first_at
    ),
    versions as (
        select
            {key}, is_left_out,
            max({version}) filter (where not is_left_out) over (
                partition by {object} order by {version}
            ) as stored_at
        from (
            select {key}, true as is_left_out from left_out
            union all
            select {key}, false from {table}
            where ({object}) in (select {object} from left_out)
        ) as known
    )
    select {key}, stored_at from versions
    where is_left_out and stored_at is distinct from {version};
    analyze pg_temp.hedge_left_out
"""

# known: the versions of the staged objects before the load. versions: those after it. A version
# that was left out and is not staged has kept its values.
_COMPARE = """
    with
    known as (
        select {stored_key}, false as is_left_out, null::timestamptz as stored_at, {stored_state}
        from {table} as stored
        where ({stored_object}) in (select {object} from pg_temp.hedge_objects)
        union all
        select {left_out_key}, true, left_out.stored_at, {stored_state}
        from pg_temp.hedge_left_out as left_out
        left join {table} as stored
            on ({left_out_object}) = ({stored_object}) and left_out.stored_at = stored.{version}
    ),
    versions as (
        select
            {key}, staged.line, known.is_left_out, known.stored_at,
            known.is_left_out is distinct from false as is_not_stored, {state_after}
        from pg_temp.hedge_staging as staged
        full join known using ({key})
    ),
    compared as materialized (
        select
            {key}, line, is_left_out, stored_at,
            is_not_stored and ({state}) is not distinct from ({state_before}) as is_repeated
        from versions
        window before as (partition by {object} order by {version})
    ),
    dropped as (
        delete from pg_temp.hedge_staging as staged using compared
        where staged.line = compared.line and compared.is_repeated
    ),
    left_out as (
        insert into {left_out} ({key})
        select {key} from compared where is_repeated and is_left_out is null
    ),
    known_again as (
        delete from {left_out} as left_out using compared
        where
            ({left_out_key}) = ({compared_key})
            and compared.is_left_out and not compared.is_repeated
    ),
    restored as (
        insert into {table} ({key}, {state})
        select {compared_key}, {stored_state}
        from compared
        inner join {table} as stored
            on ({compared_object}) = ({stored_object}) and compared.stored_at = stored.{version}
        where compared.is_left_out and not compared.is_repeated
        -- another program may have stored it meanwhile
        on conflict do nothing
        returning 1
    )
    select
        (select count(*) from compared where is_repeated and line is not null),
        (select count(*) from restored)
"""

_RESTORE = """
    with
    deleted as (
        select distinct {key} from {deleted}
    ),
    following as (
        select distinct on ({deleted_key}) {left_out_key}
        from deleted
        inner join {left_out} as left_out
            on ({deleted_object}) = ({left_out_object}) and left_out.{version} > deleted.{version}
        where
            not exists (select from deleted as other where ({other_key}) = ({left_out_key}))
            and not exists (
                select from {table} as stored
                where
                    ({stored_object}) = ({deleted_object})
                    and stored.{version} > deleted.{version}
                    and stored.{version} < left_out.{version}
            )
            and (
                exists (select from {table} as stored where ({stored_key}) = ({deleted_key}))
                or exists (select from {left_out} as other where ({other_key}) = ({deleted_key}))
            )
        order by {deleted_key}, left_out.{version}
    ),
    known_again as (
        delete from {left_out} as left_out
        where
            ({left_out_key}) in (select {key} from following)
            or ({left_out_key}) in (select {key} from deleted)
        returning {left_out_key}
    ),
    restored as (
        insert into {table} ({key}, {state})
        select {known_again_key}, {stored_state}
        from known_again
        cross join lateral (
            select {state} from {table} as before
            where
                ({before_object}) = ({known_again_object})
                and before.{version} < known_again.{version}
            order by before.{version} desc
            limit 1
        ) as stored
        on conflict do nothing
    )
    select count(distinct ({key})) from following
"""
