"""Removing facts: those that a file names by their keys, and those that a file has not although it
has all there are of a span.

A removed fact is kept in raw.removed_facts, by the trigger of its table.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

from hedge import database
from hedge.errors import HedgeError, UsageError
from hedge.loading import merging
from hedge.loading.staging import comma, names, of
from hedge.loading.tables import Table
from hedge.loading.versions import known_keys, restore_left_out
from hedge.queries import query

#: Called with how many of how many stored facts of a span a file lacks; it returns whether they
#: may be removed.
MayRemove = Callable[[int, int], bool]


@dataclass(frozen=True)
class Span:
    """The facts of a table whose event time is at starts_at or later and before ends_at, of one
    chain or (None) of all."""

    starts_at: datetime
    ends_at: datetime
    chain: int | None = None

    def __post_init__(self) -> None:
        """Refuse a span that is empty."""
        if self.starts_at >= self.ends_at:
            raise UsageError(
                f"the span is empty: {self.starts_at.isoformat()} is not before"
                f" {self.ends_at.isoformat()}"
            )

    def __str__(self) -> str:
        chain = "" if self.chain is None else f" of chain {self.chain}"
        return f"{self.starts_at.isoformat()} to {self.ends_at.isoformat()}{chain}"


def require_watched(connection: psycopg.Connection, table: Table) -> None:
    """Raise a HedgeError where deleted rows of a table would not be kept."""
    name = f"{table.schema}.{table.name}"
    if not database.value(connection, "select app.is_watched(%s::regclass)", [name]):
        raise HedgeError(f"changes of {name} are not noted yet: run hedge etl deploy first")


def explain_removal(
    connection: psycopg.Connection, reason: str, file: str, *, forget: bool = False
) -> None:
    """Tell the triggers of this transaction why facts are deleted and by which file, and whether
    their values are to be forgotten."""
    connection.execute(
        query("load_removal"), {"reason": reason, "file": file, "forget": "on" if forget else "off"}
    )


def keys_of(table: Table) -> Table:
    """The table as a file of keys has it: only the columns of the key are required."""
    columns = [
        dataclasses.replace(column, is_required=column.key_position is not None)
        for column in table.columns
    ]
    return dataclasses.replace(table, columns=columns)


@dataclass(frozen=True)
class Deleted:
    """The number of different keys in a file, of facts that were removed, and of facts that had
    been removed before and whose values were forgotten."""

    keys: int
    removed: int
    forgotten: int


def delete_staged(connection: psycopg.Connection, table: Table, *, forget: bool) -> Deleted:
    """Delete the facts whose keys are staged. With forget, the values of those among them that had
    been removed before are deleted too."""
    parts = {
        "table": sql.Identifier(table.schema, table.name),
        "key": names(table.key),
        "stored_key": of("stored", table.key),
        "key_as_json": comma(
            sql.SQL("{}, {}").format(sql.Literal(name), sql.Identifier(name)) for name in table.key
        ),
    }
    ((keys,),) = connection.execute(
        sql.SQL(
            "select count(*) from (select distinct {key} from pg_temp.hedge_staging) as keys"
        ).format(**parts)
    ).fetchall()
    forgotten = 0
    if forget:
        forgotten = connection.execute(
            sql.SQL(
                "update raw.removed_facts set fact = null"
                " where table_name = %s and fact is not null and key in"
                " (select jsonb_build_object({key_as_json}) from pg_temp.hedge_staging)"
            ).format(**parts),
            [table.name],
        ).rowcount
    removed = connection.execute(
        sql.SQL(
            "delete from {table} as stored"
            " where ({stored_key}) in (select {key} from pg_temp.hedge_staging)"
        ).format(**parts)
    ).rowcount
    return Deleted(keys, removed, forgotten)


def delete_missing(
    connection: psycopg.Connection,
    table: Table,
    span: Span,
    file: str,
    may_remove: MayRemove,
) -> tuple[int, int]:
    """Delete the facts of a span that are known and not staged. Where a log of one is known, it
    stays, and only what files said of it is forgotten.

    Returns the number of these facts, and that of the left-out versions after them that became
    rows. Raises UsageError for a staged row outside of the span and a table without chains where
    the span names one, HedgeError where may_remove says no.
    """
    if span.chain is not None and "chain_id" not in table.by_name:
        raise UsageError(f"{table.name} has no column chain_id, by which --chain chooses")
    event_time = database.value(connection, query("load_event_time"), {"table": table.name})
    # a day is compared as its first instant: the time zone of a load is UTC
    column = sql.Identifier(event_time)
    parameters = {"starts_at": span.starts_at, "ends_at": span.ends_at, "chain": span.chain}
    parts = {
        "table": sql.Identifier(table.schema, table.name),
        "known": known_keys(table),
        "in_span": sql.SQL(
            "({column} >= %(starts_at)s and {column} < %(ends_at)s{chain}) is true"
        ).format(
            column=column,
            chain=sql.SQL("" if span.chain is None else " and chain_id = %(chain)s"),
        ),
        "of_files": merging.stated_by_files(connection, table),
        "time": column,
        "key": names(table.key),
        "staged_key": of("staged", table.key),
        "known_key": of("known", table.key),
    }
    outside = connection.execute(
        sql.SQL(
            "select line, {time}, count(*) over () from pg_temp.hedge_staging"
            " where not {in_span} order by line limit 1"
        ).format(**parts),
        parameters,
    ).fetchone()
    if outside:
        line, time, rows = outside
        raise UsageError(
            f"{file} has {rows} rows outside of {span}; the first: line {line},"
            f" {event_time} {'unknown' if time is None else time.isoformat()}"
        )
    connection.execute("analyze pg_temp.hedge_staging")
    connection.execute("drop table if exists pg_temp.hedge_missing")
    connection.execute(
        sql.SQL(
            "create temp table hedge_missing on commit drop as"
            " select {key} from ({known}) as known where {in_span} and {of_files} and not exists"
            " (select from pg_temp.hedge_staging as staged where ({staged_key}) = ({known_key}))"
        ).format(**parts),
        parameters,
    )
    lacking, stored = database.one_row(
        connection.execute(
            sql.SQL(
                "select (select count(*) from pg_temp.hedge_missing), count(*)"
                " from ({known}) as known where {in_span} and {of_files}"
            ).format(**parts),
            parameters,
        )
    )
    if not lacking:
        return 0, 0
    if not may_remove(lacking, stored):
        raise UsageError(
            f"nothing was loaded: {lacking} of {stored} stored facts of {span} are missing in"
            f" {file}"
        )
    connection.execute("analyze pg_temp.hedge_missing")
    withdrawn = merging.withdraw(connection, table, "hedge_missing")
    known_again = restore_left_out(connection, table, "hedge_missing")
    deleted = connection.execute(
        sql.SQL(
            "delete from {table} where ({key}) in (select {key} from pg_temp.hedge_missing)"
        ).format(**parts)
    )
    return deleted.rowcount + withdrawn, known_again
