"""The models challenge_progress and season_progress over a few metrics of clusters.

They are rendered without dbt and executed over rows of cluster_metrics, in a transaction as of the
instant of the stories that is rolled back.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests import PROJECT
from tests.prepared_server import OpenTransaction
from tests.rendering import Relation, render
from tests.support import AS_OF, DAY, add_cluster, set_as_of

WINDOWS = ("all_time", "rolling_180d", "season:spring", "season:spring:baseline", "run:1")
LEAST = Decimal("0.000001")


@pytest.fixture(scope="module")
def database_of_marts(module_database: str) -> str:
    """The URL of a database with three clusters and challenges of every kind of metric."""
    with psycopg.connect(module_database, autocommit=True) as connection:
        for cluster in ("busy", "idle", "rival"):
            add_cluster(connection, cluster)
        connection.execute(
            """
            truncate analytics.challenges, analytics.challenge_tiers;
            insert into analytics.challenges (key, metric_source, metric_key, state)
            values ('arena', 'onchain_pvp', 'wins', 'live'),
            ('riser', 'onchain_heroes', 'total_levels', 'live'),
            ('lazy', 'onchain_pvp', 'wins', 'retired'),
            ('prestige', 'meta_profile', 'summoning_prestige_score', 'live');
            insert into analytics.challenge_tiers
            (challenge_key, tier_code, threshold_value, sort_order)
            values ('arena', 'ELITE', 25, 2), ('arena', 'BASIC', 5, 1),
            ('riser', 'BASIC', 10, 1), ('lazy', 'BASIC', 1, 1), ('prestige', 'BASIC', 9, 1);
            insert into app.seasons (id, name, starts_at, ends_at, is_active, scoring)
            values ('spring', 'Spring', '2026-05-01Z', '2026-07-01Z', true, 'SEASON'),
            ('autumn', 'Autumn', '2025-05-01Z', '2025-07-01Z', false, 'SEASON');
            insert into app.season_challenge_weights (season_id, challenge_code, weight)
            values ('spring', 'arena', 2), ('spring', 'riser', 0.5), ('autumn', 'arena', 1000)
            """
        )
    return module_database


@pytest.fixture
def connection(
    database_of_marts: str, rolled_back: OpenTransaction
) -> Iterator[psycopg.Connection]:
    """A transaction in that database, in the session of a run; it is rolled back."""
    with rolled_back(database_of_marts) as connection:
        set_as_of(connection, AS_OF)
        yield connection


def put_metrics(
    connection: psycopg.Connection,
    window: str,
    wins: float | None = None,
    levels: float | None = None,
    cluster: str = "busy",
    **others: dict[str, Any],
) -> None:
    metrics: dict[str, Any] = dict(others)
    if wins is not None:
        metrics["onchain_pvp"] = {"wins": wins}
    if levels is not None:
        metrics["onchain_heroes"] = {"total_levels": levels}
    connection.execute(
        "insert into analytics.cluster_metrics values (%s, %s, %s, %s)",
        [cluster, window, json.dumps(metrics), AS_OF - DAY],
    )


def computed(
    connection: psycopg.Connection, folder: str, model: str, clusters: list[str] | None = None
) -> list[tuple]:
    text = (PROJECT / "models" / folder / f"{model}.sql").read_text()
    query = render(text, {"clusters": clusters}, this=Relation(model))
    return connection.execute(query).fetchall()


# -- challenge_progress -------------------------------------------------------------------


def progress(
    connection: psycopg.Connection, clusters: list[str] | None = None
) -> dict[tuple[str, str], tuple]:
    """Value, rolling value, unlocked, tier and rolling tier by cluster and challenge."""
    found = computed(connection, "progress", "challenge_progress", clusters)
    assert all(row[-1] == AS_OF for row in found)
    by_key = {row[:2]: row[2:-1] for row in found}
    assert len(by_key) == len(found)
    return by_key


NOTHING = (0, 0, False, "NONE", "NONE")


def test_every_cluster_has_every_active_challenge_without_a_metric_too(
    connection: psycopg.Connection,
) -> None:
    everything = {
        (cluster, challenge): NOTHING
        for cluster in ("busy", "idle", "rival")
        for challenge in ("arena", "riser", "prestige")
    }
    assert progress(connection) == everything
    some = {key: row for key, row in everything.items() if key[0] != "rival"}
    assert progress(connection, ["busy", "idle"]) == some
    assert progress(connection, []) == {}


@pytest.mark.parametrize(
    ("value", "tier"),
    [
        (0, "NONE"),
        (5 - LEAST, "NONE"),
        (5, "BASIC"),
        (25 - LEAST, "BASIC"),
        (25, "ELITE"),
        (1000, "ELITE"),
    ],
)
def test_a_tier_is_reached_from_its_threshold_on(
    connection: psycopg.Connection, value: Decimal, tier: str
) -> None:
    put_metrics(connection, "all_time", float(value))
    put_metrics(connection, "rolling_180d", 5)
    # of other windows nothing counts
    for window in ("season:spring", "season:spring:baseline", "run:1"):
        put_metrics(connection, window, 10_000)
    expected = (value, 5, tier != "NONE", tier, "BASIC")
    assert progress(connection)["busy", "arena"] == expected
    assert progress(connection)["idle", "arena"] == NOTHING


def test_the_last_180_days_have_their_own_tier(connection: psycopg.Connection) -> None:
    put_metrics(connection, "all_time", 4)
    put_metrics(connection, "rolling_180d", 25)
    put_metrics(connection, "all_time", 30, 7, cluster="rival")
    put_metrics(connection, "rolling_180d", 30, 12, cluster="rival")
    found = progress(connection)
    assert found["busy", "arena"] == (4, 25, False, "NONE", "ELITE")
    assert found["rival", "arena"] == (30, 30, True, "ELITE", "ELITE")
    assert found["rival", "riser"] == (7, 12, False, "NONE", "BASIC")
    assert progress(connection, ["rival"]).items() < found.items()


def test_a_score_of_the_profile_is_progress_too(connection: psycopg.Connection) -> None:
    for window, number in (("all_time", 3), ("rolling_180d", 1), ("run:1", 100)):
        summons = {"mutagenic_specialist_count": number, "mythmaker_count": 1}
        put_metrics(connection, window, onchain_summoning=summons)
    found = progress(connection)
    # two for each mutation and five for a mythic
    assert found["busy", "prestige"] == (11, 7, True, "BASIC", "NONE")
    connection.execute("update analytics.challenges set state = 'draft' where key = 'prestige'")
    assert set(progress(connection)) == {key for key in found if key[1] != "prestige"}


# -- season_progress ----------------------------------------------------------------------


def season(
    connection: psycopg.Connection, clusters: list[str] | None = None
) -> dict[tuple[str, str], tuple]:
    """Points, level and points by challenge, by season and cluster."""
    found = computed(connection, "seasons", "season_progress", clusters)
    assert all(row[-1] == AS_OF for row in found)
    by_key = {row[:2]: row[2:-1] for row in found}
    assert len(by_key) == len(found)
    return by_key


def test_every_cluster_has_every_season_that_the_run_computes(
    connection: psycopg.Connection,
) -> None:
    nothing = (0, 1, {})
    everyone = {("spring", cluster): nothing for cluster in ("busy", "idle", "rival")}
    assert season(connection) == everyone
    assert season(connection, ["idle"]) == {("spring", "idle"): nothing}
    # a run that names windows computes the seasons of those
    connection.execute("select set_config('hedge.windows', '{season:autumn,all_time}', true)")
    assert season(connection) == {("autumn", cluster): nothing for _, cluster in everyone}
    connection.execute("select set_config('hedge.windows', '{run:1}', true)")
    assert season(connection) == {}


def test_events_count_in_the_season_and_states_by_what_they_gained(
    connection: psycopg.Connection,
) -> None:
    put_metrics(connection, "season:spring", 4, 30)
    # the events of the baseline are none of the season
    put_metrics(connection, "season:spring:baseline", 3, 10)
    for window in ("all_time", "rolling_180d", "season:autumn"):
        put_metrics(connection, window, 1000, 1000)
    # a state that fell gives no negative points
    put_metrics(connection, "season:spring", 1, 10, cluster="rival")
    put_metrics(connection, "season:spring:baseline", 0, 90, cluster="rival")
    assert season(connection) == {
        ("spring", "busy"): (18, 1, {"arena": 8, "riser": 10}),
        ("spring", "rival"): (2, 1, {"arena": 2}),
        ("spring", "idle"): (0, 1, {}),
    }
    # a season of lifetime scoring has no baseline
    connection.execute("delete from analytics.cluster_metrics where window_key like '%:baseline'")
    assert season(connection)["spring", "busy"] == (23, 1, {"arena": 8, "riser": 15})


@pytest.mark.parametrize(
    ("wins", "level"), [(24.5, 1), (25, 2), (74.5, 2), (75, 3), (1_000_000, 10)]
)
def test_a_level_is_reached_from_its_points_on(
    connection: psycopg.Connection, wins: float, level: int
) -> None:
    # two points for a win; level 2 begins at 50 and level 3 at 150
    put_metrics(connection, "season:spring", wins)
    assert season(connection)["spring", "busy"][:2] == (2 * wins, level)
    with connection.transaction(force_rollback=True):
        connection.execute("delete from analytics.season_levels where points_required < 1e9")
        assert season(connection)["spring", "busy"][1] == 0


def test_points_of_the_profile_count_if_they_are_weighed(connection: psycopg.Connection) -> None:
    summons = {"mutagenic_specialist_count": 3}
    put_metrics(connection, "season:spring", 1, onchain_summoning=summons)
    assert season(connection)["spring", "busy"] == (2, 1, {"arena": 2})
    connection.execute(
        "insert into app.season_challenge_weights (season_id, challenge_code, weight)"
        " values ('spring', 'prestige', 10), ('spring', 'lazy', 10)"
    )
    assert season(connection)["spring", "busy"] == (62, 2, {"arena": 2, "prestige": 60})
