"""Facts of which logs are known: what is stored where files say something of them as well.

The values of the logs are stored, and of a column that logs do not give that of the file. What the
file says is kept in raw.facts_of_files, so that it comes back where the last log of the fact goes,
and goes where the file is taken back. A fact of logs that lacks a value which its table requires
waits in raw.pending_facts until a file supplies it.
"""

from typing import NamedTuple

import psycopg
from psycopg import sql

from hedge import database
from hedge.loading.staging import comma, names, of
from hedge.loading.tables import Table
from hedge.loading.versions import restore_left_out

#: The columns that the database sets.
OF_THE_DATABASE = ("loaded_at", "decoded_at")


class Merged(NamedTuple):
    """The number of facts that became rows, whose rows changed, that are no rows any more, and
    that wait for a value."""

    inserted: int
    updated: int
    removed: int
    pending: int


class Kept(NamedTuple):
    """The number of rows of a file whose fact has a log, and of those that differ from it."""

    for_logs: int
    differing: int


def has_logs(connection: psycopg.Connection, table: Table) -> bool:
    """Whether logs of facts of the table were decoded."""
    statement = "select exists (select from app.chain_decoders where table_name = %s)"
    return bool(database.value(connection, statement, [table.name]))


def merge_staged(
    connection: psycopg.Connection, table: Table, columns: list[str], file: str
) -> Kept:
    """Store what a file says of facts whose logs are known, and take these rows out of the staging;
    `columns` are those that the file has."""
    if not has_logs(connection, table):
        return Kept(0, 0)
    parts = _parts(table, columns)
    rows, fact = (sql.SQL(text).format(**parts) for text in (_STAGED, _FACT_OF_STAGED))
    connection.execute(sql.SQL(_SOURCES).format(rows=rows, fact=fact, file=file, **parts))
    return _merge_and_forget(connection, table, "hedge_staging")


def withdraw(connection: psycopg.Connection, table: Table, keys: str) -> int:
    """Forget what files say of facts whose logs are known, and take their keys out of the temporary
    table with this name; returns the number of these facts."""
    if not has_logs(connection, table):
        return 0
    parts = _parts(table, [])
    rows = sql.SQL("select distinct {key} from {keys}").format(
        key=parts["key"], keys=sql.Identifier("pg_temp", keys)
    )
    fact = sql.SQL("null::jsonb")
    connection.execute(sql.SQL(_SOURCES).format(rows=rows, fact=fact, file=None, **parts))
    return _merge_and_forget(connection, table, keys).for_logs


def stated_by_files(connection: psycopg.Connection, table: Table) -> sql.Composable:
    """A condition on the alias `known` of rows of the table: that a file, or another program, says
    the fact, and not only a log."""
    if not has_logs(connection, table):
        return sql.SQL("true")
    return sql.SQL(
        "(decoded_at is null or exists (select from raw.facts_of_files as files"
        " where files.table_name = {name} and files.key = {key_of_known}))"
    ).format(name=table.name, key_of_known=key_as_json(table, "known"))


def key_as_json(table: Table, relation: str) -> sql.Composed:
    """The natural key of a row of a relation, as the tables of sources have it."""
    return _as_json(relation, sorted(table.key))


def row_as_json(relation: str) -> sql.Composed:
    """A row of a raw table as the tables of sources have it."""
    return sql.SQL("(to_jsonb({}) - {}::text[])").format(
        sql.Identifier(relation), list(OF_THE_DATABASE)
    )


def missing(table: Table, relation: str) -> sql.Composed:
    """The names of the columns that the table requires and that a row of a relation does not have,
    as an array."""
    return sql.SQL("array_remove(array[{}]::text[], null)").format(
        comma(
            sql.SQL("case when {} is null then {} end").format(
                sql.Identifier(relation, column.name), sql.Literal(column.name)
            )
            for column in table.columns
            if column.is_required
        )
    )


