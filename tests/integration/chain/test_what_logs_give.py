"""The facts of each raw table, from the logs that contracts emit."""

from decimal import Decimal

import psycopg
import pytest

from hedge.chain.decoding import decode
from tests.integration.chain.facts import (
    ALICE,
    BOB,
    DFK,
    METIS,
    NOBODY,
    put_block,
    put_log,
    stored,
    time_of,
    tx,
)

JEWEL = 10**18
ITEM = "0x" + "c3" * 20
DATA_OF_INFLUENCE = (1, 2, 3, 4)
NO_SCORES = (9, 1, 2, 3, 4, 100, 120)


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in which the first blocks of two chains are known."""
    for block in range(1, 10):
        put_block(transaction, METIS, block)
        put_block(transaction, DFK, block)
    return transaction


def nothing_waits(connection: psycopg.Connection) -> bool:
    return not stored(connection, "pending_facts", "table_name, missing, faults")


def test_battles_and_votes_on_them(connection: psycopg.Connection) -> None:
    put_log(connection, "pvp_diamond", "BattleCreated", [7, ALICE], [11, 12], block=1)
    put_log(connection, "pvp_diamond", "BattleAccepted", [7, ALICE, BOB], [11, 13], block=2)
    put_log(
        connection, "pvp_diamond", "BattleSpectatorAdded", [7, BOB],
        [1, 500, DATA_OF_INFLUENCE], block=3,
    )  # fmt: skip
    put_log(
        connection, "pvp_diamond", "BattleSpectatorVoteChanged", [7, BOB],
        [2, 600, DATA_OF_INFLUENCE], block=4,
    )  # fmt: skip
    put_log(
        connection, "pvp_diamond", "BattleSpectatorWithdrew", [7, BOB],
        [2, 600, DATA_OF_INFLUENCE], block=5,
    )  # fmt: skip
    put_log(connection, "pvp_diamond", "BattleSpectatorRemoved", [7, BOB], [], block=6)
    done = decode(connection)
    assert (done.inserted, nothing_waits(connection)) == (5, True)
    battle = "battle_id, host_wallet, opponent_wallet, winner_wallet, winner_side, settings_2"
    assert stored(connection, "metis_battles", battle) == [(7, ALICE, BOB, None, None, 13)]
    assert stored(connection, "influence_predictions", "voted_at, action, side, influence") == [
        (time_of(3), "ADD", 1, 500),
        (time_of(4), "CHANGE", 2, 600),
        (time_of(5), "WITHDRAW", 2, 600),
        (time_of(6), "WITHDRAW", None, None),
    ]
    put_log(connection, "pvp_diamond", "BattleCompleted", [7], [BOB, 2], block=7)
    assert decode(connection).updated == 1
    assert stored(connection, "metis_battles", battle) == [(7, ALICE, BOB, BOB, 2, 13)]
    assert stored(connection, "metis_battles", "created_at, completed_at") == [
        (time_of(1), time_of(7))
    ]


def test_shells_and_patrols(connection: psycopg.Connection) -> None:
    claim = (1, 2, 3, 4, 5, 6)
    put_log(connection, "pvp_diamond", "ShellsEarned", [ALICE], [10], block=1)
    put_log(connection, "pvp_diamond", "ShellsClaimed", [ALICE], [11, claim], block=2)
    put_log(connection, "pvp_diamond", "DailyShellQuestComplete", [ALICE], [12, 3], block=3)
    put_log(connection, "pvp_diamond", "WeeklyShellQuestComplete", [ALICE], [13], block=4)
    put_log(connection, "pvp_diamond", "FrequentShellQuesterComplete", [ALICE], [14], block=5)
    # begun, and not completed yet
    put_log(connection, "pvp_diamond", "PatrolStarted", [1, ALICE], [3], block=6)
    assert decode(connection).inserted == 5
    assert stored(connection, "shell_events", "occurred_at, event_type, source, shell_amount") == [
        (time_of(1), "EARN", None, 10),
        (time_of(2), "CLAIM", None, 11),
        (time_of(3), "EARN", "DAILY_QUEST", 12),
        (time_of(4), "EARN", "WEEKLY_QUEST", 13),
        (time_of(5), "EARN", "FREQUENT_QUESTER", 14),
    ]
    assert nothing_waits(connection)


def test_quests_are_counted_once(connection: psycopg.Connection) -> None:
    started = int(time_of(0).timestamp())
    quest = (5, 2, 10, [71, 72, 73], ALICE, 1, started, started + 9, 4, 2, 1)
    put_log(connection, "quest_core", "QuestCompleted", [5, ALICE, 71], [quest], block=3)
    put_log(connection, "quest_core", "QuestCompleted", [5, ALICE, 72], [quest], block=3, index=1)
    unknown = (6, 9, 0, [], ALICE, 1, 0, 0, 0, 2, 1)
    put_log(connection, "quest_core", "QuestCompleted", [6, ALICE, 0], [unknown], block=4)
    assert decode(connection).inserted == 1
    columns = (
        "quest_id, wallet_address, hero_count, quest_instance_id, quest_type, level, attempts,"
        " status, started_at, completed_at"
    )
    assert stored(connection, "quest_completions", columns) == [
        (5, ALICE, 3, 2, 1, 10, 4, 2, time_of(0), time_of(3))
    ]
    # a log of a later block is the last word, also where that block is decoded alone
    last = (*quest[:8], 6, *quest[9:])
    put_log(connection, "quest_core", "QuestCompleted", [5, ALICE, 71], [last], block=8)
    assert decode(connection).updated == 1
    assert stored(connection, "quest_completions", "attempts, completed_at") == [(6, time_of(8))]
    # a kind of quest that the contract does not admit is no other kind
    assert stored(connection, "pending_facts", "key ->> 'quest_id', missing, faults") == [
        ("6", ["quest_instance_id"], "quest_instance_id is out of its range: 9")
    ]


def test_a_value_out_of_range_is_named_of_a_fact_that_is_not_written(
    connection: psycopg.Connection,
) -> None:
    """The table cannot refuse it: the fact waits for its block, or a file says the rest."""
    fault = "quest_instance_id is out of its range: 9"
    unknown = (6, 9, 0, [], ALICE, 1, 0, 0, 0, 2, 1)
    put_log(connection, "quest_core", "QuestCompleted", [6, ALICE, 0], [unknown], block=20)
    decode(connection)
    assert stored(connection, "pending_facts", "key ->> 'quest_id', missing, faults") == [
        ("6", ["quest_instance_id", "completed_at"], fault)
    ]
    connection.execute(
        "insert into raw.quest_completions"
        " (chain_id, quest_id, wallet_address, quest_instance_id, status, completed_at)"
        " values (%s, 7, %s, 2, 2, '2026-04-30')",
        [DFK, ALICE],
    )
    of_both = (7, *unknown[1:])
    put_log(connection, "quest_core", "QuestCompleted", [7, ALICE, 0], [of_both], block=4)
    decode(connection)
    assert stored(connection, "quest_completions", "quest_id, quest_instance_id, completed_at") == [
        (7, 2, time_of(4))
    ]


def test_hunts_and_what_they_give(connection: psycopg.Connection) -> None:
    hunt = (8, 2, 1, [71, 72], ALICE, 2, 9, [1], 9, 1, [(ITEM, 2, 1)])
    put_log(connection, "hunts_diamond", "HuntCompleted", [], [8, hunt, True, [71, 72]], block=1)
    put_log(
        connection, "hunts_diamond", "HuntRewardMinted", [8, ALICE, ITEM], [3, 0], block=1, index=1
    )
    put_log(
        connection, "hunts_diamond", "HuntEquipmentMinted", [8, ITEM, ALICE], [1, 22, 4, 77],
        block=1, index=2,
    )  # fmt: skip
    assert decode(connection).inserted == 3
    columns = "hunt_id, wallet_address, hunt_data_id, result, hero_ids, retries, block_number"
    assert stored(connection, "hunting_encounters", columns) == [
        (8, ALICE, 2, "WIN", [71, 72], 1, 1)
    ]
    columns = "log_index, hunt_id, wallet_address, item_address, amount, display_id, rarity, nft_id"
    assert stored(connection, "hunting_drops", columns) == [
        (1, 8, ALICE, ITEM, 3, None, None, None),
        (2, 8, ALICE, ITEM, 1, 22, 4, 77),
    ]


def test_liquidity_is_exact(connection: psycopg.Connection) -> None:
    amount = 1234567890123456789012
    put_log(connection, "lp_staking_diamond", "Deposit", [ALICE, 3], [amount], block=1)
    put_log(connection, "lp_staking_diamond", "Withdraw", [ALICE, 3], [1], block=2)
    put_log(connection, "lp_staking_diamond", "RewardClaimed", [ALICE, 3], [5], block=3)
    assert decode(connection).inserted == 3
    assert stored(connection, "lp_stake_events", "action, pool_id, lp_amount") == [
        ("DEPOSIT", 3, Decimal("1234.567890123456789012")),
        ("WITHDRAW", 3, Decimal("0.000000000000000001")),
    ]
    assert stored(connection, "lp_harvest_events", "reward_amount, reward_token") == [
        (Decimal("0.000000000000000005"), None)
    ]


def test_an_amount_beyond_the_column_waits(connection: psycopg.Connection) -> None:
    put_log(connection, "lp_staking_diamond", "Deposit", [ALICE, 70000], [10**40], block=1)
    put_log(connection, "lp_staking_diamond", "Deposit", [ALICE, 1], [JEWEL], block=1, index=1)
    done = decode(connection)
    assert (done.inserted, done.pending) == (1, 1)
    ((missing, faults),) = stored(connection, "pending_facts", "missing, faults")
    assert missing == ["pool_id", "lp_amount"]
    assert "pool_id is out of its range: 70000" in faults


def test_the_amount_of_a_deposit_is_a_difference(connection: psycopg.Connection) -> None:
    def deposit(total: int, block: int, received: int, **place) -> None:
        user = (total * JEWEL, 0, 0, 0, 0, 0)
        values = [user, received * JEWEL, 0]
        put_log(connection, "cjewel", "Deposit", [ALICE], values, block=block, **place)

    deposit(100, 1, 10)
    deposit(150, 3, 6)
    put_log(connection, "cjewel", "Withdraw", [ALICE], [150 * JEWEL, 0], block=5)
    # what ends in the same transaction, in two parts; what moves elsewhere does not end
    for index, (to, amount) in enumerate([(NOBODY, 9), (NOBODY, 7), (BOB, 3)], start=1):
        values = [amount * JEWEL]
        put_log(connection, "cjewel", "Transfer", [ALICE, to], values, block=5, index=index)
    deposit(40, 7, 4)
    # of the 40, 30 are taken back
    put_log(connection, "cjewel", "Withdraw", [ALICE], [30 * JEWEL, 0], block=8)
    put_log(connection, "cjewel", "Transfer", [ALICE, NOBODY], [3 * JEWEL], block=8, index=1)
    deposit(25, 9, 2)
    assert decode(connection).inserted == 6
    columns = "occurred_at, action, jewel_amount, cjewel_amount"
    after = [
        (time_of(5), "WITHDRAW", 150, 16),
        (time_of(7), "DEPOSIT", 40, 4),
        (time_of(8), "WITHDRAW", 30, 3),
        (time_of(9), "DEPOSIT", 15, 2),
    ]
    assert stored(connection, "jeweler_events", columns) == [
        (time_of(1), "DEPOSIT", 100, 10),
        (time_of(3), "DEPOSIT", 50, 6),
        *after,
    ]
    # a deposit between the first two becomes known, and the first one was none
    deposit(120, 2, 2)
    deposit(100, 1, 10, removed=True)
    decode(connection)
    assert stored(connection, "jeweler_events", columns) == [
        (time_of(2), "DEPOSIT", 120, 2),
        (time_of(3), "DEPOSIT", 30, 6),
        *after,
    ]


def test_duels_are_two_facts(connection: psycopg.Connection) -> None:
    def duel(number: int, winner: str, kind: int) -> None:
        values = (number, ALICE, BOB, 1, 2, winner, [71], [72], 1, kind, 1, NO_SCORES)
        put_log(
            connection, "dfk_duel", "DuelCompleted", [number, ALICE, BOB], [values], block=number
        )

    duel(1, ALICE, 1)
    duel(2, NOBODY, 3)
    duel(3, BOB, 9)
    done = decode(connection)
    assert (done.inserted, done.pending) == (4, 2)
    columns = "match_id, wallet_address, realm, queue_type, is_ranked, outcome, score_after"
    assert stored(connection, "pvp_matches", columns) == [
        ("1", ALICE, "CV", "SQUAD", True, "WIN", 120),
        ("1", BOB, "CV", "SQUAD", True, "LOSS", None),
        ("2", ALICE, "CV", "PRIVATE", False, "DRAW", 120),
        ("2", BOB, "CV", "PRIVATE", False, "DRAW", None),
    ]


def test_a_fact_goes_that_the_logs_of_its_match_do_not_state_any_more(
    connection: psycopg.Connection,
) -> None:
    """Its key is in no row of the view, which has another player."""
    values = (1, ALICE, BOB, 1, 2, ALICE, [71], [72], 1, 1, 1, NO_SCORES)
    put_log(connection, "dfk_duel", "DuelCompleted", [1, ALICE, BOB], [values], block=1)
    assert decode(connection).inserted == 2
    connection.execute("update raw.chain_logs set topic3 = overlay(topic3 placing '\\x01' from 32)")
    done = decode(connection)
    assert (done.removed, done.inserted) == (1, 1)
    players = [wallet for (wallet,) in stored(connection, "pvp_matches", "wallet_address")]
    assert players == [ALICE, BOB[:-2] + "01"]


def test_the_generation_of_a_hero_follows_its_parents(connection: psycopg.Connection) -> None:
    def summon(hero: int, parents: tuple[int, int], block: int) -> None:
        values = [hero, *parents, 2**200, 5]
        put_log(connection, "hero_core", "HeroSummoned", [ALICE], values, block=block)

    summon(30, (20, 21), 3)
    summon(20, (1, 2), 2)
    summon(21, (0, 0), 1)
    decode(connection)
    columns = "hero_id, summoner_id, generation, stat_genes"
    assert stored(connection, "hero_summons", columns) == [
        (20, 1, None, 2**200),
        (21, None, 0, 2**200),
        (30, 20, None, 2**200),
    ]
    for hero, generation in ((1, 0), (2, 4)):
        connection.execute(
            "insert into raw.heroes (hero_id, main_class, rarity, level, generation, is_rented,"
            " updated_at) values (%s, 'Wizard', 1, 1, %s, false, '2026-05-01')",
            [hero, generation],
        )
    decode(connection)
    assert stored(connection, "hero_summons", "hero_id, generation") == [(20, 5), (21, 0), (30, 6)]


def test_pets_wait_for_what_their_appearance_is(connection: psycopg.Connection) -> None:
    pet = (1, 2, "Rex", 1, 2, 3, 1, 1, 1, 1, 1, 1, 1, 1, 44, 1, 0, 0, 0, 0, NOBODY, 0)
    put_log(connection, "pet_core", "PetHatchedV2", [ALICE, 1], [pet], block=1)
    done = decode(connection)
    assert (done.inserted, done.pending) == (0, 1)
    connection.execute("insert into analytics.pet_appearances values (44, 'dog', 'ODD')")
    connection.execute("delete from app.compared_decoders")
    connection.execute("insert into app.compared_decoders values (true, 'before')")
    done = decode(connection)
    assert (done.inserted, nothing_waits(connection)) == (1, True)
    columns = "pet_id, owner_wallet, egg_type, rarity, appearance, family, variant, updated_at"
    assert stored(connection, "pets", columns) == [(1, ALICE, 2, 3, 44, "dog", "ODD", time_of(1))]


def test_a_vendor_is_paid_by_an_unknown_method(connection: psycopg.Connection) -> None:
    connection.execute("insert into analytics.vendors values (%s, %s, 'Gren')", [DFK, ITEM])
    put_log(connection, "gold", "Transfer", [ALICE, ITEM], [1500], block=1)
    put_log(connection, "gold", "Transfer", [ALICE, BOB], [1500], block=1, index=1)
    assert decode(connection).pending == 1
    ((key, fact, missing),) = stored(connection, "pending_facts", "key, fact, missing")
    assert key == {"tx_hash": tx(1), "log_index": 0}
    assert (fact["gold_amount"], fact["direction"], missing) == (1.5, "SPEND", ["method"])
