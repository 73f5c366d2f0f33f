"""Which logs state a fact (app.logs_of_fact), and what a proof has of a log: at the edges."""

from datetime import datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.integration.chain.facts import (
    ALICE,
    BOB,
    DFK,
    METIS,
    NOBODY,
    put_block,
    put_log,
    time_of,
    tx,
    word,
)

KAIA = 8217
STATE = (0, 0, 0, 5, 5, NOBODY, 1, 1)
PET = (9, 2, "Rex", 1, 2, 3, *[1] * 8, 44, 1, 0, 0, 0, 0, NOBODY, 0)


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in which the first blocks of three chains are known, which have equal hashes
    and were made at the same times."""
    for block in range(1, 6):
        for chain in (METIS, DFK, KAIA):
            put_block(transaction, chain, block)
    return transaction


def logs_of(
    connection: psycopg.Connection, table: str, fact: dict, at: datetime | None
) -> list[tuple[int, int, int]]:
    """The chain, the block and the place of each log of a fact."""
    return connection.execute(
        "select chain_id, block_number, log_index from app.logs_of_fact(%s, %s, %s)"
        " order by 1, 2, 3",
        [table, Jsonb(fact), at],
    ).fetchall()


def put_on(connection: psycopg.Connection, chain: int, contract: str, block: int) -> None:
    """Move the logs of a block of DFK Chain to the same contract of another chain."""
    connection.execute("select app.create_log_partitions(%s, %s, %s)", [chain, block, block])
    connection.execute(
        "update raw.chain_logs as logs set chain_id = contracts.chain_id,"
        " address = decode(substr(contracts.address, 3), 'hex')"
        " from analytics.chain_contracts as contracts"
        " where logs.chain_id = %s and logs.block_number = %s"
        " and contracts.chain_id = %s and contracts.contract = %s",
        [DFK, block, chain, contract],
    )


def test_of_the_logs_of_a_block_the_last_one_is_carried_over(
    connection: psycopg.Connection,
) -> None:
    for index in (0, 1):
        place = {"block": 2, "index": index}
        put_log(connection, "hero_core", "HeroStateUpdated", [ALICE], [7, STATE], **place)
    put_log(connection, "hero_core", "Transfer", [ALICE, BOB, 7], [], block=3)
    assert logs_of(connection, "heroes", {"hero_id": 7}, time_of(3)) == [(DFK, 2, 1), (DFK, 3, 0)]


def test_a_version_of_an_instant_without_a_log_has_none(connection: psycopg.Connection) -> None:
    """A file says it: no log before it states it."""
    put_log(connection, "hero_core", "HeroSummoned", [ALICE], [7, 0, 0, 0, 5], block=1)
    assert logs_of(connection, "heroes", {"hero_id": 7}, time_of(1)) == [(DFK, 1, 0)]
    assert logs_of(connection, "heroes", {"hero_id": 7}, time_of(2)) == []


def test_each_chain_carries_its_own_logs_over(connection: psycopg.Connection) -> None:
    """A hero may have been on several, and its version names none."""
    put_log(connection, "hero_core", "HeroStateUpdated", [ALICE], [7, STATE], block=1)
    put_log(connection, "hero_core", "HeroStateUpdated", [ALICE], [7, STATE], block=2)
    put_on(connection, KAIA, "hero_core", 2)
    put_log(connection, "hero_core", "Transfer", [ALICE, BOB, 7], [], block=3)
    logs = logs_of(connection, "heroes", {"hero_id": 7}, time_of(3))
    assert logs == [(KAIA, 2, 0), (DFK, 1, 0), (DFK, 3, 0)]


def test_a_pet_of_another_chain_is_another_one(connection: psycopg.Connection) -> None:
    for block in (1, 2, 3):
        put_log(connection, "pet_core", "PetUpdatedV2", [ALICE, 9], [PET], block=block)
    put_on(connection, METIS, "pet_core", 2)
    put_log(connection, "pet_core", "Transfer", [ALICE, BOB, 9], [], block=4)
    for chain, at, expected in (
        (DFK, 3, [(DFK, 3, 0)]),
        (DFK, 4, [(DFK, 3, 0), (DFK, 4, 0)]),
        (METIS, 2, [(METIS, 2, 0)]),
        (METIS, 3, []),
    ):
        fact = {"chain_id": chain, "pet_id": 9}
        assert logs_of(connection, "pets", fact, time_of(at)) == expected, (chain, at)


def test_without_an_instant_all_logs_of_an_object_count(connection: psycopg.Connection) -> None:
    put_log(connection, "pvp_diamond", "PatrolStarted", [6, ALICE], [3], block=1)
    put_log(connection, "pvp_diamond", "PatrolCompleted", [6, ALICE], [3, True], block=2)
    fact = {"chain_id": METIS, "patrol_id": 6, "tx_hash": tx(2), "log_index": 0}
    both = [(METIS, 1, 0), (METIS, 2, 0)]
    assert logs_of(connection, "metis_patrol_events", fact, None) == both
    assert logs_of(connection, "metis_patrol_events", fact, time_of(1)) == both[:1]


def test_a_log_has_the_time_of_its_own_block(connection: psycopg.Connection) -> None:
    """Of one that names no block it is the canonical one; where its block is not known, none."""

    def times() -> list[datetime | None]:
        return [
            time
            for (time,) in connection.execute(
                "select app.time_of_log(logs) from raw.chain_logs as logs order by log_index"
            )
        ]

    late = time_of(2) + timedelta(hours=1)
    # the block of another fork was lost, and its time was another one
    connection.execute(
        "insert into raw.chain_blocks (chain_id, block_number, block_hash, block_time, removed_at)"
        " values (%s, 2, %s, %s, now())",
        [METIS, word(2001), late],
    )
    connection.execute(
        "update raw.chain_blocks set block_time = %s where chain_id = %s", [late, DFK]
    )
    for index, fork in enumerate((0, 1, 2, 0)):
        place = {"block": 2, "fork": fork, "index": index, "transaction": 5}
        put_log(connection, "pvp_diamond", "BattleCompleted", [1], [ALICE, 1], **place)
    connection.execute("update raw.chain_logs set block_hash = null where log_index = 3")
    assert times() == [time_of(2), late, None, time_of(2)]


def test_a_log_as_json_says_each_of_its_values(connection: psycopg.Connection) -> None:
    log = (
        "row(7, 8, %s, 'transaction', 9, 'contract', 'word', null, null, null, 'payload', now(),"
        " null)::raw.chain_logs"
    )
    expected = {
        "chain_id": 7,
        "block_number": 8,
        "block_hash": f"0x{b'block'.hex()}",
        "tx_hash": f"0x{b'transaction'.hex()}",
        "log_index": 9,
        "address": f"0x{b'contract'.hex()}",
        "topics": [f"0x{b'word'.hex()}"],
        "data": f"0x{b'payload'.hex()}",
    }
    for block_hash in (b"block", None):
        (found,) = connection.execute(f"select app.log_as_json({log})", [block_hash]).fetchone()
        assert found == expected | ({} if block_hash else {"block_hash": None})
