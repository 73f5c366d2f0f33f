"""Facts of gold, liquidity, the Jeweler and prices.

Amounts of tokens are kept in thousandths and written as decimals, so that sums of
deposits and withdrawals are exact.
"""

from datetime import datetime, timedelta
from random import Random

from hedge.world.chronicle import Chronicle
from hedge.world.clock import AS_OF, iso, moment, moments_apart
from hedge.world.people import DFK_CHAIN, KAIA, Player
from hedge.world.town import Town

Pool = tuple[int, int]

#: The pools with a price, as (chain_id, pool_id), and two whose price does not change.
STEADY_POOL, OTHER_STEADY_POOL = (DFK_CHAIN, 0), (DFK_CHAIN, 3)
STEADY_PRICES = {STEADY_POOL: 4.0, OTHER_STEADY_POOL: 10.0}
POOLS: tuple[Pool, ...] = (*((DFK_CHAIN, pool) for pool in range(13)), (KAIA, 0))

#: A pool without a price.
UNPRICED_POOL = (DFK_CHAIN, 13)

#: The USD price of a JEWEL in October 2026; it varies before.
JEWEL_PRICE = 0.5
_STEADY_DAYS = 31
_PRICE_DAYS = 400

_PURCHASES = ("buy", "buyItem", "purchase")
_OTHER_DEALS = (("sell", "EARN"), ("train", "SPEND"), ("craft", "SPEND"))


def thousandths(amount: int) -> str:
    """An amount in thousandths as a decimal number: 1500 is 1.500."""
    return f"{amount // 1000}.{amount % 1000:03d}"


def set_prices(book: Chronicle, rng: Random) -> None:
    """USD prices for each of 400 days up to AS_OF; two in a hundred are missing.

    The prices of the day that begins at AS_OF are a tenth higher; they must not count.
    """
    prices = {pool: rng.uniform(1, 20) for pool in POOLS} | STEADY_PRICES
    jewel, crystal = JEWEL_PRICE, 0.02
    for ago in range(_PRICE_DAYS - 1, -1, -1):
        day = (AS_OF - timedelta(days=ago)).date().isoformat()
        for pool in POOLS:
            if pool not in STEADY_PRICES:
                prices[pool] *= 1 + 0.04 * (rng.random() - 0.5)
            if rng.random() < 0.98:
                _set_pool_price(book, day, pool, prices[pool] * (1 if ago else 1.1))
        jewel = _next_jewel_price(rng, jewel, ago)
        crystal *= 1 + 0.06 * (rng.random() - 0.5)
        if rng.random() < 0.98:
            _set_token_price(book, day, "JEWEL", jewel)
        _set_token_price(book, day, "CRYSTAL", crystal)


def _next_jewel_price(rng: Random, price: float, ago: int) -> float:
    """The USD price of a JEWEL on the day that is `ago` days before AS_OF."""
    if ago > _STEADY_DAYS:
        return price * (1 + 0.04 * (rng.random() - 0.5))
    return JEWEL_PRICE if ago else JEWEL_PRICE * 1.1


def _set_pool_price(book: Chronicle, day: str, pool: Pool, usd: float) -> None:
    book.add(
        "lp_prices_daily",
        price_date=day,
        chain_id=pool[0],
        pool_id=pool[1],
        usd_per_lp=f"{usd:.6f}",
    )


def _set_token_price(book: Chronicle, day: str, token: str, usd: float) -> None:
    book.add(
        "token_prices_daily",
        price_date=day,
        token=token,
        usd_price=f"{usd:.6f}",
        source="made up",
    )


def trade(
    book: Chronicle, wallet: str, method: str, direction: str, gold: int, at: datetime
) -> None:
    """A transaction with a vendor, in thousandths of gold: SPEND or EARN."""
    book.add(
        "vendor_transactions",
        tx_hash=book.transaction(),
        log_index=0,
        chain_id=DFK_CHAIN,
        wallet_address=wallet,
        vendor="zada",
        method=method,
        item_id="stamina_vial",
        gold_amount=thousandths(gold),
        direction=direction,
        occurred_at=iso(at),
    )


def go_shopping(town: Town, player: Player, count: int) -> None:
    """`count` transactions with vendors, seven in ten of them a purchase."""
    rng = player.rng
    for _ in range(count):
        if rng.random() < 0.7:
            method, direction = rng.choice(_PURCHASES), "SPEND"
        else:
            method, direction = rng.choice(_OTHER_DEALS)
        gold = int(rng.paretovariate(1.1) * 40_000) % 50_000_000
        trade(town.book, player.wallet(), method, direction, gold, moment(rng))


