"""Which calls of the seed chain_calls concern a raw table, and what a fact says of them."""

import psycopg

from hedge.chain.called import calls_of
from hedge.chain.decoding import decode
from hedge.loading.tables import Table
from tests.integration.chain.facts import ALICE, DFK, put_block, put_log, stored


def test_a_fact_that_two_logs_state_says_once_what_its_calls_are_at(
    transaction: psycopg.Connection,
) -> None:
    """The block of the other log is read after the first one. A table of logs that requires what a
    call gives is none of ours."""
    transaction.execute("alter table raw.hero_summons alter rarity set not null")
    for block in (1, 2):
        put_block(transaction, DFK, block)
        values = [7, 3, 4, 2 * 32**44, 5]
        put_log(transaction, "hero_core", "HeroSummoned", [ALICE], values, block=block)
        decode(transaction)
    of_summons = [
        calls.split("; ")
        for name, calls in stored(transaction, "pending_facts", "table_name, calls")
        if name == "hero_summons"
    ]
    assert of_summons == [["rarity: getHero(uint256) of hero_core was not called yet"]]


def test_calls_for_what_a_table_does_not_have_are_passed_over(
    transaction: psycopg.Connection,
) -> None:
    """A seed may be newer than the table, or name a kind of value that this version lacks."""
    table = Table.read(transaction, "raw", "hero_summons")
    call = {
        "column_name": "rarity",
        "contract": "hero_core",
        "called_function": "getHero(uint256)",
        "argument_column": "hero_id",
        "result_word": 9,
        "result_type": "number",
        "meaning": None,
        "is_of_block": False,
    }
    assert len(calls_of([call], table)) == 1
    for change in (
        {"column_name": "other"},
        {"argument_column": "other"},
        {"result_type": "string"},
    ):
        assert calls_of([call | change], table) == []
