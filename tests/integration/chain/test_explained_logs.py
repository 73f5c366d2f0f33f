"""An explanation names the log of each fact that it shows, or says that there is none."""

from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.types.json import Jsonb

from hedge.analysis import explain
from hedge.analysis.explain import Fact, Log
from hedge.chain.decoding import decode
from tests.in_process.rows import put_metrics
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
)
from tests.support import add_cluster, lp_price, put, pvp_match

AS_OF = datetime(2026, 6, 1, 12, tzinfo=UTC)
DATA_OF_INFLUENCE = (1, 2, 3, 4)


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction with two clusters and the first blocks of two chains."""
    for block in range(1, 10):
        put_block(transaction, METIS, block)
        put_block(transaction, DFK, block)
    add_cluster(transaction, "alice", ALICE)
    add_cluster(transaction, "bob", BOB)
    for cluster in ("alice", "bob"):
        put_metrics(transaction, cluster, {}, "all_time")
    return transaction


def metis(block: int, number: int | None = None, index: int = 0) -> Log:
    """A log of METIS in a transaction, by default that of the block's number."""
    transaction = tx(block if number is None else number)
    url = f"https://andromeda-explorer.metis.io/tx/{transaction}"
    return Log(METIS, "METIS", block, transaction, index, url)


def place(fact: Fact) -> tuple[str | None, int, int] | None:
    """The chain, the block and the index of the log of a fact."""
    return fact.log and (fact.log.chain, fact.log.block_number, fact.log.log_index)


def facts(connection: psycopg.Connection, cluster: str, challenge: str) -> list[Fact]:
    decode(connection)
    return explain.of_cluster(connection, cluster, challenge).facts


def test_a_fact_of_several_logs_names_its_own(connection: psycopg.Connection) -> None:
    put_log(connection, "pvp_diamond", "PatrolStarted", [7, ALICE], [3], block=1)
    put_log(connection, "pvp_diamond", "PatrolCompleted", [7, ALICE], [2, True], block=2, index=4)
    # another event with the same first parameter
    put_log(connection, "pvp_diamond", "BattleCreated", [7, ALICE], [11, 12], block=3)
    (patrol,) = facts(connection, "alice", "patrol_warden")
    assert (patrol.origin, patrol.log, patrol.further_logs) == ("log", metis(2, index=4), 1)


def test_a_log_that_was_removed_is_not_named(connection: psycopg.Connection) -> None:
    put_log(connection, "pvp_diamond", "PatrolCompleted", [7, ALICE], [2, True], block=2, fork=1,
            removed=True)  # fmt: skip
    put_log(connection, "pvp_diamond", "PatrolCompleted", [7, ALICE], [2, True], block=2)
    (patrol,) = facts(connection, "alice", "patrol_warden")
    assert (patrol.origin, patrol.log, patrol.further_logs) == ("log", metis(2), 0)


def test_a_bet_has_the_logs_of_the_vote_and_of_the_battle(connection: psycopg.Connection) -> None:
    put_log(connection, "pvp_diamond", "BattleCreated", [7, ALICE], [11, 12], block=1)
    put_log(
        connection, "pvp_diamond", "BattleSpectatorAdded", [7, BOB], [1, 5, DATA_OF_INFLUENCE],
        block=2,
    )  # fmt: skip
    put_log(connection, "pvp_diamond", "BattleCompleted", [7], [ALICE, 1], block=3)
    (bet,) = facts(connection, "bob", "influence_strategist")
    # the end of the battle is its time
    assert (bet.occurred_at, bet.log, bet.further_logs) == (time_of(3), metis(3), 2)


def test_both_sides_of_a_duel_are_one_log(connection: psycopg.Connection) -> None:
    scores = (9, 1, 2, 3, 4, 100, 120)
    values = (1, ALICE, BOB, 1, 2, ALICE, [71], [72], 1, 1, 1, scores)
    put_log(connection, "dfk_duel", "DuelCompleted", [1, ALICE, BOB], [values], block=1)
    put(connection, pvp_match(ALICE, at=time_of(1), match_id="of a file"))
    shown = facts(connection, "alice", "arena_challenger")
    found = {fact.natural_key["match_id"]: fact for fact in shown}
    assert [found["1"].origin, found["of a file"].origin] == ["log", "file"]
    assert place(found["1"]) == ("DFK Chain", 1, 0)
    assert (found["of a file"].log, found["of a file"].further_logs) == (None, 0)


