"""Logs that are stored and come again with other data, as a node or an exporter has corrected them:
what they stated goes, and what is stored is what the corrected logs alone would have given."""

import random
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from hedge.chain import several, spans
from hedge.chain.decoding import decode
from hedge.chain.rows import Block, Log
from hedge.chain.storing import put_blocks, put_logs
from tests.integration.chain.facts import (
    ALICE,
    BOB,
    DFK,
    METIS,
    NOBODY,
    contents,
    put_block,
    put_log,
    stored,
    time_of,
    word,
)
from tests.integration.chain.logs import canonical_logs, stored_logs

BLOCKS = 12
NO_SCORES = (9, 1, 2, 3, 4, 100, 120)
FACTS = [
    "hero_summons",
    "heroes",
    "hunting_drops",
    "hunting_encounters",
    "influence_predictions",
    "jeweler_events",
    "lp_harvest_events",
    "lp_stake_events",
    "metis_battles",
    "metis_patrol_events",
    "pets",
    "pvp_matches",
    "quest_completions",
    "shell_events",
    "tournament_matches",
    "pending_facts",
    "undecoded_logs",
]


def events(number: int) -> list[tuple[str, str, list[Any], list[Any]]]:
    """An event of each kind that gives facts, which concerns the object of a number."""
    quest = (number, 2, 10, [71], ALICE, 1, 1_777_000_000, 0, 4, 2, 1)
    duel = (number, ALICE, BOB, 1, 2, ALICE, [71], [72], 1, 1, 1, NO_SCORES)
    hunt = (number, 2, 1, [71], ALICE, 2, 9, [1], 9, 1, [(ALICE, 2, 1)])
    pet = (number, 2, "Rex", 1, 2, 3, *[1] * 8, 44, 1, 0, 0, 0, 0, NOBODY, 0)
    user = (number * 10**18, 0, 0, 0, 0, 0)
    state = (0, 0, 0, 1 + number % 3, 5, NOBODY, 1, 1)
    return [
        ("pvp_diamond", "PatrolStarted", [number, ALICE], [4]),
        ("pvp_diamond", "PatrolCompleted", [number, ALICE], [2, True]),
        ("pvp_diamond", "BattleCreated", [number, ALICE], [11, 12]),
        ("pvp_diamond", "BattleAccepted", [number, ALICE, BOB], [11, 13]),
        ("pvp_diamond", "BattleCompleted", [number], [BOB, 2]),
        ("pvp_diamond", "BattleSpectatorAdded", [number, BOB], [1, 5, (1, 2, 3, 4)]),
        ("pvp_diamond", "ShellsEarned", [ALICE], [number]),
        ("pvp_diamond", "TournamentMatch", [number, ALICE, BOB], [1, ALICE, 0, 0, 0]),
        ("hero_core", "HeroSummoned", [ALICE], [number, 0, 0, 28 * 32**44, 5]),
        ("hero_core", "HeroStateUpdated", [ALICE], [number, state]),
        ("hero_core", "Transfer", [ALICE, BOB, number], []),
        ("pet_core", "PetHatchedV2", [ALICE, number], [pet]),
        ("pet_core", "Transfer", [ALICE, BOB, number], []),
        ("quest_core", "QuestCompleted", [number, ALICE, 71], [quest]),
        ("dfk_duel", "DuelCompleted", [number, ALICE, BOB], [duel]),
        ("hunts_diamond", "HuntCompleted", [], [number, hunt, True, [71]]),
        ("hunts_diamond", "HuntRewardMinted", [number, ALICE, BOB], [3, 0]),
        ("lp_staking_diamond", "Deposit", [ALICE, 3], [number]),
        ("lp_staking_diamond", "RewardClaimed", [ALICE, 3], [number]),
        ("cjewel", "Deposit", [ALICE], [user, 9, 0]),
        ("cjewel", "Withdraw", [ALICE], [number, 0]),
    ]


def put_history(connection: psycopg.Connection, dice: random.Random) -> None:
    """Store logs of a few objects, some of which several logs make."""
    for chain in (METIS, DFK):
        for block in range(1, BLOCKS + 1):
            put_block(connection, chain, block)
    connection.execute("insert into analytics.pet_appearances values (44, 'dog', 'ODD')")
    found = [event for number in (1, 2, 3) for event in events(number)]
    dice.shuffle(found)
    for place, event in enumerate(found):
        # nobody owns a hero before it is summoned
        block = 1 if event[1] == "HeroSummoned" else 2 + place % (BLOCKS - 1)
        put_log(connection, *event, block=block, transaction=place, index=place)


