"""Partitions of logs that are detached, and attached again."""

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from hedge.chain import partitions
from hedge.chain.storing import Stored, create_partitions, put_blocks, put_logs
from hedge.errors import HedgeError, UsageError
from tests import Hedge
from tests.integration.chain.logs import DFK, block, log, spans, stored_logs

OLD, MIDDLE, NEW = 1_000_000, 2_999_999, 3_000_005
DAYS = timedelta(days=30)


def put_all(connection: psycopg.Connection) -> None:
    """A log in each of three partitions, of which one is old, one is not decoded and one is new."""
    at = datetime.now(UTC)
    put_logs(connection, DFK, [log(OLD), log(OLD + 1), log(MIDDLE), log(NEW)])
    put_blocks(connection, DFK, [block(OLD, block_time=at - 2 * DAYS)])
    put_blocks(connection, DFK, [block(MIDDLE, block_time=at - DAYS / 2)])
    put_blocks(connection, DFK, [block(NEW, block_time=at - DAYS / 4)])
    spans(connection)


def kept(connection: psycopg.Connection, older_than: timedelta) -> list[str | None]:
    """Why the partitions are kept."""
    found = partitions.partitions(connection, DFK, older_than)
    assert [each.from_block for each in found] == [1_000_000, 2_000_000, 3_000_000]
    assert all(each.bytes > 0 and each.to_block == each.from_block + 999_999 for each in found)
    return [each.kept_because for each in found]


def test_old_partitions_whose_logs_are_decoded_can_be_detached(
    transaction: psycopg.Connection,
) -> None:
    put_all(transaction)
    newest, young = "it is the newest one of the chain", "it is not that old"
    assert kept(transaction, DAYS) == [None, young, newest]
    assert kept(transaction, 3 * DAYS) == [young, young, newest]
    assert kept(transaction, timedelta()) == [None, None, newest]
    put_logs(transaction, DFK, [log(MIDDLE, data=b"1")])
    undecoded = "it has logs that are not decoded"
    assert kept(transaction, timedelta()) == [None, undecoded, newest]
    found = partitions.partitions(transaction, DFK)
    middle = partitions.holding(found, MIDDLE)
    with pytest.raises(HedgeError, match=r"^raw\.chain_logs_53935_2 has logs that are not deco"):
        partitions.detach(transaction, DFK, middle)
    transaction.execute("delete from raw.chain_blocks where block_number = %s", [OLD])
    assert kept(transaction, timedelta()) == ["none of its blocks is known", undecoded, newest]
    with pytest.raises(UsageError, match=r"no partition of raw\.chain_logs holds the block 5"):
        partitions.holding(found, 5)


def test_a_detached_partition_keeps_its_logs_and_comes_back(
    transaction: psycopg.Connection,
) -> None:
    put_all(transaction)
    old, *_ = partitions.partitions(transaction, DFK)
    partitions.detach(transaction, DFK, old)
    assert stored_logs(transaction) == [log(MIDDLE), log(NEW)]
    count = "select count(*) from raw.chain_logs_53935_1"
    assert transaction.execute(count).fetchone() == (2,)
    assert kept(transaction, DAYS)[0] == "it is detached"
    # what is detached is not loaded beside itself
    for write in (create_partitions, put_logs):
        given = [OLD] if write is create_partitions else [log(OLD)]
        with pytest.raises(HedgeError) as caught, transaction.transaction():
            write(transaction, DFK, given)
        assert str(caught.value) == (
            "the logs of the blocks 1000000 to 1999999 of chain 53935 are detached:"
            " hedge chain attach --chain 53935 --block 1000000"
        )
    assert spans(transaction) == []
    partitions.attach(transaction, DFK, old)
    assert stored_logs(transaction)[:2] == [log(OLD), log(OLD + 1)]
    assert spans(transaction) == [(OLD, OLD + 1)]
    assert put_logs(transaction, DFK, [log(OLD)]) == Stored(unchanged=1)


def test_what_waits_elsewhere_keeps_no_partition(transaction: psycopg.Connection) -> None:
    """What comes back is decoded by the thousand blocks, and not all between two logs; the first
    block of the next partition is not."""
    put_all(transaction)
    put_logs(transaction, DFK, [log(OLD + 5000), log(2_000_000)])
    transaction.execute("delete from app.undecoded_spans")
    elsewhere = [(DFK, 999_999), (DFK, 2_000_000), (1088, OLD)]
    for chain, number in elsewhere:
        transaction.execute(
            "insert into app.undecoded_spans (chain_id, from_block, to_block) values (%s, %s, %s)",
            [chain, number, number],
        )
    transaction.execute("select app.detach_log_partition(%s, %s)", [DFK, OLD])
    transaction.execute("delete from app.undecoded_spans")
    transaction.execute("select app.attach_log_partition(%s, %s)", [DFK, OLD])
    found = transaction.execute(
        "select from_block, to_block from app.undecoded_spans order by 1"
    ).fetchall()
    assert found == [(OLD, OLD + 1), (OLD + 5000, OLD + 5000)]


@pytest.fixture
def filled(deployed: psycopg.Connection) -> psycopg.Connection:
    """A database with logs in three partitions."""
    put_all(deployed)
    return deployed


def test_the_commands(filled: psycopg.Connection, hedge: Hedge) -> None:
    chain = ("--chain", str(DFK))
    status, out, _ = hedge("chain", "detach", *chain, "--older-than", "30", "--dry-run")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert status == 0
    assert lines[0] == "partition blocks newest known block MiB"
    assert lines[1].startswith("raw.chain_logs_53935_1 1,000,000 to 1,999,999 ")
    assert [line.partition(" 0 ")[2] for line in lines[1:]] == [
        "would be detached",
        "kept: it is not that old",
        "kept: it is the newest one of the chain",
    ]
    assert len(stored_logs(filled)) == 4
    status, out, _ = hedge("chain", "detach", *chain, "--older-than", "30", "--json")
    assert [each["is_detached"] for each in json.loads(out)] == [True, False, False]
    assert len(stored_logs(filled)) == 2
    status, out, err = hedge("chain", "detach", *chain, "--older-than", "30")
    assert (status, err) == (0, "Nothing is detached.\n")
    assert (
        hedge("chain", "attach", *chain, "--block", str(MIDDLE))[1] == "No partition is detached.\n"
    )
    # somebody reads logs
    with filled.transaction():
        filled.execute("select from raw.chain_logs")
        status, out, err = hedge("chain", "attach", *chain)
        assert (status, "1,000,000 to 1,999,999" in out) == (0, True)
    assert len(stored_logs(filled)) == 4
    status, out, _ = hedge("chain", "attach", *chain, "--json")
    assert json.loads(out) == []
    status, _, err = hedge("chain", "detach", "--chain", "1", "--older-than", "1")
    assert (status, err) == (2, "hedge: there are no logs of the chain 1\n")


def test_who_reads_logs_for_long_is_not_waited_for(
    filled: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hedge import database

    monkeypatch.setattr(partitions, "_LOCK_TIMEOUT", "100ms")
    spans(filled)
    old, *_ = partitions.partitions(filled, DFK)
    with database.connect() as reading, reading.transaction():
        reading.execute("select from raw.chain_logs")
        with pytest.raises(HedgeError, match=r"raw\.chain_logs_53935_1 is as it was"):
            partitions.detach(filled, DFK, old)
    assert len(stored_logs(filled)) == 4
