"""Leagues of tournaments: the macro of their metrics, over the model of their placings, equals the
oracle in hostile worlds, and the cases that decide are told one by one.

A league of a project of an analyst's own: test_leagues_of_the_guide.
"""

import functools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from hypothesis import given

from tests import support
from tests.against_the_oracle import LISTS, hostile
from tests.integration.test_the_scope_reaches_the_indexes import assert_index_conditions
from tests.oracle import Window, World
from tests.oracle.instants import AS_OF, TICK
from tests.oracle.leagues import League, nonzero_metrics_of_league
from tests.oracle.worlds import worlds
from tests.rendering import render
from tests.support import BUSY, BUSY_TOO, RIVAL, STRANGER, days_ago, put, tournament_entry

WINDOWS = (
    Window("all_time", None, AS_OF),
    Window("rolling_180d", AS_OF - timedelta(days=180), AS_OF),
)
#: The second place gives more than the first: the best place counts all the same.
POINTS = ((1, 1, Decimal(10)), (2, 2, Decimal("12.5")), (4, None, Decimal(1)))
LEAGUES = [
    *(League(aggregate.lower(), aggregate, points=POINTS) for aggregate in ("SUM", "MAX", "LAST")),
    League("any_kind", "SUM", 53935, only_official=False, early_exit_from=4, points=POINTS),
    League(
        "of_days",
        "LAST",
        begins_on=date(2026, 3, 1),
        ends_before=date(2026, 6, 14),
        early_exit_from=1,
        points=((1, 3, Decimal("0.5")),),
    ),
    League("no_points", "MAX", early_exit_from=2),
]


def put_leagues(connection: psycopg.Connection, *leagues: League) -> None:
    """Fill the two seeds with leagues."""
    connection.execute("delete from analytics.league_points")
    connection.execute("delete from analytics.leagues")
    for league in leagues:
        connection.execute(
            "insert into analytics.leagues values (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                *(league.key, f"The {league.key}", league.aggregate, league.chain_id),
                *(league.only_official, league.begins_on, league.ends_before),
                league.early_exit_from,
            ],
        )
        for place_from, place_to, points in league.points:
            connection.execute(
                "insert into analytics.league_points values (%s, %s, %s, %s)",
                [league.key, place_from, place_to, points],
            )


@functools.cache
def query_of(league: str) -> str:
    """The select that a metric source has from the macro."""
    return render("{{ metrics_of_league(league) }}", {}, league=league)


def metrics_of(connection: psycopg.Connection, league: str) -> dict[tuple[str, str], dict]:
    """The metrics of a league that are not zero, by cluster and window."""
    rows = connection.execute(
        "select cluster_id, window_key, to_jsonb(league) - array['cluster_id', 'window_key']"
        f" from ({query_of(league)}) as league"
    )
    found = {
        (cluster, window): {key: Decimal(str(value)) for key, value in metrics.items() if value}
        for cluster, window, metrics in rows
    }
    return {key: metrics for key, metrics in found.items() if metrics}


@hostile(12)
@given(world=worlds(LISTS))
def test_leagues_equal_the_oracle(transaction: psycopg.Connection, world: World) -> None:
    support.set_as_of(transaction, AS_OF)
    support.put_world(transaction, world)
    put_leagues(transaction, *LEAGUES)
    for league in LEAGUES:
        expected = {
            (cluster, window.key): metrics
            for window in WINDOWS
            for cluster, metrics in nonzero_metrics_of_league(world, window, LISTS, league).items()
        }
        assert metrics_of(transaction, league.key) == expected, league


@pytest.fixture
def league(transaction: psycopg.Connection) -> psycopg.Connection:
    """The clusters busy, of two wallets, and rival, and the leagues."""
    support.set_as_of(transaction, support.AS_OF)
    support.add_cluster(transaction, "busy", BUSY, BUSY_TOO)
    support.add_cluster(transaction, "rival", RIVAL)
    put_leagues(transaction, *LEAGUES)
    return transaction


def ended(number: int, rank: int | None, wallet: str = BUSY, days: float = 1, **columns) -> tuple:
    """A place in a tournament that ended so many days ago."""
    return tournament_entry(
        number,
        wallet,
        days_ago(days + 1),
        final_rank=rank,
        **{"ended_at": days_ago(days)} | columns,
    )


