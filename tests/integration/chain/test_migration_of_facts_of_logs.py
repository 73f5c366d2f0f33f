"""The tables of what files and logs say: their keys, and who leaves spans."""

from typing import Any

import psycopg
import pytest

from tests.integration.chain.facts import ALICE, METIS

FILE = {"table_name": "heroes", "key": "{}", "fact": "{}"}
PENDING = FILE | {"missing": [], "chain_id": METIS, "block_number": 1}
LOGS = {
    "chain_id": METIS,
    "block_number": 1,
    "contract": "gold",
    "address": b"a",
    "reason": "unknown event",
    "number_of_logs": 1,
}
RESULT = {
    "chain_id": METIS,
    "contract": "gold",
    "called_function": "f(uint256)",
    "argument": 7,
    "block_number": 3,
}
DECODER = {"table_name": "heroes", "definition": "x", "is_decoded": True}


def insert(connection: psycopg.Connection, table: str, row: dict[str, Any]) -> None:
    with connection.transaction():
        connection.execute(
            f"insert into {table} ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",
            list(row.values()),
        )


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("raw.facts_of_files", FILE),
        ("raw.pending_facts", PENDING),
        ("raw.chain_call_results", RESULT),
        ("app.chain_decoders", DECODER),
        ("app.compared_decoders", {"definitions": "x"}),
        ("app.redecoded_keys", {"table_name": "heroes", "key": "{}"}),
    ],
)
def test_a_key_is_there_once(
    transaction: psycopg.Connection, table: str, row: dict[str, Any]
) -> None:
    insert(transaction, table, row)
    with pytest.raises(psycopg.errors.UniqueViolation):
        insert(transaction, table, row)


def test_a_reason_is_one_of_two(transaction: psycopg.Connection) -> None:
    insert(transaction, "raw.undecoded_logs", LOGS)
    insert(transaction, "raw.undecoded_logs", LOGS | {"reason": "malformed data"})
    with pytest.raises(psycopg.errors.CheckViolation, match="reason is unknown event or malformed"):
        insert(transaction, "raw.undecoded_logs", LOGS | {"reason": "other"})
    with pytest.raises(psycopg.errors.CheckViolation):
        insert(transaction, "app.compared_decoders", {"one": False, "definitions": "x"})


def test_the_result_of_a_call_lets_facts_be_decoded_that_want_it(
    transaction: psycopg.Connection,
) -> None:
    """A value that never changes from the answer at any block, others from that of their own."""
    wanted = {key: RESULT[key] for key in ("chain_id", "contract", "called_function", "argument")}
    wanted |= {"block_number": 5, "is_of_block": False, "table_name": "heroes"}
    for changes in (
        {},
        {"chain_id": 1},
        {"contract": "other"},
        {"called_function": "g(uint256)"},
        {"argument": 8},
        {"block_number": 2, "is_of_block": True},
        {"block_number": 3, "is_of_block": True, "table_name": "pets"},
    ):
        insert(transaction, "app.chain_wanted_calls", wanted | changes)
    insert(transaction, "raw.chain_call_results", RESULT)
    columns = "select chain_id, from_block, to_block, table_name from app.undecoded_spans"
    found = transaction.execute(columns + " order by 2").fetchall()
    assert found == [(METIS, 3, 3, "pets"), (METIS, 5, 5, "heroes")]
    assert transaction.execute("select count(*) from app.chain_wanted_calls").fetchone() == (5,)


@pytest.mark.parametrize(
    ("word", "kind", "value"),
    [
        (7, "number", "7"),
        (2**256 - 1, "number", str(2**256 - 1)),
        (0, "boolean", "false"),
        (1, "boolean", "true"),
        (2, "boolean", None),
        (0xA1, "address", "0x" + "00" * 19 + "a1"),
        (2**160 - 1, "address", "0x" + "ff" * 20),
        (2**160, "address", None),
        (7, "other", None),
    ],
)
def test_a_word_of_an_answer_is_a_value(
    transaction: psycopg.Connection, word: int, kind: str, value: str | None
) -> None:
    called = "select app.called_value(%s, %s, %s)"
    answer = bytes(32) + word.to_bytes(32)
    assert transaction.execute(called, [answer, 1, kind]).fetchone() == (value,)
    assert transaction.execute(called, [answer + b"other", 1, kind]).fetchone() == (value,)
    assert transaction.execute(called, [answer, 2, kind]).fetchone() == (None,)
    assert transaction.execute(called, [answer[:-1], 1, kind]).fetchone() == (None,)


def test_decoded_at_is_no_time_of_a_fact(transaction: psycopg.Connection) -> None:
    """A note of a change has the times of the fact, and not that of decoding."""
    transaction.execute(
        "insert into raw.metis_patrol_events (chain_id, patrol_id, wallet_address, result,"
        " completed_at, decoded_at) values (1088, 1, %s, 'WIN', '2020-01-01', now())",
        [ALICE],
    )
    notes = (
        "select to_at::date::text from app.change_notes where table_name = %s and kind = 'wallet'"
    )
    assert transaction.execute(notes, ["metis_patrol_events"]).fetchall() == [("2020-01-01",)]


def test_the_hash_of_rows_does_not_know_their_order(transaction: psycopg.Connection) -> None:
    transaction.execute("create temp table one as values (1, 'a'), (2, 'b')")
    transaction.execute("create temp table two as values (2, 'b'), (1, 'a')")
    transaction.execute("create temp table three as values (2, 'a'), (1, 'b')")
    hashes = [
        transaction.execute("select app.hash_of_rows(%s)", [name]).fetchone()[0]
        for name in ("one", "two", "three")
    ]
    assert hashes[0] == hashes[1] != hashes[2]
