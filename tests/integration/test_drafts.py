"""Drafts of boards and seasons: computed, checked, and live only where nothing is missing."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from hedge import audit, boards, drafts, rewards, runs, seasons
from hedge.boards import Board
from hedge.errors import UsageError
from hedge.seasons import Season
from tests.in_process.rows import put_board_run, put_points
from tests.support import AS_OF, BUSY, DAY, add_cluster, days_ago, hunt, put

WEIGHT = [{"challenge_key": "hunters_triumph", "weight": "20"}]
BOARD = Board(
    key="hunters",
    name="Hunters",
    category_key="hero_progression",
    metric_source="onchain_hunting",
    metric_key="wins",
    time_window="ALL_TIME",
    state="draft",
)


@pytest.mark.ci
def test_a_draft_board_goes_live_when_it_was_computed_for_somebody(
    connection: psycopg.Connection,
) -> None:
    boards.add(connection, BOARD)
    with pytest.raises(UsageError) as refused:
        boards.edit(connection, "hunters", state="live")
    assert str(refused.value) == (
        "board hunters does not go live: no complete run: hedge boards run hunters computes one"
    )
    boards.run(["hunters"])
    found = boards.check(connection, "hunters")
    assert (found.missing, found.ranked, found.population, found.unit) == (
        ["nobody has a value above zero in the newest run"],
        0,
        0,
        "hunts",
    )
    add_cluster(connection, "busy", BUSY)
    put(connection, *(hunt(at=days_ago(2)) for _ in range(3)))
    runs.full()
    boards.run(["hunters"])
    found = boards.check(connection, "hunters")
    assert (found.missing, found.ranked, found.population) == ([], 1, 1)
    assert found.first == [drafts.Place(1, "busy", 3)]
    # what is checked is what is stored
    with pytest.raises(UsageError, match="change max_entries first, and then its state alone"):
        boards.edit(connection, "hunters", state="live", max_entries=5)
    boards.edit(connection, "hunters", max_entries=5)
    with pytest.raises(UsageError, match="no run since the board was changed"):
        boards.edit(connection, "hunters", state="live")
    boards.run(["hunters"])
    assert boards.edit(connection, "hunters", state="live").state == "live"
    with pytest.raises(UsageError, match="cannot become a draft: players have seen its runs"):
        boards.edit(connection, "hunters", state="draft")
    boards.edit(connection, "hunters", state="retired")
    with pytest.raises(UsageError, match="board hunters is retired, and is computed no more"):
        boards.run(["hunters"])
    assert boards.run(mode="DUE") == []
    # while it was a draft nothing was told, and live it was not computed
    told = "select count(*) from app.events where leaderboard_key is not null"
    assert connection.execute(told).fetchone() == (0,)


def test_an_unchecked_draft_goes_live(connection: psycopg.Connection) -> None:
    boards.add(connection, BOARD)
    assert boards.edit(connection, "hunters", unchecked=True, state="live").state == "live"
    # without a run nobody has seen it
    assert boards.edit(connection, "hunters", state="draft").state == "draft"


def missing_of_board(connection: psycopg.Connection) -> list[str]:
    return boards.check(connection, "hunters").missing


def test_a_board_that_is_not_active_is_said_to_be(transaction: psycopg.Connection) -> None:
    boards.add(transaction, BOARD)
    transaction.execute("update app.leaderboard_defs set changed_at = '2026-01-01Z'")
    put_board_run(transaction, "hunters", [(1, "busy", 3)])
    assert missing_of_board(transaction) == []
    transaction.execute("update app.leaderboard_defs set is_active = false")
    assert missing_of_board(transaction) == ["the board is not active"]


def test_a_season_without_points_or_that_is_not_active_is_said_to_be(
    transaction: psycopg.Connection,
) -> None:
    season = Season("s", "S", days_ago(9), days_ago(-999), is_active=True, state="draft")
    seasons.add(transaction, season)
    seasons.put_weights(transaction, "s", WEIGHT)
    add_cluster(transaction, "busy", BUSY)
    put_points(transaction, "s", "busy", 0, 1)

    def missing() -> list[str]:
        return seasons.check(transaction, "s").missing

    assert missing() == ["nobody has points, though the season has begun"]
    transaction.execute("update analytics.season_progress set points = 0.5")
    assert missing() == []
    transaction.execute("update app.seasons set is_active = false")
    assert missing() == ["the season is not active"]
    # nobody can have points before it begins
    transaction.execute("update analytics.season_progress set points = 0")
    transaction.execute("update app.seasons set starts_at = now() + interval '1 minute'")
    assert missing() == ["the season is not active"]


def test_a_season_in_which_players_have_points_becomes_no_draft(
    transaction: psycopg.Connection,
) -> None:
    seasons.add(transaction, Season("s", "S", days_ago(9), days_ago(-999)))
    put_points(transaction, "s", "busy", 0, 1)
    assert seasons.edit(transaction, "s", state="draft").state == "draft"
    seasons.edit(transaction, "s", state="live", unchecked=True)
    transaction.execute("update analytics.season_progress set points = 0.5")
    refused = "season s cannot become a draft: players have points in it; retire it instead"
    with pytest.raises(UsageError, match=refused):
        seasons.edit(transaction, "s", state="draft")


@pytest.mark.ci
def test_a_draft_season_entitles_nobody_before_it_is_live(
    connection: psycopg.Connection,
) -> None:
    add_cluster(connection, "busy", BUSY)
    now = connection.execute("select now()").fetchone()[0]
    put(connection, *(hunt(at=now - 2 * DAY) for _ in range(8)))
    draft = Season("s", "S", now - 9 * DAY, now + DAY, is_active=True, state="draft")
    seasons.add(connection, draft)
    with pytest.raises(UsageError) as refused:
        seasons.edit(connection, "s", state="live")
    assert str(refused.value) == (
        "season s does not go live: no weight of a challenge: hedge seasons weights s FILE; "
        "no points: hedge seasons run s computes them"
    )
    seasons.put_weights(connection, "s", WEIGHT)
    given: dict[str, str | None] = dict.fromkeys(rewards.COLUMNS)
    given |= {"quantity": "1", "name": "N"}
    boards.add(connection, replace(BOARD, time_window="SEASON"))
    rewards.define(
        connection,
        "s",
        [
            given | {"reward_key": "low", "kind": "LEVEL", "level": "2"},
            given
            | {
                "reward_key": "top",
                "kind": "RANK",
                "rank_from": "1",
                "rank_to": "1",
                "leaderboard_key": "hunters",
            },
        ],
    )
    runs.full()
    assert rewards.listed(connection) == []
    levels = "select count(*) from app.events where event_type = 'season.level_reached'"
    assert connection.execute(levels).fetchone() == (0,)
    found = seasons.check(connection, "s")
    assert (found.population, found.challenges, found.has_begun) == (1, 1, True)
    assert found.missing == ["the board of reward top of board hunters is not live and active"]
    assert [one.clusters for one in found.levels][:3] == [1, 1, 1]
    assert [(one.reward_key, one.clusters) for one in found.rewards] == [("low", 1), ("top", 0)]
    boards.edit(connection, "hunters", unchecked=True, state="live")
    seasons.edit(connection, "s", state="live")
    runs.incremental()
    assert [one.reward_key for one in rewards.listed(connection)] == ["low"]
    with pytest.raises(UsageError, match="cannot become a draft: players are entitled"):
        seasons.edit(connection, "s", state="draft")
    seasons.edit(connection, "s", state="retired")
    with pytest.raises(UsageError, match="season s is retired, and is computed no more"):
        seasons.run("s")


def test_standings_of_a_draft_season_are_not_final(connection: psycopg.Connection) -> None:
    add_cluster(connection, "busy", BUSY)
    put(connection, *(hunt(at=days_ago(20)) for _ in range(8)))
    end = AS_OF - 9 * DAY
    seasons.add(connection, Season("s", "S", end - 20 * DAY, end, is_active=True, state="draft"))
    seasons.put_weights(connection, "s", WEIGHT)
    assert seasons.due(connection) == []
    seasons.run("s")
    assert seasons.final_run(connection, "s") is None
    found = seasons.check(connection, "s")
    assert (found.population, found.missing) == (1, ["the season is over"])
    seasons.edit(connection, "s", state="live", unchecked=True)
    assert seasons.due(connection) == ["s"]
    seasons.run("s")
    assert seasons.final_run(connection, "s") is not None


def test_a_board_that_is_live_tells_nothing_of_a_draft_season(
    connection: psycopg.Connection,
) -> None:
    now = connection.execute("select now()").fetchone()[0]
    draft = Season("s", "S", now - DAY, now + DAY, is_active=True, state="draft")
    seasons.add(connection, draft)
    of_points = replace(
        BOARD,
        metric_source="season_progress",
        metric_key="s",
        time_window="SEASON",
        state="live",
    )
    with pytest.raises(UsageError, match="board hunters: season s is a draft, and the board is no"):
        boards.add(connection, of_points)
    boards.add(connection, replace(of_points, state="draft"))
    boards.run(["hunters"])
    with pytest.raises(UsageError, match="season s is a draft"):
        boards.edit(connection, "hunters", unchecked=True, state="live")
    of_a_metric = replace(BOARD, key="others", name="O", time_window="SEASON", state="live")
    boards.add(connection, of_a_metric)
    with pytest.raises(UsageError, match="no season goes on that board others could rank"):
        boards.run(["others"])


@pytest.mark.ci
def test_changes_of_definitions_are_noted_with_the_difference(
    connection: psycopg.Connection,
) -> None:
    with audit.acting_as("admin of a test"):
        boards.add(connection, BOARD)
        boards.edit(connection, "hunters", max_entries=5, name="Hunters of all time")
    now = connection.execute("select now()").fetchone()[0]
    seasons.add(connection, Season("s", "S", now, now + timedelta(days=1)))
    seasons.put_weights(connection, "s", WEIGHT)
    seasons.put_weights(connection, "s", [], only=True)
    connection.execute("delete from app.leaderboard_defs")
    found = audit.changes(connection)
    assert [(one.kind, one.key, one.part, one.operation) for one in found] == [
        ("board", "hunters", None, "removed"),
        ("weight", "s", "hunters_triumph", "removed"),
        ("weight", "s", "hunters_triumph", "added"),
        ("season", "s", None, "added"),
        ("board", "hunters", None, "changed"),
        ("board", "hunters", None, "added"),
    ]
    changed = found[4]
    assert (changed.old_values, changed.new_values, changed.changed_by) == (
        {"name": "Hunters", "max_entries": 1000},
        {"name": "Hunters of all time", "max_entries": 5},
        "admin of a test",
    )
    assert found[0].changed_by.startswith("role ")
    assert found[3].changed_by.startswith("command of ")
    assert audit.changes(connection, "weight", "s", limit=1) == [found[1]]
    assert audit.changes(connection, before=found[-2].change_id) == [found[-1]]
    with pytest.raises(UsageError, match="no kind boards: they are board, season, weight, reward"):
        audit.changes(connection, "boards")
    with pytest.raises(psycopg.errors.RestrictViolation, match="is history and stays"):
        connection.execute("delete from app.definition_changes")


def test_the_check_of_a_season_says_how_many_would_get_each_reward(
    connection: psycopg.Connection,
) -> None:
    """Ranks are dense, of clusters with points, and of board runs over the season."""
    starts, ends = days_ago(9), days_ago(-3)
    seasons.add(connection, Season("s", "S", starts, ends, is_active=True, state="draft"))
    boards.add(connection, replace(BOARD, time_window="SEASON"))
    given: dict[str, str | None] = dict.fromkeys(rewards.COLUMNS)
    given |= {"quantity": "1", "name": "N"}

    def ranks(key: str, first: int, last: int, board: str | None = None) -> dict[str, str | None]:
        of = {"reward_key": key, "kind": "RANK", "leaderboard_key": board}
        return given | of | {"rank_from": str(first), "rank_to": str(last)}

    level = {"reward_key": "hat", "kind": "LEVEL", "level": "2"}
    every = [ranks("a", 1, 1), ranks("b", 2, 3), ranks("c", 4, 9), ranks("d", 1, 1, "hunters")]
    rewards.define(connection, "s", [given | level, *every])
    for cluster, points, reached in (
        ("first", 10, 2),
        ("second", 9, 1),
        ("equal", 9, 1),
        ("third", 0.5, 1),
        ("nothing", 0, 1),
    ):
        add_cluster(connection, cluster)
        put_points(connection, "s", cluster, points, reached)
    ranked = [(1, "first", 4), (1, "equal", 4), (3, "third", 2)]
    put_board_run(connection, "hunters", ranked, period_start=starts, period_end=ends)
    for period in ({"period_start": starts}, {"period_end": ends}):
        other = {"period_start": starts - DAY, "period_end": ends + DAY} | period
        put_board_run(connection, "hunters", [(1, "nothing", 4)], **other)
    found = seasons.check(connection, "s").rewards
    assert {one.reward_key: one.clusters for one in found} == {
        "hat": 1,
        "a": 1,
        "b": 3,
        "c": 0,
        "d": 2,
    }