def test_of_tournaments_that_end_at_one_instant_the_greater_key_is_the_last(
    league: psycopg.Connection,
) -> None:
    put(league, ended(1, 1), ended(2, 2), ended(3, 3, days=2))
    assert metrics_of(league, "last")["busy", "all_time"]["points"] == Decimal("12.5")
    # a chain is the first part of the key
    put(league, ended(0, 1, chain_id=53935))
    assert metrics_of(league, "last")["busy", "all_time"]["points"] == 10
    assert metrics_of(league, "sum")["busy", "all_time"]["points"] == Decimal("32.5")
    assert metrics_of(league, "max")["busy", "all_time"]["points"] == Decimal("12.5")


def test_the_last_tournament_gives_its_points_even_where_it_has_none(
    league: psycopg.Connection,
) -> None:
    put(league, ended(1, 1, days=2), ended(2, 3, days=1))
    assert metrics_of(league, "last")["busy", "all_time"] == {
        "firsts": 1,
        "thirds": 1,
        "seconds_and_thirds": Decimal("0.000001"),
    }


def test_a_registration_without_a_place_is_no_tournament(league: psycopg.Connection) -> None:
    put(league, ended(1, 1, days=2), ended(2, None, days=1))
    assert metrics_of(league, "last")["busy", "all_time"] == {"points": 10, "firsts": 1}


@pytest.mark.parametrize(("other", "firsts"), [(BUSY_TOO, 0), (STRANGER, 1), (RIVAL, 1)])
def test_only_places_of_linked_wallets_count_and_of_two_of_a_cluster_the_better(
    league: psycopg.Connection, other: str, firsts: int
) -> None:
    """BUSY_TOO is second and BUSY third: one place, the second, which gives more points."""
    put(league, ended(1, 3 if other == BUSY_TOO else 1), ended(1, 2, other))
    found = metrics_of(league, "sum")["busy", "all_time"]
    assert found.get("firsts", 0) == firsts
    assert found["points"] == (10 if firsts else Decimal("12.5"))
    assert "thirds" not in found
    support.unlink(league, BUSY)
    assert (("busy", "all_time") in metrics_of(league, "sum")) == (other == BUSY_TOO)


def test_a_tournament_is_in_every_league_that_includes_it(league: psycopg.Connection) -> None:
    put(league, ended(1, 4, chain_id=53935), ended(2, 4, is_official=False, chain_id=53935))
    assert metrics_of(league, "sum")["busy", "all_time"] == {"points": 1}
    assert metrics_of(league, "any_kind")["busy", "all_time"] == {"points": 2, "early_exits": 2}


def test_a_tournament_of_another_chain_is_another_one(league: psycopg.Connection) -> None:
    put(league, ended(1, 2), ended(1, 1, chain_id=53935))
    assert metrics_of(league, "sum")["busy", "all_time"]["points"] == Decimal("22.5")


def test_a_league_has_the_days_from_its_first_to_before_its_end(
    league: psycopg.Connection,
) -> None:
    first, end = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 6, 14, tzinfo=UTC)
    support.set_as_of(league, AS_OF)
    put_leagues(league, League("of_days", "SUM", begins_on=first.date(), ends_before=end.date()))
    for number, at in enumerate((first - TICK, first, end - TICK, end)):
        put(league, ended(number, 1, ended_at=at, registered_at=first - timedelta(days=9)))
    assert metrics_of(league, "of_days")["busy", "all_time"] == {"firsts": 2}


@pytest.mark.parametrize(("rank", "points", "exits"), [
    (1, 10, 0), (2, Decimal("12.5"), 0), (3, 0, 0), (4, 1, 1), (2**31 - 1, 1, 1),
])  # fmt: skip
def test_a_place_at_the_edge_of_a_range(
    league: psycopg.Connection, rank: int, points: Decimal, exits: int
) -> None:
    put(league, ended(1, rank, chain_id=53935))
    found = metrics_of(league, "any_kind").get(("busy", "all_time"), {})
    assert (found.get("points", 0), found.get("early_exits", 0)) == (points, exits)


def test_the_scope_of_a_league_reaches_the_indexes(league: psycopg.Connection) -> None:
    assert_index_conditions(
        league,
        f"select * from ({query_of('last')}) as league"
        " where cluster_id = any(array['busy', 'rival'])",
    )