def test_the_version_of_a_pet_is_found_by_its_time(connection: psycopg.Connection) -> None:
    def pet(event: str, number: int, block: int, index: int = 0) -> None:
        values = (number, 2, "Rex", 1, 2, 3, *[1] * 8, 44, 1, 0, 0, 0, 0, NOBODY, 0)
        put_log(connection, "pet_core", event, [ALICE, number], [values], block=block, index=index)

    connection.execute("insert into analytics.pet_appearances values (44, 'dog', 'ODD')")
    pet("PetHatchedV2", 9, 1)
    pet("PetUpdatedV2", 8, 2)
    pet("PetUpdatedV2", 9, 2, index=1)
    found = {
        fact.natural_key["pet_id"]: fact for fact in facts(connection, "alice", "pet_sanctuary")
    }
    # with the version before it
    assert (place(found[9]), found[9].further_logs) == (("DFK Chain", 2, 1), 1)
    assert (place(found[8]), found[8].further_logs) == (("DFK Chain", 2, 0), 0)


def test_a_pet_that_changed_hands_is_found_though_its_log_begins_with_the_sender(
    connection: psycopg.Connection,
) -> None:
    connection.execute("insert into analytics.pet_appearances values (44, 'dog', 'ODD')")
    pet = (9, 2, "Rex", 1, 2, 3, *[1] * 8, 44, 1, 0, 0, 0, 0, NOBODY, 0)
    put_log(connection, "pet_core", "PetHatchedV2", [BOB, 9], [pet], block=1)
    put_log(connection, "pet_core", "Transfer", [BOB, ALICE, 9], [], block=2)
    decode(connection)
    (fact,) = facts(connection, "alice", "pet_sanctuary")
    assert place(fact) == ("DFK Chain", 2, 0)


def test_the_version_of_a_hero_is_found_by_the_data_of_its_log(
    connection: psycopg.Connection,
) -> None:
    hero = {"hero_id": 7, "updated_at": time_of(1).isoformat()}
    put_log(connection, "hero_core", "HeroSummoned", [BOB], [7, 3, 4, 0, 5], block=1)
    put_log(connection, "hero_core", "HeroSummoned", [BOB], [8, 3, 4, 0, 5], block=1, index=1)
    found = connection.execute(
        "select block_number, log_index from app.logs_of_fact('heroes', %s, %s)",
        [Jsonb(hero), time_of(1)],
    )
    assert found.fetchall() == [(1, 0)]


def test_a_fact_of_a_pool_names_no_log_of_another_time(connection: psycopg.Connection) -> None:
    """Nor of another pool: the key of the evidence has the pool, and not the transaction."""
    for pool, block in (1, 1), (1, 3), (2, 3):
        values = [5 * 10**18]
        put_log(connection, "lp_staking_diamond", "Deposit", [ALICE, pool], values, block=block,
                index=pool)  # fmt: skip
    put(connection, *(lp_price(30, AS_OF.date(), pool_id=pool) for pool in (1, 2)))
    found = {fact.natural_key["pool_id"]: fact for fact in facts(connection, "alice", "lp_depth")}
    assert (place(found[1]), found[1].further_logs) == (("DFK Chain", 1, 1), 0)
    assert (place(found[2]), found[2].further_logs) == (("DFK Chain", 3, 2), 0)


def test_the_log_of_a_detached_partition_is_not_there(connection: psycopg.Connection) -> None:
    put_log(connection, "pvp_diamond", "PatrolCompleted", [7, ALICE], [2, True], block=2)
    decode(connection)
    connection.execute("alter table raw.chain_logs detach partition raw.chain_logs_1088_0")
    (patrol,) = facts(connection, "alice", "patrol_warden")
    assert (patrol.origin, patrol.log, patrol.further_logs) == ("log", None, 0)


def test_what_is_made_of_several_facts_says_so(connection: psycopg.Connection) -> None:
    put_metrics(connection, "alice", {"onchain_metis_patrol": {"wins": 100}}, "rolling_180d")
    (goal,) = explain.of_cluster(connection, "alice", "vangardian", "rolling_180d").facts
    assert (goal.what, goal.origin, goal.log) == ("goal", "several", None)


