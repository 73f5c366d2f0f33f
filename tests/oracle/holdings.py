"""What a cluster holds: heroes, pets, liquidity, JEWEL."""

from collections import defaultdict
from decimal import Decimal

from .players import Player, Scene, Value
from .positions import (
    Prices,
    days_of,
    held_pieces,
    held_spans,
    last_day,
    longest_days,
    ordered,
    pieces,
    total,
)
from .shapes import Row

DUST_LIMIT_USD = 1


def onchain_heroes(scene: Scene, player: Player) -> dict[str, Value]:
    """Heroes owned at the end of the window."""
    heroes = owned_heroes(scene, player)
    return {
        "total_levels": sum(hero["level"] for hero in heroes),
        "hero_count": len(heroes),
    }


def owned_heroes(scene: Scene, player: Player) -> list[Row]:
    """The latest versions of heroes that the player owns; rented heroes do not count."""
    return [
        hero
        for hero in scene.heroes
        if hero["owner_wallet"] in player.wallets and not hero["is_rented"]
    ]


def onchain_pets(scene: Scene, player: Player) -> dict[str, Value]:
    """Pets owned at the end of the window, weighted by rarity."""
    weights = scene.lists.pet_rarity_weights
    return {"rarity_score": sum(weights.get(pet["rarity"], 0) for pet in owned_pets(scene, player))}


def owned_pets(scene: Scene, player: Player) -> list[Row]:
    """The latest versions of pets that the player owns."""
    return [pet for pet in scene.pets if pet["owner_wallet"] in player.wallets]


def onchain_lp(scene: Scene, player: Player) -> dict[str, Value]:
    """Liquidity per pool (chain_id, pool_id), all wallets of the cluster together."""
    window = scene.window
    pools = defaultdict(list)
    for row in scene.rows(player, "lp_stake_events"):
        pools[row["chain_id"], row["pool_id"]].append(row)

    values, days, spans = [], set(), []
    for (chain_id, pool_id), rows in pools.items():
        prices = lp_prices(scene, chain_id, pool_id)
        whole = pieces(rows, "lp_amount", window.ends_at)
        spans += held_spans(whole, window)
        for piece in held_pieces(whole, window):
            for day in days_of(piece):
                if piece.amount * prices.on(day) >= DUST_LIMIT_USD:
                    days.add(day)
        held = total(ordered(rows, window.ends_at), "lp_amount")
        if held > 0:
            values.append(held * prices.on(last_day(window.ends_at)))
    return {
        "active_days": len(days),
        "lp_usd_value": sum(values, Decimal(0)),
        "pool_count": sum(value >= DUST_LIMIT_USD for value in values),
        "harvest_actions": len(scene.rows_inside(player, "lp_harvest_events", "harvested_at")),
        "lp_duration_max_days": longest_days(spans),
    }


def lp_prices(scene: Scene, chain_id: int, pool_id: int) -> Prices:
    """USD per LP token of one pool."""
    return Prices(
        {
            row["price_date"]: Decimal(row["usd_per_lp"])
            for row in scene.table("lp_prices_daily")
            if (row["chain_id"], row["pool_id"]) == (chain_id, pool_id)
        }
    )


def onchain_staking(scene: Scene, player: Player) -> dict[str, Value]:
    """The stake at the Jeweler: held while the cJEWEL sum is above zero."""
    window = scene.window
    rows = ordered(scene.rows(player, "jeweler_events"), window.ends_at)
    whole = pieces(rows, "cjewel_amount", window.ends_at)
    jewel = Decimal(0)
    if total(rows, "cjewel_amount") > 0:
        jewel = max(total(rows, "jewel_amount"), Decimal(0))
    prices = Prices(
        {
            row["price_date"]: Decimal(row["usd_price"])
            for row in scene.table("token_prices_daily")
            if row["token"] == "JEWEL"
        }
    )
    return {
        "stake_duration_days": longest_days(held_spans(whole, window)),
        "stake_usd_value": jewel * prices.on(last_day(window.ends_at)),
        "jewel_stake_amount": jewel,
    }
