"""Decoding by several sessions: what is stored is what one session stores, whatever ends them."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from hedge import database
from hedge.chain import batches, decoding, facts, several, spans
from hedge.chain.decoding import decode
from hedge.errors import HedgeError
from hedge.stopping import Stopped
from tests.integration.chain.facts import ALICE, BOB, DFK, METIS, contents, put_block, put_log

TABLES = [
    "hero_summons",
    "heroes",
    "hunting_drops",
    "metis_battles",
    "metis_patrol_events",
    "pending_facts",
    "pvp_matches",
    "shell_events",
    "tournament_matches",
    "undecoded_logs",
]
BLOCKS, LOGS = 24, 4


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few logs are decoded by several sessions."""
    monkeypatch.setattr(spans, "MANY_LOGS", 2)


def by_one(connection: psycopg.Connection) -> decoding.Decoded:
    return decode(connection, logs_at_once=9)


def by(jobs: int, connection: psycopg.Connection, logs_at_once: int) -> decoding.Decoded:
    with several.Sessions(jobs) as sessions:
        return decode(connection, logs_at_once=logs_at_once, sessions=sessions)


def by_three(connection: psycopg.Connection) -> decoding.Decoded:
    return by(3, connection, 9)


def put_event(connection: psycopg.Connection, kind: int, number: int, **place: Any) -> None:
    """Store a log of an object, which is known by its number."""
    if kind == 0:
        put_log(connection, "pvp_diamond", "PatrolStarted", [number, ALICE], [4], **place)
    elif kind == 1:
        values = [number % 4, number % 3 > 0]
        put_log(connection, "pvp_diamond", "PatrolCompleted", [number, BOB], values, **place)
    elif kind == 2:
        words = [number % 16, ALICE, 0, 0, 0]
        put_log(connection, "pvp_diamond", "TournamentMatch", [number, ALICE, BOB], words, **place)
    elif kind == 3:
        # each hero is a child of those with the numbers before it
        parents = [max(0, number - 1), max(0, number - 2)] if number > 2 else [0, 0]
        values = [number, *parents, 28 * 32**44, 5]
        put_log(connection, "hero_core", "HeroSummoned", [ALICE], values, **place)
    elif kind == 4:
        put_log(connection, "hero_core", "Transfer", [ALICE, BOB, number], [], **place)
    elif kind == 5:
        put_log(connection, "pvp_diamond", "PatrolCompleted", [number, BOB], [], data=b"x", **place)


def put_history(connection: psycopg.Connection, seed: int, forks: dict[int, int]) -> None:
    """Store the logs of all blocks; what is stored of another fork of a block is removed."""
    for block in range(1, BLOCKS + 1):
        fork = forks.get(block, 0)
        rng = random.Random(f"{seed} {block} {fork}")
        for chain in (METIS, DFK):
            put_block(connection, chain, block, fork)
        for index in range(LOGS):
            kind, number = rng.randrange(6), rng.randrange(1, 12)
            transaction = 1000 * block + index + (500 if fork and index % 2 else 0)
            place = {"block": block, "index": index, "transaction": transaction, "fork": fork}
            put_event(connection, kind, number, **place)
    connection.execute(
        "update raw.chain_logs set removed_at = now() where removed_at is null and not exists ("
        " select from raw.chain_blocks as blocks where blocks.chain_id = chain_logs.chain_id"
        " and blocks.block_hash = chain_logs.block_hash and blocks.removed_at is null)"
    )


def empty(connection: psycopg.Connection) -> None:
    """A database that never saw a log."""
    tables = [f"raw.{table}" for table in [*TABLES, "chain_logs", "chain_blocks"]]
    connection.execute(f"truncate {', '.join(tables)}, app.undecoded_spans, app.change_notes")
    connection.execute("truncate raw.removed_facts")