def corrected(log: Log, dice: random.Random) -> Log:
    """The log with other data: of another object, event or contract, or malformed."""
    other = dice.randint(1, 5)
    data = log.data
    if data and (kind := dice.randrange(3)) < 2:
        data = data[:-1] if kind else word(other) + data[32:]
    topic = log.topic1 if log.topic1 is None else dice.choice([log.topic1, word(other)])
    return dice.choice(
        [
            log._replace(data=data),
            log._replace(topic1=topic, data=data),
            log._replace(topic3=None if log.topic3 is None else word(other)),
            log._replace(topic0=word(9)),
            log._replace(topic2=None, topic3=None),
            log._replace(address=b"\xee" * 20),
        ]
    )


def put(connection: psycopg.Connection, chains: dict[int, int], logs: list[Log]) -> None:
    """Store logs of two chains, which are known by their places."""
    for chain in (METIS, DFK):
        put_logs(connection, chain, [log for log in logs if chains[log.log_index] == chain])


def facts(connection: psycopg.Connection) -> dict[str, list[str]]:
    """What raw tables hold, but for when it was stored."""
    return contents(connection, FACTS, "loaded_at", "decoded_at", "since")


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_facts_are_those_of_the_corrected_logs(
    connection: psycopg.Connection, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each log may be corrected twice before it is decoded again; by one session and by several."""
    monkeypatch.setattr(spans, "MANY_LOGS", 2)
    with several.Sessions(1 + seed % 2) as sessions:
        dice = random.Random(seed)
        put_history(connection, dice)
        chains = dict(
            connection.execute("select log_index, chain_id from raw.chain_logs").fetchall()
        )
        decode(connection, sessions=sessions)
        before = facts(connection)
        logs = stored_logs(connection)
        for _ in range(2):
            logs = [corrected(log, dice) if dice.random() < 0.4 else log for log in logs]
            put(connection, chains, logs)
        decode(connection, logs_at_once=20, sessions=sessions)
        after = facts(connection)
        tables = [f"raw.{table}" for table in [*FACTS, "chain_logs"]]
        connection.execute(f"truncate {', '.join(tables)}, app.undecoded_spans")
        put(connection, chains, logs)
        decode(connection, sessions=sessions)
    assert facts(connection) == after
    # heroes and summons wait for values that files and calls give
    assert len([table for table in FACTS if before[table] != after[table]]) >= 10


@pytest.fixture
def patrol(transaction: psycopg.Connection) -> Log:
    """The log by which patrol 1 ended, which is decoded."""
    put_block(transaction, METIS, 2)
    put_log(transaction, "pvp_diamond", "PatrolCompleted", [1, ALICE], [2, True], block=2)
    assert decode(transaction).inserted == 1
    (log,) = stored_logs(transaction)
    return log


def patrols(connection: psycopg.Connection) -> list[tuple]:
    return stored(connection, "metis_patrol_events", "patrol_id, fights_completed")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"data": word(3) + word(1)}, [(1, 3)]),
        ({"topic1": word(7)}, [(7, 2)]),
        ({"data": b"x"}, []),
        ({"topic0": word(9)}, []),
        ({"topic2": None}, []),
        ({"address": b"a" * 20}, []),
    ],
    ids=["a value", "another key", "malformed", "another event", "fewer topics", "a contract"],
)
def test_what_a_log_said_before_it_was_corrected_goes(
    transaction: psycopg.Connection, patrol: Log, change: dict[str, Any], expected: list[tuple]
) -> None:
    put_logs(transaction, METIS, [patrol._replace(**change)])
    done = decode(transaction)
    assert patrols(transaction) == expected
    is_same = [key for key, _ in expected] == [1]
    assert (done.removed, done.updated) == ((0, 1) if is_same else (1, 0))
    reasons = [] if is_same else [("no canonical log states it any more: chain 1088, block 2",)]
    assert stored(transaction, "removed_facts", "reason") == reasons


def test_a_corrected_log_is_stored_once_and_can_be_corrected_again(
    transaction: psycopg.Connection, patrol: Log
) -> None:
    """Each thing that it said stays as one removed log, however often it says it."""
    other = patrol._replace(topic1=word(7))
    for log in (other, patrol, other, patrol, other):
        stored_now = put_logs(transaction, METIS, [log])
        assert (stored_now.inserted, stored_now.updated, stored_now.unchanged) == (0, 1, 0)
        assert put_logs(transaction, METIS, [log]).unchanged == 1
        decode(transaction)
        assert canonical_logs(transaction) == [log]
        assert patrols(transaction) == [(int.from_bytes(log.topic1), 2)]
    removed = [log for log in stored_logs(transaction) if log.is_removed]
    assert sorted(log.topic1 for log in removed) == [word(1), word(7)]
    assert decode(transaction).batches == 0


def test_a_log_of_which_no_block_is_said_is_corrected(
    transaction: psycopg.Connection, patrol: Log
) -> None:
    """By a file that says no block, of a log with one and of one without."""
    transaction.execute("update raw.chain_logs set block_hash = null")
    for number in (7, 8):
        put_logs(transaction, METIS, [patrol._replace(block_hash=None, topic1=word(number))])
        decode(transaction)
        assert patrols(transaction) == [(number, 2)]
    put_logs(transaction, METIS, [patrol._replace(topic1=word(9))])
    put_logs(transaction, METIS, [patrol._replace(block_hash=None, topic1=word(10))])
    decode(transaction)
    assert patrols(transaction) == [(10, 2)]
    assert canonical_logs(transaction) == [patrol._replace(topic1=word(10))]


def test_what_a_file_says_stays_where_its_log_is_corrected(
    transaction: psycopg.Connection, patrol: Log
) -> None:
    load_patrol = (
        "insert into raw.facts_of_files (table_name, key, fact, file) select"
        " 'metis_patrol_events', jsonb_build_object('chain_id', chain_id, 'patrol_id', patrol_id),"
        " to_jsonb(facts) - 'decoded_at' || '{\"fights_completed\": 5}', 'f'"
        " from raw.metis_patrol_events as facts"
    )
    transaction.execute(load_patrol)
    put_logs(transaction, METIS, [patrol._replace(data=b"x")])
    decode(transaction)
    assert patrols(transaction) == [(1, 5)]
    assert stored(transaction, "metis_patrol_events", "decoded_at") == [(None,)]


def put_pet(connection: psycopg.Connection, block: int, owner: str) -> None:
    pet = (1, 2, "Rex", 1, 2, 3, *[1] * 8, 44, 1, 0, 0, 0, 0, NOBODY, 0)
    put_log(connection, "pet_core", "PetUpdatedV2", [owner, 1], [pet], block=block)


def test_versions_follow_the_corrected_time_of_their_block(
    transaction: psycopg.Connection,
) -> None:
    """It is a part of their key. Of other facts it is a value."""
    transaction.execute("insert into analytics.pet_appearances values (44, 'dog', 'ODD')")
    for block, owner in ((1, ALICE), (2, BOB)):
        put_block(transaction, DFK, block)
        put_pet(transaction, block, owner)
    put_log(transaction, "quest_core", "QuestCompleted", [5, ALICE, 7], [
        (5, 2, 10, [7], ALICE, 1, 0, 0, 4, 2, 1)
    ], block=2, index=1)  # fmt: skip
    decode(transaction)
    late = time_of(2) + timedelta(seconds=30)
    for time in (late, time_of(2), late):
        block = Block(2, word(2000), None, time)
        assert put_blocks(transaction, DFK, [block]).updated == 1
        assert put_blocks(transaction, DFK, [block]).unchanged == 1
        decode(transaction)
        versions = [(time_of(1), ALICE), (time, BOB)]
        assert stored(transaction, "pets", "updated_at, owner_wallet") == versions
        assert stored(transaction, "quest_completions", "completed_at") == [(time,)]
    assert len(canonical_logs(transaction)) == 3
    # only of logs with versions, and of each time
    assert len(stored_logs(transaction)) == 5
    blocks = "block_number, block_time, removed_at is null"
    assert stored(transaction, "chain_blocks", blocks) == [
        (1, time_of(1), True),
        (2, time_of(2), False),
        (2, late, False),
        (2, late, True),
    ]
