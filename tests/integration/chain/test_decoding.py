"""Decoding as a step: what it costs, what it repeats, and what it reports."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hedge import database
from hedge.chain import facts
from hedge.chain.decoding import decode
from hedge.errors import HedgeError
from hedge.loading import load
from tests import PROJECT
from tests.integration.chain.facts import (
    ALICE,
    BOB,
    METIS,
    put_block,
    put_log,
    stored,
    time_of,
    tx,
    word,
)

PATROLS = "patrol_id, wallet_address, result, completed_at, tx_hash, log_index"


def patrol(connection: psycopg.Connection, number: int, block: int, **place: Any) -> None:
    put_log(
        connection,
        "pvp_diamond",
        "PatrolCompleted",
        [number, ALICE],
        [2, True],
        block=block,
        **place,
    )


def noted(connection: psycopg.Connection) -> int:
    return connection.execute("select count(*) from app.change_notes").fetchone()[0]


def test_without_spans_nothing_is_read(transaction: psycopg.Connection) -> None:
    assert decode(transaction).batches == 0
    assert transaction.execute("select count(*) from app.compared_decoders").fetchone() == (0,)


def test_what_has_grown_is_counted_before_it_is_read(transaction: psycopg.Connection) -> None:
    """Else the server plans for a few logs, and reads all of them for each one."""
    transaction.execute("select app.create_log_partitions(7, 0, 999999)")
    transaction.execute(
        "insert into raw.chain_logs"
        " (chain_id, block_number, block_hash, tx_hash, log_index, address, topic0, data)"
        " select 7, number, sha256('b'), sha256(number::text::bytea), 0,"
        " substr(sha256('a'), 1, 20), sha256('0'), '' from generate_series(1, 2000) as number"
    )
    counted = "select reltuples from pg_class where oid = 'raw.chain_logs_7_0'::regclass"
    assert transaction.execute(counted).fetchone() == (-1,)
    decode(transaction)
    assert transaction.execute(counted).fetchone() == (2000,)


def test_a_partition_of_more_than_a_gigabyte_is_decoded(transaction: psycopg.Connection) -> None:
    """Its size in bytes is more than an integer can hold."""
    patrol(transaction, 1, block=2)
    transaction.execute(
        "update pg_class set relpages = 1 << 20"
        " where oid in ('raw.chain_logs_1088_0'::regclass, 'raw.chain_blocks'::regclass)"
    )
    assert decode(transaction).logs == 1


def test_new_facts_are_noted_as_changes(transaction: psycopg.Connection) -> None:
    put_block(transaction, METIS, 1)
    patrol(transaction, 1, 1)
    before = noted(transaction)
    done = decode(transaction)
    assert (done.batches, done.logs, done.inserted) == (1, 1, 1)
    assert noted(transaction) == before + 1
    assert stored(transaction, "metis_patrol_events", PATROLS) == [
        (1, ALICE, "WIN", time_of(1), tx(1), 0)
    ]


def test_facts_that_somebody_took_away_are_decoded_again_as_the_page_says(
    transaction: psycopg.Connection,
) -> None:
    """docs/decoding.md, also where the facts of other tables stay."""
    page = (PROJECT / "docs/decoding.md").read_text().partition("### Decode again\n")[2]
    statements = re.findall(r'-c "(.*?)"', page.partition("\n## ")[0])
    assert len(statements) == 2
    put_block(transaction, METIS, 1)
    patrol(transaction, 1, 1)
    put_log(
        transaction, "pvp_diamond", "TournamentMatch", [1, ALICE, BOB], [1, ALICE, 0, 0, 0],
        block=1, index=1,
    )  # fmt: skip
    decode(transaction)
    known = stored(transaction, "metis_patrol_events", PATROLS)
    assert len(known) == 1
    transaction.execute("truncate raw.metis_patrol_events")
    assert decode(transaction).logs == 0
    for statement in statements:
        transaction.execute(statement.replace("hunt_raffle_wins", "metis_patrol_events"))
    done = decode(transaction)
    assert (done.inserted, done.changed) == (1, 1)
    assert stored(transaction, "metis_patrol_events", PATROLS) == known
    assert decode(transaction).logs == 0


def test_a_match_that_is_in_another_block_does_not_go_meanwhile(
    transaction: psycopg.Connection,
) -> None:
    """The block that it was in is decoded before the one that it is in."""

    def put_match(block: int, fork: int, *, removed: bool = False) -> None:
        topics, words = [1, ALICE, BOB], [1, ALICE, 0, 0, 0]
        place = {"block": block, "fork": fork, "transaction": 9, "removed": removed}
        put_log(transaction, "pvp_diamond", "TournamentMatch", topics, words, **place)

    put_block(transaction, METIS, 2)
    put_match(2, 0)
    decode(transaction)
    put_match(2, 0, removed=True)
    put_block(transaction, METIS, 3, fork=1)
    put_match(3, 1)
    done = decode(transaction, logs_at_once=1)
    assert (done.batches, done.updated, done.removed, done.inserted) == (2, 1, 0, 0)
    assert stored(transaction, "tournament_matches", "block_number") == [(3,)]
    assert stored(transaction, "removed_facts", "reason") == []


def test_a_reorganization_equals_the_history_that_survives(
    transaction: psycopg.Connection,
) -> None:
    """Patrol 1 ends in another block, 2 in none, 3 with another result, 4 by another transaction
    of another place; patrol 5 is new."""
    for block in range(1, 6):
        put_block(transaction, METIS, block)
    lost = [
        ([1, ALICE], [1, True], {"block": 2, "transaction": 91}),
        ([2, ALICE], [1, True], {"block": 2, "transaction": 92, "index": 1}),
        ([3, ALICE], [1, True], {"block": 3, "transaction": 93}),
        ([4, ALICE], [1, True], {"block": 4, "transaction": 94, "index": 5}),
    ]
    kept = [
        ([1, ALICE], [1, True], {"block": 3, "transaction": 91, "fork": 1}),
        ([3, ALICE], [1, False], {"block": 4, "transaction": 83, "fork": 1}),
        ([4, BOB], [2, True], {"block": 2, "transaction": 95, "index": 6, "fork": 1}),
        ([5, BOB], [2, True], {"block": 4, "transaction": 96, "index": 6, "fork": 1}),
    ]
    for topics, values, place in lost:
        put_log(transaction, "pvp_diamond", "PatrolCompleted", topics, values, **place)
    decode(transaction)
    assert len(stored(transaction, "metis_patrol_events", PATROLS)) == 4
    for topics, values, place in lost:
        put_log(
            transaction, "pvp_diamond", "PatrolCompleted", topics, values, removed=True, **place
        )
    for block in (2, 3, 4):
        put_block(transaction, METIS, block, fork=1)
    for topics, values, place in kept:
        put_log(transaction, "pvp_diamond", "PatrolCompleted", topics, values, **place)
    decode(transaction)
    after = stored(transaction, "metis_patrol_events", PATROLS)
    assert stored(transaction, "removed_facts", "key ->> 'patrol_id', reason, removed_by") == [
        ("2", "no canonical log states it any more: chain 1088, block 2", "hedge chain decode")
    ]
    with transaction.transaction(force_rollback=True):
        transaction.execute("delete from raw.metis_patrol_events")
        transaction.execute("delete from raw.chain_logs")
        decode(transaction)
        for topics, values, place in kept:
            put_log(transaction, "pvp_diamond", "PatrolCompleted", topics, values, **place)
        decode(transaction)
        assert stored(transaction, "metis_patrol_events", PATROLS) == after
    assert len(after) == 4


def test_a_batch_that_dies_is_decoded_again(
    transaction: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end of each of its tables, with two batches before it."""
    for block in range(1, 5):
        put_block(transaction, METIS, block)
        patrol(transaction, block, block)
    put_log(
        transaction, "pvp_diamond", "TournamentMatch", [1, ALICE, BOB], [5, ALICE, 0, 0, 0],
        block=4, index=1,
    )  # fmt: skip
    store, stores = facts.store, []

    class Died(BaseException):
        pass

    def dying(*arguments: Any, **others: Any) -> Any:
        found = store(*arguments, **others)
        stores.append(found)
        if len(stores) in (3, 5):
            raise Died
        return found

    monkeypatch.setattr(facts, "store", dying)
    for _ in range(2):
        with pytest.raises(Died):
            decode(transaction, logs_at_once=1)
    done = decode(transaction, logs_at_once=1)
    assert [number for number, *_ in stored(transaction, "metis_patrol_events", PATROLS)] == [
        *(1, 2, 3, 4)
    ]
    assert len(stored(transaction, "tournament_matches", "tx_hash")) == 1
    assert done.batches < 4
    assert transaction.execute("select count(*) from app.undecoded_spans").fetchone() == (0,)


