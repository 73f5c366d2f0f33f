"""After edits of definitions, what is stored equals a second implementation of the edited seeds.

Each deploy has several edits that do not touch each other, because a deploy takes seconds. What an
edit leaves as it was, such as unlocks of a tier that is gone, is what the oracle said before it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from hedge import boards, runs, seasons
from tests import Hedge, support
from tests.against_the_oracle import LISTS, Window
from tests.integration.lifecycle import rename_all, replace_in
from tests.oracle import (
    Catalogue,
    Link,
    Season,
    World,
    measure,
    measured_metrics,
    points_by_challenge,
    rank,
    score,
    tier_unlocks,
    total_score,
)
from tests.support import AS_OF, BUSY, DAY, IDLE, RIVAL, days_ago, edit

#: The metric that the edit renames: what it is called then, and what the oracle calls it.
RENAMED = ("onchain_pvp", "longest_run"), ("onchain_pvp", "best_win_streak")
WEIGHTS = {
    "hero_riser": Decimal("0.5"),
    "win_streak": Decimal(10),
    "seasonal_voyager": Decimal(2),
    "arena_challenger": Decimal(1),
}
NEW_WEIGHTS = {"hero_riser": Decimal("0.25"), "win_streak": Decimal(7)}


def a_world() -> World:
    """Three clusters: one that has tiers of each ladder that is edited, one with some, and one
    with nothing. Half of what they did lies before the season."""
    world = World(
        links=[Link("busy", BUSY), Link("rival", RIVAL), Link("idle", IDLE)],
        clusters=["busy", "rival", "idle"],
    )

    def did(number: int, fact: Callable[..., support.Fact], wallet: str) -> None:
        for one in range(number):
            made = fact(wallet=wallet, at=days_ago(35 if one % 2 else 5) + one * DAY / 1000)
            world.facts.setdefault(made.table, []).append(made.row)

    did(60, support.hunt, BUSY)
    did(13, support.hunt, RIVAL)
    did(30, support.pvp_match, BUSY)
    did(3, support.pvp_match, RIVAL)
    did(35, support.seasonal_action, BUSY)
    did(12, support.seasonal_action, RIVAL)
    for number, (wallet, days, level) in enumerate(
        ((BUSY, 40, 100), (BUSY, 3, 100), (BUSY, 2, 90), (RIVAL, 40, 100), (RIVAL, 4, 12)), 1
    ):
        made = support.hero(number, wallet, at=days_ago(days), level=level)
        world.facts.setdefault(made.table, []).append(made.row)
    return world


def edited_catalogue(project: Path) -> Catalogue:
    """The live challenges of an edited project, with metrics as the oracle calls them."""
    names = dict([RENAMED])
    found = Catalogue.read(project / "seeds")
    challenges = []
    for one in found.challenges:
        metric = (one.metric_source, one.metric_key)
        source, key = names.get(metric, metric)
        challenges.append(replace(one, metric_source=source, metric_key=key))
    states = frozenset(names.get(metric, metric) for metric in found.states)
    return replace(found, challenges=tuple(challenges), states=states).only(measured_metrics())


class Expected:
    """What the oracle says of the world by a catalogue and the weights of the season."""

    def __init__(self, world: World, project: Path, weights: Mapping[str, Decimal]) -> None:
        catalogue = edited_catalogue(project)
        self.all_time, rolling = (
            score(measure(world, Window("", starts_at, AS_OF), LISTS), catalogue)
            for starts_at in (None, AS_OF - 180 * DAY)
        )
        last = {one.key: one.tiers[-1].tier_code for one in catalogue.challenges if not one.is_feat}
        self.unlocks = {(*one, "TIER") for one in tier_unlocks(self.all_time, catalogue)} | {
            (cluster, key, tier, "FOUNDERS_MARK")
            for cluster, key, tier in tier_unlocks(rolling, catalogue)
            if tier == last.get(key)
        }
        season = Season("spring", BEGIN, END, "SEASON", dict(weights))
        self.points = points_by_challenge(world, season, AS_OF, LISTS, catalogue)
        self.totals = {
            cluster: total_score(scores, catalogue) for cluster, scores in self.all_time.items()
        }

    def values(self, challenge: str) -> dict[str, Decimal]:
        """The values of a challenge."""
        return {cluster: scores[challenge].value for cluster, scores in self.all_time.items()}


BEGIN, END = days_ago(20), days_ago(-20)


class Stored:
    """What the marts hold."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.rows = lambda text: connection.execute(text).fetchall()

    def progress(self) -> dict[str, dict[str, tuple]]:
        """Value and tier of every cluster and challenge."""
        found: dict[str, dict[str, tuple]] = {}
        for cluster, challenge, *values in self.rows(
            "select cluster_id, challenge_key, value, tier, unlocked"
            " from analytics.challenge_progress"
        ):
            found.setdefault(cluster, {})[challenge] = tuple(values)
        return found

    def unlocks(self) -> set[tuple]:
        """Those that stand."""
        return set(
            self.rows(
                "select cluster_id, challenge_key, tier_code, kind from analytics.tier_unlocks"
                " where revoked_at is null"
            )
        )

    def points(self) -> dict[str, dict[str, Decimal]]:
        """The points of each cluster by challenge."""
        rows = self.rows(
            "select progress.cluster_id, given.key, given.value::numeric"
            " from analytics.season_progress as progress"
            " left join lateral jsonb_each_text(points_by_challenge) as given on true"
        )
        found: dict[str, dict[str, Decimal]] = {}
        for cluster, challenge, points in rows:
            found.setdefault(cluster, {})
            if challenge is not None:
                found[cluster][challenge] = points
        return found

    def board(self, key: str) -> list[tuple]:
        """Rank, cluster and values of the entries that readers see of a board."""
        return self.rows(
            "select rank, cluster_id, score, tiebreaker from app.latest_board_runs as runs"
            " inner join analytics.leaderboard_entries as entries on runs.id = entries.run_id"
            f" where leaderboard_key = '{key}' order by rank, cluster_id"
        )


