"""Random moves of liquidity, JEWEL, gold and shells, and prices."""

from decimal import Decimal

from .dice import SMALL_AMOUNTS, Dice, Scene, log, loose_log
from .instants import DATES


def jeweler_events(dice: Dice, scene: Scene) -> None:
    """Deposits and withdrawals whose two amounts go their own ways."""
    jewel, cjewel = scene.amount(dice), scene.amount(dice)
    row = {
        "wallet_address": scene.wallet(dice),
        "action": dice.pick(("DEPOSIT", "DEPOSIT", "WITHDRAW")),
        "jewel_amount": jewel,
        "cjewel_amount": cjewel if dice.chance(50) else Decimal(1),
        "occurred_at": scene.when(dice),
        **log(dice),
    }
    scene.put("jeweler_events", row, bump="log_index")


def lp_stake_events(dice: Dice, scene: Scene) -> None:
    """Deposits and withdrawals in few pools."""
    row = {
        "wallet_address": scene.wallet(dice),
        "chain_id": dice.pick((53935, 53935, 53935, 8217)),
        "pool_id": dice.pick((0, 0, 1, 13)),
        "action": dice.pick(("DEPOSIT", "DEPOSIT", "WITHDRAW")),
        "lp_amount": scene.amount(dice),
        "occurred_at": scene.when(dice),
        **log(dice),
    }
    scene.put("lp_stake_events", row, bump="log_index")


def lp_harvest_events(dice: Dice, scene: Scene) -> None:
    """Claims; one transaction holds one for each pool."""
    row = {
        **log(dice),
        "wallet_address": scene.wallet(dice),
        "chain_id": dice.pick((53935, 8217)),
        "pool_id": dice.pick((0, 1, 13)),
        "reward_amount": dice.maybe(SMALL_AMOUNTS),
        "reward_token": dice.maybe(("JEWEL", "CRYSTAL")),
        "harvested_at": scene.when(dice),
    }
    scene.put("lp_harvest_events", row, bump="log_index")


def lp_prices_daily(dice: Dice, scene: Scene) -> None:
    """Prices before, on and after the days that matter."""
    row = {
        "price_date": dice.pick((*DATES[-3:] * 4, *DATES)),
        "chain_id": dice.pick((53935, 53935, 53935, 8217)),
        "pool_id": dice.pick((0, 0, 1, 13)),
        "usd_per_lp": scene.price(dice),
    }
    scene.put("lp_prices_daily", row)


def token_prices_daily(dice: Dice, scene: Scene) -> None:
    """Prices of JEWEL and of tokens that are not JEWEL."""
    row = {
        "price_date": dice.pick((*DATES[-3:] * 4, *DATES)),
        "token": dice.pick(("JEWEL", "JEWEL", "JEWEL", "CRYSTAL", "jewel")),
        "usd_price": scene.price(dice),
        "source": dice.pick((None, "feed")),
    }
    scene.put("token_prices_daily", row)


def shell_events(dice: Dice, scene: Scene) -> None:
    """Shells earned, claimed and spent."""
    row = {
        **log(dice),
        "chain_id": dice.pick((1088, 53935)),
        "wallet_address": scene.wallet(dice),
        "event_type": dice.pick(("EARN", "EARN", "CLAIM", "SPEND")),
        "source": dice.maybe(("daily", "weekly")),
        "shell_amount": scene.whole(dice),
        "occurred_at": scene.when(dice),
    }
    scene.put("shell_events", row, bump="log_index")


def shell_raffle_entries(dice: Dice, scene: Scene) -> None:
    """Entries; several in one raffle are several entries."""
    row = {
        "raffle_id": dice.pick((1, 2)),
        "wallet_address": scene.wallet(dice),
        "tickets": dice.maybe((1, 0, 50)),
        **log(dice),
        "entered_at": scene.when(dice),
    }
    scene.put("shell_raffle_entries", row, bump="log_index")


def shell_raffle_results(dice: Dice, scene: Scene) -> None:
    """Winners of raffles."""
    row = {
        "raffle_id": dice.pick((1, 2, 3)),
        "winner_wallet": scene.wallet(dice),
        "prize_token": dice.pick((None, "JEWEL")),
        "prize_amount": dice.pick((None, 100, 10**38 - 1)),
        **loose_log(dice),
        "drawn_at": scene.when(dice),
    }
    scene.put("shell_raffle_results", row)


def vendor_transactions(dice: Dice, scene: Scene) -> None:
    """Purchases and other dealings, in both directions."""
    methods = (*sorted(scene.lists.purchase_methods), "sell", "train", "BUY", "gift")
    largest = (Decimal("9" * 35 + ".999"),) if scene.huge else ()
    row = {
        **log(dice),
        "chain_id": dice.pick((53935, 8217)),
        "wallet_address": scene.wallet(dice),
        "vendor": dice.maybe(("potions",)),
        "method": dice.pick(methods),
        "item_id": dice.maybe(("7",)),
        "gold_amount": dice.pick(
            (*map(Decimal, ("1", "0.001", "0", "999.999", "1000", "25000.5")), *largest)
        ),
        "direction": dice.pick(("SPEND", "SPEND", "SPEND", "EARN")),
        "occurred_at": scene.when(dice),
    }
    scene.put("vendor_transactions", row, bump="log_index")
