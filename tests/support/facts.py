"""Facts whose metrics can be checked by hand: a row of each raw table, and how it is inserted."""

import itertools
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from tests.support.clusters import AS_OF, BUSY, DAY, STRANGER, YESTERDAY


def put_rows(connection: psycopg.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    """Insert rows into a raw table."""
    for row in rows:
        connection.execute(
            sql.SQL("insert into raw.{} ({}) values ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join([sql.Placeholder()] * len(row)),
            ),
            list(row.values()),
        )


#: An item in the seed of relics.
RELIC = "0xde307e11c0000000000000000000000000000001"


def put(connection: psycopg.Connection, *facts: "Fact") -> None:
    """Insert facts, in this order."""
    for fact in facts:
        put_rows(connection, fact.table, [fact.row])


class Fact(NamedTuple):
    """A row of a raw table."""

    table: str
    row: dict[str, Any]


#: Numbers for natural keys that have no meaning in a story.
_numbers = itertools.count(1)


def _fact(table: str, row: dict[str, Any], columns: dict[str, Any]) -> Fact:
    return Fact(table, row | columns)


def _log() -> dict[str, Any]:
    """A new natural key of a log."""
    return {"tx_hash": f"0x{next(_numbers):064x}", "log_index": 0}


def pvp_match(
    wallet: str = BUSY, outcome: str = "WIN", at: datetime = AS_OF - DAY, **columns
) -> Fact:
    """A ranked match against an unknown opponent."""
    row = {
        "realm": "DFK",
        "match_id": str(next(_numbers)),
        "wallet_address": wallet,
        "is_ranked": True,
        "outcome": outcome,
        "matched_at": at,
    }
    return _fact("pvp_matches", row, columns)


def hunt(wallet: str = BUSY, result: str = "WIN", at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A hunt of the Mad Boar."""
    row = {
        "chain_id": 53935,
        "hunt_id": next(_numbers),
        "wallet_address": wallet,
        "hunt_data_id": 1,
        "result": result,
        "encountered_at": at,
    }
    return _fact("hunting_encounters", row, columns)


def hunt_drop(wallet: str = BUSY, item: str = RELIC, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """One relic."""
    row = {
        **_log(),
        "chain_id": 53935,
        "hunt_id": 1,
        "wallet_address": wallet,
        "item_address": item,
        "amount": 1,
        "dropped_at": at,
    }
    return _fact("hunting_drops", row, columns)


def quest(wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A finished foraging quest."""
    row = {
        "chain_id": 53935,
        "quest_id": next(_numbers),
        "wallet_address": wallet,
        "quest_instance_id": 2,
        "status": 2,
        "completed_at": at,
    }
    return _fact("quest_completions", row, columns)


def hero(hero_id: int, owner: str | None = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A version of a common Warrior of level 1, without genes."""
    row = {
        "hero_id": hero_id,
        "owner_wallet": owner,
        "main_class": "Warrior",
        "rarity": 0,
        "level": 1,
        "is_rented": False,
        "updated_at": at,
    }
    return _fact("heroes", row, columns)


def summon(
    hero_id: int,
    parents: tuple[int | None, int | None] = (None, None),
    wallet: str = BUSY,
    at: datetime = AS_OF - DAY,
    **columns,
) -> Fact:
    """The summon of a common hero that is all Warrior."""
    row = {
        "chain_id": 53935,
        "hero_id": hero_id,
        "summoner_wallet": wallet,
        "summoner_id": parents[0],
        "assistant_id": parents[1],
        "stat_genes": genes(),
        "rarity": 0,
        "summoned_at": at,
    }
    return _fact("hero_summons", row, columns)


def genes(class_: int = 0, subclass: int = 0, passive: int = 0, active: int = 0) -> int:
    """Stat genes with these dominant genes of class, subclass and the first skills.

    16 and more are mutations: 16 Paladin, 24 Dragoon, 25 Sage, 26 Spellbow, 28 DreadKnight.
    """
    places = {0: class_, 1: subclass, 3: passive, 5: active}
    return sum(gene * 32 ** (44 - 4 * position) for position, gene in places.items())


def pet(pet_id: int, owner: str | None = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A version of a common cat."""
    row = {
        "pet_id": pet_id,
        "chain_id": 53935,
        "owner_wallet": owner,
        "rarity": 0,
        "family": "cat",
        "variant": "NORMAL",
        "updated_at": at,
    }
    return _fact("pets", row, columns)


def lp_move(
    amount: int, wallet: str = BUSY, at: datetime = AS_OF - DAY, pool_id: int = 1, **columns
) -> Fact:
    """A deposit into a pool of DFK Chain; a withdrawal when the amount is negative."""
    row = {
        **_log(),
        "wallet_address": wallet,
        "chain_id": 53935,
        "pool_id": pool_id,
        "action": "DEPOSIT" if amount > 0 else "WITHDRAW",
        "lp_amount": abs(amount),
        "occurred_at": at,
    }
    return _fact("lp_stake_events", row, columns)


def lp_price(usd: int, day: date = YESTERDAY, pool_id: int = 1, **columns) -> Fact:
    """The USD price of an LP token of a pool from a day on."""
    row = {"price_date": day, "chain_id": 53935, "pool_id": pool_id, "usd_per_lp": usd}
    return _fact("lp_prices_daily", row, columns)


def lp_harvest(wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A claim of liquidity rewards."""
    row = {
        **_log(),
        "wallet_address": wallet,
        "chain_id": 53935,
        "pool_id": 1,
        "harvested_at": at,
    }
    return _fact("lp_harvest_events", row, columns)


def jeweler_move(amount: int, wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A deposit of JEWEL for as much cJEWEL; a withdrawal when the amount is negative."""
    row = {
        **_log(),
        "wallet_address": wallet,
        "action": "DEPOSIT" if amount > 0 else "WITHDRAW",
        "jewel_amount": abs(amount),
        "cjewel_amount": abs(amount),
        "occurred_at": at,
    }
    return _fact("jeweler_events", row, columns)


def token_price(usd: int, day: date = YESTERDAY, token: str = "JEWEL", **columns) -> Fact:
    """The USD price of a token from a day on."""
    row = {"price_date": day, "token": token, "usd_price": usd}
    return _fact("token_prices_daily", row, columns)


def battle(battle_id: int, winner_side: int = 0, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A METIS battle that was completed."""
    row = {
        "chain_id": 1088,
        "battle_id": battle_id,
        "winner_side": winner_side,
        "completed_at": at,
    }
    return _fact("metis_battles", row, columns)


def vote(
    battle_id: int, wallet: str = BUSY, side: int = 0, at: datetime = AS_OF - 2 * DAY, **columns
) -> Fact:
    """A vote on a battle."""
    row = {
        **_log(),
        "battle_id": battle_id,
        "wallet_address": wallet,
        "action": "ADD",
        "side": side,
        "influence": 1,
        "voted_at": at,
    }
    return _fact("influence_predictions", row, columns)


def patrol(wallet: str = BUSY, result: str = "WIN", at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A METIS patrol of unknown difficulty."""
    row = {
        "chain_id": 1088,
        "patrol_id": next(_numbers),
        "wallet_address": wallet,
        "result": result,
        "completed_at": at,
    }
    return _fact("metis_patrol_events", row, columns)


def shells(
    amount: int, wallet: str = BUSY, event_type: str = "EARN", at: datetime = AS_OF - DAY, **columns
) -> Fact:
    """METIS shells that were earned, claimed or spent."""
    row = {
        **_log(),
        "chain_id": 1088,
        "wallet_address": wallet,
        "event_type": event_type,
        "shell_amount": amount,
        "occurred_at": at,
    }
    return _fact("shell_events", row, columns)


def raffle_entry(wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """An entry into a shell raffle."""
    row = {**_log(), "raffle_id": 1, "wallet_address": wallet, "entered_at": at}
    return _fact("shell_raffle_entries", row, columns)


def raffle_win(wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A winner of a shell raffle."""
    row = {"raffle_id": next(_numbers), "winner_wallet": wallet, "drawn_at": at}
    return _fact("shell_raffle_results", row, columns)


def tournament_entry(
    tournament_id: int, wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns
) -> Fact:
    """A registration for an official tournament that has not ended."""
    row = {
        "chain_id": 1088,
        "tournament_id": tournament_id,
        "wallet_address": wallet,
        "is_official": True,
        "registered_at": at,
    }
    return _fact("tournament_entries", row, columns)


def tournament_match(
    winner: str = BUSY, loser: str | None = STRANGER, at: datetime = AS_OF - DAY, **columns
) -> Fact:
    """A match of tournament 1; a bye without a loser."""
    row = {
        **_log(),
        "chain_id": 1088,
        "tournament_id": 1,
        "player_a": winner,
        "player_b": loser,
        "winner_wallet": winner,
        "completed_at": at,
    }
    return _fact("tournament_matches", row, columns)


def purchase(gold: int, wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """Gold spent with a vendor."""
    row = {
        **_log(),
        "chain_id": 53935,
        "wallet_address": wallet,
        "method": "buy",
        "gold_amount": gold,
        "direction": "SPEND",
        "occurred_at": at,
    }
    return _fact("vendor_transactions", row, columns)


def seasonal_action(wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A quest of a limited-time event."""
    row = {
        "event_key": "harvest",
        "wallet_address": wallet,
        "action_kind": "QUEST",
        "ref_id": str(next(_numbers)),
        "occurred_at": at,
    }
    return _fact("seasonal_event_actions", row, columns)


def discord_interaction(
    discord_id: str, kind: str = "COMMAND", at: datetime = AS_OF - DAY, **columns
) -> Fact:
    """An interaction of an account on Discord."""
    row = {
        "interaction_id": next(_numbers),
        "discord_id": discord_id,
        "kind": kind,
        "occurred_at": at,
    }
    return _fact("discord_interactions", row, columns)


def first_seen(wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """The first transaction of a wallet."""
    row = {"chain": "dfk", "address": wallet, "first_tx_at": at}
    return _fact("wallet_first_seen", row, columns)
