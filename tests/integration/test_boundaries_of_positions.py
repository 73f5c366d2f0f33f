"""What positions are worth at the end of a window, and on which days they were worth a dollar."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import psycopg
import pytest

from tests.prepared_server import OpenTransaction
from tests.support import (
    AS_OF,
    BUSY,
    BUSY_TOO,
    DAY,
    Fact,
    add_cluster,
    jeweler_move,
    lp_move,
    lp_price,
    put,
    set_as_of,
    token_price,
)

#: The day of the as-of instant, which is at noon.
TODAY = date(2026, 6, 1)
CENT = Decimal("0.000001")


@pytest.fixture(scope="module")
def database_of_positions(module_database: str) -> str:
    """The URL of a database with a cluster of two wallets and no facts."""
    with psycopg.connect(module_database, autocommit=True) as connection:
        add_cluster(connection, "busy", BUSY, BUSY_TOO)
    return module_database


@pytest.fixture
def connection(
    database_of_positions: str, rolled_back: OpenTransaction
) -> Iterator[psycopg.Connection]:
    """A transaction as of the instant of the stories, which is rolled back."""
    with rolled_back(database_of_positions) as connection:
        set_as_of(connection, AS_OF)
        yield connection


def metrics(connection: psycopg.Connection, source: str, *keys: str) -> tuple | None:
    """Metrics of the cluster over all time; None where it has no row."""
    return connection.execute(
        f"select {', '.join(keys)} from analytics.{source}"
        " where cluster_id = 'busy' and window_key = 'all_time'"
    ).fetchone()


def day(number: int) -> date:
    """A day of May."""
    return date(2026, 5, number)


@pytest.mark.parametrize(
    ("facts", "value", "pools"),
    [
        # the last price up to the day of the end, that day included
        ([lp_price(7, day(1)), lp_price(3, TODAY), lp_price(9, TODAY + DAY)], 30, 1),
        ([lp_price(7, day(1)), lp_price(3, day(2))], 30, 1),
        # without a price it is worth nothing that is known
        ([lp_price(9, TODAY + DAY)], 0, 0),
        ([lp_price(3, day(1), pool_id=2)], 0, 0),
        ([lp_price(3, day(1), chain_id=1)], 0, 0),
        # dust is below one dollar
        ([lp_price(Decimal("0.1"), day(1))], 1, 1),
        ([lp_price(Decimal("0.1") - CENT, day(1))], 1 - 10 * CENT, 0),
    ],
)
def test_liquidity_is_worth_its_last_price(
    connection: psycopg.Connection, facts: list[Fact], value: Decimal, pools: int
) -> None:
    # of both wallets together
    put(connection, lp_move(4), lp_move(6, BUSY_TOO), *facts)
    assert metrics(connection, "onchain_lp", "lp_usd_value", "pool_count") == (value, pools)


def test_what_was_withdrawn_is_worth_nothing_and_pools_add_up(
    connection: psycopg.Connection,
) -> None:
    put(connection, *(lp_price(2, day(1), pool_id=pool) for pool in (1, 2, 3)))
    put(connection, lp_move(5, pool_id=1), lp_move(3, pool_id=2))
    put(connection, lp_move(9, pool_id=3, at=AS_OF - 3 * DAY))
    put(connection, lp_move(-9, pool_id=3, at=AS_OF - 2 * DAY))
    assert metrics(connection, "onchain_lp", "lp_usd_value", "pool_count") == (16, 2)


@pytest.mark.parametrize(
    ("prices", "days"),
    [
        # it was held on eleven days, the first and the last included
        ([(1, "1")], 11),
        # from the first price on
        ([(15, "1")], 6),
        # exactly a dollar counts, less does not
        ([(1, "0.5"), (15, "1")], 6),
        ([(1, "0.5"), (15, "0.999999")], 0),
        ([(1, "1"), (15, "0.999999")], 5),
        ([(1, "1"), (15, "0.9"), (17, "2"), (30, "0.1")], 9),
        ([(1, "0.9"), (20, "2")], 1),
        ([(1, "0.9"), (21, "2")], 0),
        ([(11, "2"), (30, "0.1")], 10),
        ([], 0),
    ],
)
def test_liquidity_is_active_on_the_days_on_which_it_was_worth_a_dollar(
    connection: psycopg.Connection, prices: list[tuple[int, str]], days: int
) -> None:
    # from noon of the 10th until midnight before the 21st
    begin, end = (AS_OF.replace(month=5, day=number) for number in (10, 21))
    put(connection, lp_move(1, at=begin), lp_move(-1, at=end.replace(hour=0)))
    put(connection, *(lp_price(Decimal(usd), day(number)) for number, usd in prices))
    # of another pool
    put(connection, lp_price(1000, day(1), pool_id=2))
    assert metrics(connection, "onchain_lp", "active_days") == (days,)


@pytest.mark.parametrize(
    ("moves", "facts", "locked", "value"),
    [
        (
            [4, 6],
            [token_price(2, day(1)), token_price(3, TODAY), token_price(9, TODAY + DAY)],
            10,
            30,
        ),
        ([4, 6], [token_price(2, day(1)), token_price(3, day(2))], 10, 30),
        ([4, 6], [token_price(9, TODAY + DAY)], 10, 0),
        ([4, 6], [token_price(9, day(1), token="AVAX")], 10, 0),
    ],
)
def test_locked_jewel_is_worth_its_last_price(
    connection: psycopg.Connection,
    moves: list[int],
    facts: list[Fact],
    locked: int,
    value: int,
) -> None:
    put(connection, *(jeweler_move(amount) for amount in moves), *facts)
    keys = ("jewel_stake_amount", "stake_usd_value")
    assert metrics(connection, "onchain_staking", *keys) == (locked, value)


@pytest.mark.parametrize(
    ("withdrawn", "cjewel", "locked", "value"),
    [
        # interest is withdrawn too: what is locked is not below zero
        (12, 9, 0, 0),
        (10, 9, 0, 0),
        (9, 9, 1, 2),
        # nothing is held any more, whatever the amounts of JEWEL say
        (9, 10, 0, 0),
    ],
)
def test_locked_jewel_is_never_below_zero(
    connection: psycopg.Connection, withdrawn: int, cjewel: int, locked: int, value: int
) -> None:
    put(
        connection,
        token_price(2, day(1)),
        jeweler_move(10, at=AS_OF - 9 * DAY),
        jeweler_move(-withdrawn, at=AS_OF - 4 * DAY, cjewel_amount=cjewel),
    )
    keys = ("jewel_stake_amount", "stake_usd_value", "stake_duration_days")
    days = 5 if cjewel == 10 else 9
    assert metrics(connection, "onchain_staking", *keys) == (locked, value, days)
