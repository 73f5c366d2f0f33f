"""Which session does what of which batch: in the order of one session, though they read ahead."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from hedge import database
from hedge.chain import batches, decoding, facts, several, spans
from hedge.chain.facts import Stored
from hedge.chain.turns import After, Step, Turns, Wait
from hedge.errors import HedgeError
from tests.integration.chain.facts import ALICE, BOB, METIS, put_block, put_log


@pytest.fixture
def sessions(connection: psycopg.Connection) -> Iterator[list[psycopg.Connection]]:
    with ExitStack() as opened:
        yield [opened.enter_context(database.connect()) for _ in range(2)]


class Story:
    """Steps that tell when they begin, read, and are about to write, and who waits."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.seen = threading.Condition()

    def tell(self, what: str) -> None:
        with self.seen:
            self.told.append(what)
            self.seen.notify_all()

    def until(self, what: str) -> None:
        with self.seen:
            assert self.seen.wait_for(lambda: what in self.told, 10), self.told

    def step(self, batch: int, after: After, *, part: int = 1, until: str = "") -> Step:
        """A step that reads, and writes when `until` was told."""

        def work(_: psycopg.Connection, wait: Wait) -> Stored:
            self.tell(f"{part}.{batch} reads")
            if until:
                self.until(until)
            wait()
            self.tell(f"{part}.{batch} writes")
            return Stored(inserted=1)

        return Step(batch, part, after, work)