def board(key: str, source: str, metric: str, tiebreaker: str | None = None) -> boards.Board:
    return boards.Board(
        key=key,
        name=key.title(),
        category_key="pvp_competition",
        metric_source=source,
        metric_key=metric,
        fallback_metric_key=tiebreaker,
        time_window="ALL_TIME",
    )


@pytest.fixture
def world(connection: psycopg.Connection, project: Path) -> World:
    """The world in the database, with a season and boards, computed."""
    world = a_world()
    support.put_world(connection, world)
    with connection.cursor(row_factory=dict_row) as cursor:
        # with every column, as the oracle wants it
        world.facts = {
            table: cursor.execute(f"select * from raw.{table}").fetchall() for table in world.facts
        }
    seasons.add(connection, seasons.Season("spring", "Spring", BEGIN, END, True))
    put_weights(connection, WEIGHTS)
    for one in (
        board("streaks", "onchain_pvp", "best_win_streak", "wins"),
        board("events", "seasonal_events", "seasonal_score"),
        board("totals", "challenge_progress", "total_score"),
    ):
        boards.add(connection, one)
    compute()
    return world


def put_weights(connection: psycopg.Connection, weights: Mapping[str, Decimal]) -> None:
    seasons.put_weights(
        connection,
        "spring",
        [{"challenge_key": key, "weight": str(weight)} for key, weight in weights.items()],
    )


def compute() -> None:
    runs.full(AS_OF)
    boards.run(mode="CURRENT", as_of=AS_OF)


def edit_everything(project: Path) -> None:
    """A challenge is retired, one is deleted, one is renamed with its metric and a tier; of three
    ladders one loses a tier, one gets one, and of one two tiers change their places."""
    rename_all(project)
    seeds = project / "seeds"
    challenges, ladders = seeds / "challenges.csv", seeds / "challenge_tiers.csv"
    replace_in(challenges, "^(seasonal_voyager,.*),live,", r"\1,retired,")
    for seed in (challenges, ladders):
        replace_in(seed, r"^herbalist_master,.*\n", "")
    edit(ladders, "hunters_triumph,ADVANCED,Advanced,50,2,false\n", "")
    for code, place in (("ELITE", 2), ("EXALTED", 3)):
        replace_in(
            ladders,
            rf"^(hunters_triumph,{code},.*),{place + 1},false",
            rf"\1,{place},false",
        )
    replace_in(
        ladders,
        r"^arena_challenger,EXALTED,.*\n",
        "arena_challenger,EXALTED,Exalted,250,4,false\narena_challenger,PRIME,Prime,290,5,true\n",
    )
    edit(ladders, "arena_challenger,ELITE,Elite,100,3", "arena_challenger,ELITE,Elite,30,3")
    edit(ladders, "hero_riser,COMMON,Common,100,1", "hero_riser,COMMON,Common,300,2")
    edit(ladders, "hero_riser,UNCOMMON,Uncommon,300,2", "hero_riser,UNCOMMON,Uncommon,100,1")


def remove_source(project: Path) -> None:
    """The metric source seasonal_events leaves the project; the retired challenge on it is given
    another metric."""
    edit(project / "dbt_project.yml", "    - seasonal_events\n", "")
    for ending in ("sql", "yml"):
        (project / "models" / "metrics" / f"seasonal_events.{ending}").unlink()
    replace_in(project / "seeds/metrics.csv", r"^seasonal_events,.*\n", "")


