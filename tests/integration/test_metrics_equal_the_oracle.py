"""Every metric, score, rank and season point equals a second implementation, in hostile worlds.

The worlds are random, others each time; HEDGE_ORACLE_SEED=N repeats those of a failure. Those of
test_every_rule_at_its_boundary are fixed.
"""

from datetime import datetime
from decimal import Decimal

import psycopg
import pytest
from hypothesis import given

from tests import support
from tests.against_the_oracle import (
    BOARDS,
    CATALOGUE,
    ENTRIES,
    LISTS,
    METRICS,
    SEED,
    WINDOWS,
    compute,
    entries_of,
    hostile,
    metrics_of,
    put_boards,
    put_periods,
    put_season,
    set_windows,
)
from tests.oracle import (
    Season,
    Window,
    World,
    level,
    measure,
    rank,
    score,
    season_points,
    total_score,
)
from tests.oracle.instants import AS_OF
from tests.oracle.worlds import seasons, spans, worlds


@pytest.fixture
def world_connection(connection: psycopg.Connection) -> psycopg.Connection:
    support.set_as_of(connection, AS_OF)
    return connection


def assert_metrics(
    world: World, found: dict[str, dict], expected: dict[str, dict[str, dict]]
) -> None:
    """The metrics of every window and cluster are what the oracle measured."""
    for window, clusters in expected.items():
        for cluster in world.clusters:
            measured = clusters[cluster]
            got = {
                key: value
                for key, value in found[window].get(cluster, {}).items()
                if key in measured
            }
            assert got == support.nonzero(measured), (window, cluster)


@hostile(50)
@given(world=worlds(LISTS, excluded_from=METRICS))
def test_metrics_and_scores(world_connection: psycopg.Connection, world: World) -> None:
    connection = world_connection
    support.put_world(connection, world)
    compute(connection)
    found = metrics_of(connection)
    expected = {window.key: measure(world, window, LISTS) for window in WINDOWS}
    assert_metrics(world, found, expected)

    scores = {window.key: score(expected[window.key], CATALOGUE) for window in WINDOWS}
    rows = connection.execute(
        "select cluster_id, challenge_key, value, tier, unlocked, rolling_value, rolling_tier"
        f" from ({support.compiled('challenge_progress')}) as progress"
    )
    progress = {tuple(row[:2]): tuple(row[2:]) for row in rows}
    assert progress == {
        (cluster, challenge): (*whole, *scores["rolling_180d"][cluster][challenge][:2])
        for cluster, by_challenge in scores["all_time"].items()
        for challenge, whole in by_challenge.items()
    }
    assert len(progress) == len(world.clusters) * len(CATALOGUE.challenges)


SEASON_WINDOWS = (
    Window("season:spring", None, AS_OF),
    Window("season:spring:baseline", None, AS_OF),
)


@pytest.fixture
def board_connection(world_connection: psycopg.Connection) -> psycopg.Connection:
    """Boards that are being run, for windows that an example sets."""
    put_boards(world_connection)
    set_windows(world_connection, "run:1", "run:2", "season:spring", "season:spring:baseline")
    return world_connection


@hostile(25)
@given(
    world=worlds(LISTS, excluded_from=METRICS).filter(lambda world: len(world.clusters) > 2),
    odd=spans(),
    even=spans(),
    season=seasons(CATALOGUE),
)
def test_windows_boards_and_seasons(
    board_connection: psycopg.Connection,
    world: World,
    odd: tuple[datetime | None, datetime],
    even: tuple[datetime | None, datetime],
    season: Season,
) -> None:
    connection = board_connection
    support.put_world(connection, world)
    put_periods(connection, odd, even)
    connection.execute("delete from app.seasons")
    put_season(connection, season)
    compute(connection)

    windows = [Window("run:1", *odd), Window("run:2", *even)]
    expected = {window.key: measure(world, window, LISTS) for window in windows}
    found = metrics_of(connection, [*windows, *SEASON_WINDOWS])
    assert_metrics(world, found, expected)

    scores = {window.key: score(expected[window.key], CATALOGUE) for window in windows}
    by_metric = {(one.metric_source, one.metric_key): one.key for one in CATALOGUE.challenges}

    def values(board: dict, part: str = "") -> dict[str, Decimal]:
        key = by_metric[board[f"{part}metric_source"], board[f"{part}metric_key"]]
        return {
            cluster: ranked[key].value for cluster, ranked in scores[board["window_key"]].items()
        }

    # the total score is of the standing windows, and of nobody here
    connection.execute("truncate analytics.challenge_progress")
    entries = entries_of(connection)
    assert len(entries) == len(CATALOGUE.challenges) + 1
    for board in BOARDS[:-1]:
        tiebreakers = values(board, "fallback_") if board["fallback_metric_key"] else None
        listed = world.listed(str(board["run_id"]), values(board))
        assert entries[board["run_id"]] == rank(listed, tiebreakers, ENTRIES), board

    points = season_points(world, season, AS_OF, LISTS, CATALOGUE)
    found = connection.execute(
        "select cluster_id, points, level"
        f" from ({support.compiled('season_progress')}) as season_progress"
    ).fetchall()
    assert {cluster: (points, level) for cluster, points, level in found} == {
        cluster: (points[cluster], level(points[cluster], CATALOGUE.levels))
        for cluster in world.clusters
    }


@hostile(15)
@given(world=worlds(LISTS))
def test_the_total_score(world_connection: psycopg.Connection, world: World) -> None:
    connection = world_connection
    support.put_world(connection, world)
    compute(connection)
    compute(connection, "challenge_progress")
    scores = score(measure(world, WINDOWS[0], LISTS), CATALOGUE)
    found = connection.execute("select cluster_id, total_score from analytics.total_scores")
    assert dict(found.fetchall()) == {
        cluster: total_score(scores[cluster], CATALOGUE) for cluster in world.clusters
    }


@hostile(1)
@given(world=worlds(LISTS))
def fails(world: World) -> None:
    assert world is None


def test_a_failure_in_a_random_world_says_how_to_repeat_it() -> None:
    with pytest.raises(AssertionError) as caught:
        fails()
    assert f"HEDGE_ORACLE_SEED={SEED} repeats these worlds" in caught.value.__notes__
