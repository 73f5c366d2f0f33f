"""Storing the facts of a raw table that the logs of some blocks concern.

A view analytics.facts_of_TABLE says what logs mean: a row for each log that is a fact, or for each
object of which several logs make one. Beside columns of the table it has `chain_id` and
`block_number`, `is_fact` (false: its logs are removed, or do not state it yet) and, of objects,
`object_word`, the first indexed parameter of their logs. What of its rows differs from what is
stored is written, and what no log states any more goes, unless a file says it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from hedge import database
from hedge.chain import called, fitting
from hedge.chain import fact_statements as statements
from hedge.chain.spans import Batch, any_of_blocks
from hedge.chain.targets import IDENTITY, FactView, Target
from hedge.loading import merging
from hedge.loading.removing import explain_removal
from hedge.loading.staging import comma
from hedge.loading.storing import lock_loads
from hedge.loading.tables import Table
from hedge.loading.versions import restore_left_out
from hedge.queries import query

#: Who removes facts, in raw.removed_facts.
REMOVED_BY = "hedge chain decode"
#: The facts of more blocks than these are removed with one reason.
BLOCKS_OF_REASONS = 50
#: Why a fact is removed which logs do not state any more. A log that stays may begin no version any
#: more: another one before it says the same level now.
_LOST_LOG = "no canonical log states it any more"
_LOST_VERSION = "no canonical log begins this version any more"


@dataclass(frozen=True)
class Stored:
    """The numbers of facts by what was done with them, and of logs that no decoder takes."""

    inserted: int = 0
    updated: int = 0
    removed: int = 0
    pending: int = 0
    undecoded: int = 0

    def __add__(self, other: "Stored") -> "Stored":
        """The sums."""
        return Stored(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.removed + other.removed,
            self.pending + other.pending,
            self.undecoded + other.undecoded,
        )


@dataclass(frozen=True)
class _ToDo:
    """Whether hedge_compared has facts of a kind: those that go, that have changed, that are new,
    that wait, that a file says as well, and those that wait and have a value that the table does
    not admit; of others, the table itself refuses it when they are written."""

    has_gone: bool
    has_changed: bool
    has_new: bool
    has_waiting: bool
    has_both: bool
    has_unfit: bool


class _Unfit(Exception):
    """A fact that waits has a value that the table does not admit."""


def store(
    connection: psycopg.Connection,
    view: FactView,
    batch: Batch,
    *,
    all_keys: bool = False,
    wait: Callable[[], None] | None = None,
) -> Stored:
    """Store the facts that the logs of a batch concern. With all_keys, the keys of all facts that
    they state are kept in app.redecoded_keys. `wait` is called before the table is locked, of facts
    that are made of logs alone when these are read.

    The caller's transaction also takes the spans, and its session has the settings of loads.
    """
    table = Table.read(connection, "raw", view.table_name)

    def begin_to_write() -> None:
        if wait:
            wait()
        lock_loads(connection, table)

    try:
        with connection.transaction():
            return _store(Target(connection, table, view), batch, all_keys, begin_to_write)
    except psycopg.errors.UniqueViolation:
        raise
    except (psycopg.DataError, psycopg.IntegrityError, _Unfit):
        # Now each value is looked at, which takes longer.
        careful = Target(connection, table, view, is_careful=True)
        return _store(careful, batch, all_keys, begin_to_write)


def _store(
    target: Target, batch: Batch, all_keys: bool, begin_to_write: Callable[[], None]
) -> Stored:
    if not target.view.is_of_logs_alone:
        begin_to_write()
    _create_facts(target)
    if target.view.object_columns:
        _read_objects(target, batch)
    elif target.view.is_of_versions:
        _read_versions(target, batch)
    else:
        _read(target, batch.blocks)
    if target.view.is_of_logs_alone:
        begin_to_write()
    if target.view.object_columns:
        target.execute(statements.REMOVED_BLOCKS)
        if target.has_objects_of_many:
            target.execute(statements.GONE_OF_OBJECTS)
    _compare(target)
    if blocks := _blocks_of_the_same_facts(target, batch):
        _read(
            target,
            sql.SQL("chain_id = {} and {} and ({}) in ({})").format(
                batch.chain_id,
                any_of_blocks(blocks),
                target.parts["key"],
                sql.SQL("select {key} from pg_temp.hedge_compared").format(**target.parts),
            ),
        )
        _compare(target)
    if all_keys:
        target.execute(statements.KEEP_KEYS)
    return _write(target, batch)


def remove_others(connection: psycopg.Connection, view: FactView) -> Stored:
    """Remove the decoded facts of a table whose keys are not in app.redecoded_keys, unless a file
    says them too: their logs are there and do not state them any more."""
    table = Table.read(connection, "raw", view.table_name)
    target = Target(connection, table, view)
    lock_loads(connection, table)
    _create_facts(target)
    has_tx_hash = table.by_name.keys() >= set(IDENTITY)
    target.execute(
        statements.NOT_AGAIN,
        has_logs=sql.SQL(statements.HAS_LOGS if has_tx_hash else statements.HAS_ALL_LOGS),
    )
    _compare(target)
    return _write(target, None)


def _create_facts(target: Target) -> None:
    """Create hedge_facts, which holds the rows of the view."""
    target.execute(
        statements.FACTS,
        including=sql.SQL("including constraints" if target.is_careful else ""),
        may_be_null=comma(
            sql.SQL("alter column {} drop not null").format(sql.Identifier(column.name))
            for column in target.table.columns
            if column.is_required
        ),
    )


def _read_objects(target: Target, batch: Batch) -> None:
    """Read the facts of the objects that the logs of a batch concern, from all of their logs."""
    target.execute(statements.OBJECTS, blocks=batch.blocks, topics=sql.Literal(target.view.topics))
    # A subquery that is computed once reaches the index behind the view as values do, and planning
    # does not look at each of thousands of words.
    _read(
        target,
        sql.SQL(
            "chain_id = {} and object_word"
            " = any((select array_agg(word) from pg_temp.hedge_objects)::bytea[])"
        ).format(batch.chain_id),
    )


def _read_versions(target: Target, batch: Batch) -> None:
    """Read the versions of the objects that the logs of a batch concern, from the first block of
    the batch on. Before it nothing changes, and what waits to be decoded is read when it is."""
    ((words,),) = target.execute(
        statements.VERSIONED, blocks=batch.blocks, topics=sql.Literal(target.view.topics)
    ).fetchall()
    if not words:
        return
    first = batch.ranges[0][0]
    decoded = database.value(
        target.connection,
        query("chain_decoded_from"),
        {"chain": batch.chain_id, "first": first, "table": target.table.name},
    )
    _read(
        target,
        sql.SQL(
            "chain_id = {} and block_number >= {} and object_word = any({}::bytea[])"
            " and ({} or block_number <@ {}::int8multirange)"
        ).format(batch.chain_id, first, sql.Literal(words), batch.blocks, sql.Literal(decoded)),
    )


def _read(target: Target, condition: sql.Composable) -> None:
    """Insert the rows of the view for which a condition holds into hedge_facts, with what calls
    supply of them."""
    _insert(target, condition)
    if target.calls:
        called.supply(target.connection, target.table, target.calls, target.execute)


def _insert(target: Target, condition: sql.Composable) -> None:
    """Insert the rows of the view for which a condition holds. A careful target sets a value to
    null that the table does not admit, and hedge_faults says why; of another one, the table refuses
    the row when it is written."""
    word = sql.SQL("object_word" if target.view.object_columns else "null::bytea")
    if not target.is_careful:
        target.execute(
            statements.READ,
            condition=condition,
            word=word,
            values=comma(fitting.unrounded(target.table.by_name[name]) for name in target.read),
            faults=sql.SQL("null"),
        )
        return
    types: dict[str, str] = dict(
        target.connection.execute(
            sql.SQL(
                "select attname, format_type(atttypid, atttypmod) from pg_attribute"
                " where attrelid = {}::regclass and attnum > 0 and not attisdropped"
            ).format(target.parts["view"].as_string(None))
        ).fetchall()
    )
    rules = fitting.rules(target.connection, f"raw.{target.table.name}")
    columns = [target.table.by_name[name] for name in target.read]
    faults = comma(
        sql.SQL(
            "case when {name} is not null and not {fits} then concat({text}, {name}) end"
        ).format(
            name=sql.Identifier(column.name),
            fits=fitting.fits(column, types[column.name], rules),
            text=f"{column.name} is out of its range: ",
        )
        for column in columns
    )
    values = comma(
        sql.SQL("case when {fits} then {name}::{type} end").format(
            name=sql.Identifier(column.name),
            fits=fitting.fits(column, types[column.name], rules),
            type=sql.SQL(column.type),
        )
        for column in columns
    )
    target.execute(
        statements.READ,
        condition=condition,
        word=word,
        values=values,
        faults=sql.SQL("nullif(concat_ws('; ', {}), '')").format(faults),
    )


def _blocks_of_the_same_facts(target: Target, batch: Batch) -> list[int]:
    """The other blocks in which logs may state the facts that are to change: the same log in a
    block that took the place of another, and the log that states the stored fact."""
    if target.view.is_of_versions or not target.is_of_logs:
        return []
    found = target.execute(
        statements.OTHER_BLOCKS,
        chain=sql.Literal(batch.chain_id),
        blocks=batch.blocks,
        stored_of_new=_stored_of_new(target),
        has_pending=sql.Literal(target.has_pending),
    ).fetchall()
    return [block for (block,) in found]


def _compare(target: Target) -> None:
    """Compare hedge_facts with what is stored, in hedge_compared."""
    target.execute(
        statements.COMPARED,
        stored_of_new=_stored_of_new(target),
        has_files=sql.Literal(target.has_files),
    )


def _stored_of_new(target: Target) -> sql.Composed:
    return sql.SQL(statements.STORED_OF_NEW).format(**target.parts)


def _write(target: Target, batch: Batch | None) -> Stored:
    """Write what of hedge_compared differs from what is stored."""
    connection = target.connection
    to_do = _ToDo(*database.one_row(target.execute(statements.TO_DO)))
    if to_do.has_unfit:
        raise _Unfit
    if to_do.has_gone or to_do.has_changed or to_do.has_both:
        target.execute("analyze pg_temp.hedge_compared ({key})")
    removed = _remove(target, batch) if to_do.has_gone else 0
    updated = target.execute(statements.UPDATE).rowcount if to_do.has_changed else 0
    inserted = target.execute(statements.INSERT).rowcount if to_do.has_new else 0
    pending = target.execute(statements.PUT_PENDING).rowcount if to_do.has_waiting else 0
    called.want(target.calls, target.execute)
    if target.has_pending:
        target.execute(
            statements.DELETE_PENDING_OF_OBJECTS
            if target.view.object_columns
            else statements.DELETE_PENDING
        )
    merged = merging.Merged(0, 0, 0, 0)
    if to_do.has_both:
        target.execute(statements.SOURCES)
        merged = merging.merge(connection, target.table)
    return Stored(
        inserted + merged.inserted,
        updated + merged.updated,
        removed + merged.removed,
        pending + merged.pending,
    )


def _remove(target: Target, batch: Batch | None) -> int:
    """Delete the facts that logs do not state any more, or without a value that is required, with
    the reason."""
    connection = target.connection
    target.execute(statements.GONE)
    connection.execute("analyze pg_temp.hedge_gone")
    found = connection.execute(
        "select distinct hedge_is_fact, hedge_block from pg_temp.hedge_gone order by 1, 2"
    ).fetchall()
    if not found:
        return 0
    restore_left_out(connection, target.table, "hedge_gone")
    blocks = [block for is_fact, block in found if not is_fact]
    lost = _LOST_VERSION if target.view.is_of_versions else _LOST_LOG
    reasons = []
    if batch is None:
        reasons = [("its logs were decoded in another way after a deploy", "true")]
    elif len(blocks) > BLOCKS_OF_REASONS or None in blocks:
        reasons = [(f"{lost}: {batch.span}", "not gone.hedge_is_fact")]
    else:
        reasons = [
            (
                f"{lost}: chain {batch.chain_id}, block {block}",
                f"not gone.hedge_is_fact and gone.hedge_block = {block}",
            )
            for block in blocks
        ]
    reasons.append((f"a value is missing that {target.table.name} requires", "gone.hedge_is_fact"))
    removed = 0
    for reason, condition in reasons:
        explain_removal(connection, reason, REMOVED_BY)
        removed += target.execute(statements.DELETE_GONE, condition=sql.SQL(condition)).rowcount
    return removed
