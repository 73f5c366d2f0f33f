"""Two who store logs of the same blocks at the same time."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from hedge import database
from hedge.chain import storing, writing
from hedge.chain.answers import Header, Span
from hedge.chain.rows import Log
from hedge.chain.storing import Stored, put_blocks, put_logs
from tests.integration.chain.logs import DFK, block, canonical_logs, log, stored_logs, word
from tests.support import Beside, require_order


@pytest.fixture
def connection(deployed: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A connection to a database that others can connect to, without logs."""
    yield deployed
    deployed.execute("delete from raw.chain_logs; delete from raw.chain_blocks")


def at_once(*actions: Callable[[psycopg.Connection], None]) -> list[Exception]:
    """Do things in sessions of their own, all at the same time; returns what was raised."""
    raised: list[Exception] = []
    barrier = threading.Barrier(len(actions))

    def act(action: Callable[[psycopg.Connection], None]) -> None:
        with database.connect() as own:
            barrier.wait()
            try:
                action(own)
            except Exception as error:
                raised.append(error)

    threads = [threading.Thread(target=act, args=[action]) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_two_writers_at_once_neither_deadlock_nor_double(connection: psycopg.Connection) -> None:
    """One names no blocks, and goes the other way; the partitions do not exist yet."""
    logs = [log(number * 300_000, log_index=number) for number in range(40)]
    done: list[Stored] = []

    def store(rows: list[Log]) -> Callable[[psycopg.Connection], None]:
        def act(own: psycopg.Connection) -> None:
            for place in range(0, len(rows), 5):
                done.append(put_logs(own, DFK, rows[place : place + 5]))

        return act

    without = [row._replace(block_hash=None) for row in reversed(logs)]
    assert at_once(store(logs), store(without), store(logs)) == []
    assert stored_logs(connection) == logs
    assert sum(each.inserted for each in done) == 40


def test_a_writer_that_does_not_know_a_partition_yet_stores_once_more(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partition is in the catalogue, so that none is created, before other sessions are told to
    route rows to it. The moment is too short to be hit on purpose: the partition is created by
    another session after the first attempt."""
    stage_and_store, attempts = storing._stage_and_store, []

    def create_after_the_first(*arguments: Any) -> Stored:
        attempts.append(arguments)
        try:
            return stage_and_store(*arguments)
        finally:
            with database.connect() as own:
                create_partitions(own, DFK, [70_000_000])

    create_partitions = storing.create_partitions
    monkeypatch.setattr(storing, "create_partitions", lambda *_, **__: None)
    monkeypatch.setattr(storing, "_stage_and_store", create_after_the_first)
    assert put_logs(connection, DFK, [log(70_000_000)]).inserted == 1
    assert stored_logs(connection) == [log(70_000_000)]
    assert len(attempts) == 2


def test_a_log_without_a_partition_is_an_error_in_the_end(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "create_partitions", lambda *_, **__: None)
    with pytest.raises(psycopg.errors.CheckViolation, match="no partition of relation"):
        put_logs(connection, DFK, [log(80_000_000)])


def test_a_log_that_a_constraint_refuses_is_not_tried_again(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage_and_store, attempts = storing._stage_and_store, []

    def counted(*arguments: Any) -> Stored:
        attempts.append(arguments)
        return stage_and_store(*arguments)

    monkeypatch.setattr(storing, "_stage_and_store", counted)
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        put_logs(connection, DFK, [log(1)._replace(log_index=-1)])
    assert refused.value.diag.constraint_name
    assert len(attempts) == 1


def test_a_writer_waits_for_one_of_the_same_blocks_and_then_sees_its_rows(
    connection: psycopg.Connection,
) -> None:
    storing.create_partitions(connection, DFK, [1, 5_000_000])
    with connection.transaction():
        put_logs(connection, DFK, [log(1, block_hash=None)])
        writer = Beside(lambda own: put_logs(own, DFK, [log(1)]))
        # other blocks, and the same numbers of another chain, are nobody's business
        with database.connect() as other:
            other.execute("set lock_timeout = '5s'")
            assert put_logs(other, DFK, [log(5_000_000)]).inserted == 1
            assert put_blocks(other, 1088, [block(1)]).inserted == 1
        assert writer.waits
    assert writer.result() == Stored(updated=1)
    assert stored_logs(connection) == [log(1), log(5_000_000)]


def test_a_log_is_refused_whose_block_was_replaced_meanwhile(
    connection: psycopg.Connection,
) -> None:
    """A follower that replaces a block holds back those who would store logs of the old one."""
    put_blocks(connection, DFK, [block(1)])
    with connection.transaction():
        storing.lock_blocks(connection, DFK, [1])
        storing.create_partitions(connection, DFK, [1])
        writer = Beside(lambda own: put_logs(own, DFK, [log(1)]))
        assert writer.waits
        connection.execute("update raw.chain_blocks set removed_at = now()")
        put_blocks(connection, DFK, [block(1, block_hash=word(9))])
    assert len(writer.result().refused) == 1
    assert stored_logs(connection) == []


def test_a_lost_fork_is_locked_from_its_ancestor_to_its_last_block(
    connection: psycopg.Connection,
) -> None:
    """Locks are of a million blocks: the last block of the fork is the first of its million."""
    storing.create_partitions(connection, DFK, [999_999, 1_000_000])
    ancestor = Header(999_999, word(1), word(0), datetime(2026, 1, 1, tzinfo=UTC), None)
    for number in (999_999, 1_000_000):
        with connection.transaction(force_rollback=True):
            writing.lose(connection, DFK, ancestor, 1_000_000)
            writer = Beside(lambda own, of=number: put_logs(own, DFK, [log(of)]))
            assert writer.waits
        assert writer.result().inserted == 1


def test_a_writer_that_takes_no_lock_overtakes_and_nothing_is_doubled(
    connection: psycopg.Connection,
) -> None:
    storing.create_partitions(connection, DFK, [1])
    with connection.transaction():
        connection.execute(
            "insert into raw.chain_logs (chain_id, block_number, block_hash, tx_hash, log_index,"
            " address, data) values (%s, 1, %s, %s, 0, %s, 'other')",
            [DFK, word(1), word(1001), b"a" * 20],
        )
        writer = Beside(lambda own: put_logs(own, DFK, [log(1), log(2)]))
        assert writer.waits
    assert writer.result() == Stored(inserted=1, updated=1)
    assert canonical_logs(connection) == [log(1), log(2)]


def put_contract(connection: psycopg.Connection, chain: int, address: bytes) -> None:
    """Let a contract be one of which no log is known."""
    connection.execute(
        "insert into app.chain_coverage (chain_id, address, contract, from_block)"
        " values (%s, %s, 'one', 0)",
        [chain, address],
    )


@pytest.mark.parametrize(
    "act",
    [
        lambda own, contracts: writing.cover(own, DFK, Span(1, 20), contracts),
        lambda own, _: writing.uncover(own, DFK, Span(5, 9)),
    ],
    ids=["noted", "forgotten"],
)
def test_what_is_known_of_contracts_is_locked_in_the_order_of_their_addresses(
    connection: psycopg.Connection, act: Callable[[psycopg.Connection, list[bytes]], None]
) -> None:
    contracts = [bytes([number]) * 20 for number in (2, 1)]
    try:
        for address in contracts:
            put_contract(connection, DFK, address)
        second, first = (
            f"select from app.chain_coverage where address = '\\x{address.hex()}'"
            for address in contracts
        )
        require_order(first, second, lambda own: act(own, contracts))
    finally:
        connection.execute("delete from app.chain_coverage where chain_id = %s", [DFK])


def test_what_is_known_is_noted_of_the_contracts_that_were_read(
    connection: psycopg.Connection,
) -> None:
    first, second = (bytes([number]) * 20 for number in (1, 2))
    with connection.transaction(force_rollback=True):
        for chain, address in ((DFK, first), (DFK, second), (1088, first)):
            put_contract(connection, chain, address)
        writing.cover(connection, DFK, Span(1, 20), [first])
        covered = connection.execute(
            "select chain_id, address from app.chain_coverage where covered <> '{}'"
        )
        assert covered.fetchall() == [(DFK, first)]


def test_what_is_known_is_noted_and_forgotten_at_once(connection: psycopg.Connection) -> None:
    """A follower may forget blocks of all contracts while a backfill notes others of them."""
    contracts = [bytes([number]) * 20 for number in (1, 2)]
    with connection.transaction():
        for address in reversed(contracts):
            put_contract(connection, DFK, address)
    try:
        with connection.transaction():
            writing.cover(connection, DFK, Span(1, 20), contracts[:1])
            follower = Beside(lambda own: writing.uncover(own, DFK, Span(5, 9)))
            assert follower.waits
            writing.cover(connection, DFK, Span(1, 20), contracts[1:])
        follower.result()
        assert (
            connection.execute(
                "select covered::text from app.chain_coverage where chain_id = %s", [DFK]
            ).fetchall()
            == [("{[1,5),[10,21)}",)] * 2
        )
    finally:
        connection.execute("delete from app.chain_coverage where chain_id = %s", [DFK])
