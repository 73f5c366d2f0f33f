"""An explanation names the call of a contract that supplied what logs do not give."""

import psycopg

from hedge.analysis import explain
from hedge.analysis.explain import Call
from hedge.chain.decoding import decode
from tests.in_process.rows import put_metrics
from tests.integration.chain.facts import ALICE, DFK, put_block, put_log, stored, time_of, tx
from tests.integration.chain.test_calls_of_contracts import hero
from tests.support import add_cluster


def answer(connection: psycopg.Connection, number: int, block: int, content: str) -> None:
    """Store what the contract of heroes returns."""
    connection.execute(
        "insert into raw.chain_call_results"
        " (chain_id, contract, called_function, argument, block_number, answer)"
        " values (%s, 'hero_core', 'getHero(uint256)', %s, %s, decode(%s, 'hex'))",
        [DFK, number, block, content[2:]],
    )


def test_what_a_call_supplied_is_told(transaction: psycopg.Connection) -> None:
    for block in range(1, 6):
        put_block(transaction, DFK, block)
    add_cluster(transaction, "alice", ALICE)
    put_metrics(transaction, "alice", {}, "all_time")
    for number, block in ((7, 2), (8, 3)):
        values = [number, 3, 4, 2 * 32**44, 5]
        put_log(transaction, "hero_core", "HeroSummoned", [ALICE], values, block=block)
    # the rarity of the one is 4, and that of the other was not asked for
    answer(transaction, 7, 4, hero(7, rarity=4, generation=2))
    transaction.execute(
        "insert into raw.hero_summons (tx_hash, log_index, chain_id, block_number, hero_id,"
        " summoner_wallet, summoner_id, assistant_id, stat_genes, visual_genes, rarity,"
        " generation, summoned_at) values (%s, 0, %s, 3, 8, %s, 3, 4, %s, 5, 4, 2, %s)",
        [tx(3), DFK, ALICE, 2 * 32**44, time_of(3)],
    )
    decode(transaction)
    assert stored(transaction, "hero_summons", "hero_id, rarity") == [(7, 4), (8, 4)]
    found = {
        fact.natural_key["hero_id"]: fact
        for fact in explain.of_cluster(transaction, "alice", "mythmaker").facts
    }
    columns = ["generation", "rarity"]
    assert found[7].calls == [
        Call(DFK, "DFK Chain", "hero_core", "getHero(uint256)", "7", 4, columns)
    ]
    assert found[7].log is not None
    assert found[8].calls == []
    # another value than what was returned is not that of the call
    transaction.execute("update raw.hero_summons set generation = 9 where hero_id = 7")
    (seven,) = [
        fact
        for fact in explain.of_cluster(transaction, "alice", "mythmaker").facts
        if fact.natural_key["hero_id"] == 7
    ]
    assert seven.calls[0].columns == ["rarity"]
