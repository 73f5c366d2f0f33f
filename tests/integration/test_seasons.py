"""Seasons: points, levels, and which runs compute them."""

from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest

from hedge import boards, runs, seasons
from hedge.boards import Board
from hedge.errors import HedgeError, UsageError
from hedge.seasons import Season
from tests.support import (
    AS_OF,
    BUSY,
    DAY,
    IDLE,
    MARTS,
    RIVAL,
    add_cluster,
    days_ago,
    dbt,
    hero,
    hunt,
    lp_move,
    lp_price,
    progress,
    put,
    pvp_match,
)

#: From a month before the as-of instant of the stories to a month after.
BEGIN, END = days_ago(30), days_ago(-30)
#: Three weights: a state metric, a count, and a state metric in USD.
WEIGHTS = {"hero_riser": "1", "hunters_triumph": "2", "lp_depth": "3"}


@pytest.fixture
def town(connection: psycopg.Connection) -> psycopg.Connection:
    """Three clusters, of which busy did things before the season and in it."""
    for cluster, wallet in (("busy", BUSY), ("idle", IDLE), ("rival", RIVAL)):
        add_cluster(connection, cluster, wallet)
    # 10 levels before the season, 45 at its end: a gain of 35
    put(connection, hero(1, at=days_ago(50), level=10), hero(1, at=days_ago(10), level=40))
    put(connection, hero(2, at=days_ago(5), level=5))
    # 3 hunts before, 4 in it
    put(connection, *(hunt(at=days_ago(40)) for _ in range(3)))
    put(connection, *(hunt(at=days_ago(20)) for _ in range(4)))
    # 2 LP worth 1 USD each before, 5 worth 2.5 USD each now: a gain of 10.5
    put(connection, lp_price(1, day=days_ago(60).date()))
    put(connection, lp_price(2, day=days_ago(10).date(), usd_per_lp=Decimal("2.5")))
    put(connection, lp_move(2, at=days_ago(50)), lp_move(3, at=days_ago(3)))
    # what rival had he sold
    put(connection, hero(3, RIVAL, at=days_ago(50), level=99), hero(3, None, at=days_ago(9)))
    return connection


def a_season(
    name: str = "spring",
    starts_at: datetime = BEGIN,
    ends_at: datetime = END,
    scoring: str = "SEASON",
    is_active: bool = True,
) -> Season:
    return Season(name, name.capitalize(), starts_at, ends_at, is_active, scoring)


def weigh(connection: psycopg.Connection, season: str, weights: dict[str, str]) -> None:
    seasons.put_weights(
        connection,
        season,
        [{"challenge_key": key, "weight": weight} for key, weight in weights.items()],
    )


def points(connection: psycopg.Connection, season: str = "spring") -> dict[str, tuple]:
    """Points and level of every cluster."""
    rows = connection.execute(
        "select cluster_id, points, level from analytics.season_progress where season_id = %s",
        [season],
    )
    return {cluster: (points, level) for cluster, points, level in rows}


def test_points_are_the_sum_by_hand(town: psycopg.Connection) -> None:
    seasons.add(town, a_season())
    weigh(town, "spring", WEIGHTS)
    runs.full(AS_OF)
    # 1 x 35 levels + 2 x 4 hunts + 3 x 10.5 USD = 74.5: level 2 from 50 on
    assert points(town) == {
        "busy": (Decimal("74.5"), 2),
        "idle": (0, 1),
        "rival": (0, 1),
    }
    standing = seasons.of_cluster(town, "spring", "busy")
    assert (standing.points, standing.level, standing.next_level_threshold) == (
        Decimal("74.5"),
        2,
        150,
    )
    shares = {share.challenge_key: share.points for share in seasons.shares(town, "spring", "busy")}
    assert shares == {"hero_riser": 35, "hunters_triumph": 8, "lp_depth": Decimal("31.5")}
    board = Board(
        **{
            "key": "hunters",
            "name": "Hunters",
            "description": "",
            "category_key": "hunting_pve",
            "metric_source": "onchain_hunting",
            "metric_key": "wins",
            "fallback_metric_source": None,
            "fallback_metric_key": None,
            "time_window": "ALL_TIME",
            "is_active": True,
            "is_public": True,
            "verified_only": False,
            "max_entries": 10,
        }
    )
    boards.add(town, board)
    (run,) = boards.run(["hunters"], as_of=AS_OF)
    assert [(entry.cluster_id, entry.score) for entry in boards.entries(town, run.id)] == [
        ("busy", 7)
    ]