def stake(book: Chronicle, wallet: str, pool: Pool, action: str, amount: int, at: datetime) -> None:
    """A DEPOSIT into a pool or a WITHDRAW from it, in thousandths of LP."""
    book.add(
        "lp_stake_events",
        tx_hash=book.transaction(),
        log_index=0,
        wallet_address=wallet,
        chain_id=pool[0],
        pool_id=pool[1],
        action=action,
        lp_amount=thousandths(amount),
        occurred_at=iso(at),
    )


def provide_liquidity(town: Town, player: Player, count: int) -> None:
    """`count` deposits and withdrawals in several pools and wallets.

    Before a wallet leaves a pool, another wallet of the player may enter it, so that the position
    of the cluster continues.
    """
    rng, book = player.rng, town.book
    while count > 0:
        pool, wallet, held = rng.choice((*POOLS, UNPRICED_POOL)), player.wallet(), 0
        for at in moments_apart(rng, rng.choice((1, 2, 2, 2, 4)), days=30):
            count -= 1
            if not held or rng.random() < 0.2:
                amount = int(rng.paretovariate(0.9) * 3000) % 10**9 + 50
                stake(book, wallet, pool, "DEPOSIT", amount, at)
                held += amount
                continue
            amount = held if rng.random() < 0.6 else held // 2
            successor = player.wallet()
            if successor != wallet and amount == held:
                stake(book, successor, pool, "DEPOSIT", held, at - timedelta(hours=1))
            stake(book, wallet, pool, "WITHDRAW", amount, at)
            held -= amount
            if successor != wallet and not held:
                wallet, held = successor, amount


def harvest(book: Chronicle, wallet: str, pools: tuple[Pool, ...], at: datetime) -> None:
    """A claim of the rewards of several pools in one transaction, with a log for each pool."""
    tx_hash, time = book.transaction(), iso(at)
    for log_index, (chain, pool) in enumerate(pools):
        book.add(
            "lp_harvest_events",
            tx_hash=tx_hash,
            log_index=log_index,
            wallet_address=wallet,
            chain_id=chain,
            pool_id=pool,
            reward_amount=thousandths(1250 + 100 * pool),
            reward_token="CRYSTAL",
            harvested_at=time,
        )


def harvest_rewards(town: Town, player: Player, count: int) -> None:
    """`count` claims, one to three in a transaction."""
    rng = player.rng
    while count > 0:
        first = rng.randrange(len(POOLS) - 3)
        pools = POOLS[first : first + min(count, rng.randint(1, 3))]
        harvest(town.book, player.wallet(), pools, moment(rng))
        count -= len(pools)


def lock(
    book: Chronicle,
    wallet: str,
    action: str,
    jewel: int,
    at: datetime,
    cjewel: int | None = None,
) -> None:
    """A DEPOSIT at the Jeweler or a WITHDRAW from it, in thousandths of JEWEL and of cJEWEL.

    Without `cjewel` both amounts are equal.
    """
    book.add(
        "jeweler_events",
        tx_hash=book.transaction(),
        log_index=0,
        wallet_address=wallet,
        action=action,
        jewel_amount=thousandths(jewel),
        cjewel_amount=thousandths(jewel if cjewel is None else cjewel),
        occurred_at=iso(at),
    )


def visit_jeweler(town: Town, player: Player, count: int) -> None:
    """`count` deposits, and withdrawals of all or of half.

    A long lock gives more cJEWEL than JEWEL; an early withdrawal returns nine tenths of the JEWEL.
    """
    rng, wallet = player.rng, player.wallet()
    jewel = cjewel = 0
    for at in moments_apart(rng, count, days=40):
        if cjewel and rng.random() < 0.6:
            share = rng.choice((1, 1, 2))
            back, burned = jewel // share, cjewel // share
            paid = back if rng.random() < 0.7 else back * 9 // 10
            lock(town.book, wallet, "WITHDRAW", paid, at, burned)
            jewel, cjewel = jewel - back, cjewel - burned
            continue
        amount = int(rng.paretovariate(0.9) * 20_000) % 10**9
        extra = amount * rng.randint(1, 4)
        lock(town.book, wallet, "DEPOSIT", amount, at, extra)
        jewel, cjewel = jewel + amount, cjewel + extra