def do(sessions: list[psycopg.Connection], steps: list[Step]) -> Turns:
    """Let the sessions do all steps."""
    turns = Turns()
    for step in steps:
        turns.add([step])
    turns.end()
    threads = [
        threading.Thread(target=turns.work, args=[session], daemon=True) for session in sessions
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return turns


def test_a_session_reads_ahead_and_writes_after_the_one_before_it(
    sessions: list[psycopg.Connection],
) -> None:
    story = Story()
    first = story.step(0, After.BEGUN, until="1.1 reads")
    turns = do(sessions, [first, story.step(1, After.BEGUN)])
    assert story.told[2:] == ["1.0 writes", "1.1 writes"]
    assert turns.stored() == Stored(inserted=2)
    assert turns.decoded(2) == 2


def test_a_step_waits_for_the_last_one_of_its_part_however_many_batches_lie_between(
    sessions: list[psycopg.Connection],
) -> None:
    story = Story()
    first = story.step(0, After.BEGUN, until="1.3 reads")
    do(sessions, [first, story.step(3, After.BEGUN)])
    assert story.told[2:] == ["1.0 writes", "1.3 writes"]


def test_tables_that_read_each_other_follow_batch_by_batch(
    sessions: list[psycopg.Connection],
) -> None:
    """The other session does what of other tables there is meanwhile."""
    story = Story()
    first = story.step(0, After.DONE, until="3.1 writes")
    others = [
        story.step(1, After.DONE),
        story.step(1, After.ANY_TIME, part=2, until="1.0 reads"),
        story.step(1, After.ANY_TIME, part=3),
    ]
    do(sessions, [first, *others])
    assert story.told[-4:] == ["3.1 writes", "1.0 writes", "1.1 reads", "1.1 writes"]


def test_the_batches_before_one_that_fails_are_done(sessions: list[psycopg.Connection]) -> None:
    story = Story()

    def failing(_: psycopg.Connection, __: Wait) -> Stored:
        story.until("1.0 reads")
        raise HedgeError("no")

    steps = [
        story.step(0, After.BEGUN),
        Step(1, 2, After.BEGUN, failing),
        story.step(1, After.BEGUN),
        story.step(2, After.BEGUN, part=3),
    ]
    # one session, so that nothing behind it has begun
    turns = do(sessions[:1], steps)
    assert story.told == ["1.0 reads", "1.0 writes"]
    assert turns.decoded(3) == 1
    with pytest.raises(HedgeError, match="no"):
        turns.stored()


def test_what_nobody_expects_ends_the_other_sessions(sessions: list[psycopg.Connection]) -> None:
    """They do not wait for ever for a step that will not begin."""
    turns, raised = Turns(), []

    def broken(_: psycopg.Connection, __: Wait) -> Stored:
        raise ZeroDivisionError

    def work(session: psycopg.Connection) -> None:
        try:
            turns.work(session)
        except ZeroDivisionError as error:
            raised.append(error)

    turns.add([Step(0, 1, After.DONE, broken), Story().step(1, After.DONE)])
    threads = [threading.Thread(target=work, args=[session], daemon=True) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert len(raised) == 1
    assert turns.decoded(2) == 0


def test_who_decodes_waits_for_sessions_whose_leader_has_died(
    connection: psycopg.Connection, sessions: list[psycopg.Connection]
) -> None:
    """They may be about to write what they have read, and others would have read more since."""
    put_block(connection, METIS, 1)
    put_log(connection, "pvp_diamond", "PatrolCompleted", [1, ALICE], [2, True], block=1)
    orphan, leader = sessions
    with orphan.transaction():
        batches.lock_for_another(orphan)
        connection.execute("set lock_timeout = 100")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            decoding.decode(connection)
        views = decoding.fact_views(connection)
        with several.Sessions(2) as others:
            others._open()
            with pytest.raises(psycopg.errors.LockNotAvailable):
                others.decode(connection, views, spans.LOGS)
        # another session of the same leader does not wait
        leader.execute("set lock_timeout = 100")
        with leader.transaction():
            batches.lock_for_another(leader)
    connection.execute("reset lock_timeout")
    assert decoding.decode(connection).logs == 1


def test_who_decodes_waits_for_the_steps_of_others(
    connection: psycopg.Connection, sessions: list[psycopg.Connection]
) -> None:
    refused = []

    def work(_: psycopg.Connection, __: Wait) -> Stored:
        connection.execute("set lock_timeout = 100")
        try:
            batches.wait_for_sessions(connection)
        except psycopg.errors.LockNotAvailable as error:
            refused.append(error)
        return Stored()

    do(sessions, [Step(0, 1, After.DONE, work)])
    assert len(refused) == 1
    batches.wait_for_sessions(connection)


def put_matches(connection: psycopg.Connection, blocks: range) -> None:
    for block in blocks:
        put_block(connection, METIS, block)
        words = [3, ALICE, 0, 0, 0]
        put_log(
            connection, "pvp_diamond", "TournamentMatch", [block, ALICE, BOB], words, block=block
        )


def test_two_sessions_work_on_one_table(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch is read before the one before it is written, and is not locked out meanwhile."""
    monkeypatch.setattr(spans, "MANY_LOGS", 2)
    put_matches(connection, range(1, 5))
    read, write, order = facts._read, facts._write, []
    second = threading.Event()

    def reading(target: Any, condition: Any) -> None:
        read(target, condition)
        if target.view.table_name == "tournament_matches" and "3" in condition.as_string(None):
            second.set()

    def writing(target: Any, batch: spans.Batch) -> Stored:
        if target.view.table_name == "tournament_matches":
            order.append(batch.ranges[0][0])
            assert second.wait(10)
        return write(target, batch)

    monkeypatch.setattr(facts, "_read", reading)
    monkeypatch.setattr(facts, "_write", writing)
    with several.Sessions(2) as both:
        decoding.decode(connection, logs_at_once=2, sessions=both)
    assert order == [1, 3]
    assert connection.execute("select count(*) from raw.tournament_matches").fetchone() == (4,)


def test_new_blocks_are_counted_before_several_sessions_read_them(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only their numbers, and only where there are many: a small step goes without.

    There are no more rows than are counted, 3,000, so that the last block is among them.
    """
    monkeypatch.setattr(spans, "MANY_LOGS", 100)
    connection.execute("select app.create_log_partitions(7, 0, 999999)")
    connection.execute("alter table raw.chain_logs_7_0 set (autovacuum_enabled = false)")

    def put_logs(first: int, last: int) -> None:
        connection.execute(
            "insert into raw.chain_logs"
            " (chain_id, block_number, block_hash, tx_hash, log_index, address, topic0, data)"
            " select 7, number, sha256('b'), sha256(number::text::bytea), 0,"
            " substr(sha256('a'), 1, 20), sha256(number::text::bytea), ''"
            " from generate_series(%s::int, %s::int) as number",
            [first, last],
        )

    def counted(column: str) -> Any:
        return database.value(
            connection,
            "select histogram_bounds::text from pg_stats"
            " where tablename = 'chain_logs_7_0' and attname = %s",
            [column],
        )

    with several.Sessions(2) as both:
        put_logs(1, 2000)
        decoding.decode(connection, sessions=both)
        blocks, topics = counted("block_number"), counted("topic0")
        put_logs(2001, 2099)
        decoding.decode(connection, sessions=both)
        assert counted("block_number") == blocks
        put_logs(2100, 3000)
        decoding.decode(connection, sessions=both)
    assert blocks.endswith(",2000}")
    assert counted("block_number").endswith(",3000}")
    assert counted("topic0") == topics


def test_new_facts_are_not_joined_with_all_facts(connection: psycopg.Connection) -> None:
    """The time of a batch does not grow with the table."""
    matches = "raw.tournament_matches"
    connection.execute(
        f"insert into {matches} (tx_hash, log_index, chain_id, tournament_id, player_a,"
        " completed_at) select '0x' || encode(sha256(number::text::bytea), 'hex'), 0, 1088, number,"
        f" '{ALICE}', '2026-01-01' from generate_series(1, 5000) as number"
    )
    connection.execute(f"analyze {matches}")
    put_matches(connection, range(1, 400))
    scans = "select seq_scan from pg_stat_xact_user_tables where relid = %s::regclass"
    with connection.transaction():
        decoding.decode(connection)
        assert connection.execute(scans, [matches]).fetchone() == (0,)
    assert connection.execute(f"select count(*) from {matches}").fetchone() == (5399,)
