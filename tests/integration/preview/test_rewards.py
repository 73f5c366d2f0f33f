"""What a preview says of rewards, over two sides that are written by hand."""

import psycopg
import pytest

from hedge import rewards, seasons
from hedge.seasons import Season
from tests.integration.preview import compared, insert
from tests.support import add_cluster, days_ago

BOARD = "wins"


def season(connection: psycopg.Connection, name: str, *given: dict[str, str]) -> None:
    """A season of twelve days that goes on, with what it gives."""
    seasons.add(connection, Season(name, name.capitalize(), days_ago(9), days_ago(-3)))
    none: dict[str, str | None] = dict.fromkeys(rewards.COLUMNS)
    rewards.define(connection, name, [none | {"quantity": "1"} | one for one in given])


def level(key: str, least: int) -> dict[str, str]:
    return {"reward_key": key, "name": key, "kind": "LEVEL", "level": str(least)}


def ranks(key: str, last: int) -> dict[str, str]:
    """A reward for the first ranks up to a last one."""
    fields = {"rank_from": "1", "rank_to": str(last)}
    return {"reward_key": key, "name": key, "kind": "RANK"} | fields


def points(
    connection: psycopg.Connection, side: str, name: str, **found: tuple[float, int]
) -> None:
    """The points and the level of clusters in a season on one side."""
    for cluster, (number, reached) in found.items():
        insert(
            connection,
            f"{side}_season_progress",
            season_id=name,
            cluster_id=cluster,
            points=number,
            level=reached,
        )


def board_run(connection: psycopg.Connection, starts: int, ends: int) -> int:
    """A run of the board for a period in days before the as-of instant; returns its number."""
    (number,) = connection.execute(
        "insert into app.leaderboard_runs (leaderboard_key, period_start, period_end)"
        " values (%s, %s, %s) returning id",
        [BOARD, days_ago(starts), days_ago(ends)],
    ).fetchone()
    return number


def has(connection: psycopg.Connection, cluster: str, key: str, **fields: object) -> None:
    """A reward of the season `one` that a cluster has or had."""
    row = {"season_id": "one", "reward_key": key, "cluster_id": cluster, "name": key}
    row |= {"quantity": 1, "state": "OPEN", "entitled_at": days_ago(1), "run_id": 1}
    insert(connection, "app.rewards", **row | {"changed_by": "a run"} | fields)


def excluded(connection: psycopg.Connection, cluster: str, **of: str) -> None:
    row = {"cluster_id": cluster, "reason": "unfair", "created_by": "ada"}
    insert(connection, "app.exclusions", **row | {"starts_at": "-infinity"} | of)


def told(connection: psycopg.Connection) -> dict[tuple[str, str], list[str]]:
    """The clusters of each effect on a reward."""
    found = compared(connection).rewards
    assert [one.clusters for one in found] == [len(one.first_clusters) for one in found]
    return {(one.name, one.effect): one.first_clusters for one in found}


@pytest.fixture
def clusters(sides: psycopg.Connection) -> psycopg.Connection:
    """Five clusters, and a board."""
    for name in "abcde":
        add_cluster(sides, name)
    row = {"name": "Wins", "category_key": "pvp_competition", "time_window": "SEASON"}
    row |= {"metric_source": "onchain_pvp", "metric_key": "wins"}
    insert(sides, "app.leaderboard_defs", key=BOARD, **row)
    return sides


def test_a_level_entitles_is_withheld_or_stays(clusters: psycopg.Connection) -> None:
    season(clusters, "one", level("hat", 2))
    points(clusters, "before", "one", a=(10, 1), b=(11, 2), c=(5, 3), d=(5, 2))
    points(clusters, "after", "one", a=(12, 2), b=(3, 1), c=(5, 1), d=(6, 3))
    has(clusters, "c", "hat")
    found = compared(clusters)
    assert {(one.name, one.effect): one.first_clusters for one in found.rewards} == {
        ("hat", "entitled"): ["a"],
        ("hat", "withheld"): ["b"],
        ("hat", "kept"): ["c"],
    }
    assert (found.totals.rewards_won, found.totals.rewards_withheld) == (1, 1)


