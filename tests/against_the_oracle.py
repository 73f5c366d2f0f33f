"""Helpers of tests that compare SQL with the oracle, without a run of dbt."""

import functools
import json
import os
import random
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import psycopg
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.strategies import SearchStrategy
from psycopg import sql

from hedge import runs
from tests import support
from tests.oracle import Lists, Season, Window, World, catalogue, measure, score
from tests.oracle.instants import AS_OF, DAY
from tests.oracle.scores import Score
from tests.oracle.worlds import worlds

LISTS = Lists.read()
CATALOGUE = catalogue()
WINDOWS = (
    Window("all_time", None, AS_OF),
    Window("rolling_180d", AS_OF - timedelta(days=180), AS_OF),
)

#: The seed of random worlds: other ones each time, or the same ones again.
SEED = int(os.environ.get("HEDGE_ORACLE_SEED") or random.SystemRandom().randrange(2**32))


def hostile(examples: int) -> Callable:
    """So many random worlds, others each time; a failure says how to repeat it."""

    def decorate(test: Callable) -> Callable:
        inner = test.hypothesis.inner_test

        @functools.wraps(inner)
        def noted(*arguments: object, **names: object) -> None:
            try:
                inner(*arguments, **names)
            except Exception as error:
                error.add_note(f"HEDGE_ORACLE_SEED={SEED} repeats these worlds")
                raise

        test.hypothesis.inner_test = noted
        return seed(SEED)(
            settings(
                max_examples=examples,
                deadline=None,
                database=None,
                phases=(Phase.explicit, Phase.generate),
                suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
            )(test)
        )

    return decorate


def lively_worlds(**options: bool) -> SearchStrategy[World]:
    """Worlds in which several clusters with several wallets do many things."""
    return worlds(LISTS, **options).filter(
        lambda world: (
            len(world.clusters) > 1
            and len(world.links) > 2
            and sum(map(len, world.facts.values())) > 80
        )
    )


def put_world(connection: psycopg.Connection, world: World) -> None:
    """The same as support.put_world, for a world of thousands of facts."""
    support.put_world(connection, replace(world, facts={}))
    for table, rows in world.facts.items():
        # the columns of a row are those that its case names
        alike = defaultdict(list)
        for row in rows:
            alike[tuple(row)].append(list(row.values()))
        for columns, values in alike.items():
            connection.cursor().executemany(
                sql.SQL("insert into raw.{} ({}) values ({})").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, columns)),
                    sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
                ),
                values,
            )


def compute(connection: psycopg.Connection, mart: str = "cluster_metrics") -> None:
    """Fill a mart as a run for everyone does, without starting dbt."""
    connection.execute(f"truncate analytics.{mart}")
    rows = connection.execute(f"select * from ({support.compiled(mart)}) as computed limit 0")
    columns = ", ".join(column.name for column in rows.description)
    connection.execute(f"insert into analytics.{mart} ({columns}) {support.compiled(mart)}")


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


def assert_evidence_is_the_value(
    connection: psycopg.Connection,
    clusters: Collection[str],
    scores: Mapping[str, Mapping[str, Mapping[str, Score]]],
) -> None:
    """What the facts of each metric contribute is its value in each window; what is passed over
    contributes nothing, and what counts is named."""
    rows = connection.execute(
        """
        select window_key, cluster_id, metric_source, metric_key,
            round(sum(contribution), 6),
            coalesce(bool_and(contribution = 0) filter (where passed_over is not null), true),
            bool_and(
                natural_key is not null
                -- the rounding of a score
                or (metric_source = 'meta_profile' and abs(contribution) <= 0.5)
            ) filter (where passed_over is null)
        from analytics.metric_evidence
        group by window_key, cluster_id, metric_source, metric_key
        """
    ).fetchall()
    found = {tuple(row[:4]): row[4] for row in rows}
    for *key, _, excluded_give_nothing, are_named in rows:
        assert excluded_give_nothing, key
        assert are_named is not False, key
    for window, by_cluster in scores.items():
        for cluster in clusters:
            for one in CATALOGUE.challenges:
                key = (window, cluster, one.metric_source, one.metric_key)
                assert found.get(key, 0) == by_cluster[cluster][one.key].value, key


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