def test_lifetime_scoring_counts_values_as_they_stand(town: psycopg.Connection) -> None:
    seasons.add(town, a_season(scoring="LIFETIME"))
    weigh(town, "spring", WEIGHTS)
    runs.full(AS_OF)
    # 45 levels + 2 x 7 hunts + 3 x 12.5 USD
    assert points(town)["busy"] == (Decimal("96.5"), 2)
    found = progress(town, "busy")
    assert (found["hero_riser"], found["hunters_triumph"]) == (45, 7)


def test_above_the_last_level_nothing_is_next(town: psycopg.Connection) -> None:
    seasons.add(town, a_season())
    weigh(town, "spring", {"hunters_triumph": "1000"})
    runs.full(AS_OF)
    standing = seasons.of_cluster(town, "spring", "busy")
    assert (standing.points, standing.level, standing.next_level_threshold) == (4000, 10, None)


def test_the_active_season_is_in_full_incremental_and_cluster_runs(
    town: psycopg.Connection,
) -> None:
    seasons.add(town, a_season())
    weigh(town, "spring", {"hunters_triumph": "2"})
    runs.full(days_ago(2))
    assert points(town)["busy"][0] == 8
    put(town, hunt(RIVAL, at=days_ago(3)))
    assert runs.incremental(days_ago(1)).scope_size == 1
    assert points(town)["rival"][0] == 2
    put(town, hunt(IDLE, at=days_ago(3)))
    runs.cluster(["idle"], days_ago(1))
    assert {cluster: found for cluster, (found, _) in points(town).items()} == {
        "busy": 8,
        "rival": 2,
        "idle": 2,
    }


def test_a_season_that_begins_changes_or_ends_is_computed_for_everybody(
    town: psycopg.Connection,
) -> None:
    runs.full(days_ago(31))
    seasons.add(town, a_season(ends_at=days_ago(10)))
    assert runs.incremental(days_ago(30)).scope_size is None
    assert points(town)["busy"][0] == 0
    weigh(town, "spring", {"hunters_triumph": "2"})
    assert runs.incremental(days_ago(29)).scope_size is None
    # whose facts since then count now
    assert runs.incremental(days_ago(15)).scope_size == 1
    assert runs.incremental(days_ago(15)).scope_size == 0
    # the daily run after its last day finds the last hunts
    put(town, hunt(at=days_ago(10)), hunt(at=days_ago(10.001)))
    assert runs.incremental(days_ago(9.99)).scope_size is None
    assert points(town)["busy"][0] == 10
    assert runs.incremental(days_ago(9)).scope_size == 0


def test_a_season_that_is_over_stands_still(town: psycopg.Connection) -> None:
    seasons.add(town, a_season(starts_at=days_ago(100), ends_at=days_ago(30)))
    weigh(town, "spring", {"hunters_triumph": "2"})
    runs.full(days_ago(29))
    before = points(town)
    assert before["busy"][0] == 6
    # a late fact: for a week it still counts by itself, later on demand
    put(town, hunt(at=days_ago(33)))
    runs.full(days_ago(20))
    assert points(town) == before
    season, run = seasons.run("spring", AS_OF)
    assert (season.id, run.kind, run.state) == ("spring", "SEASON", "SUCCESS")
    assert points(town)["busy"][0] == 8
    assert points(town)["idle"] == before["idle"]


def test_an_inactive_season_is_computed_on_demand_only(town: psycopg.Connection) -> None:
    seasons.add(town, a_season())
    seasons.add(town, a_season("trial", is_active=False))
    weigh(town, "trial", {"hunters_triumph": "1"})
    runs.full(AS_OF)
    assert points(town, "trial") == {}
    with pytest.raises(HedgeError, match="season trial was not computed for cluster busy yet"):
        seasons.of_cluster(town, "trial", "busy")
    seasons.run("trial", AS_OF)
    assert points(town, "trial")["busy"][0] == 4
    # what was computed on demand is not touched by the next full run, and goes with no trace
    runs.full(AS_OF + DAY)
    assert points(town, "trial")["busy"][0] == 4
    kept = town.execute("select distinct window_key from analytics.cluster_metrics").fetchall()
    assert {window for (window,) in kept} == {
        "all_time",
        "rolling_180d",
        "season:spring",
        "season:spring:baseline",
    }


def test_without_a_name_the_active_season_is_run(town: psycopg.Connection) -> None:
    with pytest.raises(UsageError, match="no season is active"):
        seasons.run(as_of=AS_OF)
    seasons.add(town, a_season())
    assert seasons.run(as_of=AS_OF)[0].id == "spring"
    with pytest.raises(UsageError, match="season spring begins at"):
        seasons.run("spring", as_of=days_ago(31))


