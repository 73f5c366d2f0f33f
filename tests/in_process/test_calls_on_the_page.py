"""The page of a challenge names the calls that supplied values, to those who see wallets."""

import psycopg

from hedge.chain.decoding import decode
from tests.in_process import HTML, Site
from tests.in_process.rows import put_metrics, put_progress
from tests.integration.chain.facts import ALICE, DFK, put_block, put_log
from tests.integration.chain.test_calls_in_explanations import answer
from tests.integration.chain.test_calls_of_contracts import hero
from tests.support import add_cluster


def test_a_call_stands_beside_the_fact(site: Site, rows: psycopg.Connection, admin: str) -> None:
    add_cluster(rows, "alice", ALICE)
    put_metrics(rows, "alice", {}, "all_time")
    put_progress(rows, "alice", "mythmaker", 1)
    put_block(rows, DFK, 3)
    values = [7, 3, 4, 2 * 32**44, 5]
    put_log(rows, "hero_core", "HeroSummoned", [ALICE], values, block=3)
    answer(rows, 7, 4, hero(7, rarity=4, generation=2))
    decode(rows)
    path = "/clusters/alice/challenges/mythmaker"
    words = "generation, rarity from getHero(7) of hero_core at block 4"
    assert words in site.program(admin).get(path, headers=HTML).text
    assert "getHero" not in site.browser().get(path, headers=HTML).text