def merge(connection: psycopg.Connection, table: Table) -> Merged:
    """Store the facts of the temporary table hedge_sources: a row for each key, with what logs give
    (`fact_of_logs`, null where no log is known) and what files say (`fact`, null where none says
    it), the `file`, and of the logs `faults`, `chain_id` and `block_number`.

    The caller holds the lock of loads and has explained what is removed.
    """
    parts = _parts(table, [])
    connection.execute(sql.SQL(_MERGED).format(**parts))
    connection.execute("analyze pg_temp.hedge_merged")
    connection.execute(sql.SQL(_LOST).format(**parts))
    restore_left_out(connection, table, "hedge_lost")
    removed = connection.execute(sql.SQL(_DELETE).format(**parts)).rowcount
    updated = connection.execute(sql.SQL(_UPDATE).format(**parts)).rowcount
    inserted = connection.execute(sql.SQL(_INSERT).format(**parts)).rowcount
    pending = connection.execute(sql.SQL(_PUT_PENDING).format(**parts)).rowcount
    connection.execute(sql.SQL(_DELETE_PENDING).format(**parts))
    connection.execute(sql.SQL(_PUT_FACTS_OF_FILES).format(**parts))
    connection.execute(sql.SQL(_DELETE_FACTS_OF_FILES).format(**parts))
    return Merged(inserted, updated, removed, pending)


def _merge_and_forget(connection: psycopg.Connection, table: Table, keys: str) -> Kept:
    """Merge hedge_sources, whose keys go from the temporary table with this name."""
    connection.execute("analyze pg_temp.hedge_sources")
    found: int = database.value(connection, "select count(*) from pg_temp.hedge_sources")
    if not found:
        return Kept(0, 0)
    merge(connection, table)
    parts = _parts(table, []) | {"keys": sql.Identifier("pg_temp", keys)}
    connection.execute(sql.SQL(_TAKE_OUT).format(**parts))
    ((differing,),) = connection.execute(sql.SQL(_DIFFERING).format(**parts)).fetchall()
    return Kept(found, differing)


def _as_json(relation: str, columns: list[str]) -> sql.Composed:
    return sql.SQL("jsonb_build_object({})").format(
        comma(
            sql.SQL("{}, {}").format(sql.Literal(name), sql.Identifier(relation, name))
            for name in columns
        )
    )


def _parts(table: Table, columns: list[str]) -> dict[str, sql.Composable]:
    """What the statements below name in braces."""
    every = [column.name for column in table.columns]
    return {
        "table": sql.Identifier(table.schema, table.name),
        "name": sql.Literal(table.name),
        "key": names(table.key),
        "columns": names(every),
        "row_columns": of("row", every),
        "merged_columns": of("merged", every),
        "stored_columns": of("stored", every),
        "excluded_columns": of("excluded", every),
        "stored_key": of("stored", table.key),
        "staged_key": of("staged", table.key),
        "merged_key": of("merged", table.key),
        "given": _as_json("staged", columns or table.key),
        "key_of_staged": key_as_json(table, "staged"),
        "stored_row": row_as_json("stored"),
        "missing": missing(table, "row"),
    }


# What logs give of the facts of some rows, and what files say of them from now on.
_SOURCES = """
    drop table if exists pg_temp.hedge_sources;
    create temp table hedge_sources on commit drop as
    select
        {key_of_staged} as key,
        coalesce(files.fact_of_logs, {stored_row}, pending.fact) as fact_of_logs,
        {fact} as fact,
        {file}::text as file,
        pending.faults,
        coalesce(files.chain_id, pending.chain_id) as chain_id,
        coalesce(files.block_number, pending.block_number) as block_number
    from ({rows}) as staged
    left join {table} as stored
        on ({stored_key}) = ({staged_key}) and stored.decoded_at is not null
    left join raw.pending_facts as pending
        on pending.table_name = {name} and pending.key = {key_of_staged}
    left join raw.facts_of_files as files
        on files.table_name = {name} and files.key = {key_of_staged}
    where stored.decoded_at is not null or pending.key is not null
"""
# Of the staged rows with the same key the last one counts.
_STAGED = "select distinct on ({key}) * from pg_temp.hedge_staging order by {key}, line desc"
# What another file said before holds for the columns that this one has not.
_FACT_OF_STAGED = """
    coalesce(files.fact, case when files.key is not null then {stored_row} end, '{{}}') || {given}
"""

_TAKE_OUT = """
    delete from {keys} as staged
    where {key_of_staged} in (select key from pg_temp.hedge_sources)
"""

_DIFFERING = """
    select count(*)
    from raw.facts_of_files as files
    inner join pg_temp.hedge_sources as sources
        on files.table_name = {name} and files.key = sources.key
    where files.differing <> '{{}}'
"""