def all_stored(connection: psycopg.Connection) -> dict[str, list[str]]:
    """What raw tables hold, but for when it was stored."""
    of_now = ("loaded_at", "decoded_at", "since", "removed_at", "removal_id")
    removed = contents(connection, ["removed_facts"], *of_now, "fact")
    return contents(connection, TABLES, *of_now) | removed


def histories(
    connection: psycopg.Connection, decode_all: Callable[[psycopg.Connection], Any], seed: int
) -> list[dict[str, list[str]]]:
    """What is stored after a history, after blocks were replaced, and after some came back."""
    empty(connection)
    found = []
    for forks in ({}, {block: 1 for block in range(15, 25)}, {block: 2 for block in (18, 21)}):
        with connection.transaction():
            put_history(connection, seed, forks)
        done = decode_all(connection)
        if not forks:
            # of an empty database every log was decoded once
            counted = "select sum(number_of_logs) from raw.undecoded_logs"
            assert connection.execute(counted).fetchone() == (done.undecoded,)
        found.append(all_stored(connection))
        assert connection.execute("select count(*) from app.undecoded_spans").fetchone() == (0,)
    return found


@pytest.mark.ci
def test_several_sessions_store_what_one_stores(connection: psycopg.Connection) -> None:
    """Also of heroes, whose generations are those of their parents, and of blocks that are
    replaced."""
    expected = histories(connection, by_one, 1)
    assert all(expected[0][table] for table in TABLES[:1] + TABLES[4:6] + TABLES[8:])
    assert histories(connection, by_three, 1) == expected


def test_tables_of_which_one_is_read_for_another_are_a_group(
    connection: psycopg.Connection,
) -> None:
    found = several.groups(decoding.fact_views(connection))
    names = [[view.table_name for view in group] for group in found]
    assert ["hero_summons", "heroes"] in names
    assert all(len(group) == 1 for group in names if "heroes" not in group)
    assert len(names) > 10


#: Decodes by three sessions and dies when the facts of a table were stored so often.
DIES = """
import os, signal, sys
from hedge import database
from hedge.chain import decoding, facts, several, spans
spans.MANY_LOGS = 2
store, left = facts.store, [int(sys.argv[1])]
def dying(*arguments, **others):
    found = store(*arguments, **others)
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return found
facts.store = dying
with database.connect() as connection:
    with several.Sessions(3) as sessions:
        decoding.decode(connection, logs_at_once=9, sessions=sessions)
"""


@pytest.mark.ci
def test_sessions_that_are_killed_lose_and_double_nothing(connection: psycopg.Connection) -> None:
    (expected, *_) = histories(connection, by_one, 3)
    empty(connection)
    put_history(connection, 3, {})
    for stores in (1, 7):
        died = subprocess.run([sys.executable, "-c", DIES, str(stores)], check=False, timeout=60)
        assert died.returncode == -9
        assert connection.execute("select count(*) from app.undecoded_spans").fetchone() != (0,)
    by_three(connection)
    assert all_stored(connection) == expected