def test_a_step_reads_the_blocks_of_its_spans(transaction: psycopg.Connection) -> None:
    """A condition of a batch reaches the indexes through every view of facts."""
    transaction.execute("select app.create_log_partitions(%s, 0, 2999999)", [METIS])
    transaction.execute(
        """
        insert into raw.chain_logs (chain_id, block_number, tx_hash, log_index, address, topic0,
            topic1, topic2, data)
        select 1088, n * 700, decode(lpad(to_hex(n), 64, '0'), 'hex'), 0,
            '\\xc7681698b14a2381d9f1ed69fc3d27f33965b53b',
            '\\x9ed8f9aac14f45bbc703fe9922e91c5db62b94877aeb6384e861d8d8c75db032',
            decode(lpad(to_hex(n), 64, '0'), 'hex'), decode(lpad('1', 64, '0'), 'hex'),
            decode(lpad('2', 64, '0') || lpad('1', 64, '0'), 'hex')
        from generate_series(1, 4000) as n
        """
    )
    transaction.execute("analyze raw.chain_logs")
    of_blocks = "chain_id = 1088 and (block_number between 700000 and 702000)"
    of_objects = f"chain_id = 1088 and object_word = any(array['\\x{word(5).hex()}']::bytea[])"
    views = transaction.execute(
        "select viewname from pg_views"
        " where schemaname = 'analytics' and viewname like 'facts\\_of\\_%'"
    ).fetchall()
    assert len(views) >= 17
    for (view,) in views:
        has_objects = transaction.execute(
            "select exists (select from pg_attribute where attrelid = %s::regclass"
            " and attname = 'object_word')",
            [f"analytics.{view}"],
        ).fetchone()[0]
        condition = of_objects if has_objects else of_blocks
        plan = transaction.execute(
            f"explain (format json) select * from analytics.{view} where {condition}"
        ).fetchone()[0]
        whole = [
            node
            for node in nodes(plan[0]["Plan"])
            if node["Node Type"] == "Seq Scan" and node["Relation Name"].startswith("chain_logs_")
        ]
        assert whole == [], view


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes of a plan."""
    return [plan, *(node for part in plan.get("Plans", []) for node in nodes(part))]


def test_logs_that_no_decoder_takes_are_counted(transaction: psycopg.Connection) -> None:
    put_block(transaction, METIS, 1)
    patrol(transaction, 1, 1, data=b"short")
    patrol(transaction, 2, 1, index=1)
    transaction.execute("update raw.chain_logs set topic0 = %s where log_index = 1", [b"\xaa" * 32])
    for _ in range(2):
        assert decode(transaction).undecoded == 2
        columns = "contract, reason, block_number, number_of_logs"
        assert stored(transaction, "undecoded_logs", columns) == [
            ("pvp_diamond", "malformed data", 1, 1),
            ("pvp_diamond", "unknown event", 1, 1),
        ]
        transaction.execute("insert into app.undecoded_spans values (%s, 1, 1)", [METIS])
    transaction.execute("update raw.chain_logs set removed_at = now()")
    assert decode(transaction).undecoded == 0
    assert stored(transaction, "undecoded_logs", "reason") == []


def test_a_changed_view_is_decoded_over_everything_once(transaction: psycopg.Connection) -> None:
    """A contract that is not listed any more has no facts; what a file says stays."""
    for block in (1, 2):
        put_block(transaction, METIS, block)
        patrol(transaction, block, block)
    decode(transaction)
    transaction.execute("update analytics.chain_contracts set from_block = 2")
    deploy(transaction, "with another seed")
    assert decode(transaction).removed == 1
    assert [number for number, *_ in stored(transaction, "metis_patrol_events", PATROLS)] == [2]
    ((reason,),) = stored(transaction, "removed_facts", "reason")
    assert reason == "its logs were decoded in another way after a deploy"
    deploy(transaction, "with something else")
    assert decode(transaction).batches == 0
    assert stored(transaction, "pending_facts", "key") == []


def deploy(connection: psycopg.Connection, definitions: str) -> None:
    """What decoding sees of a deploy of other definitions."""
    connection.execute("update app.compared_decoders set definitions = %s", [definitions])


def test_a_view_that_fails_names_the_blocks(transaction: psycopg.Connection) -> None:
    put_block(transaction, METIS, 7)
    patrol(transaction, 1, 7)
    transaction.execute(
        "create or replace function app.abi_hex(payload bytea, place integer, width integer)"
        " returns text language sql immutable parallel safe"
        " as $$ select (1 / (width - width))::text $$"
    )
    with (
        pytest.raises(HedgeError, match="chain 1088, block 7 cannot be decoded into metis_patrol"),
        transaction.transaction(),
    ):
        decode(transaction)
    assert transaction.execute("select count(*) from app.undecoded_spans").fetchone() != (0,)


def test_two_rows_of_a_file_say_what_logs_say(
    transaction: psycopg.Connection, tmp_path: Path
) -> None:
    """The counts of a load add up."""
    put_block(transaction, METIS, 1)
    patrol(transaction, 1, 1)
    decode(transaction)
    file = tmp_path / "patrols.csv"
    file.write_text(
        "chain_id,patrol_id,wallet_address,result,completed_at\n"
        + "".join(f"1088,{number},{BOB},WIN,2026-05-01T00:00:01Z\n" for number in (1, 1, 2))
    )
    summary = load(transaction, "metis_patrol_events", str(file))
    assert (summary.kept_for_log, summary.differing, summary.inserted, summary.repeated) == (
        *(1, 1, 1, 1),
    )
    assert stored(transaction, "facts_of_files", "differing, file") == [
        (["wallet_address"], str(file))
    ]


def test_real_logs_are_the_facts_that_are_known_of_them(
    transaction: psycopg.Connection, shared: Path
) -> None:
    """Patrols and tournament matches of METIS; their times are not in the logs."""
    for line in (line for path in (shared / "data/logs").glob("*.ndjson") for line in path.open()):
        log = json.loads(line)
        block, index = int(log["blockNumber"], 16), int(log["logIndex"], 16)
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        if topics[0].hex().startswith("e40da2ed"):  # auctions of another chain
            continue
        transaction.execute("select app.create_log_partitions(1088, %s, %s)", [block, block])
        transaction.execute(
            "insert into raw.chain_logs (chain_id, block_number, tx_hash, log_index, address,"
            " topic0, topic1, topic2, topic3, data)"
            " values (1088, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
            [
                *(block, bytes.fromhex(log["transactionHash"][2:]), index),
                *(bytes.fromhex(log["address"][2:]), *(topics + [None] * 3)[:4]),
                bytes.fromhex(log["data"][2:]),
            ],
        )
    assert decode(transaction).pending == 35
    transaction.execute(
        "insert into raw.chain_blocks (chain_id, block_number, block_hash, block_time)"
        " select distinct 1088, block_number, tx_hash, now() from raw.chain_logs"
        " on conflict do nothing"
    )
    assert decode(transaction).inserted == 35
    for table, key in (
        ("metis_patrol_events", ["chain_id", "patrol_id"]),
        ("tournament_matches", ["tx_hash", "log_index"]),
    ):
        with (shared / f"data/metis/{table}.csv").open(newline="") as lines:
            known = {tuple(row[name] for name in key): row for row in csv.DictReader(lines)}
        names = [name for name in next(iter(known.values())) if name != "completed_at"]
        found = stored(transaction, table, ", ".join(names))
        assert len(found) in (10, 25)
        for row in found:
            given = {
                name: "" if value is None else str(value)
                for name, value in zip(names, row, strict=True)
            }
            expected = known[tuple(given[name] for name in key)]
            assert given == {name: expected[name] for name in names}


def test_two_who_decode_wait_for_each_other(connection: psycopg.Connection) -> None:
    put_block(connection, METIS, 1)
    patrol(connection, 1, 1)
    with database.connect() as other, other.transaction():
        other.execute("select pg_advisory_xact_lock(%s)", [0x4465636F6465])
        connection.execute("set lock_timeout = 100")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            decode(connection)
    assert decode(connection).inserted == 1