def put_copies(connection: psycopg.Connection) -> None:
    """Store each log again in a block that was removed, and on another chain, on which its contract
    has another address."""
    connection.execute(
        """
        insert into raw.chain_logs
        select
            copies.chain_id, logs.block_number, sha256(logs.block_hash || copies.salt),
            logs.tx_hash, logs.log_index, logs.address, logs.topic0, logs.topic1, logs.topic2,
            logs.topic3, logs.data, now(), copies.removed_at
        from raw.chain_logs as logs
        cross join lateral (
            values (logs.chain_id, '\\x01'::bytea, now()), (8217, '\\x02'::bytea, null)
        ) as copies (chain_id, salt, removed_at)
        """
    )
    connection.execute(
        """
        insert into raw.chain_blocks (chain_id, block_number, block_hash, block_time, removed_at)
        select
            logs.chain_id, logs.block_number, logs.block_hash, known.block_time,
            max(logs.removed_at)
        from raw.chain_logs as logs
        inner join raw.chain_blocks as known
            on logs.block_number = known.block_number and known.chain_id = %s
        group by 1, 2, 3, 4
        on conflict do nothing
        """,
        [DFK],
    )


def logs_of(
    connection: psycopg.Connection, table: str, fact: dict, at: datetime | None
) -> list[tuple]:
    return connection.execute(
        "select chain_id, block_number, log_index from app.logs_of_fact(%s, %s, %s) order by 1, 2",
        [table, Jsonb(fact), at],
    ).fetchall()


def test_the_logs_of_a_fact_are_canonical_ones_of_its_contract(
    connection: psycopg.Connection,
) -> None:
    connection.execute("select app.create_log_partitions(8217, 1, 9)")
    match = (1, ALICE, 0, 0, 0)
    put_log(connection, "pvp_diamond", "TournamentMatch", [5, ALICE, BOB], match, block=1)
    # another log of the same transaction
    put_log(connection, "pvp_diamond", "TournamentMatch", [8, ALICE, BOB], match, block=1, index=1)
    put_log(connection, "pvp_diamond", "PatrolStarted", [6, ALICE], [3], block=2)
    put_log(connection, "pvp_diamond", "PatrolCompleted", [6, ALICE], [3, True], block=3)
    put_copies(connection)
    fact = {"chain_id": METIS, "tx_hash": tx(1), "log_index": 0}
    assert logs_of(connection, "tournament_matches", fact, None) == [(METIS, 1, 0)]
    fact = {"chain_id": METIS, "patrol_id": 6, "tx_hash": tx(3), "log_index": 0}
    found = logs_of(connection, "metis_patrol_events", fact, time_of(3))
    assert found == [(METIS, 2, 0), (METIS, 3, 0)]


def test_a_proof_lists_the_topics_of_a_log_in_their_order(connection: psycopg.Connection) -> None:
    """Those that it has, of which the third is less than the second."""
    put_log(connection, "pet_core", "Transfer", [ALICE, 7, 9], [], block=1)
    put_log(connection, "pvp_diamond", "PatrolStarted", [6, ALICE], [3], block=2)
    topics = connection.execute(
        "select app.log_as_json(logs) -> 'topics' from raw.chain_logs as logs order by block_number"
    ).fetchall()
    alice, numbers = "0x" + ALICE[2:].zfill(64), [f"0x{number:064x}" for number in (6, 7, 9)]
    assert [found[1:] for (found,) in topics] == [
        [alice, numbers[1], numbers[2]],
        [numbers[0], alice],
    ]


def test_a_version_rests_on_the_last_log_of_each_other_event(
    connection: psycopg.Connection,
) -> None:
    connection.execute("select app.create_log_partitions(8217, 1, 9)")
    state = (0, 0, 0, 5, 5, NOBODY, 1, 1)
    put_log(connection, "hero_core", "HeroSummoned", [ALICE], [7, 3, 4, 0, 5], block=1)
    for block in (2, 3, 5):
        put_log(connection, "hero_core", "HeroStateUpdated", [ALICE], [7, state], block=block)
    put_log(connection, "hero_core", "Transfer", [ALICE, BOB, 7], [], block=4)
    put_copies(connection)
    fact = {"hero_id": 7}
    at_transfer = [(DFK, 1, 0), (DFK, 3, 0), (DFK, 4, 0)]
    assert logs_of(connection, "heroes", fact, time_of(4)) == at_transfer
    # the states before say nothing that its own state does not say
    assert logs_of(connection, "heroes", fact, time_of(5)) == [(DFK, 1, 0), (DFK, 5, 0)]


def test_words_of_ids_are_found(connection: psycopg.Connection) -> None:
    for number in (0, 9, 10**17, 10**18 - 1):
        (found,) = connection.execute("select app.log_word(%s)", [str(number)]).fetchone()
        assert found == number.to_bytes(32, "big")
