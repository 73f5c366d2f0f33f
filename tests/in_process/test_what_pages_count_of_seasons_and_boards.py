"""The numbers of seasons and boards on pages: boundaries, order, and what is left out.

The named queries of pages are executed as the service executes them (tests/in_process/queries.py).
"""

import re
from datetime import timedelta

import psycopg
import pytest

from tests.in_process import Site
from tests.in_process.queries import DAY, HOUR, found, now, pick
from tests.in_process.rows import (
    AS_OF,
    put,
    put_board,
    put_board_run,
    put_points,
)
from tests.support import add_cluster

#: The first page of a board, without a period before.
FIRST_PAGE = {"first": 1, "rows": 50, "cluster": None, "previous": None}


def put_season(connection: psycopg.Connection, begin: timedelta, end: timedelta) -> None:
    """Replace all seasons by an active one that begins and ends so long after now."""
    instant = now(connection)
    connection.execute("delete from app.seasons")
    span = {"starts_at": instant + begin, "ends_at": instant + end}
    put(connection, "app.seasons", id="spring", name="Spring", is_active=True, **span)


@pytest.mark.parametrize(
    ("begin", "end", "is_current"),
    [
        (timedelta(0), HOUR, True),
        (timedelta(microseconds=1), HOUR, False),
        (-HOUR, timedelta(microseconds=1), True),
        (-HOUR, timedelta(0), False),
    ],
)
def test_the_current_season_contains_now_and_is_active(
    connection: psycopg.Connection, begin: timedelta, end: timedelta, is_current: bool
) -> None:
    put_season(connection, begin, end)
    put_points(connection, "spring", "busy", 60, 2)

    def shown() -> set[bool]:
        return {
            bool(found(connection, "season_active")),
            bool(found(connection, "page_season")),
            bool(found(connection, "page_season_track", season=None, cluster="busy")),
        }

    assert shown() == {is_current}
    connection.execute("update app.seasons set is_active = false")
    assert shown() == {False}


@pytest.mark.parametrize(
    ("points", "level", "lengths", "missing", "following"),
    [
        (0, 1, [0, 0, 0], [0, 50, 150], 50),
        (25, 1, [50, 0, 0], [0, 25, 125], 50),
        (50, 2, [100, 0, 0], [0, 0, 100], 150),
        (60, 2, [100, 10, 0], [0, 0, 90], 150),
        (4000, 10, [100, 100, 100], [0, 0, 0], None),
    ],
)
def test_a_track_shows_each_level_and_what_is_missing_to_it(
    connection: psycopg.Connection,
    points: int,
    level: int,
    lengths: list[int],
    missing: list[int],
    following: int | None,
) -> None:
    put_season(connection, -HOUR, HOUR)
    put_points(connection, "spring", "busy", points, level)
    put_points(connection, "spring", "rival", 700, 5)
    put_points(connection, "winter", "busy", 700, 5)
    track = found(connection, "page_season_track", season=None, cluster="busy")
    assert [one["step"] for one in track] == list(range(1, 11))
    assert {pick(one, "points", "level", "name") for one in track} == {(points, level, "Spring")}
    assert [one["length"] for one in track[:3]] == lengths
    assert [one["missing"] for one in track[:3]] == missing
    assert [one["is_reached"] for one in track] == [step < level for step in range(10)]
    # the last level has no next one: it is full or empty
    assert track[-1]["length"] == (100 if level == 10 else 0)
    (row,) = found(connection, "seasons_of_cluster", season="spring", cluster="busy")
    assert pick(row, "points", "level", "next_level_threshold") == (points, level, following)
    assert found(connection, "seasons_of_cluster", season="spring", cluster="nobody") == []


def test_the_page_of_a_cluster_shows_its_track(rows: psycopg.Connection, site: Site) -> None:
    add_cluster(rows, "climber", "0x" + "c1" * 20)
    put_season(rows, -HOUR, HOUR)
    put_points(rows, "spring", "climber", 60, 2)
    answer = site.browser().get("/clusters/climber")
    assert answer.status_code == 200
    widths = re.findall(r'class="fill" x="\d+" width="([\d.]+)"', answer.text)
    # two levels are reached: all of the first, of 94 wide, and a tenth of the second
    assert [float(width) for width in widths] == [94, 9.4]