def test_a_view_that_fails_lets_the_batches_before_it_be_done(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its spans wait, and since when they wait is known."""
    for block in range(1, 7):
        put_block(connection, METIS, block)
        put_event(connection, 1, block, block=block)
        put_event(connection, 2, block, block=block, index=1)
    store = batches.store

    def failing(session: Any, view: Any, batch: spans.Batch, *others: Any) -> Any:
        if view.table_name == "tournament_matches" and batch.ranges[-1][-1] >= fails_at:
            raise HedgeError("no")
        return store(session, view, batch, *others)

    monkeypatch.setattr(batches, "store", failing)
    fails_at = 5
    waiting = "select min(from_block), max(to_block), min(noted_at) from app.undecoded_spans"
    with pytest.raises(HedgeError, match="no"):
        by(2, connection, 4)
    assert connection.execute(waiting).fetchone()[:2] == (5, 6)
    fails_at = 0
    before = connection.execute(waiting).fetchone()
    with pytest.raises(HedgeError, match="no"):
        by(2, connection, 4)
    assert connection.execute(waiting).fetchone() == before
    monkeypatch.undo()
    decode(connection)
    assert connection.execute("select count(*) from raw.tournament_matches").fetchone() == (6,)


def test_one_session_decodes_where_the_server_admits_no_more(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_history(connection, 4, {})

    def connect() -> Any:
        raise HedgeError("too many clients already")

    monkeypatch.setattr(several.database, "connect", connect)
    assert by_three(connection).logs == LOGS * BLOCKS


def test_sessions_wait_for_others_who_decode(connection: psycopg.Connection) -> None:
    put_history(connection, 4, {})
    with database.connect() as other, other.transaction():
        batches.lock(other)
        connection.execute("set lock_timeout = 100")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            by_three(connection)
    assert by_three(connection).logs == LOGS * BLOCKS
    assert connection.execute(
        "select count(*) from pg_locks where locktype = 'advisory' and granted"
    ).fetchone() == (0,)


def test_nobody_else_decodes_while_sessions_do(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_history(connection, 4, {})
    store, got = batches.store, []

    def looking(session: psycopg.Connection, *arguments: Any) -> Any:
        lock = "select pg_try_advisory_xact_lock(%s)"
        got.append(session.execute(lock, [batches.DECODE_LOCK]).fetchone()[0])
        return store(session, *arguments)

    monkeypatch.setattr(batches, "store", looking)
    by_three(connection)
    assert got
    assert not any(got)


@pytest.mark.ci
def test_decoders_and_writers_at_once_end_in_the_same_facts(connection: psycopg.Connection) -> None:
    (expected, *_) = histories(connection, by_one, 5)
    empty(connection)
    written, errors = threading.Event(), []

    def decode_meanwhile() -> None:
        try:
            with database.connect() as own:
                while not written.is_set():
                    by_three(own)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=decode_meanwhile) for _ in range(2)]
    for thread in threads:
        thread.start()
    put_history(connection, 5, {})
    written.set()
    for thread in threads:
        thread.join()
    by_three(connection)
    assert errors == []
    assert all_stored(connection) == expected


def test_who_is_stopped_stops_the_sessions(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are in the middle of long statements, which end with them."""
    put_history(connection, 4, {})
    begun = threading.Event()

    def sleeping(session: psycopg.Connection, *_: Any, **__: Any) -> Any:
        begun.set()
        session.execute("select pg_sleep(60)")

    def stopping(futures: Any) -> None:
        assert begun.wait(10)
        raise Stopped("stopped")

    monkeypatch.setattr(facts, "store", sleeping)
    monkeypatch.setattr(several, "wait", stopping)
    with pytest.raises(Stopped):
        by_three(connection)
    monkeypatch.undo()
    assert by_one(connection).logs == LOGS * BLOCKS


def test_sessions_begin_when_they_are_needed_and_end_when_they_are_not(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose connection is gone is replaced."""
    others = "select count(*) from pg_stat_activity where datname = current_database()"
    with several.Sessions(2) as sessions:
        assert not sessions.can_decode(connection)
        assert connection.execute(others).fetchone() == (1,)
        put_history(connection, 4, {})
        assert sessions.can_decode(connection)
        assert connection.execute(others).fetchone() == (3,)
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        with pytest.raises(psycopg.OperationalError):
            decode(connection, sessions=sessions)
        assert decode(connection, sessions=sessions).logs == LOGS * BLOCKS
        assert not sessions.can_decode(connection)
        monkeypatch.setattr(several, "PATIENCE", 0.0)
        assert not sessions.can_decode(connection)
        assert_ended(connection, others)


def assert_ended(connection: psycopg.Connection, others: str) -> None:
    """Sessions whose connections were closed end a moment later."""
    deadline = time.monotonic() + 10
    while connection.execute(others).fetchone() != (1,):
        assert time.monotonic() < deadline
        time.sleep(0.05)
