"""Logs and blocks that are stored: inserted, merged, canonical again, or left as they are."""

import itertools
from datetime import timedelta

import psycopg
import pytest

from hedge.chain import storing
from hedge.chain.rows import LARGEST_BLOCK, Log
from hedge.chain.storing import Stored, put_blocks, put_logs
from hedge.errors import HedgeError
from tests.integration.chain.logs import (
    DFK,
    NOON,
    block,
    canonical_logs,
    log,
    spans,
    stored_logs,
    word,
)


def test_new_logs_are_inserted_and_stored_ones_are_not_written(
    transaction: psycopg.Connection,
) -> None:
    logs = [log(1), log(1, log_index=1), log(2_000_000, topic0=None, topic1=None, data=b"x" * 99)]
    assert put_logs(transaction, DFK, logs) == Stored(inserted=3)
    assert stored_logs(transaction) == logs
    assert spans(transaction) == [(1, 1), (2_000_000, 2_000_000)]
    assert put_logs(transaction, DFK, [*logs, logs[0]]) == Stored(unchanged=3, repeated=1)
    assert put_logs(transaction, DFK, []) == Stored()
    assert spans(transaction) == []
    # the same log of another chain is another log
    assert put_logs(transaction, 1088, logs[:1]) == Stored(inserted=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"address": b"b" * 20},
        {"topic0": word(8)},
        {"topic0": None, "topic1": None},
        {"topic1": None},
        {"topic1": word(9)},
        {"topic2": word(3)},
        {"topic2": word(3), "topic3": word(4)},
        {"data": b"\0"},
    ],
    ids=str,
)
def test_a_log_with_other_contents_is_updated(
    transaction: psycopg.Connection, changes: dict
) -> None:
    put_logs(transaction, DFK, [log(1), log(2)])
    spans(transaction)
    changed = log(1, **changes)
    assert put_logs(transaction, DFK, [changed, log(2)]) == Stored(updated=1, unchanged=1)
    assert canonical_logs(transaction) == [changed, log(2)]
    assert {*spans(transaction)} == {(1, 1)}
    # what it said before is a removed log
    (former,) = [one for one in stored_logs(transaction) if one.is_removed]
    assert former._replace(block_hash=word(1), is_removed=False) == log(1)


def test_of_rows_of_the_same_log_the_last_one_counts(transaction: psycopg.Connection) -> None:
    rows = [log(1, data=b"1"), log(1, data=b"2"), log(1, data=b"3", block_hash=None)]
    assert put_logs(transaction, DFK, rows) == Stored(inserted=1, repeated=2)
    assert stored_logs(transaction) == [rows[1]]


@pytest.mark.parametrize("in_one_call", [True, False])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["hash last", "hash first"])
def test_a_log_without_a_block_and_the_same_with_one_are_one_row(
    transaction: psycopg.Connection, order: tuple[int, int], in_one_call: bool
) -> None:
    logs = [[log(1, block_hash=None), log(1)][place] for place in order]
    calls = [logs] if in_one_call else [[each] for each in logs]
    done = sum((put_logs(transaction, DFK, each) for each in calls), Stored())
    assert stored_logs(transaction) == [log(1)]
    if in_one_call:
        assert done == Stored(inserted=1, repeated=1)
    elif order == (0, 1):
        assert done == Stored(inserted=1, updated=1)
    else:
        assert done == Stored(inserted=1, unchanged=1)


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))], ids=str)
@pytest.mark.parametrize("split", [0, 1, 2])
def test_a_transaction_that_is_mined_again_is_another_log_in_any_order(
    transaction: psycopg.Connection, order: tuple[int, ...], split: int
) -> None:
    """Of a row without a block and two with different blocks, of which one is removed, two remain:
    those with blocks."""
    rows = [log(1, block_hash=None), log(1, block_hash=word(9), is_removed=True), log(1)]
    given = [rows[place] for place in order]
    put_logs(transaction, DFK, given[:split])
    put_logs(transaction, DFK, given[split:])
    assert stored_logs(transaction) == [log(1), log(1, block_hash=word(9), is_removed=True)]
    spans(transaction)
    assert put_logs(transaction, DFK, given) == Stored(unchanged=2, repeated=1)
    assert spans(transaction) == []


def test_a_removed_log_that_arrives_again_is_canonical_again(
    transaction: psycopg.Connection,
) -> None:
    removed = log(1, is_removed=True)
    assert put_logs(transaction, DFK, [log(1), removed]) == Stored(inserted=1, repeated=1)
    assert stored_logs(transaction) == [removed]
    assert put_logs(transaction, DFK, [removed]) == Stored(unchanged=1)
    # a file that names no block does not know whether this one is canonical
    assert put_logs(transaction, DFK, [log(1, block_hash=None)]) == Stored(unchanged=1)
    assert stored_logs(transaction) == [removed]
    spans(transaction)
    assert put_logs(transaction, DFK, [log(1)]) == Stored(updated=1)
    assert stored_logs(transaction) == [log(1)]
    assert spans(transaction) == [(1, 1)]
    when = "select removed_at, loaded_at from raw.chain_logs"
    put_logs(transaction, DFK, [removed])
    at, _ = transaction.execute(when).fetchone() or (None, None)
    transaction.execute("update raw.chain_logs set removed_at = '2025-01-01Z'")
    assert put_logs(transaction, DFK, [removed._replace(data=b"2")]) == Stored(updated=1)
    later, _ = transaction.execute(when).fetchone() or (None, None)
    assert at
    assert later.year == 2025