def test_of_a_season_that_has_not_begun_nothing_is_to_be_run(town: psycopg.Connection) -> None:
    january, february = (datetime(2999, month, 1, tzinfo=UTC) for month in (1, 2))
    seasons.add(town, a_season("later", january, february))
    with pytest.raises(
        HedgeError, match=r"^season later begins at 2999-01-01 00:00 UTC: nothing was computed yet$"
    ):
        seasons.of_cluster(town, "later", "busy")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "no spaces"}, "season no spaces: the id is"),
        ({"ends_at": days_ago(40)}, "a season ends after it starts"),
        ({"scoring": "YEARLY"}, "scoring is LIFETIME or SEASON"),
        ({"name": "standing"}, "there is a season standing already"),
        ({"ends_at": days_ago(-41)}, "season spring overlaps standing"),
    ],
)
def test_a_season_that_makes_no_sense_is_refused(
    town: psycopg.Connection, change: dict, words: str
) -> None:
    standing = a_season("standing", starts_at=days_ago(-40), ends_at=days_ago(-50))
    seasons.add(town, standing)
    with pytest.raises(UsageError, match=words):
        seasons.add(town, a_season(**{"is_active": change != {"name": "standing"}} | change))
    assert [season.id for season in seasons.all_seasons(town)] == ["standing"]


def test_two_active_seasons_may_meet_but_not_overlap(town: psycopg.Connection) -> None:
    seasons.add(town, a_season("winter", starts_at=days_ago(60), ends_at=days_ago(30)))
    seasons.add(town, a_season("spring"))
    seasons.add(town, a_season("draft", starts_at=days_ago(40), is_active=False))
    with pytest.raises(UsageError, match="season draft overlaps winter"):
        seasons.edit(town, "draft", is_active=True)
    # the constraint decides where two do it at once
    with pytest.raises(psycopg.errors.ExclusionViolation):
        town.execute("update app.seasons set is_active = true")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("hero_riser", "0")], "the weight of hero_riser is 0, not a number above 0"),
        ([("hero_riser", "-1")], "is -1, not"),
        ([("hero_riser", "many")], "is many, not"),
        ([("hero_riser", "")], "is missing, not"),
        ([("hero_riser", "NaN")], "is NaN, not"),
        ([("chess_champion", "1")], "no challenge chess_champion"),
        ([("hero_riser", "1"), ("hero_riser", "2")], "challenge hero_riser is given twice"),
    ],
)
def test_a_weight_that_makes_no_sense_is_refused(
    town: psycopg.Connection, rows: list[tuple[str, str]], words: str
) -> None:
    seasons.add(town, a_season())
    weigh(town, "spring", {"lp_depth": "3"})
    given = [
        {"challenge_key": key, "weight": weight} for key, weight in [("arena_victor", "1"), *rows]
    ]
    with pytest.raises(UsageError, match=words):
        seasons.put_weights(town, "spring", given)
    assert [one.challenge_key for one in seasons.weights(town, "spring")] == ["lp_depth"]


def test_weights_are_made_replaced_and_with_only_removed(town: psycopg.Connection) -> None:
    seasons.add(town, a_season())
    weigh(town, "spring", WEIGHTS)
    weigh(town, "spring", {"lp_depth": "0.5", "arena_victor": "1"})

    def weights() -> dict[str, Decimal]:
        return {one.challenge_key: one.weight for one in seasons.weights(town, "spring")}

    assert weights() == {
        "hero_riser": 1,
        "hunters_triumph": 2,
        "lp_depth": Decimal("0.5"),
        "arena_victor": 1,
    }
    seasons.put_weights(town, "spring", [{"challenge_key": "win_streak", "weight": "4"}], only=True)
    assert weights() == {"win_streak": 4}


def test_founders_marks_and_unlocks_outlive_a_full_refresh(town: psycopg.Connection) -> None:
    put(town, *(pvp_match(at=days_ago(200 + n)) for n in range(3)))
    put(town, *(hunt(at=days_ago(15)) for _ in range(100)))
    runs.full(AS_OF)
    marks = town.execute(
        "select challenge_key, unlocked_at from analytics.tier_unlocks where kind = 'FOUNDERS_MARK'"
    ).fetchall()
    assert ("mad_boar_slayer", AS_OF) in marks
    before = town.execute("select * from analytics.tier_unlocks order by 1, 2, 3, 4").fetchall()
    assert dbt("run", "--full-refresh", "--select", *MARTS).success
    # half a year later the rolling tier is gone, the mark is not
    runs.full(AS_OF + 170 * DAY)
    assert town.execute(
        "select rolling_tier, tier from analytics.challenge_progress"
        " where cluster_id = 'busy' and challenge_key = 'mad_boar_slayer'"
    ).fetchone() == ("NONE", "EXALTED")
    after = town.execute("select * from analytics.tier_unlocks order by 1, 2, 3, 4").fetchall()
    assert set(before) <= set(after)
