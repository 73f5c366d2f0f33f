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
RESULT = {"chain_id": METIS, "contract": "gold", "called_function": "f(uint256)", "argument": 7}
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


def test_the_result_of_a_call_lets_facts_be_decoded_that_wait_for_it(
    transaction: psycopg.Connection,
) -> None:
    waiting = PENDING | {"fact": '{"hero_id": 7}', "block_number": 5}
    insert(transaction, "raw.pending_facts", waiting)
    insert(transaction, "raw.pending_facts", waiting | {"key": "[]", "chain_id": 1})
    insert(transaction, "raw.pending_facts", waiting | {"key": "1", "fact": '{"hero_id": 8}'})
    insert(transaction, "raw.chain_call_results", RESULT)
    columns = "select chain_id, from_block, to_block, table_name from app.undecoded_spans"
    assert transaction.execute(columns).fetchall() == [(METIS, 5, 5, "heroes")]
    transaction.execute("update raw.chain_call_results set result = 3")
    assert len(transaction.execute(columns).fetchall()) == 2


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