def test_what_somebody_has_or_had_is_told_as_the_next_run_decides(
    clusters: psycopg.Connection,
) -> None:
    season(clusters, "one", level("hat", 2), level("pin", 1))
    points(clusters, "before", "one", a=(1, 1), b=(1, 1), c=(1, 1), d=(1, 1), e=(1, 1))
    points(clusters, "after", "one", a=(2, 2), b=(2, 2), c=(2, 2), d=(2, 2), e=(2, 2))
    # another reward, and the same one of another cluster, are no obstacle
    has(clusters, "a", "pin")
    has(clusters, "b", "hat")
    taken = {"state": "TAKEN_BACK", "note": "excluded"}
    has(clusters, "c", "hat", **taken)
    # what was handed out once is not promised again
    handed_out = {"claimed_at": days_ago(1), "fulfilled_at": days_ago(1)}
    has(clusters, "d", "hat", **taken | handed_out)
    assert told(clusters) == {("hat", "entitled"): ["a", "c", "e"]}


def test_drafts_and_what_can_be_claimed_no_more_are_left_out(
    clusters: psycopg.Connection,
) -> None:
    season(clusters, "one", level("late", 1) | {"valid_until": "2026-01-01T00:00Z"})
    season(clusters, "sketch", level("badge", 1))
    clusters.execute("update app.seasons set state = 'draft' where id = 'sketch'")
    for name in ("one", "sketch"):
        points(clusters, "after", name, a=(1, 1))
    assert told(clusters) == {}


def test_ranks_of_a_season_are_dense_and_of_clusters_with_points(
    clusters: psycopg.Connection,
) -> None:
    season(clusters, "one", ranks("podium", 3))
    season(clusters, "other", ranks("plate", 3))
    points(clusters, "before", "one", a=(10, 1), b=(9, 1), c=(9, 1), d=(0, 1))
    points(clusters, "after", "one", a=(10, 1), b=(9, 1), c=(9, 1), d=(8, 1), e=(7, 1))
    assert told(clusters) == {("podium", "rank won"): ["d"]}


@pytest.mark.parametrize("is_final", [False, True], ids=["going on", "final"])
def test_ranks_of_a_final_season_stay_and_its_levels_do_not(
    clusters: psycopg.Connection, is_final: bool
) -> None:
    season(clusters, "one", ranks("medal", 1), level("ribbon", 1))
    points(clusters, "after", "one", a=(1, 1))
    if is_final:
        insert(clusters, "app.final_standings", season_id="one", run_id=1, as_of=days_ago(1))
    medal = {} if is_final else {("medal", "rank won"): ["a"]}
    assert told(clusters) == medal | {("ribbon", "entitled"): ["a"]}


def test_ranks_of_a_board_are_of_the_period_of_the_season(clusters: psycopg.Connection) -> None:
    season(clusters, "one", ranks("cup", 1) | {"leaderboard_key": BOARD}, ranks("podium", 1))
    points(clusters, "before", "one", a=(1, 1))
    points(clusters, "after", "one", a=(1, 1))
    for side, cluster, starts, ends in (
        ("before", "b", 9, -3),
        ("after", "c", 9, -3),
        ("after", "d", 9, -2),
        ("after", "e", 8, -3),
    ):
        run = board_run(clusters, starts, ends)
        insert(clusters, f"{side}_leaderboard_entries", run_id=run, cluster_id=cluster, rank=1)
    assert told(clusters) == {("cup", "rank won"): ["c"], ("cup", "rank lost"): ["b"]}


def test_who_is_excluded_is_given_nothing_where_the_exclusion_is(
    clusters: psycopg.Connection,
) -> None:
    season(clusters, "one", level("hat", 1), ranks("cup", 9) | {"leaderboard_key": BOARD})
    season(clusters, "other")
    everybody = dict.fromkeys("abcde", (1, 1))
    points(clusters, "after", "one", **everybody)
    run = board_run(clusters, 9, -3)
    for place, cluster in enumerate(everybody, 1):
        insert(clusters, "after_leaderboard_entries", run_id=run, cluster_id=cluster, rank=place)
    excluded(clusters, "a")
    excluded(clusters, "b", season_id="one")
    excluded(clusters, "c", season_id="other")
    excluded(clusters, "d", board_key=BOARD)
    assert told(clusters) == {
        ("hat", "entitled"): ["c", "d", "e"],
        ("cup", "rank won"): ["c", "e"],
    }
