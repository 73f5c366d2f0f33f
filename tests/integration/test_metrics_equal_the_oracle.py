"""Every metric, score and unlock equals a second implementation, in hostile worlds."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests import support
from tests.oracle import Catalogue, Lists, Window, World, measure, score
from tests.oracle.worlds import worlds

AS_OF = datetime(2026, 6, 15, 12, 34, 56, 789012, UTC)
WINDOWS = (
    Window("all_time", None, AS_OF),
    Window("rolling_180d", AS_OF - timedelta(days=180), AS_OF),
)
LISTS = Lists.read()
CATALOGUE = Catalogue.read()

hostile = settings(
    max_examples=200,
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


def metrics_of(connection: psycopg.Connection) -> dict[str, dict]:
    """Window to cluster to (source, key) to value, from the views; zeros are left out."""
    found = {window.key: {} for window in WINDOWS}
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


@hostile
@given(world=worlds(LISTS))
def test_metrics_and_scores(world_connection: psycopg.Connection, world: World) -> None:
    connection = world_connection
    support.put_world(connection, world)
    compute(connection)
    found = metrics_of(connection)
    expected = {window.key: measure(world, window, LISTS) for window in WINDOWS}
    for window in WINDOWS:
        for cluster in world.clusters:
            measured = expected[window.key][cluster]
            wanted = support.nonzero(measured)
            got = {
                key: value
                for key, value in found[window.key].get(cluster, {}).items()
                if key in measured
            }
            assert got == wanted, (window.key, cluster)

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
