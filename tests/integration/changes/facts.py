"""A fact of each raw table that tests insert, change and delete."""

from typing import Any

import psycopg
from psycopg import sql

from tests.support import (
    AS_OF,
    BUSY,
    RIVAL,
    Fact,
    battle,
    discord_interaction,
    first_seen,
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

#: A fact of each raw table; the columns that are changed, and the things that are touched by
#: either: those of the fact, and those of the changed one.
FACTS: dict[str, tuple[Fact, dict[str, Any], set[str], set[str]]] = {
    fact.table: (fact, changed, before, after)
    for fact, changed, before, after in (
        (
            discord_interaction("1"),
            {"discord_id": "2"},
            {"discord_account 1"},
            {"discord_account 2"},
        ),
        (
            summon(9),
            {"summoner_wallet": RIVAL},
            {f"wallet {BUSY}", "hero_genes 9"},
            {f"wallet {RIVAL}", "hero_genes 9"},
        ),
        (
            hero(7, BUSY),
            {"hero_id": 8, "owner_wallet": RIVAL},
            {f"wallet {BUSY}", "hero_version 7"},
            {f"wallet {RIVAL}", "hero_version 8"},
        ),
        (
            pet(7, BUSY),
            {"owner_wallet": None},
            {f"wallet {BUSY}", "pet_version 7"},
            {"pet_version 7"},
        ),
        (battle(3), {"winner_side": 1}, {"battle 3"}, {"battle 3"}),
        (lp_price(3, AS_OF.date(), pool_id=5), {"pool_id": 6}, {"pool 53935/5"}, {"pool 53935/6"}),
        (token_price(3), {"token": "AVAX"}, {"token JEWEL"}, {"token AVAX"}),
        (
            tournament_entry(5, BUSY, chain_id=1088),
            {"wallet_address": RIVAL},
            {f"wallet {BUSY}", "tournament 1088/5"},
            {f"wallet {RIVAL}", "tournament 1088/5"},
        ),
        (
            tournament_match(BUSY, None),
            {"player_b": RIVAL},
            {f"wallet {BUSY}"},
            {f"wallet {BUSY}", f"wallet {RIVAL}"},
        ),
        (first_seen(BUSY), {"address": RIVAL}, {f"wallet {BUSY}"}, {f"wallet {RIVAL}"}),
        (raffle_win(BUSY), {"winner_wallet": RIVAL}, {f"wallet {BUSY}"}, {f"wallet {RIVAL}"}),
        *(
            (fact, {"wallet_address": RIVAL}, {f"wallet {BUSY}"}, {f"wallet {RIVAL}"})
            for fact in (
                hunt_drop(BUSY),
                hunt(BUSY),
                vote(1, BUSY),
                jeweler_move(7, BUSY),
                lp_harvest(BUSY),
                lp_move(5, BUSY),
                patrol(BUSY),
                pvp_match(BUSY),
                quest(BUSY),
                seasonal_action(BUSY),
                shells(7, BUSY),
                raffle_entry(BUSY),
                purchase(30, BUSY),
            )
        ),
    )
}


def where(row: dict[str, Any]) -> tuple[sql.Composed, list[Any]]:
    """The condition that selects a row by the values it was inserted with."""
    given = {name: value for name, value in row.items() if value is not None}
    equals = (sql.SQL("{} = %s").format(sql.Identifier(name)) for name in given)
    return sql.SQL(" and ").join(equals), list(given.values())


def update(connection: psycopg.Connection, fact: Fact, changed: dict[str, Any]) -> int:
    condition, values = where(fact.row)
    assignments = (sql.SQL("{} = %s").format(sql.Identifier(name)) for name in changed)
    return connection.execute(
        sql.SQL("update raw.{} set {} where {}").format(
            sql.Identifier(fact.table), sql.SQL(", ").join(assignments), condition
        ),
        [*changed.values(), *values],
    ).rowcount


def delete(connection: psycopg.Connection, fact: Fact) -> int:
    condition, values = where(fact.row)
    return connection.execute(
        sql.SQL("delete from raw.{} where {}").format(sql.Identifier(fact.table), condition),
        values,
    ).rowcount