def put_boards(connection: psycopg.Connection, boards: Sequence[Mapping] = BOARDS) -> None:
    """Boards that are being run, the numbers of their runs from 1 on."""
    for board in boards:
        connection.execute(
            """
            insert into app.leaderboard_defs (
                key, name, category_key, time_window, max_entries, verified_only,
                metric_source, metric_key, fallback_metric_source, fallback_metric_key
            )
            values (
                %(run_id)s, 'a board', '', 'ALL_TIME', %(entries)s, %(verified_only)s,
                %(metric_source)s, %(metric_key)s,
                %(fallback_metric_source)s, %(fallback_metric_key)s
            )
            """,
            {"entries": ENTRIES, "verified_only": False} | board,
        )
        connection.execute(
            "insert into app.leaderboard_runs (leaderboard_key, status) values (%s, 'PROCESSING')",
            [str(board["run_id"])],
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


def scores_of(world: World, as_of: datetime) -> tuple[dict, dict]:
    """What the oracle says of every cluster and challenge: for all time, and for 180 days."""
    windows = (
        Window("all_time", None, as_of),
        Window("rolling_180d", as_of - 180 * DAY, as_of),
    )
    all_time, rolling = (score(measure(world, window, LISTS), CATALOGUE) for window in windows)
    return all_time, rolling


def progress_of(connection: psycopg.Connection, clusters: Collection[str]) -> tuple[dict, dict]:
    """The same from challenge_progress."""
    all_time = {cluster: {} for cluster in clusters}
    rolling = {cluster: {} for cluster in clusters}
    rows = connection.execute(
        "select cluster_id, challenge_key, value, tier, unlocked, rolling_value, rolling_tier"
        " from analytics.challenge_progress where cluster_id = any(%s)",
        [list(clusters)],
    )
    for cluster, key, value, tier, unlocked, rolling_value, rolling_tier in rows:
        all_time[cluster][key] = Score(value, tier, unlocked)
        # nobody stores whether something is unlocked in the last 180 days
        rolling[cluster][key] = Score(rolling_value, rolling_tier, rolling_tier != "NONE")
    return all_time, rolling


def assert_progress_equals_the_oracle(
    connection: psycopg.Connection, world: World, as_of: datetime, clusters: Collection[str]
) -> None:
    expected = scores_of(world, as_of)
    found = progress_of(connection, clusters)
    for cluster in clusters:
        for number in range(2):
            assert found[number][cluster] == expected[number][cluster], cluster


def set_windows(connection: psycopg.Connection, *windows: str) -> None:
    """Set the windows that the session computes."""
    connection.execute(
        "select set_config('hedge.windows', %s::text[]::text, false)", [list(windows)]
    )


def put_season(connection: psycopg.Connection, season: Season, is_active: bool = True) -> None:
    """A season with its weights."""
    connection.execute(
        "insert into app.seasons (id, name, starts_at, ends_at, is_active, scoring)"
        " values (%s, 'a season', %s, %s, %s, %s)",
        [season.season_id, season.starts_at, season.ends_at, is_active, season.scoring],
    )
    for challenge, weight in season.weights.items():
        connection.execute(
            "insert into app.season_challenge_weights values (%s, %s, %s)",
            [season.season_id, challenge, weight],
        )


def entries_of(
    connection: psycopg.Connection, boards: Sequence[Mapping] = BOARDS
) -> dict[int, list[tuple[int, str, Decimal, Decimal | None]]]:
    """Board run to its entries (rank, cluster, score, tiebreaker), in the order of readers."""
    told = [{name: value for name, value in board.items() if name in BOARDS[0]} for board in boards]
    sources = runs.board_sources(connection, told)
    variables = json.dumps({"boards": told, "board_sources": sources})
    rows = connection.execute(
        "select run_id, rank, cluster_id, score, tiebreaker from"
        f" ({support.compiled('leaderboard_entries', variables)}) as entries"
        " order by run_id, rank, cluster_id"
    )
    found: dict[int, list] = {board["run_id"]: [] for board in boards}
    for run_id, *entry in rows:
        found[run_id].append(tuple(entry))
    return found
