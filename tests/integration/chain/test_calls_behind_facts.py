"""Which calls supplied values of facts: of all that were answered, those whose values they have."""

from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from tests.integration.chain.facts import ALICE, BOB, DFK, put_log, word

KAIA = 8217
GET_HERO = "getHero(uint256)"
BLOCK = 10


def answer(
    *, rarity: int = 3, generation: int = 5, gene: int = 28, level: int = 12, realm: int = 4
) -> bytes:
    """What getHero returns; the words are those of the seed, and realm is the one after them."""
    words = [0] * 30
    words[9], words[11], words[15], words[20], words[21] = rarity, generation, gene, level, realm
    return b"".join(map(word, words))


def put_answer(
    connection: psycopg.Connection,
    hero: int,
    block: int,
    content: bytes | None,
    *,
    chain: int = DFK,
    contract: str = "hero_core",
    function: str = GET_HERO,
) -> None:
    """Store the answer to a call at the end of a block."""
    connection.execute(
        "insert into raw.chain_call_results (chain_id, contract, called_function, argument,"
        " block_number, answer) values (%s, %s, %s, %s, %s, %s)",
        [chain, contract, function, hero, block, content],
    )


def calls(
    connection: psycopg.Connection,
    table: str,
    fact: dict[str, Any],
    *,
    chain: int = DFK,
    block: int = BLOCK,
) -> list[tuple[Any, ...]]:
    """The block and the columns of the calls behind a fact, which are calls to the contract of
    heroes."""
    found = connection.execute(
        "select * from app.calls_of_facts(%s, %s) order by block_number",
        [table, Jsonb([{"fact": fact, "chain_id": chain, "block_number": block}])],
    ).fetchall()
    for row in found:
        assert row[:5] == (fact, chain, "hero_core", GET_HERO, fact["hero_id"])
    return [row[5:] for row in found]


def put_summons(
    connection: psycopg.Connection, *heroes: int, parents: tuple[int, int] = (3, 4)
) -> None:
    """Store the logs of summoned heroes of one block; nothing is known of the parents."""
    for hero in heroes:
        values = [hero, *parents, 0, 5]
        place = {"block": BLOCK, "transaction": hero, "index": hero}
        put_log(connection, "hero_core", "HeroSummoned", [ALICE], values, **place)


def test_the_newest_answer_supplied_what_logs_do_not_give(
    transaction: psycopg.Connection,
) -> None:
    put_summons(transaction, 7, 8)
    put_summons(transaction, 13, parents=(0, 0))
    for hero in (7, 13):
        put_answer(transaction, hero, 50, answer(generation=6))
        put_answer(transaction, hero, 60, answer())
        put_answer(transaction, hero, 70, None)
    of_seven = {"hero_id": 7, "rarity": 3, "generation": 5}
    assert calls(transaction, "hero_summons", of_seven) == [(60, ["generation", "rarity"])]
    assert calls(transaction, "hero_summons", of_seven | {"generation": 6}) == [(60, ["rarity"])]
    # the logs give the generation of a hero without parents
    assert calls(transaction, "hero_summons", of_seven | {"hero_id": 13}) == [(60, ["rarity"])]


def test_answers_to_other_calls_supplied_nothing(transaction: psycopg.Connection) -> None:
    """Of another chain, contract, function or argument; or the fact has no such log."""
    put_summons(transaction, 7, 8, 9, 10, 11)
    put_answer(transaction, 7, 60, answer())
    put_answer(transaction, 7, 60, answer(), chain=KAIA)
    put_answer(transaction, 8, 60, answer(), chain=KAIA)
    put_answer(transaction, 9, 60, answer(), contract="pet_core")
    put_answer(transaction, 10, 60, answer(), function="ownerOf(uint256)")
    put_answer(transaction, 11, 60, None)
    fact = {"hero_id": 7, "rarity": 3, "generation": 5}
    assert calls(transaction, "hero_summons", fact) == [(60, ["generation", "rarity"])]
    assert calls(transaction, "hero_summons", fact, chain=KAIA) == []
    assert calls(transaction, "hero_summons", fact, block=BLOCK + 1) == []
    for hero in (8, 9, 10, 11):
        assert calls(transaction, "hero_summons", fact | {"hero_id": hero}) == []


def test_a_value_that_changes_is_that_of_the_block_and_others_have_names(
    transaction: psycopg.Connection,
) -> None:
    """The name of a class is that of a gene, and other numbers have theirs in code_values. An
    answer that has no name supplied nothing."""
    transaction.execute(
        "insert into analytics.chain_calls (raw_table, column_name, contract, called_function,"
        " argument_column, result_word, result_type, meaning, changes)"
        " values ('heroes', 'realm', 'hero_core', %s, 'hero_id', 21, 'number', 'realms', false)",
        [GET_HERO],
    )
    transaction.execute(
        "insert into analytics.code_values (code, value, meaning) values ('realms', '4', 'DFK'),"
        " ('realms', '5', 'KAIA'), ('others', '4', 'OTHER')"
    )
    for hero in (12, 14):
        place = {"block": BLOCK, "transaction": hero, "index": hero}
        put_log(transaction, "hero_core", "Transfer", [ALICE, BOB, hero], [], **place)
    put_answer(transaction, 12, BLOCK, answer())
    put_answer(transaction, 12, 60, answer(level=13))
    fact = {"hero_id": 12, "level": 12, "main_class": "DreadKnight", "realm": "DFK", "rarity": 3}
    assert calls(transaction, "heroes", fact) == [
        (BLOCK, ["level"]),
        (60, ["main_class", "rarity", "realm"]),
    ]
    put_answer(transaction, 14, 60, answer(gene=99, realm=6))
    unnamed = {"hero_id": 14, "main_class": "99", "realm": "6", "rarity": 3}
    assert calls(transaction, "heroes", unnamed) == [(60, ["rarity"])]
