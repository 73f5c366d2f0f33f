"""Liquidity and JEWEL around a dollar, a day, a gap of a microsecond, and a sum of zero."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ..instants import AS_OF, DAY, TICK
from .town import Home, Town

MIDNIGHT = datetime(2026, 5, 20, tzinfo=UTC)
NOON = timedelta(hours=12)
ROLLING = AS_OF - 180 * DAY


def move(home: Home, pool: int, at: datetime, amount: str, **columns: object) -> None:
    """A deposit into a pool, or a withdrawal of a negative amount."""
    action = "WITHDRAW" if amount.startswith("-") else "DEPOSIT"
    lp = {"lp_amount": Decimal(amount.removeprefix("-"))}
    home.put("lp_stake_events", at, pool_id=pool, action=action, **lp | columns)


def dust(town: Town) -> None:
    """Positions of a dollar, and of the least amount below and above it."""
    for name, price, amount in (
        ("a dollar", "1", "1"),
        ("a dollar by the price", "4", "0.25"),
        ("just below a dollar by the amount", "1", "0.999999999999999999"),
        ("just below a dollar by the price", "0.999999999999", "1"),
        ("just above a dollar by the price", "1.000000000001", "1"),
        ("just above a dollar by the amount", "1", "1.000000000000000001"),
        ("half a dollar", "0.5", "1"),
        ("two dollars", "1", "2"),
        ("nothing", "1", "0"),
        ("nothing by the price", "0", "100"),
    ):
        pool = town.pool(d20260101=price)
        home = town.home(f"liquidity worth {name} until the end")
        move(home, pool, MIDNIGHT + NOON, amount)
        home = town.home(f"liquidity worth {name} for a time")
        move(home, pool, MIDNIGHT + NOON, amount)
        move(home, pool, MIDNIGHT + 2 * DAY + NOON, f"-{amount}")
    for name, before, after in (
        ("rises to a dollar", "0.999999999999", "1"),
        ("rises above a dollar", "0.5", "1.5"),
        ("falls from a dollar", "1", "0.999999999999"),
        ("falls to a dollar", "1.5", "1"),
        ("rises from nothing", "0", "1"),
    ):
        pool = town.pool(d20260101=before, d20260523=after)
        home = town.home(f"a price that {name}")
        move(home, pool, MIDNIGHT + NOON, "1")
        home = town.home(f"a price that {name} on the last day")
        move(home, pool, MIDNIGHT + NOON, "1")
        move(home, pool, MIDNIGHT + 3 * DAY + NOON, "-1")
        home = town.home(f"a price that {name} after the last day")
        move(home, pool, MIDNIGHT + NOON, "1")
        move(home, pool, MIDNIGHT + 3 * DAY, "-1")
        home = town.home(f"a price that {name} on the first day")
        move(home, pool, MIDNIGHT + 3 * DAY + NOON, "1")
        move(home, pool, MIDNIGHT + 5 * DAY + NOON, "-1")
        home = town.home(f"a price that {name} before the first day")
        move(home, pool, MIDNIGHT + 4 * DAY + NOON, "1")
        move(home, pool, MIDNIGHT + 5 * DAY + NOON, "-1")
    pool = town.pool(d20260522="3")
    home = town.home("a first price within the holding")
    move(home, pool, MIDNIGHT + NOON, "1")
    home = town.home("a first price on the last day of the holding")
    move(home, pool, MIDNIGHT + NOON, "1")
    move(home, pool, MIDNIGHT + 2 * DAY + NOON, "-1")
    home = town.home("a first price after the holding")
    move(home, pool, MIDNIGHT + NOON, "1")
    move(home, pool, MIDNIGHT + 2 * DAY, "-1")
    pool = town.pool()
    move(town.home("no price"), pool, MIDNIGHT, "1000")
    pool = town.pool(d20260101="0.5", d20260521="2", d20260523="0.5", d20260525="3")
    move(town.home("a price that goes up and down"), pool, MIDNIGHT + NOON, "1")
    pool = town.pool(d20260101="0.5", d20260521="2", d20260522="0.5")
    move(town.home("a price of one day"), pool, MIDNIGHT + NOON, "1")
    home = town.home("held twice for equally many days")
    pool = town.pool(d20260101="1")
    for start in (MIDNIGHT, MIDNIGHT + 9 * DAY):
        move(home, pool, start, "1")
        move(home, pool, start + 3 * DAY, "-1")
    home = town.home("a pool whose number has a higher price on another chain")
    pool = town.pool(d20260101="0.5", d20260523="2", d20260525="0.5")
    town.put(
        "lp_prices_daily",
        chain_id=8217,
        pool_id=pool,
        price_date=MIDNIGHT.date(),
        usd_per_lp=Decimal(5),
    )
    move(home, pool, MIDNIGHT + NOON, "1")
    move(home, pool, MIDNIGHT + 2 * DAY, "1", chain_id=8217, lp_amount=Decimal("0.1"))


def stretches(town: Town) -> None:
    """Lengths around whole days; gaps of nothing and of a microsecond; sums of zero."""
    for name, length in {
        "ten days": 10 * DAY,
        "a microsecond less than ten days": 10 * DAY - TICK,
        "a microsecond": TICK,
        "a day": DAY,
    }.items():
        home = town.home(f"held for {name}")
        pool = town.pool(d20260101="1")
        move(home, pool, MIDNIGHT, "1")
        move(home, pool, MIDNIGHT + length, "-1")
        home = town.home(f"staked for {name}")
        home.put("jeweler_events", MIDNIGHT)
        home.put("jeweler_events", MIDNIGHT + length, action="WITHDRAW")
    for name, gap in {
        "no gap": timedelta(0),
        "a gap of a microsecond": TICK,
        "a gap of a day": DAY,
        "a gap of a month": 30 * DAY,
    }.items():
        home = town.home(f"held with {name}")
        pool = town.pool(d20260101="1")
        first = AS_OF - 100 * DAY
        move(home, pool, first, "2")
        tx_hash = f"0x{home.wallet[2:]:0>64}"
        move(home, pool, first + 40 * DAY, "-2", tx_hash=tx_hash, log_index=1)
        move(home, pool, first + 40 * DAY + gap, "1", tx_hash=tx_hash, log_index=2)
        home = town.home(f"staked with {name}")
        home.put("jeweler_events", first, cjewel_amount=Decimal(3))
        for action, at in (("WITHDRAW", first + 40 * DAY), ("DEPOSIT", first + 40 * DAY + gap)):
            home.put("jeweler_events", at, action=action, cjewel_amount=Decimal(3))
    for name, amounts in {
        "more in steps": ("1", "1", "1"),
        "less in steps": ("3", "-1", "-1"),
        "too much taken out": ("1", "-2", "2"),
        "taken out before it was put in": ("-1", "1", "1"),
        "all taken out": ("1", "1", "-2"),
        "the least amount left": ("1", "-0.999999999999999999"),
    }.items():
        home, staked = town.home(f"held: {name}"), town.home(f"staked: {name}")
        pool = town.pool(d20260101="1000")
        for number, amount in enumerate(amounts):
            move(home, pool, MIDNIGHT + number * DAY, amount)
            staked.put(
                "jeweler_events",
                MIDNIGHT + number * DAY,
                action="WITHDRAW" if amount.startswith("-") else "DEPOSIT",
                jewel_amount=Decimal(amount.removeprefix("-")),
                cjewel_amount=Decimal(amount.removeprefix("-")),
            )
    for name, start, end in (
        ("until the start of the last 180 days", ROLLING - 9 * DAY, ROLLING),
        ("until just after it", ROLLING - 9 * DAY, ROLLING + TICK),
        ("from the start of the last 180 days", ROLLING, ROLLING + 9 * DAY),
        ("across the start of the last 180 days", ROLLING - 9 * DAY, ROLLING + 9 * DAY),
        ("all of the last 180 days", ROLLING, AS_OF),
        ("more than the last 180 days", ROLLING - 9 * DAY, AS_OF + DAY),
        ("until the as-of instant", AS_OF - 9 * DAY, AS_OF),
        ("until just before the as-of instant", AS_OF - 9 * DAY, AS_OF - TICK),
        ("from midnight to midnight", MIDNIGHT, MIDNIGHT + DAY),
        ("from midnight to just after midnight", MIDNIGHT, MIDNIGHT + DAY + TICK),
        ("from just before midnight to midnight", MIDNIGHT - TICK, MIDNIGHT),
        ("from just before midnight to just after", MIDNIGHT - TICK, MIDNIGHT + TICK),
    ):
        home, pool = town.home(f"held {name}"), town.pool(d20200101="1")
        move(home, pool, start, "1")
        move(home, pool, end, "-1")
        home = town.home(f"staked {name}")
        home.put("jeweler_events", start)
        home.put("jeweler_events", end, action="WITHDRAW")


def pools(town: Town) -> None:
    """Several pools, wallets and chains of one cluster."""
    pool, other = town.pool(d20260101="1"), town.pool(d20260101="1")
    home = town.home("one pool after the other without a gap")
    move(home, pool, MIDNIGHT, "1")
    move(home, pool, MIDNIGHT + 5 * DAY, "-1")
    move(home, other, MIDNIGHT + 5 * DAY, "1")
    move(home, other, MIDNIGHT + 12 * DAY, "-1")
    home = town.home("two pools at once, each below a dollar")
    move(home, pool, MIDNIGHT, "0.6")
    move(home, other, MIDNIGHT, "0.6")
    home = town.home("two pools of equal value")
    move(home, pool, MIDNIGHT, "5")
    move(home, other, MIDNIGHT + 3 * DAY, "5")
    home = town.home("one pool of two wallets, each below a dollar")
    move(home, pool, MIDNIGHT, "0.6")
    move(home, pool, MIDNIGHT + DAY, "0.6", wallet_address=home.another_wallet())
    home = town.home("one pool held twice and now")
    move(home, pool, MIDNIGHT, "3")
    move(home, pool, MIDNIGHT + 2 * DAY, "-3")
    move(home, pool, MIDNIGHT + 6 * DAY, "2")
    home = town.home("one pool number of two chains")
    move(home, pool, MIDNIGHT, "5")
    move(home, pool, MIDNIGHT + 4 * DAY, "9", chain_id=8217)
    town.put(
        "lp_prices_daily",
        chain_id=8217,
        pool_id=pool,
        price_date=MIDNIGHT.date() + 10 * DAY,
        usd_per_lp=Decimal("0.7"),
    )
    home = town.home("a harvest, and another of the same instant")
    home.put("lp_harvest_events", MIDNIGHT)
    home.put("lp_harvest_events", MIDNIGHT)
    home = town.home("a harvest and a position")
    home.put("lp_harvest_events", MIDNIGHT)
    move(home, pool, MIDNIGHT, "2")


def stakes(town: Town) -> None:
    """cJEWEL decides whether a stake is held, JEWEL how much it is; a thousand days."""
    last = AS_OF.date()
    for token, day, usd in (
        ("JEWEL", datetime(2022, 1, 1).date(), "0.3"),
        ("JEWEL", last - DAY, "0.25"),
        # the price of another token, and one of the day after the last
        ("jewel", last, "70"),
        ("JEWEL", last + DAY, "50"),
    ):
        town.put("token_prices_daily", token=token, price_date=day, usd_price=Decimal(usd))
    for name, events in {
        "JEWEL without cJEWEL": [("DEPOSIT", "5", "0")],
        "cJEWEL without JEWEL": [("DEPOSIT", "0", "5")],
        "more JEWEL out than in": [("DEPOSIT", "5", "5"), ("WITHDRAW", "7", "1")],
        "all JEWEL out": [("DEPOSIT", "5", "5"), ("WITHDRAW", "5", "1")],
        "all cJEWEL out": [("DEPOSIT", "5", "5"), ("WITHDRAW", "1", "5")],
        "more cJEWEL out than in": [("DEPOSIT", "5", "5"), ("WITHDRAW", "1", "6")],
        "less than ten thousand by the rounding": [("DEPOSIT", "9999.9999994", "1")],
        "ten thousand by the rounding": [("DEPOSIT", "9999.9999995", "1")],
        "ten thousand": [("DEPOSIT", "10000", "1")],
    }.items():
        home = town.home(name)
        for number, (action, jewel, cjewel) in enumerate(events):
            home.put(
                "jeweler_events",
                MIDNIGHT + number * DAY,
                action=action,
                jewel_amount=Decimal(jewel),
                cjewel_amount=Decimal(cjewel),
            )
    home = town.home("a stake that ended and one that goes on")
    for number, (action, jewel) in enumerate((("DEPOSIT", "9"), ("WITHDRAW", "8"))):
        home.put("jeweler_events", MIDNIGHT + number * DAY, action=action, jewel_amount=jewel)
    home.put("jeweler_events", MIDNIGHT + 9 * DAY, jewel_amount=Decimal(4))
    home = town.home("a stake of two wallets")
    home.put("jeweler_events", MIDNIGHT)
    home.put("jeweler_events", MIDNIGHT + DAY, wallet_address=home.another_wallet())
    home.put("jeweler_events", MIDNIGHT + 2 * DAY, action="WITHDRAW")
    for name, length in {
        "a thousand days": 1000 * DAY,
        "a microsecond less than a thousand days": 1000 * DAY - TICK,
        "a day less than a thousand": 999 * DAY,
    }.items():
        town.home(f"staked for {name} until the end").put("jeweler_events", AS_OF - length)


CASES = (dust, stretches, pools, stakes)
