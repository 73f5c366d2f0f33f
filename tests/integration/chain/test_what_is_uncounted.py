"""What `app.complete_to` counts beside its block; whose block it is, and as of which instant."""

from typing import Any

import psycopg
import pytest

from tests.integration.chain.facts import DFK, METIS, put_block, time_of
from tests.integration.chain.test_complete_to import CURSOR, complete_to, cover, put_cursor


@pytest.fixture
def followed(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in which METIS is followed, and all logs of its contracts are known."""
    put_cursor(transaction, METIS, CURSOR)
    for contract in ("pvp_diamond", "pet_core"):
        cover(transaction, METIS, contract, f"{{[0,{CURSOR + 1})}}")
    transaction.execute("delete from app.undecoded_spans")
    return transaction


def wait(
    connection: psycopg.Connection,
    number: int,
    table: str = "pets",
    *,
    missing: str = "{rarity}",
    calls: str | None = None,
    chain: int = METIS,
    block: int = CURSOR,
) -> None:
    """Let so many facts wait."""
    connection.execute(
        "insert into raw.pending_facts"
        " (table_name, key, fact, missing, calls, chain_id, block_number)"
        " select %s, jsonb_build_array(number, %s::text, %s::text, %s::int, %s::int), '{}', %s, %s,"
        " %s, %s from generate_series(1, %s) as number",
        [table, missing, calls, chain, block, missing, calls, chain, block, number],
    )


def uncounted(connection: psycopg.Connection, tables: list[str] | None = None) -> int:
    """How many facts and logs of METIS wait."""
    (found,) = connection.execute("select app.complete_to(%s, 'infinity')", [tables]).fetchone()
    return {one["chain_id"]: one["uncounted"] for one in found}[METIS]


def test_facts_that_wait_are_counted_once_each(followed: psycopg.Connection) -> None:
    """Whatever they lack; not those of a later block, of another chain, or of a table that no logs
    feed. The numbers are powers of two, so that a sum names them."""
    wait(followed, 1)
    wait(followed, 2, calls="rarity: was refused")
    wait(followed, 4, missing="{variant_of_chain}")
    wait(followed, 8, "hero_summons")
    wait(followed, 16, block=CURSOR + 1)
    wait(followed, 32, chain=DFK)
    wait(followed, 64, "token_prices_daily")
    assert uncounted(followed) == 1 + 2 + 4 + 8
    assert uncounted(followed, ["pets", "token_prices_daily"]) == 1 + 2 + 4
    # where no block is known up to which everything is there, all that is followed counts
    cover(followed, METIS, "pet_core", "{[1,101)}")
    assert complete_to(followed) == {METIS: None}
    assert uncounted(followed) == 1 + 2 + 4 + 8


def test_malformed_logs_are_those_of_contracts_of_the_chain(followed: psycopg.Connection) -> None:
    def put(number: int, contract: str, of_chain: int, *, chain: int = METIS, block: int) -> None:
        followed.execute(
            "insert into raw.undecoded_logs"
            " (chain_id, block_number, contract, address, reason, number_of_logs)"
            " select %s, %s, contract, decode(substr(address, 3), 'hex'), 'malformed data', %s"
            " from analytics.chain_contracts where contract = %s and chain_id = %s",
            [chain, block, number, contract, of_chain],
        )

    put(1, "pvp_diamond", METIS, block=CURSOR)
    put(2, "pvp_diamond", METIS, block=CURSOR + 1)
    put(4, "pvp_diamond", METIS, chain=DFK, block=CURSOR)
    put(8, "cjewel", DFK, block=CURSOR)
    put(16, "pet_core", METIS, block=1)
    assert uncounted(followed) == 1 + 16
    cover(followed, METIS, "pet_core", "{[1,101)}")
    assert complete_to(followed) == {METIS: None}
    assert uncounted(followed) == 1 + 16


def test_a_contract_that_has_two_rows_is_one(followed: psycopg.Connection) -> None:
    """It begins with the earlier one and ends with the later one."""
    followed.execute(
        "update analytics.chain_contracts set from_block = 30, to_block = 60"
        " where contract = 'pvp_diamond' and chain_id = %s",
        [METIS],
    )
    followed.execute(
        "insert into analytics.chain_contracts (contract, chain_id, address, from_block, to_block)"
        " select contract, chain_id, address, 70, 90 from analytics.chain_contracts"
        " where contract = 'pvp_diamond' and chain_id = %s",
        [METIS],
    )
    cover(followed, METIS, "pet_core", f"{{[0,{CURSOR + 1})}}")
    blocks = {"{[30,91)}": CURSOR, "{[30,61)}": 60, "{[30,61),[70,91)}": 60, "{[31,91)}": 29}
    for covered, block in blocks.items():
        followed.execute(
            "update app.chain_coverage set covered = %s where contract = 'pvp_diamond'", [covered]
        )
        assert complete_to(followed) == {METIS: block}


def test_the_last_block_is_one_of_the_chain_at_the_instant(followed: psycopg.Connection) -> None:
    put_block(followed, METIS, 40)
    put_block(followed, DFK, 60)
    followed.execute("delete from app.undecoded_spans")
    assert complete_to(followed, until=time_of(70)) == {METIS: 40}
    assert complete_to(followed, until=time_of(40)) == {METIS: 40}
    assert complete_to(followed, until=time_of(39)) == {METIS: None}


def test_a_chain_that_has_no_name_has_its_number(followed: psycopg.Connection) -> None:
    followed.execute("delete from analytics.chains where chain_id = %s", [METIS])
    (found,) = followed.execute("select app.complete_to(null, 'infinity')").fetchone()
    assert [(one["chain"], one["block_number"]) for one in found] == [("chain 1088", CURSOR)]


@pytest.mark.parametrize("seed", ["chains", "chain_contracts", "chain_events", "chain_fact_tables"])
def test_without_a_seed_nothing_is_said(followed: psycopg.Connection, seed: Any) -> None:
    followed.execute(f"alter table analytics.{seed} rename to hidden")
    assert complete_to(followed) == {}
