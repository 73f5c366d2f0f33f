"""Which logs are decoded again when what their facts rest on becomes known, and no others are."""

from typing import Any

import psycopg
import pytest

from hedge import database
from hedge.queries import query
from tests.integration.chain.facts import ALICE, DFK, METIS, word

KAIA = 8217
WANTED = (DFK, "hero_core", "getHero(uint256)", 7)


def put_summons(
    connection: psycopg.Connection,
    hero: int,
    block: int | None,
    *,
    generation: int | None = 1,
    parents: tuple[int | None, int | None] = (None, None),
    chain: int = DFK,
    is_decoded: bool = True,
) -> None:
    """Store the summoning of a hero."""
    connection.execute(
        "insert into raw.hero_summons (chain_id, hero_id, block_number, summoner_wallet,"
        " summoner_id, assistant_id, stat_genes, generation, summoned_at, decoded_at)"
        " values (%s, %s, %s, %s, %s, %s, 0, %s, '2026-05-01', case when %s then now() end)",
        [chain, hero, block, ALICE, *parents, generation, is_decoded],
    )


def decode_table(connection: psycopg.Connection, table: str) -> None:
    """From now on, logs of a table were decoded, and no spans wait."""
    connection.execute("insert into app.chain_decoders values (%s, '', true)", [table])
    connection.execute("delete from app.undecoded_spans")