# hedge_fact: what is to be stored; null where nothing says the fact.
_MERGED = """
    drop table if exists pg_temp.hedge_merged;
    create temp table hedge_merged on commit drop as
    select
        sources.key as hedge_key,
        jsonb_strip_nulls(sources.fact_of_logs) as hedge_logs,
        jsonb_strip_nulls(sources.fact) as hedge_file,
        sources.file as hedge_name,
        sources.faults as hedge_faults,
        sources.chain_id as hedge_chain,
        sources.block_number as hedge_block,
        facts.fact as hedge_fact,
        {missing} as hedge_missing,
        facts.fact is not null and {missing} = '{{}}' as hedge_is_whole,
        {row_columns}
    from pg_temp.hedge_sources as sources
    cross join lateral (
        select case
            when sources.fact_of_logs is null then jsonb_strip_nulls(sources.fact)
            else
                coalesce(jsonb_strip_nulls(sources.fact), '{{}}')
                || jsonb_strip_nulls(sources.fact_of_logs)
        end as fact
    ) as facts
    cross join lateral jsonb_populate_record(
        null::{table}, coalesce(facts.fact, '{{}}') || sources.key
    ) as row
"""

_LOST = """
    drop table if exists pg_temp.hedge_lost;
    create temp table hedge_lost on commit drop as
    select {key} from pg_temp.hedge_merged where not hedge_is_whole
"""

_DELETE = """
    delete from {table} as stored using pg_temp.hedge_lost as merged
    where ({stored_key}) = ({merged_key})
"""

_UPDATE = """
    update {table} as stored
    set
        ({columns}) = row({merged_columns}),
        loaded_at = now(),
        decoded_at = case
            when merged.hedge_logs is not null then coalesce(stored.decoded_at, now())
        end
    from pg_temp.hedge_merged as merged
    where
        ({stored_key}) = ({merged_key})
        and merged.hedge_is_whole
        and (
            ({stored_columns}) is distinct from ({merged_columns})
            or (stored.decoded_at is null) <> (merged.hedge_logs is null)
        )
"""

_INSERT = """
    insert into {table} as stored ({columns}, decoded_at)
    select {merged_columns}, case when merged.hedge_logs is not null then now() end
    from pg_temp.hedge_merged as merged
    where
        merged.hedge_is_whole
        and not exists (
            select from {table} as stored where ({stored_key}) = ({merged_key})
        )
    -- another program may have stored it meanwhile
    on conflict ({key}) do update set
        ({columns}) = row({excluded_columns}),
        loaded_at = excluded.loaded_at,
        decoded_at = excluded.decoded_at
"""

_PUT_PENDING = """
    insert into raw.pending_facts as pending
        (table_name, key, fact, missing, faults, chain_id, block_number)
    select
        {name}, hedge_key, hedge_logs, hedge_missing, hedge_faults, hedge_chain, hedge_block
    from pg_temp.hedge_merged
    where hedge_logs is not null and not hedge_is_whole
    on conflict (table_name, key) do update set
        fact = excluded.fact,
        missing = excluded.missing,
        faults = excluded.faults,
        chain_id = excluded.chain_id,
        block_number = excluded.block_number
"""

_DELETE_PENDING = """
    delete from raw.pending_facts as pending using pg_temp.hedge_merged as merged
    where
        pending.table_name = {name}
        and pending.key = merged.hedge_key
        and (merged.hedge_logs is null or merged.hedge_is_whole)
"""

_PUT_FACTS_OF_FILES = """
    insert into raw.facts_of_files as files
        (table_name, key, fact, fact_of_logs, differing, file, chain_id, block_number)
    select
        {name},
        hedge_key,
        nullif(hedge_file, hedge_fact),
        nullif(hedge_logs, hedge_fact),
        array(
            select of_file.key
            from jsonb_each(hedge_file) as of_file
            inner join jsonb_each(hedge_logs) as of_logs on of_file.key = of_logs.key
            where of_file.value <> of_logs.value
            order by of_file.key
        ),
        hedge_name,
        hedge_chain,
        hedge_block
    from pg_temp.hedge_merged
    where hedge_logs is not null and hedge_file is not null and hedge_is_whole
    on conflict (table_name, key) do update set
        fact = excluded.fact,
        fact_of_logs = excluded.fact_of_logs,
        differing = excluded.differing,
        file = coalesce(excluded.file, files.file),
        chain_id = excluded.chain_id,
        block_number = excluded.block_number,
        loaded_at = case
            when excluded.file is null then files.loaded_at else excluded.loaded_at
        end
"""

_DELETE_FACTS_OF_FILES = """
    delete from raw.facts_of_files as files using pg_temp.hedge_merged as merged
    where
        files.table_name = {name}
        and files.key = merged.hedge_key
        and (merged.hedge_logs is null or merged.hedge_file is null)
"""
