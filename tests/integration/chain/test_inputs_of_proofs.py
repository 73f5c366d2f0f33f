"""A proof lists the logs and facts until its instant, those that state its facts, and no others."""

import copy
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedge import database
from hedge.analysis import proofs
from hedge.analysis.proof_files import Entry, Log, Proof
from hedge.chain.decoding import decode
from hedge.errors import HedgeError
from hedge.queries import query
from tests.integration.chain.facts import (
    ALICE,
    BEGINNING,
    BOB,
    DFK,
    METIS,
    put_block,
    put_log,
    time_of,
    tx,
    word,
)
from tests.support import add_cluster, hero, lp_price, put, pvp_match

PET = (9, 2, "Rex", 1, 2, 3, *[1] * 8, 44, 1, 0, 0, 0, 0, "0x" + "00" * 20, 0)
#: Of a state of a hero: all but its level.
STATE = ((0, 0, 0), (0, "0x" + "00" * 20, 0, 0))


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction with a cluster and the first blocks of two chains."""
    for block in range(1, 10):
        put_block(transaction, METIS, block)
        put_block(transaction, DFK, block)
    add_cluster(transaction, "alice", ALICE)
    return transaction


def list_inputs(connection: psycopg.Connection, source: str, key: str, as_of: datetime) -> None:
    """List what a value of Alice rests on, for the rest of the transaction."""
    asked = {"cluster": "alice", "window": "all_time", "as_of": as_of}
    asked["is_derived"] = source in ("epic_feats", "meta_profile")
    asked |= {"metric_source": source, "metric_key": key}
    connection.execute(query("explain_session"), asked)
    proofs.list_inputs(connection, "analytics", asked)


def listed(
    connection: psycopg.Connection, source: str, key: str, as_of: datetime
) -> tuple[list[Log], list[Entry], list[Entry], Sequence[Any]]:
    """The logs, facts and prices that a value of Alice rests on, and its facts without a log."""
    with connection.transaction(force_rollback=True):
        list_inputs(connection, source, key, as_of)
        logs, facts, prices = database.one_row(connection.execute(query("proof_parts")))
        without = connection.execute(query("proof_without_logs")).fetchall()
    return (
        msgspec.json.decode(logs, type=list[Log]),
        msgspec.json.decode(facts, type=list[Entry]),
        msgspec.json.decode(prices, type=list[Entry]),
        without,
    )


def deposit(connection: psycopg.Connection, block: int, total: int, wallet: str = ALICE) -> None:
    values = [(total * 10**18, 0, 0, 0, 0, 0), 10**18, 0]
    put_log(connection, "cjewel", "Deposit", [wallet], values, block=block)


def test_a_later_deposit_adds_no_log_to_a_position(connection: psycopg.Connection) -> None:
    deposit(connection, 1, 5)
    deposit(connection, 3, 7)
    decode(connection)
    before = listed(connection, "onchain_staking", "jewel_stake_amount", time_of(2))
    deposit(connection, 4, 9)
    decode(connection)
    logs, facts, _, without = listed(
        connection, "onchain_staking", "jewel_stake_amount", time_of(2)
    )
    assert ([log.block_number for log in logs], len(facts), without) == ([1], 1, [])
    assert before[0] == logs
    logs, facts, _, _ = listed(connection, "onchain_staking", "jewel_stake_amount", time_of(4))
    assert [log.block_number for log in logs] == [1, 3]
    assert len(facts) == 2


def test_a_deposit_whose_own_log_is_gone_has_none(connection: psycopg.Connection) -> None:
    deposit(connection, 1, 5)
    deposit(connection, 3, 7)
    decode(connection)
    connection.execute("delete from raw.chain_logs where block_number = 3")
    _, _, _, without = listed(connection, "onchain_staking", "jewel_stake_amount", time_of(9))
    assert [key["tx_hash"] for _, key in without] == [tx(3)]


def test_a_log_of_a_lost_block_states_nothing(connection: psycopg.Connection) -> None:
    """The same transaction was mined again at the same height."""
    values = [(5 * 10**18, 0, 0, 0, 0, 0), 10**18, 0]
    for fork in (1, 0):
        put_log(connection, "cjewel", "Deposit", [ALICE], values, block=1, fork=fork,
                removed=fork == 1)  # fmt: skip
    decode(connection)
    logs, _, _, _ = listed(connection, "onchain_staking", "jewel_stake_amount", time_of(4))
    assert [log.block_hash for log in logs] == ["0x" + word(1000).hex()]


def test_a_derived_metric_rests_on_the_facts_of_its_inputs(connection: psycopg.Connection) -> None:
    put_log(connection, "pvp_diamond", "PatrolCompleted", [2, ALICE], [2, True], block=3)
    deposit(connection, 1, 5)
    decode(connection)
    put(connection, pvp_match(ALICE, at=time_of(2)))
    _, facts, _, _ = listed(connection, "meta_profile", "pvp_mastery_score", time_of(5))
    assert {fact.table for fact in facts} == {"pvp_matches"}
    # one that lists no inputs rests on those of every source
    connection.execute("delete from analytics.mastery_weights where score = 'pvp_mastery_score'")
    _, facts, _, _ = listed(connection, "meta_profile", "pvp_mastery_score", time_of(5))
    every = {"pvp_matches", "metis_patrol_events", "jeweler_events"}
    assert {fact.table for fact in facts} == every


def test_a_pool_of_which_nothing_was_staked_yet_adds_no_price(
    connection: psycopg.Connection,
) -> None:
    put_log(connection, "lp_staking_diamond", "Deposit", [ALICE, 1], [5 * 10**18], block=1)
    put_log(connection, "lp_staking_diamond", "Deposit", [ALICE, 2], [5 * 10**18], block=4)
    put(connection, *(lp_price(30, BEGINNING.date(), pool_id=pool) for pool in (1, 2)))
    decode(connection)
    logs, _, prices, _ = listed(connection, "onchain_lp", "lp_usd_value", time_of(3))
    assert [log.block_number for log in logs] == [1]
    assert [price.key["pool_id"] for price in prices] == [1]
    _, _, prices, _ = listed(connection, "onchain_lp", "lp_usd_value", time_of(5))
    assert [price.key["pool_id"] for price in prices] == [1, 2]


def test_events_are_those_until_the_instant(connection: psycopg.Connection) -> None:
    put_log(connection, "pvp_diamond", "PatrolStarted", [1, ALICE], [3], block=1)
    put_log(connection, "pvp_diamond", "PatrolCompleted", [1, ALICE], [2, True], block=2)
    put_log(connection, "pvp_diamond", "PatrolCompleted", [2, ALICE], [2, True], block=3)
    # it began before the instant, and has not ended
    put_log(connection, "pvp_diamond", "PatrolStarted", [3, ALICE], [3], block=2, index=1)
    put_log(connection, "pvp_diamond", "PatrolCompleted", [3, ALICE], [2, True], block=4)
    decode(connection)
    logs, facts, _, _ = listed(connection, "onchain_metis_patrol", "wins", time_of(3))
    assert [log.block_number for log in logs] == [1, 2]
    assert [fact.key["patrol_id"] for fact in facts] == [1]
    # the instant itself is not before it
    logs, _, _, _ = listed(connection, "onchain_metis_patrol", "wins", time_of(4))
    assert [log.block_number for log in logs] == [1, 2, 3]


def test_a_pet_rests_on_what_says_its_state_at_the_instant(
    connection: psycopg.Connection,
) -> None:
    connection.execute("insert into analytics.pet_appearances values (44, 'dog', 'ODD')")
    put_log(connection, "pet_core", "PetHatchedV2", [BOB, 9], [PET], block=1)
    put_log(connection, "pet_core", "Transfer", [BOB, ALICE, 9], [], block=3)
    put_log(connection, "pet_core", "Transfer", [ALICE, BOB, 9], [], block=5)
    decode(connection)
    # only after the instant the pet, and so its earlier versions, are of Alice
    assert listed(connection, "onchain_pets", "rarity_score", time_of(2))[:2] == ([], [])
    logs, facts, _, without = listed(connection, "onchain_pets", "rarity_score", time_of(4))
    assert ([log.block_number for log in logs], len(facts), without) == ([1, 3], 2, [])


def test_a_hero_rests_on_the_log_of_its_summoning(connection: psycopg.Connection) -> None:
    """The genes of a version are in that log, also where the first version waits for a value."""
    put_log(connection, "hero_core", "HeroSummoned", [BOB], [7, 3, 4, 0, 5], block=1)
    put_log(connection, "hero_core", "HeroSummoned", [BOB], [8, 3, 4, 0, 5], block=1, index=1)
    put_log(connection, "hero_core", "Transfer", [BOB, ALICE, 7], [], block=3)
    put_log(connection, "hero_core", "Transfer", [ALICE, BOB, 7], [], block=5)
    put(connection, hero(7, ALICE, at=time_of(3)))
    connection.execute("update raw.heroes set decoded_at = now()")
    logs, facts, _, without = listed(connection, "onchain_heroes", "total_levels", time_of(4))
    assert [(log.block_number, log.log_index) for log in logs] == [(1, 0), (3, 0)]
    assert ([fact.key["hero_id"] for fact in facts], without) == ([7], [])


def test_a_match_is_stated_by_logs_of_its_realm_alone(connection: psycopg.Connection) -> None:
    """Duels of DFK Chain, of Kaia and battles on METIS are counted from 1 each."""
    scores = (9, 1, 2, 3, 4, 100, 120)
    duel = (1, ALICE, BOB, 1, 2, ALICE, [71], [72], 1, 1, 1, scores)
    put_log(connection, "dfk_duel", "DuelCompleted", [1, ALICE, BOB], [duel], block=2)
    put_log(connection, "pvp_diamond", "BattleCompleted", [1], [ALICE, 1], block=1)
    decode(connection)
    put(connection, pvp_match(ALICE, at=time_of(5), match_id="1", realm="METIS"))
    found = connection.execute(
        "select matches.realm, logs.chain_id, logs.block_number from raw.pvp_matches as matches"
        " cross join lateral app.logs_of_fact('pvp_matches', to_jsonb(matches), matched_at) as logs"
        " where wallet_address = %s order by 1",
        [ALICE],
    ).fetchall()
    assert found == [("CV", DFK, 2), ("METIS", METIS, 1)]


WORD, ADDRESS = st.binary(min_size=32, max_size=32), st.binary(min_size=20, max_size=20)
#: The lists of a proof, by their names.
Parts = dict[str, list[dict[str, Any]]]


def of_a_pool(connection: psycopg.Connection) -> Parts:
    """List two deposits of Alice into a pool, with its price, and return what a proof has of it."""
    put_log(connection, "lp_staking_diamond", "Deposit", [ALICE, 1], [5 * 10**18], block=1)
    put_log(connection, "lp_staking_diamond", "Deposit", [ALICE, 1], [6 * 10**18], block=2)
    put(connection, lp_price(30, BEGINNING.date()))
    decode(connection)
    list_inputs(connection, "onchain_lp", "lp_usd_value", time_of(5))
    parts = database.one_row(connection.execute(query("proof_parts")))
    logs, facts, prices = (msgspec.json.decode(part) for part in parts)
    assert (len(logs), len(facts), len(prices)) == (2, 2, 1)
    return {"logs": logs, "facts": facts, "prices": prices}


def differences(connection: psycopg.Connection, parts: Parts) -> list[proofs.Difference]:
    """Where a proof with these lists differs from what is listed here."""
    return proofs.compared(
        connection,
        Proof(
            **{name: "" for name in ("hedge", "cluster", "challenge", "metric_source")},
            **{"metric_key": "", "window": "all_time", "value": "1", "project": ""},
            **{"format": 1, "as_of": datetime(2026, 6, 1, tzinfo=UTC), "seeds": {}},
            links=[],
            logs=msgspec.convert(parts["logs"], list[Log]),
            **{
                name: msgspec.json.decode(msgspec.json.encode(parts[name]), type=list[Entry])
                for name in ("facts", "prices")
            },
        ),
    )


def test_what_only_one_side_has_is_named_by_its_key(connection: psycopg.Connection) -> None:
    """On whichever side it lacks."""
    whole = of_a_pool(connection)
    fact = f'lp_stake_events {{"tx_hash": "{tx(2)}", "log_index": 0}}'
    price = 'lp_prices_daily {"pool_id": 1, "chain_id": 53935, "price_date": "2026-05-01"}'
    assert differences(connection, whole | {"facts": whole["facts"][:1], "prices": []}) == [
        proofs.Difference("price", price, "is here and not in the proof"),
        proofs.Difference("fact", fact, "is here and not in the proof"),
    ]
    connection.execute("truncate pg_temp.proof_facts")
    lacking = [one for one in differences(connection, whole) if "missing" in one.difference]
    assert [one.subject for one in lacking] == [price, fact.replace(tx(2), tx(1)), fact]


def test_a_log_that_is_not_canonical_here_is_named(connection: psycopg.Connection) -> None:
    whole = of_a_pool(connection)
    connection.execute("update raw.chain_logs set removed_at = now() where block_number = 2")
    log = f"chain {DFK}, transaction {tx(2)}, log 0"
    fact = f'lp_stake_events {{"tx_hash": "{tx(2)}", "log_index": 0}}'
    not_canonical = proofs.Difference("log", log, "is in a block that is not canonical here")
    assert differences(connection, whole) == [not_canonical]
    connection.execute("delete from pg_temp.proof_logs where log ->> 'tx_hash' = %s", [tx(2)])
    without_log = proofs.Difference("fact", fact, "has no log here")
    assert differences(connection, whole) == [not_canonical, without_log]


def test_whatever_of_a_proof_was_changed_is_a_difference(connection: psycopg.Connection) -> None:
    """Each value of a log, fact and price counts, and so does that there is one."""
    whole = of_a_pool(connection)
    assert differences(connection, whole) == []

    @given(st.data())
    @settings(max_examples=60, deadline=None)
    def changed(data: st.DataObject) -> None:
        document = copy.deepcopy(whole)
        name = data.draw(st.sampled_from(list(document)))
        entries = document[name]
        entry = data.draw(st.sampled_from(entries))
        to_do = data.draw(st.sampled_from(["remove", "move", "change", "add"]))
        if to_do == "remove" or (name == "logs" and to_do in {"move", "add"}):
            entries.remove(entry)
        elif to_do == "move":
            entries.remove(entry)
            document["prices" if name == "facts" else "facts"].append(entry)
        elif to_do == "add":
            entry[data.draw(st.sampled_from(["key", "fact"]))]["more"] = None
        else:
            place = entry if name == "logs" else entry[data.draw(st.sampled_from(["key", "fact"]))]
            column = data.draw(st.sampled_from(list(place)))
            before = place[column]
            new = {
                "block_hash": WORD,
                "tx_hash": WORD,
                "address": ADDRESS,
                "data": st.binary(),
            }.get(column) if name == "logs" else None  # fmt: skip
            if column == "topics":
                place[column] = data.draw(st.sampled_from([before[:-1], before[::-1]]))
            elif new is not None:
                place[column] = "0x" + data.draw(new).hex()
            elif name == "logs":
                place[column] = data.draw(st.integers(0, 2**31 - 1))
            else:
                place[column] = data.draw(
                    st.none() | st.integers() | st.just("other") | st.just([])
                )
            if place[column] == before:
                return
        assert differences(connection, document), (name, to_do, entry)

    changed()


def test_a_fact_that_only_a_file_says_has_no_log(connection: psycopg.Connection) -> None:
    """Nor has one whose logs a proof does not list."""
    put_log(connection, "pvp_diamond", "PatrolCompleted", [2, ALICE], [2, True], block=3)
    decode(connection)
    connection.execute("update raw.metis_patrol_events set decoded_at = null")
    logs, facts, _, without = listed(connection, "onchain_metis_patrol", "wins", time_of(4))
    assert (logs, len(facts)) == ([], 1)
    assert without == [("metis_patrol_events", {"chain_id": METIS, "patrol_id": 2})]


def test_a_metric_that_reads_a_table_without_supporting_facts_is_refused(
    connection: psycopg.Connection,
) -> None:
    list_inputs(connection, "onchain_pvp", "wins", time_of(4))
    proofs._require_supported(connection, "analytics", "arena_victor")
    connection.execute("insert into pg_temp.proof_tables values ('ponds'), ('lakes')")
    with pytest.raises(HedgeError) as refused:
        proofs._require_supported(connection, "analytics", "arena_victor")
    assert str(refused.value) == (
        "arena_victor cannot be proved, because its metric reads raw.lakes, raw.ponds, of which the"
        " view supporting_facts has no facts: say under changes_concern in"
        " models/staging/_sources.yml which column holds the wallet, or add a branch to"
        " models/scope/supporting_facts.sql"
    )


def test_whatever_a_metric_reads_has_supporting_facts(connection: psycopg.Connection) -> None:
    """A derived metric without inputs that are listed rests on all metric sources."""
    list_inputs(connection, "meta_profile", "unlisted", time_of(4))
    (tables,) = connection.execute("select count(*) from pg_temp.proof_tables").fetchone()
    assert tables > 20
    proofs._require_supported(connection, "analytics", "arena_victor")
