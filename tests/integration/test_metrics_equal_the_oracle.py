"""Every metric, score, rank and season point equals a second implementation, in hostile worlds."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from hedge import runs
from tests import support
from tests.oracle import (
    Catalogue,
    Lists,
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

WINDOWS = (
    Window("all_time", None, AS_OF),
    Window("rolling_180d", AS_OF - timedelta(days=180), AS_OF),
)
LISTS = Lists.read()
CATALOGUE = Catalogue.read()


def hostile(examples: int) -> settings:
    """So many worlds, others each time."""
    return settings(
        max_examples=examples,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.fixture
def world_connection(connection: psycopg.Connection) -> psycopg.Connection:
    support.set_as_of(connection, AS_OF)
    return connection


def compute(connection: psycopg.Connection) -> None:
    """Fill cluster_metrics as a run for everyone does, without starting dbt."""
    connection.execute("truncate analytics.cluster_metrics")
    connection.execute(
        f"insert into analytics.cluster_metrics {support.compiled('cluster_metrics')}"
    )


def metrics_of(
    connection: psycopg.Connection, windows: Sequence[Window] = WINDOWS
) -> dict[str, dict]:
    """Window to cluster to (source, key) to value, from the views; zeros are left out."""
    found = {window.key: {} for window in windows}
    rows = connection.execute(
        """
        select window_key, cluster_id, metric_source, metric_key, value
        from analytics.metric_values
        union all
        select window_key, cluster_id, 'epic_feats', metrics.key,
            case metrics.value when 'true' then 1 else 0 end
        from analytics.epic_feats
        cross join lateral jsonb_each(to_jsonb(epic_feats) - array['cluster_id', 'window_key'])
            as metrics
        """
    )
    for window, cluster, source, key, value in rows:
        if value != 0:
            found[window].setdefault(cluster, {})[source, key] = value
    return found


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


@hostile(200)
@given(world=worlds(LISTS))
def test_metrics_and_scores(world_connection: psycopg.Connection, world: World) -> None:
    connection = world_connection
    support.put_world(connection, world)
    compute(connection)
    found = metrics_of(connection)
    expected = {window.key: measure(world, window, LISTS) for window in WINDOWS}
    assert_metrics(world, found, expected)

    scores = {window.key: score(expected[window.key], CATALOGUE) for window in WINDOWS}
    progress = connection.execute(
        "select cluster_id, challenge_key, value, tier, unlocked, rolling_value, rolling_tier"
        f" from ({support.compiled('challenge_progress')}) as progress"
    )
    for cluster, challenge, value, tier, unlocked, rolling_value, rolling_tier in progress:
        wanted = scores["all_time"][cluster][challenge]
        assert (value, tier, unlocked) == (wanted.value, wanted.tier, wanted.unlocked)
        wanted = scores["rolling_180d"][cluster][challenge]
        assert (rolling_value, rolling_tier) == (wanted.value, wanted.tier)


#: A board for each metric of the catalogue, ties broken by the metric after it, and one for
#: the total score. The odd ones rank one period and the even ones another.
METRICS = [(one.metric_source, one.metric_key) for one in CATALOGUE.challenges]
BOARDS = [
    {
        "run_id": number,
        "window_key": f"run:{2 - number % 2}",
        "metric_source": source,
        "metric_key": key,
        "fallback_metric_source": METRICS[number % len(METRICS)][0] if number % 3 else None,
        "fallback_metric_key": METRICS[number % len(METRICS)][1] if number % 3 else None,
    }
    for number, (source, key) in enumerate([*METRICS, ("challenge_progress", "total_score")], 1)
]
ENTRIES = 2
SEASON_WINDOWS = (
    Window("season:spring", None, AS_OF),
    Window("season:spring:baseline", None, AS_OF),
)


@pytest.fixture
def board_connection(world_connection: psycopg.Connection) -> psycopg.Connection:
    """Boards that are being run, for windows that an example sets."""
    connection = world_connection
    for board in BOARDS:
        connection.execute(
            """
            insert into app.leaderboard_defs (
                key, name, category_key, time_window, max_entries,
                metric_source, metric_key, fallback_metric_source, fallback_metric_key
            )
            values (
                %(run_id)s, 'a board', '', 'ALL_TIME', %(entries)s,
                %(metric_source)s, %(metric_key)s,
                %(fallback_metric_source)s, %(fallback_metric_key)s
            )
            """,
            board | {"entries": ENTRIES},
        )
        connection.execute(
            "insert into app.leaderboard_runs (leaderboard_key, status) values (%s, 'PROCESSING')",
            [str(board["run_id"])],
        )
    windows = ["run:1", "run:2", "season:spring", "season:spring:baseline"]
    connection.execute("select set_config('hedge.windows', %s::text[]::text, false)", [windows])
    return connection


def put_season(connection: psycopg.Connection, season: Season) -> None:
    """The only season there is."""
    connection.execute("delete from app.seasons")
    connection.execute(
        "insert into app.seasons (id, name, starts_at, ends_at, is_active, scoring)"
        " values (%s, 'a season', %s, %s, true, %s)",
        [season.season_id, season.starts_at, season.ends_at, season.scoring],
    )
    for challenge, weight in season.weights.items():
        connection.execute(
            "insert into app.season_challenge_weights values (%s, %s, %s)",
            [season.season_id, challenge, weight],
        )


def put_periods(
    connection: psycopg.Connection, odd: tuple[datetime | None, datetime], even: tuple
) -> None:
    """The periods of the boards; one that is open begins before all facts."""
    for (start, end), remainder in ((odd, 1), (even, 0)):
        connection.execute(
            "update app.leaderboard_runs set period_start = coalesce(%s::timestamptz, '-infinity'),"
            " period_end = %s where id %% 2 = %s",
            [start, end, remainder],
        )


@hostile(60)
@given(
    world=worlds(LISTS).filter(lambda world: len(world.clusters) > 2),
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
    variables = json.dumps(
        {"boards": BOARDS, "board_sources": runs.board_sources(connection, BOARDS)}
    )
    entries = connection.execute(
        "select run_id, rank, cluster_id, score, tiebreaker from"
        f" ({support.compiled('leaderboard_entries', variables)}) as entries"
        " order by run_id, rank, cluster_id"
    ).fetchall()
    for board in BOARDS[:-1]:
        tiebreakers = values(board, "fallback_") if board["fallback_metric_key"] else None
        assert [tuple(row[1:]) for row in entries if row[0] == board["run_id"]] == rank(
            values(board), tiebreakers, ENTRIES
        ), board

    points = season_points(world, season, AS_OF, LISTS, CATALOGUE)
    found = connection.execute(
        "select cluster_id, points, level"
        f" from ({support.compiled('season_progress')}) as season_progress"
    ).fetchall()
    assert {cluster: (points, level) for cluster, points, level in found} == {
        cluster: (points[cluster], level(points[cluster], CATALOGUE.levels))
        for cluster in world.clusters
    }


@hostile(30)
@given(world=worlds(LISTS))
def test_the_total_score(world_connection: psycopg.Connection, world: World) -> None:
    connection = world_connection
    support.put_world(connection, world)
    compute(connection)
    connection.execute("truncate analytics.challenge_progress")
    connection.execute(
        "insert into analytics.challenge_progress (cluster_id, challenge_key, value,"
        " rolling_value, unlocked, tier, rolling_tier, last_computed_at)"
        f" {support.compiled('challenge_progress')}"
    )
    scores = score(measure(world, WINDOWS[0], LISTS), CATALOGUE)
    found = connection.execute("select cluster_id, total_score from analytics.total_scores")
    assert dict(found.fetchall()) == {
        cluster: total_score(scores[cluster], CATALOGUE) for cluster in world.clusters
    }
