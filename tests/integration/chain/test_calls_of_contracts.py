"""What contracts answer to the calls of the seed chain_calls becomes values of facts."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from eth_abi import encode
from eth_utils import keccak

from hedge.chain import calling, running
from hedge.chain.decoding import decode
from hedge.chain.nodes import Node
from hedge.chain.status import status
from tests.integration.chain.facts import ALICE, DFK, NOBODY, put_block, put_log, stored
from tests.support import chains
from tests.support.chains import KEY, NodeOfChain, Served, deploy_chain

#: What getHero of the contract of heroes returns, as its published ABI says.
HERO = (
    "(uint256,(uint256,uint256,uint256,uint256,uint32,uint32),"
    "(uint256,uint256,uint8,bool,uint16,uint32,uint32,uint8,uint8,uint8),"
    "(uint256,uint256,uint256,uint16,uint64,address,uint8,uint8),"
    f"({','.join(['uint16'] * 11)}),({','.join(['uint16'] * 14)}),({','.join(['uint16'] * 14)}),"
    f"({','.join(['uint16'] * 4)}))"
)
NOT_CALLED = "getHero(uint256) of hero_core was not called yet"


def hero(
    number: int,
    *,
    rarity: int = 3,
    generation: int = 2,
    class_: int = 28,
    sub: int = 1,
    level: int = 9,
) -> str:
    """An answer of getHero."""
    value = (
        number,
        (1, 2, 3, 4, 5, 6),
        (7, 8, rarity, True, generation, 10, 11, 12, class_, sub),
        (13, 14, 15, level, 16, NOBODY, 17, 18),
        (19,) * 11,
        (20,) * 14,
        (21,) * 14,
        (22,) * 4,
    )
    return "0x" + encode([HERO], [value]).hex()


@pytest.fixture
def node() -> NodeOfChain:
    """A node of which only calls of contracts are asked."""
    return NodeOfChain(chains.Chain([b"a" * 20], blocks=1, logs=0), DFK)


def called(
    connection: psycopg.Connection,
    node: NodeOfChain,
    answer: Callable[[int, int], str],
    final: int = 100,
) -> list[tuple[int, int]]:
    """Make the calls that are wanted; returns the heroes and blocks that the node was asked for."""
    asked = []

    def misbehave(method: str, params: list[Any]) -> str:
        assert method == "eth_call"
        data = bytes.fromhex(params[0]["data"][2:])
        assert data[:4] == keccak(text="getHero(uint256)")[:4]
        assert params[0]["to"] == "0xeb9b61b145d6489be575d3603f4a704810e143df"
        asked.append((int.from_bytes(data[4:]), int(params[1], 16)))
        return answer(*asked[-1])

    node.misbehave = misbehave
    with Node(DFK, f"http://node.example/{KEY}", transport=node.transport()) as of_node:
        calling.call(connection, of_node, final)
    return sorted(asked)


def summon(connection: psycopg.Connection, number: int, block: int, **place: Any) -> None:
    put_block(connection, DFK, block)
    values = [number, 3, 4, 2 * 32**44, 5]
    put_log(connection, "hero_core", "HeroSummoned", [ALICE], values, block=block, **place)


def move(connection: psycopg.Connection, number: int, block: int) -> None:
    put_block(connection, DFK, block)
    put_log(connection, "hero_core", "Transfer", [ALICE, ALICE, number], [], block=block)


def waiting(connection: psycopg.Connection) -> list[tuple]:
    return stored(connection, "pending_facts", "block_number, missing, calls")


def test_an_answer_completes_facts(transaction: psycopg.Connection, node: NodeOfChain) -> None:
    """Stored ones and those that wait. What the logs say stays: the class of the genes."""
    summon(transaction, 7, 1)
    move(transaction, 8, 2)
    decode(transaction)
    not_known = ["main_class", "rarity", "level", "is_rented"]
    assert [row[:2] for row in waiting(transaction)] == [
        (1, [one for one in not_known if one != "main_class"]),
        (2, not_known),
    ]
    assert f"rarity: {NOT_CALLED}" in waiting(transaction)[0][2].split("; ")
    assert called(transaction, node, lambda number, block: hero(number, level=block)) == [
        (7, 1),
        (8, 2),
    ]
    decode(transaction)
    assert stored(transaction, "hero_summons", "hero_id, rarity, generation") == [(7, 3, 2)]
    assert waiting(transaction) == [(1, ["is_rented"], None), (2, ["is_rented"], None)]
    facts = [
        (fact["hero_id"], fact["main_class"], fact["sub_class"], fact["level"], fact["generation"])
        for (fact,) in stored(transaction, "pending_facts", "fact")
    ]
    assert sorted(facts) == [(7, "Thief", "Warrior", 1, 2), (8, "DreadKnight", "Knight", 2, 2)]
    # nothing is asked for, or written, again
    assert called(transaction, node, lambda number, block: hero(number)) == []
    assert decode(transaction).batches == 0


def test_so_many_calls_are_made_at_once_and_the_rest_later(
    transaction: psycopg.Connection, node: NodeOfChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "AT_ONCE", 2)
    for number in (7, 8, 9):
        summon(transaction, number, number)
    decode(transaction)
    asked = [called(transaction, node, lambda number, _: hero(number)) for _ in range(10)]
    # of a hero: what changes and what does not, which one call answers
    assert asked[0] != []
    assert len({hero for some in asked for hero, _ in some}) == 3
    assert all(len(some) <= 2 for some in asked)
    assert asked[-1] == []


def test_an_answer_that_was_wanted_again_is_not_asked_for_for_ever(
    transaction: psycopg.Connection, node: NodeOfChain
) -> None:
    """Another process saw no answer while this one stored it."""
    summon(transaction, 7, 1)
    decode(transaction)
    wanted = transaction.execute("select * from app.chain_wanted_calls").fetchall()
    transaction.execute("create temp table again as select * from app.chain_wanted_calls")
    assert called(transaction, node, lambda number, _: hero(number)) == [(7, 1)]
    decode(transaction)
    transaction.execute("insert into app.chain_wanted_calls select * from again")
    assert wanted != []
    assert called(transaction, node, lambda number, _: hero(number)) == [(7, 1)]
    assert transaction.execute("select from app.chain_wanted_calls").fetchall() == []
    assert transaction.execute("select from app.undecoded_spans").fetchall() != []


def test_a_file_adds_what_neither_logs_nor_calls_say(
    transaction: psycopg.Connection, node: NodeOfChain
) -> None:
    summon(transaction, 7, 1)
    decode(transaction)
    called(transaction, node, lambda number, block: hero(number))
    decode(transaction)
    ((at,),) = stored(transaction, "pending_facts", "key ->> 'updated_at'")
    transaction.execute(
        "insert into raw.heroes (hero_id, main_class, rarity, level, is_rented, updated_at)"
        " values (7, 'Thief', 3, 9, false, %s)",
        [at],
    )
    put_log(transaction, "hero_core", "HeroSummoned", [ALICE], [7, 3, 4, 0, 5], block=1, index=9)
    decode(transaction)
    whole = "rarity, generation, level, is_rented, owner_wallet, decoded_at is not null"
    assert stored(transaction, "heroes", whole) == [(3, 2, 9, False, ALICE, True)]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("0x", "what getHero(uint256) of hero_core returned is no such value"),
        ("0x" + (b"\xff" * 640).hex(), "what getHero(uint256) of hero_core returned is no such"),
        (LookupError(3, "execution reverted"), "getHero(uint256) of hero_core was refused"),
        (LookupError(-32000, "VM: Revert"), "getHero(uint256) of hero_core was refused"),
    ],
)
def test_a_wrong_answer_leaves_a_fact_waiting_with_the_reason(
    transaction: psycopg.Connection, node: NodeOfChain, answer: Any, reason: str
) -> None:
    """It is not asked for again."""

    def given(number: int, block: int) -> str:
        if isinstance(answer, Exception):
            raise answer
        return answer

    summon(transaction, 7, 1)
    decode(transaction)
    called(transaction, node, given)
    decode(transaction)
    ((_, missing, calls),) = waiting(transaction)
    assert missing == ["rarity", "level", "is_rented"]
    assert f"rarity: {reason}" in calls
    (one,) = [each for each in status(transaction) if each.chain_id == DFK]
    assert [each.reason for each in one.pending_facts] == [calls]
    assert called(transaction, node, given) == []


def test_a_number_without_a_meaning_is_no_value(
    transaction: psycopg.Connection, node: NodeOfChain
) -> None:
    move(transaction, 7, 1)
    decode(transaction)
    called(transaction, node, lambda number, block: hero(number, class_=27))
    decode(transaction)
    assert waiting(transaction) == [
        (
            1,
            ["main_class", "is_rented"],
            "main_class: what getHero(uint256) of hero_core returned is no such value",
        )
    ]


def test_only_final_blocks_are_asked_for(
    transaction: psycopg.Connection, node: NodeOfChain
) -> None:
    """The history of others may be lost, and with it the hero."""
    summon(transaction, 7, 5)
    decode(transaction)
    assert called(transaction, node, lambda number, block: hero(number), final=4) == []
    assert called(transaction, node, lambda number, block: hero(number), final=5) == [(7, 5)]


def test_a_value_that_never_changes_is_asked_for_once(
    transaction: psycopg.Connection, node: NodeOfChain
) -> None:
    """At its first block; and a level at each."""
    for block in (1, 2, 3):
        move(transaction, 7, block)
    decode(transaction)
    asked = called(transaction, node, lambda number, block: hero(number, level=block))
    assert asked == [(7, 1), (7, 2), (7, 3)]
    decode(transaction)
    facts = sorted(fact["level"] for (fact,) in stored(transaction, "pending_facts", "fact"))
    assert facts == [1, 2, 3]


@pytest.mark.parametrize(
    "message",
    [
        "missing trie node 5c4f (path ) state 0x5c is not available",
        "historical state 5c4f is not available",
        "required historical state unavailable (reexec=0)",
        "No state available for block 0x5c",
        "World state has been pruned",
    ],
)
def test_where_the_node_has_the_state_no_more_the_latest_answers_for_what_never_changes(
    transaction: psycopg.Connection, node: NodeOfChain, message: str
) -> None:
    def recent(number: int, block: int) -> str:
        if block < 90:
            raise LookupError(-32000, message)
        return hero(number)

    summon(transaction, 7, 1)
    decode(transaction)
    assert called(transaction, node, recent) == [(7, 1), (7, 100)]
    decode(transaction)
    assert stored(transaction, "chain_call_results", "argument, block_number") == [(7, 100)]
    lacks = "level: the node does not have the state for getHero(uint256) of hero_core any more"
    assert waiting(transaction) == [(1, ["level", "is_rented"], lacks)]
    # it may be another node a day later
    assert called(transaction, node, recent) == []
    transaction.execute("update app.chain_wanted_calls set lacked_at = now() - interval '25 hours'")
    assert called(transaction, node, lambda number, block: hero(number)) == [(7, 1)]
    decode(transaction)
    assert waiting(transaction) == [(1, ["is_rented"], None)]


def test_what_nobody_has_the_state_of_is_asked_once(
    transaction: psycopg.Connection, node: NodeOfChain
) -> None:
    def none(number: int, block: int) -> str:
        raise LookupError(-32000, "missing trie node")

    summon(transaction, 7, 1)
    decode(transaction)
    assert len(called(transaction, node, none)) == 2
    assert called(transaction, node, none) == []


def test_a_fact_that_a_file_says_wants_no_call(
    transaction: psycopg.Connection, node: NodeOfChain
) -> None:
    transaction.execute(
        "insert into raw.hero_summons (chain_id, hero_id, summoner_wallet, stat_genes, summoned_at)"
        " values (53935, 7, %s, 0, '2026-05-01')",
        [ALICE],
    )
    summon(transaction, 7, 1)
    decode(transaction)
    wanted = "select distinct table_name from app.chain_wanted_calls"
    assert transaction.execute(wanted).fetchall() == [("heroes",)]


def test_what_the_seed_says_otherwise_is_decoded_again(
    transaction: psycopg.Connection, node: NodeOfChain
) -> None:
    """From the answers that are known."""
    summon(transaction, 7, 1)
    decode(transaction)
    called(transaction, node, lambda number, block: hero(number))
    decode(transaction)
    transaction.execute(
        "update analytics.chain_calls set result_word = 11"
        " where raw_table = 'hero_summons' and column_name = 'rarity'"
    )
    transaction.execute("delete from app.compared_decoders")
    transaction.execute("insert into app.compared_decoders values (true, 'before')")
    decode(transaction)
    # 11 is the generation
    assert stored(transaction, "hero_summons", "rarity") == [(2,)]
    assert called(transaction, node, lambda number, block: hero(number)) == []


def test_lost_blocks_take_the_answers_of_their_ends_with_them(
    transaction: psycopg.Connection,
) -> None:
    from hedge.queries import query

    transaction.execute(
        "insert into raw.chain_call_results (chain_id, contract, called_function, argument,"
        " block_number) select 53935, 'a', 'f(uint256)', 1, block from generate_series(1, 4) block"
    )
    transaction.execute(query("chain_lose_blocks"), {"chain": DFK, "ancestor": 2, "lost": 9})
    assert stored(transaction, "chain_call_results", "block_number") == [(1,), (2,)]


CHAIN = 53935
ADDRESSES = [bytes([number]) * 20 for number in (1, 2)]


@pytest.fixture
def followed(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[NodeOfChain]:
    """The node of a chain of 40 blocks and a finality depth of 10, which is set and deployed."""
    deploy_chain(connection, CHAIN, ADDRESSES, depth=10)
    node = NodeOfChain(chains.Chain(ADDRESSES, blocks=40, logs=0.3), CHAIN)
    with Served(node) as served:
        monkeypatch.setenv(f"HEDGE_CHAIN_URL_{CHAIN}", served.url)
        yield node


def test_who_follows_a_chain_makes_the_calls(
    connection: psycopg.Connection, followed: NodeOfChain
) -> None:
    """As blocks become final."""
    running.follow(CHAIN, threading.Event(), until_head=True)
    for block, argument in ((5, 7), (35, 8)):
        connection.execute(
            "insert into app.chain_wanted_calls (chain_id, contract, called_function, argument,"
            " block_number, is_of_block, table_name)"
            " values (%s, 'contract 1', 'f(uint256)', %s, %s, true, 'heroes')",
            [CHAIN, argument, block],
        )

    def answer(method: str, params: list[Any]) -> Any:
        return "0x" + bytes(32).hex() if method == "eth_call" else None

    followed.misbehave = answer
    results = "select argument, block_number from raw.chain_call_results order by 1"
    running.follow(CHAIN, threading.Event(), until_head=True)
    assert connection.execute(results).fetchall() == [(7, 5)]
    followed.chain.grow(10)
    running.follow(CHAIN, threading.Event(), until_head=True)
    assert connection.execute(results).fetchall() == [(7, 5), (8, 35)]
    spans = "select count(*) from app.chain_wanted_calls"
    assert connection.execute(spans).fetchone() == (0,)