def followed(unlocks: set[tuple]) -> set[tuple]:
    """Unlocks with the names after the edit."""
    return {
        (cluster, "winning_streak", "STARTER" if tier == "BASIC" else tier, kind)
        if challenge == "win_streak"
        else (cluster, challenge, tier, kind)
        for cluster, challenge, tier, kind in unlocks
    }


@pytest.mark.ci
def test_edits_and_a_source_that_is_removed(
    connection: psycopg.Connection, world: World, project: Path, hedge: Hedge
) -> None:
    stored, before = Stored(connection), Expected(world, project, WEIGHTS)
    first = stored.progress()
    assert first == before.all_time
    assert stored.unlocks() == before.unlocks
    assert stored.points() == before.points
    assert stored.board("totals") == rank(before.totals, None, 100)
    streaks = rank(before.values("win_streak"), before.values("arena_victor"), 100)
    assert stored.board("streaks") == streaks
    # every edit has something to lose
    for lost in ("win_streak", "seasonal_voyager", "hunters_triumph", "hero_riser"):
        assert before.points["busy"].get(lost) or ("busy", lost) in {
            one[:2] for one in before.unlocks
        }

    edit_everything(project)
    status, told, error = hedge("etl", "deploy", "--yes")
    assert status == 0, told + error
    put_weights(connection, {"winning_streak": NEW_WEIGHTS["win_streak"]})
    put_weights(connection, {"hero_riser": NEW_WEIGHTS["hero_riser"]})
    compute()
    weights = WEIGHTS | NEW_WEIGHTS
    weights["winning_streak"] = weights.pop("win_streak")
    del weights["seasonal_voyager"]
    after = Expected(world, project, weights)

    def assert_agrees(expected: Expected) -> None:
        progress = stored.progress()
        for cluster in world.clusters:
            kept = {"seasonal_voyager": first[cluster]["seasonal_voyager"]}
            assert progress[cluster] == expected.all_time[cluster] | kept
            gave = before.points[cluster].get("seasonal_voyager")
            assert stored.points()[cluster] == expected.points[cluster] | (
                {"seasonal_voyager": gave} if gave else {}
            )
        # nobody has lost one, also of the tier that is gone
        assert stored.unlocks() == followed(before.unlocks) | expected.unlocks
        assert stored.board("totals") == rank(expected.totals, None, 100)
        assert stored.board("streaks") == streaks

    assert_agrees(after)
    assert ("busy", "hunters_triumph", "ADVANCED", "TIER") in before.unlocks - after.unlocks
    assert ("busy", "arena_challenger", "ELITE", "TIER") in after.unlocks - before.unlocks
    assert after.points["busy"]["winning_streak"] != before.points["busy"]["win_streak"]

    # a metric source is removed, and whatever still names it is told first
    remove_source(project)
    status, told, error = hedge("etl", "deploy", "--yes")
    assert status != 0
    assert error.startswith(
        "hedge: seeds/challenges.csv:13: seeds/metrics.csv has no metric_source seasonal_events, "
        "metric_key seasonal_score: name one of its lines, or add it there"
    )
    replace_in(
        project / "seeds/challenges.csv",
        "^(seasonal_voyager,.*,)seasonal_events,seasonal_score,",
        r"\1onchain_quests,mining_quests,",
    )
    status, told, error = hedge("etl", "deploy", "--yes")
    assert status != 0
    assert "board events" in error
    assert hedge("boards", "remove", "events", "--yes")[0] == 0
    status, told, error = hedge("etl", "deploy", "--yes")
    assert status == 0, told + error
    # the key is made again, on another metric
    boards.add(connection, board("events", "onchain_hunting", "wins"))
    compute()
    assert_agrees(Expected(world, project, weights))
    assert stored.board("events") == rank(after.values("hunters_triumph"), None, 100)
    assert stored.rows("select to_regclass('analytics.seasonal_events')") == [(None,)]
    assert not stored.rows(
        "select from analytics.cluster_metrics where metrics ? 'seasonal_events'"
    )
    # what the player had is told, and that the facts of another metric do not add up to it
    status, told, error = hedge("explain", "busy", "seasonal_voyager")
    assert status == 0, error
    assert "Elite      60  reached" in told
    assert told.endswith(
        "That is not 70, which stays: facts or links have changed since Seasonal Voyager was "
        "retired, or its metric was removed and it names another one.\n"
    )
    (shown,) = (
        one
        for one in json.loads(hedge("seasons", "show", "spring", "--json")[1])
        if one["cluster_id"] == "busy"
    )
    kept = before.points["busy"]["seasonal_voyager"]
    assert Decimal(shown["points"]) == sum(after.points["busy"].values()) + kept
