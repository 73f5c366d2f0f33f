"""What decoders show beside the parameters: times, removed and unknown logs; and how they read."""

import csv
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.rendering import render
from tests.support import abi

METIS = 1088
EVENTS = {(one.contract, one.name): one for one in abi.events()}
DIAMOND = "0xc7681698b14a2381d9f1ed69fc3d27f33965b53b"
STARTED = EVENTS["pvp_diamond", "PatrolStarted"]
PLAYER = bytes(12) + b"p" * 20


def word(number: int) -> bytes:
    """A word of 32 bytes."""
    return number.to_bytes(32, "big")


def insert(connection: psycopg.Connection, *logs: dict[str, Any]) -> None:
    """Insert logs, patrols of METIS that begin where nothing else is said."""
    for place, given in enumerate(logs):
        log = {
            "chain_id": METIS,
            "block_number": 10,
            "tx_hash": word(1000 + place),
            "log_index": place,
            "address": bytes.fromhex(DIAMOND[2:]),
            "topic0": STARTED.topic0,
            "topic1": word(7),
            "topic2": PLAYER,
            "data": word(3),
        } | given
        connection.execute(
            "select app.create_log_partitions(%s, %s, %s)",
            [log["chain_id"], log["block_number"], log["block_number"]],
        )
        connection.execute(
            f"insert into raw.chain_logs ({', '.join(log)})"
            f" values ({', '.join(['%s'] * len(log))})",
            list(log.values()),
        )


def block(connection: psycopg.Connection, number: int, time: str, removed: str | None) -> None:
    """Insert a block whose hash is its time's."""
    connection.execute(
        "insert into raw.chain_blocks (chain_id, block_number, block_hash, block_time, removed_at)"
        " values (%s, %s, sha256(%s), %s, %s)",
        [METIS, number, time.encode(), time, removed],
    )


def rows(connection: psycopg.Connection, view: str, columns: str) -> list[tuple]:
    """Some columns of a view, in the order of the logs."""
    return connection.execute(
        f"select {columns} from analytics.{view} order by chain_id, block_number, log_index"
    ).fetchall()


def test_a_log_has_the_time_of_its_own_block(transaction: psycopg.Connection) -> None:
    """Also when the block was replaced by another one; where a file names no block, that of the
    canonical one; none where the block is not known."""
    old, new = "2026-05-01 12:00:00+00", "2026-05-01 12:00:07+00"
    block(transaction, 10, old, "2026-05-02 00:00:00+00")
    block(transaction, 10, new, None)
    hash_of = "select sha256(%s)"
    of_old, of_new = (transaction.execute(hash_of, [t.encode()]).fetchone()[0] for t in (old, new))
    insert(
        transaction,
        {"block_hash": of_old, "removed_at": "2026-05-02 00:00:00+00"},
        {"block_hash": of_new},
        {"block_hash": None},
        {"block_hash": word(1)},
        {"block_number": 11},
    )
    transaction.execute("set local timezone to 'UTC'")
    assert rows(transaction, STARTED.decoder, "occurred_at::text, removed_at is not null") == [
        (old, True),
        (new, False),
        (new, False),
        (None, False),
        (None, False),
    ]


def test_a_log_belongs_to_an_event_by_chain_address_topics_and_blocks(
    transaction: psycopg.Connection,
) -> None:
    """A contract counts from its first to its last block, where they are known."""
    transaction.execute(
        "update analytics.chain_contracts set from_block = 10, to_block = 12"
        " where contract = 'pvp_diamond'"
    )
    insert(
        transaction,
        {},
        {"chain_id": 53935},
        {"address": bytes(20)},
        {"topic2": None},
        {"topic3": word(1)},
        {"topic0": word(1)},
        *({"block_number": number} for number in (9, 12, 13)),
    )
    columns = "block_number, patrol_id, player, enemy_pool_id, address, tx_hash, topic1"
    player = f"0x{PLAYER[12:].hex()}"
    assert rows(transaction, STARTED.decoder, columns) == [
        (10, 7, player, 3, DIAMOND, f"0x{word(1000).hex()}", word(7)),
        (12, 7, player, 3, DIAMOND, f"0x{word(1007).hex()}", word(7)),
    ]
    # what is of the contract, and no event of it
    unknown = [(3, "pvp_diamond", 2), (4, "pvp_diamond", 4), (5, "pvp_diamond", 3)]
    assert rows(transaction, "log_unknown", "log_index, contract, topics") == unknown


def test_events_that_share_a_topic_differ_by_their_number_of_topics(
    transaction: psycopg.Connection,
) -> None:
    cjewel, garden = EVENTS["cjewel", "Withdraw"], EVENTS["lp_staking_diamond", "Withdraw"]
    assert cjewel.topic0 == garden.topic0
    addresses = dict(
        transaction.execute(
            "select contract, decode(substr(address, 3), 'hex') from analytics.chain_contracts"
            " where chain_id = 53935"
        ).fetchall()
    )
    of_both = {"chain_id": 53935, "topic0": cjewel.topic0, "topic1": PLAYER}
    insert(
        transaction,
        of_both | {"address": addresses["cjewel"], "topic2": None, "data": word(5) + word(9)},
        of_both | {"address": addresses["lp_staking_diamond"], "topic2": word(3), "data": word(5)},
        # each with the topics of the other
        of_both | {"address": addresses["cjewel"], "topic2": word(3), "data": word(5)},
        of_both | {"address": addresses["lp_staking_diamond"], "topic2": None, "data": word(5)},
    )
    assert rows(transaction, cjewel.decoder, "log_index, value") == [(0, 5)]
    assert rows(transaction, garden.decoder, "log_index, pid, amount") == [(1, 3, 5)]
    assert rows(transaction, "log_unknown", "log_index") == [(2,), (3,)]


