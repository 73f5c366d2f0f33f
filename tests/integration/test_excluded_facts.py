"""An excluded fact of any raw table is in no view that metrics read."""

import re

import psycopg
import pytest

from hedge import exclusions
from hedge.exclusions import NewExclusion
from hedge.loading.tables import raw_table
from tests import PROJECT
from tests.support import (
    BUSY,
    Fact,
    add_cluster,
    battle,
    discord_interaction,
    first_seen,
    genes,
    hero,
    hunt,
    hunt_drop,
    jeweler_move,
    lp_harvest,
    lp_move,
    lp_price,
    patrol,
    pet,
    purchase,
    put,
    pvp_match,
    quest,
    raffle_entry,
    raffle_win,
    seasonal_action,
    shells,
    summon,
    token_price,
    tournament_entry,
    tournament_match,
    vote,
)

#: The call of the macro that leaves excluded facts out, with its raw table.
CALL = re.compile(r"is_counted\('(\w+)'")
FACTS = [
    battle(1),
    discord_interaction("1"),
    first_seen(),
    hero(1, stat_genes=genes()),
    hunt(),
    hunt_drop(),
    jeweler_move(1),
    lp_harvest(),
    lp_move(1),
    lp_price(1),
    patrol(),
    pet(1),
    purchase(1),
    pvp_match(),
    quest(),
    raffle_entry(),
    raffle_win(),
    seasonal_action(),
    shells(1),
    summon(1),
    token_price(1),
    tournament_entry(1, is_official=False),
    tournament_match(),
    vote(1),
]


def views_by_table() -> dict[str, list[str]]:
    """The models that leave excluded facts out, by raw table."""
    found: dict[str, list[str]] = {}
    for path in sorted((PROJECT / "models").rglob("*.sql")):
        for table in sorted(set(CALL.findall(path.read_text()))):
            found.setdefault(table, []).append(path.stem)
    return found


def counts(connection: psycopg.Connection, views: list[str]) -> list[int]:
    return [
        connection.execute(f"select count(*) from analytics.{view}").fetchone()[0] for view in views
    ]


def test_there_is_a_fact_of_each_table() -> None:
    assert sorted(fact.table for fact in FACTS) == sorted(views_by_table())


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.table)
def test_an_excluded_fact_is_left_out_and_others_are_not(
    transaction: psycopg.Connection, fact: Fact
) -> None:
    add_cluster(transaction, "busy", BUSY, discord_id="1")
    views = views_by_table()[fact.table]
    before = counts(transaction, views)
    put(transaction, fact)
    with_it = counts(transaction, views)
    assert all(now > then for now, then in zip(with_it, before, strict=True)), views
    (row,) = transaction.execute(
        f"select to_jsonb(facts) from raw.{fact.table} as facts"
    ).fetchone()
    key = {column: row[column] for column in raw_table(transaction, fact.table).key}
    exclusions.add(transaction, NewExclusion("a fault", raw_table=fact.table, fact=key), "ada")
    assert counts(transaction, views) == before