def spans(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """The spans that wait, which are taken."""
    return sorted(
        connection.execute(
            "delete from app.undecoded_spans returning chain_id, from_block, to_block, table_name"
        ).fetchall()
    )


def test_versions_of_heroes_follow_generations_that_change(
    transaction: psycopg.Connection,
) -> None:
    """Hero 11 keeps its generation, 9 is from a file, and the block of 10 is not known."""
    for hero, block in ((7, 10), (8, 10), (11, 40)):
        put_summons(transaction, hero, block)
    put_summons(transaction, 7, 20, chain=KAIA)
    put_summons(transaction, 9, 30, is_decoded=False)
    put_summons(transaction, 10, None)
    put_summons(transaction, 12, 50, generation=None)
    change = (
        "update raw.hero_summons set rarity = 3,"
        " generation = case hero_id when 11 then 1 else coalesce(generation, 0) + 1 end"
    )
    decode_table(transaction, "pets")
    transaction.execute(change)
    assert spans(transaction) == []
    decode_table(transaction, "heroes")
    transaction.execute("update raw.hero_summons set generation = null where hero_id = 12")
    assert spans(transaction) == [(DFK, 50, 50, "heroes")]
    transaction.execute(change)
    assert spans(transaction) == [
        (KAIA, 20, 20, "heroes"),
        (DFK, 10, 10, "heroes"),
        (DFK, 50, 50, "heroes"),
    ]


@pytest.mark.parametrize("table", ["heroes", "hero_summons"])
def test_summons_follow_what_becomes_known_of_parents(
    transaction: psycopg.Connection, table: str
) -> None:
    """Heroes from 21 on are children of 3; of some nothing follows."""
    put_summons(transaction, 21, 10, generation=None, parents=(3, 4))
    put_summons(transaction, 22, 10, generation=None, parents=(4, 3))
    put_summons(transaction, 23, 11, generation=2, parents=(3, 3))
    put_summons(transaction, 24, 12, generation=3, parents=(3, 4))
    put_summons(transaction, 25, 13, generation=None, parents=(3, 4), is_decoded=False)
    put_summons(transaction, 26, None, generation=None, parents=(3, 4))
    put_summons(transaction, 27, 15, generation=None, parents=(5, 4))
    put_summons(transaction, 28, 16, generation=None, parents=(4, 3), chain=KAIA)

    def put_parent(hero: int, generation: int | None) -> None:
        if table == "hero_summons":
            put_summons(transaction, hero, 1, generation=generation, parents=(hero, None))
            return
        transaction.execute(
            "insert into raw.heroes (hero_id, main_class, rarity, level, generation, is_rented,"
            " updated_at) values (%s, 'Wizard', 1, 1, %s, false, '2026-05-01')",
            [hero, generation],
        )

    decode_table(transaction, "pets")
    put_parent(5, 2)
    assert spans(transaction) == []
    decode_table(transaction, "hero_summons")
    put_parent(3, None)
    assert spans(transaction) == []
    transaction.execute(f"update raw.{table} set generation = 2 where hero_id = 3")
    of_children = [
        (KAIA, 16, 16, "hero_summons"),
        (DFK, 10, 10, "hero_summons"),
        (DFK, 11, 11, "hero_summons"),
    ]
    assert spans(transaction) == of_children
    transaction.execute(f"delete from raw.{table} where hero_id = 3")
    put_parent(3, 2)
    assert spans(transaction) == of_children


def test_facts_follow_the_answers_that_they_want(transaction: psycopg.Connection) -> None:
    """An answer of another chain, contract, function or argument, or of another block where the
    value changes, is none that is wanted."""
    wanted = [
        (*WANTED, 10, False, "heroes"),
        (*WANTED[:3], 8, 10, False, "heroes"),
        (*WANTED, 10, False, "hero_summons"),
        (*WANTED, 50, True, "heroes"),
    ]
    others = [
        (*WANTED, 51, True, "heroes"),
        (KAIA, *WANTED[1:], 11, False, "heroes"),
        (DFK, "pet_core", *WANTED[2:], 12, False, "heroes"),
        (DFK, "hero_core", "ownerOf(uint256)", 7, 13, False, "heroes"),
        (*WANTED[:3], 9, 14, False, "heroes"),
    ]
    for row in [*wanted, *others]:
        transaction.execute(
            "insert into app.chain_wanted_calls (chain_id, contract, called_function, argument,"
            " block_number, is_of_block, table_name) values (%s, %s, %s, %s, %s, %s, %s)",
            row,
        )
    transaction.execute("delete from app.undecoded_spans")
    transaction.execute(
        "insert into raw.chain_call_results (chain_id, contract, called_function, argument,"
        " block_number, answer) values (%s, %s, %s, %s, 50, 'a'), (%s, %s, %s, 8, 50, 'a')",
        [*WANTED, *WANTED[:3]],
    )
    assert spans(transaction) == [
        (DFK, 10, 10, "hero_summons"),
        (DFK, 10, 10, "heroes"),
        (DFK, 50, 50, "heroes"),
    ]
    left = transaction.execute(
        "select chain_id, contract, called_function, argument::bigint, block_number, is_of_block,"
        " table_name from app.chain_wanted_calls"
    ).fetchall()
    assert sorted(left) == sorted(others)


def test_logs_leave_a_span_for_each_thousand_blocks(transaction: psycopg.Connection) -> None:
    """For each chain, from the first to the last block that was written."""
    blocks = [(METIS, 10), (METIS, 500), (METIS, 999), (METIS, 1000), (METIS, 2999), (DFK, 20)]
    for chain, block in blocks:
        transaction.execute("select app.create_log_partitions(%s, %s, %s)", [chain, block, block])
    found = [
        (DFK, 20, 20, None),
        (METIS, 10, 999, None),
        (METIS, 1000, 1000, None),
        (METIS, 2999, 2999, None),
    ]
    transaction.execute(
        "insert into raw.chain_logs (chain_id, block_number, tx_hash, log_index, address, data)"
        " select chain, block, sha256(block::text::bytea), 0, substr(sha256('a'), 1, 20), ''"
        " from unnest(%s::integer[], %s::bigint[]) as logs (chain, block)",
        [[chain for chain, _ in blocks], [block for _, block in blocks]],
    )
    assert spans(transaction) == sorted(found)
    transaction.execute("update raw.chain_logs set removed_at = now() where block_number > 500")
    assert spans(transaction) == [
        (METIS, 999, 999, None),
        (METIS, 1000, 1000, None),
        (METIS, 2999, 2999, None),
    ]
    transaction.execute(
        "insert into raw.chain_blocks (chain_id, block_number, block_hash, block_time)"
        " values (%s, 7, %s, now()), (%s, 9, %s, now())",
        [METIS, word(7), METIS, word(9)],
    )
    assert spans(transaction) == [(METIS, 7, 9, None)]


def test_what_waits_of_another_chain_or_table_was_decoded_all_the_same(
    transaction: psycopg.Connection,
) -> None:
    transaction.execute("delete from app.undecoded_spans")
    for chain, table, first, last in (
        (DFK, "heroes", 10, 19),
        (DFK, None, 30, 39),
        (METIS, "heroes", 50, 59),
        (DFK, "pets", 70, 79),
    ):
        transaction.execute(
            "insert into app.undecoded_spans (chain_id, table_name, from_block, to_block)"
            " values (%s, %s, %s, %s)",
            [chain, table, first, last],
        )
    asked = {"chain": DFK, "first": 5, "table": "heroes"}
    decoded = database.value(transaction, query("chain_decoded_from"), asked)
    assert str(decoded) == "{[5, 10), [20, 30), [40, None)}"