def test_a_log_that_does_not_decode_is_there_without_parameters(
    transaction: psycopg.Connection,
) -> None:
    insert(transaction, {}, {"data": b"\1"}, {"topic2": b"\1" * 32}, {"topic1": b"\xff" * 32})
    columns = "log_index, is_decodable, patrol_id, player is null, enemy_pool_id"
    assert rows(transaction, STARTED.decoder, columns) == [
        (0, True, 7, False, 3),
        (1, False, None, True, None),
        (2, False, None, True, None),
        # sound, and a number that no bigint holds
        (3, True, None, False, 3),
    ]
    assert rows(transaction, "log_undecodable", "log_index, decoder") == [
        (1, STARTED.decoder),
        (2, STARTED.decoder),
    ]


def test_an_amount_is_scaled_exactly(transaction: psycopg.Connection) -> None:
    amount = "1234567890123456789012::numeric(78)"
    value = render(f"select ({{{{ scaled_amount('{amount}') }}}})::text", {})
    assert transaction.execute(value).fetchone() == ("1234.567890123456789012",)
    value = render(f"select ({{{{ scaled_amount('{amount}', 3) }}}})::text", {})
    assert transaction.execute(value).fetchone() == ("1234567890123456789.012",)


@pytest.fixture(scope="module")
def many_logs(module_database: str) -> psycopg.Connection:
    """A database with 4,000 logs in each of ten partitions, of many contracts and events."""
    with psycopg.connect(module_database) as connection:
        connection.execute("select app.create_log_partitions(%s, 0, 9999999)", [METIS])
        connection.execute(
            "insert into raw.chain_logs (chain_id, block_number, tx_hash, log_index, address,"
            " topic0, topic1, topic2, data)"
            " select %s, place * 250, sha256(place::text::bytea), 0,"
            " substr(sha256((place %% 40)::text::bytea), 1, 20),"
            " sha256((place %% 60)::text::bytea), sha256(place::text::bytea),"
            " sha256('p'::bytea), sha256('d'::bytea)"
            " from generate_series(0, 39999) as place",
            [METIS],
        )
        connection.execute("analyze raw.chain_logs")
        yield connection


@pytest.mark.parametrize(
    "condition",
    [
        "chain_id = 1088 and block_number between 3200000 and 3200999",
        "topic1 = sha256('17'::bytea)",
        "topic1 = any(array[sha256('17'::bytea), sha256('99'::bytea)])",
    ],
)
def test_conditions_reach_the_indexes(many_logs: psycopg.Connection, condition: str) -> None:
    # an event without indexed parameters has no such topic, so that nothing is read
    views = [
        one.decoder
        for one in EVENTS.values()
        if one.decoder and (one.indexed or "topic1" not in condition)
    ]
    if "topic1" not in condition:
        views += ["log_unknown", "log_undecodable"]
    assert len(views) > 35
    for view in views:
        plan = many_logs.execute(
            f"explain (format json) select * from analytics.{view} where {condition}"
        ).fetchone()[0]
        scans = [one for one in _scans(plan[0]["Plan"]) if "chain_logs" in one["Relation Name"]]
        assert scans, view
        assert {one["Node Type"] for one in scans} <= {"Index Scan", "Bitmap Heap Scan"}, view


def _scans(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes of a plan that read a table."""
    below = [one for child in node.get("Plans", []) for one in _scans(child)]
    return [node, *below] if "Relation Name" in node else below


def test_real_logs_decode_to_the_facts_of_their_transactions(
    transaction: psycopg.Connection, shared: Path
) -> None:
    if not (shared / "data/logs").is_dir():
        pytest.skip("no real logs")
    for line in (shared / "data/logs/metis_pvp_diamond.ndjson").read_text().splitlines():
        log = json.loads(line)
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        insert(
            transaction,
            {
                "block_number": int(log["blockNumber"], 16),
                "tx_hash": bytes.fromhex(log["transactionHash"][2:]),
                "log_index": int(log["logIndex"], 16),
                **{f"topic{place}": topic for place, topic in enumerate(topics)},
                "data": bytes.fromhex(log["data"][2:]),
            },
        )
    patrols = rows(
        transaction,
        "log_pvp_diamond_patrol_completed",
        "tx_hash, log_index, patrol_id, player, fights_completed, patrol_won",
    )
    assert len(patrols) == 25
    facts = _facts(shared / "data/metis/metis_patrol_events.csv")
    for tx_hash, log_index, patrol, player, fights, has_won in patrols:
        fact = facts[tx_hash, str(log_index)]
        assert (fact["chain_id"], fact["patrol_id"]) == (str(METIS), str(patrol))
        assert (fact["wallet_address"], fact["fights_completed"]) == (player, str(fights))
        assert fact["result"] == ("WIN" if has_won else "LOSS")
    matches = rows(
        transaction,
        "log_pvp_diamond_tournament_match",
        "tx_hash, log_index, tournament_id, bracket_slot, player_a, player_b, winner, block_number",
    )
    assert len(matches) == 10
    facts = _facts(shared / "data/metis/tournament_matches.csv")
    names = ("tournament_id", "bracket_slot", "player_a", "player_b", "winner_wallet")
    for tx_hash, log_index, *values in matches:
        fact = facts[tx_hash, str(log_index)]
        assert [fact[name] for name in (*names, "block_number")] == [str(each) for each in values]
    assert rows(transaction, "log_unknown", "topic0") == []


def _facts(file: Path) -> dict[tuple[str, str], dict[str, str]]:
    with file.open(newline="") as lines:
        return {(row["tx_hash"], row["log_index"]): row for row in csv.DictReader(lines)}
