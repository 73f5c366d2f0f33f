"""The tables of logs and blocks: their keys, partitions, rules and spans to decode."""

from typing import Any

import psycopg
import pytest

from tests.integration.chain import logs
from tests.integration.chain.logs import DFK, word


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction with the partitions of the first two million blocks."""
    transaction.execute("select app.create_log_partitions(%s, 0, 1999999)", [DFK])
    return transaction


def insert(connection: psycopg.Connection, table: str, *rows: dict[str, Any]) -> None:
    """Insert rows in one statement; it is kept if none is refused."""
    names = list(rows[0])
    row = f"({', '.join(['%s'] * len(names))})"
    with connection.transaction():
        connection.execute(
            f"insert into raw.{table} ({', '.join(names)}) values {', '.join([row] * len(rows))}",
            [given[name] for given in rows for name in names],
        )


def log(number: int, **changes: Any) -> dict[str, Any]:
    """A log of the block of a number, as a row."""
    values = logs.log(number, topic1=None)._asdict()
    del values["is_removed"]
    return {"chain_id": DFK} | values | changes


def block(number: int, **changes: Any) -> dict[str, Any]:
    """The block of a number, as a row."""
    return {"chain_id": DFK} | logs.block(number)._asdict() | changes


def spans(connection: psycopg.Connection) -> list[tuple[int, int, int]]:
    """Takes the spans of blocks that are to be decoded."""
    return connection.execute(
        "with taken as (delete from app.undecoded_spans returning *)"
        " select chain_id, from_block, to_block from taken order by 1, 2, 3"
    ).fetchall()


def test_each_million_blocks_of_a_chain_has_a_partition(connection: psycopg.Connection) -> None:
    for _ in range(2):
        connection.execute("select app.create_log_partitions(1088, 999999, 1000000)")
    found = connection.execute(
        "select relid::text from pg_partition_tree('raw.chain_logs') where isleaf order by 1"
    ).fetchall()
    assert [name.removeprefix("raw.chain_logs_") for (name,) in found] == [
        "1088_0",
        "1088_1",
        "53935_0",
        "53935_1",
    ]
    insert(connection, "chain_logs", log(999_999), log(1_000_000), log(999_999, chain_id=1088))
    counts = "select tableoid::regclass::text, count(*) from raw.chain_logs group by 1 order by 1"
    assert connection.execute(counts).fetchall() == [
        ("raw.chain_logs_1088_0", 1),
        ("raw.chain_logs_53935_0", 1),
        ("raw.chain_logs_53935_1", 1),
    ]
    with pytest.raises(psycopg.errors.CheckViolation, match="no partition"):
        insert(connection, "chain_logs", log(2_000_000))


def test_no_partition_is_created_of_blocks_that_nobody_named(
    connection: psycopg.Connection,
) -> None:
    for block in (1_000_000, 3_999_999):
        connection.execute("select app.create_log_partitions(77, %s, %s)", [block, block])
    found = connection.execute(
        "select relid::text from pg_partition_tree('raw.chain_logs')"
        " where relid::text like '%chain_logs_77_%' order by 1"
    ).fetchall()
    assert found == [("raw.chain_logs_77_1",), ("raw.chain_logs_77_3",)]


def test_a_table_of_another_schema_is_no_partition(connection: psycopg.Connection) -> None:
    """Detached partitions may be moved there."""
    connection.execute("create schema archive")
    connection.execute("create table archive.chain_logs_77_0 (like raw.chain_logs)")
    connection.execute("select app.create_log_partitions(77, 0, 0)")
    # one is there and attached, and stays
    connection.execute("select app.create_log_partitions(77, 0, 1000000)")
    insert(connection, "chain_logs", log(1, chain_id=77), log(1_000_000, chain_id=77))


def test_a_transaction_that_is_mined_again_is_another_log(connection: psycopg.Connection) -> None:
    insert(connection, "chain_logs", log(1), log(1, block_hash=word(2)), log(1, log_index=1))
    with pytest.raises(psycopg.errors.UniqueViolation):
        insert(connection, "chain_logs", log(1))
    # neither are two without a hash two logs
    insert(connection, "chain_logs", log(1, block_hash=None))
    with pytest.raises(psycopg.errors.UniqueViolation):
        insert(connection, "chain_logs", log(1, block_hash=None))


def test_a_number_has_one_canonical_block(connection: psycopg.Connection) -> None:
    insert(connection, "chain_blocks", block(1), block(1, chain_id=1088))
    with pytest.raises(psycopg.errors.UniqueViolation, match="one canonical block"):
        insert(connection, "chain_blocks", block(1, block_hash=word(9)))
    connection.execute("update raw.chain_blocks set removed_at = now()")
    insert(connection, "chain_blocks", block(1, block_hash=word(9)))


@pytest.mark.parametrize(
    "changes",
    [
        {"chain_id": 0},
        {"block_number": -1},
        {"block_hash": b"a" * 31},
        {"tx_hash": b"a" * 33},
        {"log_index": -1},
        {"address": b"a" * 32},
        {"topic0": b"a"},
        {"topic0": None, "topic1": word(1)},
        {"topic2": word(1)},
        {"topic1": b"a"},
        {"topic1": word(1), "topic3": word(1)},
        {"topic1": word(1), "topic2": b""},
        {"topic1": word(1), "topic2": word(1), "topic3": b"a"},
    ],
)
def test_a_log_that_no_chain_has_is_refused(
    connection: psycopg.Connection, changes: dict[str, Any]
) -> None:
    connection.execute("select app.create_log_partitions(0, 0, 0)")
    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        insert(connection, "chain_logs", log(1, **changes))
    # of the numbers below 0 there is no partition, whose check comes first
    name = caught.value.diag.constraint_name
    assert name is None or name.startswith(tuple(changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"chain_id": 0},
        {"block_number": -1},
        {"block_hash": b"a" * 31},
        {"parent_hash": b"a" * 33},
        {"block_time": "infinity"},
    ],
)
def test_a_block_that_no_chain_has_is_refused(
    connection: psycopg.Connection, changes: dict[str, Any]
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        insert(connection, "chain_blocks", block(1, **changes))
    assert caught.value.diag.constraint_name.startswith(next(iter(changes)))


def test_what_is_written_leaves_the_spans_to_decode(connection: psycopg.Connection) -> None:
    insert(connection, "chain_logs", log(1), log(999), log(1000), log(5, chain_id=DFK))
    assert spans(connection) == [(DFK, 1, 999), (DFK, 1000, 1000)]
    insert(connection, "chain_blocks", block(3), block(4), block(70_000, chain_id=1088))
    assert spans(connection) == [(1088, 70_000, 70_000), (DFK, 3, 4)]
    connection.execute("update raw.chain_logs set removed_at = now() where block_number > 900")
    assert spans(connection) == [(DFK, 999, 999), (DFK, 1000, 1000)]
    connection.execute("update raw.chain_blocks set removed_at = now() where block_number = 4")
    assert spans(connection) == [(DFK, 4, 4)]
    connection.execute("update raw.chain_logs set removed_at = now() where false")
    assert spans(connection) == []