def test_a_log_of_a_block_that_is_not_canonical_is_refused(
    transaction: psycopg.Connection,
) -> None:
    put_blocks(transaction, DFK, [block(1)])
    lost = log(1, block_hash=word(9))
    spans(transaction)
    stored = put_logs(transaction, DFK, [log(2), lost])
    assert (stored.inserted, [each.line for each in stored.refused]) == (1, [2])
    with pytest.raises(HedgeError) as caught:
        stored.require_none_refused(DFK)
    assert str(caught.value) == f"the block 1 of chain 53935 is 0x{1:064x}, not 0x{9:064x}"
    assert stored_logs(transaction) == [log(2)]
    assert stored.counts().require_none_refused(DFK) == Stored(inserted=1)
    # but not one that is known to be removed, nor one without a block, nor one of another chain
    put_logs(transaction, DFK, [lost._replace(is_removed=True)]).require_none_refused(DFK)
    put_logs(transaction, DFK, [log(1, block_hash=None)]).require_none_refused(DFK)
    put_logs(transaction, 1088, [lost]).require_none_refused(1088)


def test_blocks_are_stored_and_those_that_are_stored_are_not_written(
    transaction: psycopg.Connection,
) -> None:
    blocks = [block(1, parent_hash=None), block(2)]
    assert put_blocks(transaction, DFK, blocks) == Stored(inserted=2)
    assert spans(transaction) == [(1, 2)]
    assert put_blocks(transaction, DFK, [*blocks, blocks[1]]) == Stored(unchanged=2, repeated=1)
    assert spans(transaction) == []
    assert put_blocks(transaction, DFK, [block(1), block(2)]) == Stored(updated=1, unchanged=1)
    # what does not say the parent does not take it away
    assert put_blocks(transaction, DFK, [blocks[0]]) == Stored(unchanged=1)
    at = NOON + timedelta(days=1)
    assert put_blocks(transaction, DFK, [block(2, block_time=at)]) == Stored(updated=1)
    found = transaction.execute(
        "select block_hash, parent_hash, block_time, removed_at from raw.chain_blocks"
        " where removed_at is null order by block_number"
    ).fetchall()
    assert found == [(*block(1)[1:], None), (word(2), word(1), at, None)]


def test_a_block_whose_number_has_another_canonical_block_is_refused(
    transaction: psycopg.Connection,
) -> None:
    other = block(1, block_hash=word(9))
    stored = put_blocks(transaction, DFK, [block(1), other, block(2)])
    assert (stored.inserted, stored.repeated) == (2, 0)
    assert [each.sentence(DFK) for each in stored.refused] == [
        f"the block 1 of chain 53935 is 0x{1:064x}, not 0x{9:064x}"
    ]
    assert len(put_blocks(transaction, DFK, [other]).refused) == 1
    # whoever replaces a block removes the old one first
    transaction.execute("update raw.chain_blocks set removed_at = now() where block_number = 1")
    assert put_blocks(transaction, DFK, [other]) == Stored(inserted=1)
    assert put_logs(transaction, DFK, [log(1, block_hash=word(9))]) == Stored(inserted=1)
    transaction.execute("update raw.chain_blocks set removed_at = now() where block_number = 1")
    assert put_blocks(transaction, DFK, [block(1)]) == Stored(updated=1)
    canonical = "select block_hash from raw.chain_blocks where removed_at is null order by 1"
    assert transaction.execute(canonical).fetchall() == [(word(1),), (word(2),)]


def test_only_the_partitions_that_logs_need_are_created(transaction: psycopg.Connection) -> None:
    storing.create_partitions(transaction, DFK, [5_000_000, 1, 2])
    put_logs(transaction, DFK, [log(3_000_000_000), log(LARGEST_BLOCK)])
    found = transaction.execute(
        "select relid::text from pg_partition_tree('raw.chain_logs') where isleaf order by 1"
    ).fetchall()
    assert [name.removeprefix("raw.chain_logs_53935_") for (name,) in found] == [
        "0",
        "1000000000000",
        "3000",
        "5",
    ]


def test_rows_of_any_size_and_number_are_stored(transaction: psycopg.Connection) -> None:
    rows = [log(number % 50, log_index=number, data=b"x" * (number % 300)) for number in range(900)]
    rows.append(log(1, log_index=1000, data=bytes(range(256)) * 5_000))
    assert put_logs(transaction, DFK, iter(rows)) == Stored(inserted=901)
    assert set(stored_logs(transaction)) == set(rows)
    assert put_logs(transaction, DFK, reversed(rows)) == Stored(unchanged=901)
    assert isinstance(rows[0], Log)