def test_five_lead_the_season_and_equals_share_a_rank(connection: psycopg.Connection) -> None:
    put_season(connection, -HOUR, 3 * HOUR)
    assert found(connection, "page_season")[0]["leaders"] is None
    for cluster, points in (("f", 1), ("e", 0), ("d", 7), ("c", 9), ("b", 7), ("a", 7), ("g", 2)):
        add_cluster(connection, cluster)
        put_points(connection, "spring", cluster, points, 1)
    # who has left, and another season
    put_points(connection, "spring", "gone", 99, 1)
    put_points(connection, "winter", "e", 99, 1)
    (season,) = found(connection, "page_season")
    assert pick(season, "id", "length") == ("spring", 25)
    leaders = [(one["rank"], one["cluster_id"], one["points"]) for one in season["leaders"]]
    assert leaders == [(1, "c", 9), (2, "a", 7), (2, "b", 7), (2, "d", 7), (3, "g", 2)]
    connection.execute("delete from analytics.season_progress where points > 0")
    assert found(connection, "page_season")[0]["leaders"] is None


def test_boards_of_readers_are_active_and_public_with_their_leaders(
    connection: psycopg.Connection,
) -> None:
    season = {"metric_source": "season_progress", "metric_key": "points"}
    put_board(connection, "z-first", name="Alpha", category_key="hero_progression")
    put_board(connection, "b-equal", name="Beta")
    put_board(connection, "a-equal", name="Beta")
    put_board(connection, "points", name="Gamma", **season)
    ladders = {"metric_source": "challenge_progress", "metric_key": "total_score"}
    put_board(connection, "ladders", name="Omega", **ladders)
    put_board(connection, "inactive", is_active=False)
    put_board(connection, "private", is_public=False)
    entries = [(2, "y", 8), (1, "x", 9), (4, "a", 6), (2, "b", 8)]
    old = put_board_run(connection, "a-equal", [(1, "old", 1)], as_of=AS_OF - DAY)
    new = put_board_run(connection, "a-equal", entries)
    put_board_run(connection, "b-equal", status="PENDING", as_of=None, row_count=None)
    assert old < new
    boards = found(connection, "page_boards")
    order = connection.execute(
        "select sort_order from analytics.categories"
        " where key in ('hero_progression', 'pvp_competition') order by key"
    ).fetchall()
    by_category = ["a-equal", "b-equal", "points", "ladders"]
    wanted = ["z-first", *by_category] if order[0] < order[1] else [*by_category, "z-first"]
    assert [one["key"] for one in boards] == wanted
    by_key = {one["key"]: one for one in boards}
    assert [one["cluster_id"] for one in by_key["a-equal"]["leaders"]] == ["x", "b", "y"]
    assert pick(by_key["a-equal"], "row_count", "unit", "as_of") == (4, "matches", AS_OF)
    assert pick(by_key["b-equal"], "leaders", "as_of") == (None, None)
    assert (by_key["points"]["unit"], by_key["ladders"]["unit"]) == ("points", "ladders")
    listed = found(connection, "boards", key=None, after="", limit=100)
    assert [pick(one, "key", "unit") for one in listed] == [
        ("a-equal", "matches"),
        ("b-equal", "matches"),
        ("ladders", "ladders"),
        ("points", "points"),
        ("z-first", "matches"),
    ]
    for hidden in ("inactive", "private"):
        put_board_run(connection, hidden, entries)
        assert found(connection, "boards", key=hidden, after="", limit=1) == []
        assert found(connection, "board_latest_run", key=hidden) == []
        asked = {"run": None, "before": 2**62, "limit": 9}
        assert found(connection, "board_runs", key=hidden, **asked) == []


@pytest.mark.parametrize(
    ("scores", "lengths"),
    [([200, 50, 1, 0, -7], [100, 25, 0.5, 0, 0]), ([0, 0], [0, 0]), ([-1, -2], [0, 0])],
)
def test_a_bar_is_as_long_as_the_score_beside_the_best(
    connection: psycopg.Connection, scores: list[int], lengths: list[float]
) -> None:
    put_board(connection, "wins")
    entries = [(place, f"c{place}", score) for place, score in enumerate(scores, 1)]
    run = put_board_run(connection, "wins", entries)
    put_board_run(connection, "wins", [(1, "other", 10**6)])
    shown = found(connection, "page_board_entries", run=run, **FIRST_PAGE)
    assert [one["length"] for one in shown] == lengths
    assert {one["is_shared"] for one in shown} == {False}


def test_a_rank_is_shared_by_two_or_more(connection: psycopg.Connection) -> None:
    put_board(connection, "wins")
    entries = [(1, "a", 9), (2, "b", 8), (2, "c", 8), (4, "d", 7), (4, "e", 7), (4, "f", 7)]
    run = put_board_run(connection, "wins", entries)
    put_board_run(connection, "wins", [(1, "other", 9)])
    shown = found(connection, "page_board_entries", run=run, **FIRST_PAGE)
    assert [one["is_shared"] for one in shown] == [False, *[True] * 5]
