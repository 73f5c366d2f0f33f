"""The numbers on the page of a season: standings, levels, what gives points, and its state."""

from datetime import timedelta

import psycopg
import pytest

from api.database import query
from tests.in_process import HTML, Site
from tests.in_process.queries import DAY, HOUR, found, now, pick
from tests.in_process.rows import name_player, put, put_points
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("the_page_of_a_season")

MOMENT = timedelta(microseconds=1)


def put_season(
    connection: psycopg.Connection, key: str, begin: timedelta, end: timedelta, **columns: object
) -> None:
    """Insert an active season that begins and ends so long after now."""
    instant = now(connection)
    row = {"id": key, "name": key.title(), "is_active": True, "scoring": "SEASON"}
    span = {"starts_at": instant + begin, "ends_at": instant + end}
    put(connection, "app.seasons", **row | span | columns)


@pytest.fixture
def spring(connection: psycopg.Connection) -> psycopg.Connection:
    """A season that goes on, alone, with two weights."""
    connection.execute("delete from app.seasons")
    put_season(connection, "spring", -HOUR, 3 * HOUR)
    for challenge, weight in (("arena_victor", "2.5"), ("hero_riser", 1)):
        put(
            connection,
            "app.season_challenge_weights",
            season_id="spring",
            challenge_code=challenge,
            weight=weight,
        )
    return connection


@pytest.mark.parametrize(
    ("begin", "end", "state", "length"),
    [
        (MOMENT, DAY, "coming", 0),
        (timedelta(0), DAY, "current", 0),
        (-3 * DAY, DAY + MOMENT, "current", 75),
        (-DAY, timedelta(0), "counted", 100),
        (-9 * DAY, -7 * DAY + MOMENT, "counted", 100),
        (-9 * DAY, -7 * DAY, "final", 100),
    ],
)
def test_a_season_comes_goes_on_is_counted_for_a_week_and_is_final(
    connection: psycopg.Connection,
    begin: timedelta,
    end: timedelta,
    state: str,
    length: int,
) -> None:
    connection.execute("delete from app.seasons")
    put_season(connection, "spring", begin, end)
    (season,) = found(connection, "page_season_of_id", season="spring")
    assert pick(season, "state", "length") == (state, length)
    assert season["final_at"] - season["ends_at"] == 7 * DAY
    (listed,) = found(connection, "page_seasons")
    assert listed["state"] == (state if state in ("coming", "current") else "over")
    is_current = state == "current"
    assert len(found(connection, "page_season_of_id", season=None)) == is_current
    connection.execute("update app.seasons set is_active = false")
    assert found(connection, "page_season_of_id", season="spring") == []
    assert found(connection, "page_seasons") == []


def test_equal_points_share_a_rank_and_every_cluster_has_a_place(
    spring: psycopg.Connection,
) -> None:
    for cluster, points in (("e", 7), ("b", 9), ("a", 7), ("zero", 0), ("d", 2), ("c", 9)):
        add_cluster(spring, cluster)
        put_points(spring, "spring", cluster, points, 1)
    put_points(spring, "winter", "d", 99, 1)
    name_player(spring, "b", "Visible", shown=True)
    name_player(spring, "c", "Hidden", shown=False)

    def page(first: int, rows: int) -> list[tuple]:
        shown = found(spring, "page_season_standings", season="spring", first=first, rows=rows)
        return [pick(one, "place", "rank", "cluster_id", "is_shared") for one in shown]

    whole = [
        (1, 1, "b", True),
        (2, 1, "c", True),
        (3, 2, "a", True),
        (4, 2, "e", True),
        (5, 3, "d", False),
    ]
    assert page(1, 50) == whole
    assert page(3, 2) == whole[2:4]
    assert page(6, 50) == []
    # the next one, on another page, shares it all the same
    assert page(1, 1) == whole[:1]
    assert page(3, 1) == whole[2:3]
    names = found(spring, "page_season_standings", season="spring", first=1, rows=2)
    assert [one["display_name"] for one in names] == ["Visible", None]
    assert [one["length"] for one in names] == [100, 100]
    assert found(spring, "page_season_count", season="spring") == [{"ranked": 5}]
    own = {
        cluster: found(spring, "page_season_own", season="spring", cluster=cluster)[0]
        for cluster in ("a", "b", "c", "d", "e", "zero")
    }
    assert {key: pick(one, "place", "rank") for key, one in own.items()} == {
        **{cluster: (place, rank) for place, rank, cluster, _ in whole},
        "zero": (None, None),
    }


@pytest.mark.parametrize(
    ("points", "level", "following", "missing", "lengths"),
    [
        (0, 1, 2, 50, [0, 0, 0]),
        (49, 1, 2, 1, [98, 0, 0]),
        (50, 2, 3, 100, [100, 0, 0]),
        (4000, 10, None, None, [100, 100, 100]),
    ],
)
def test_the_next_level_says_what_is_missing(
    spring: psycopg.Connection,
    points: int,
    level: int,
    following: int | None,
    missing: int | None,
    lengths: list[int],
) -> None:
    put_points(spring, "spring", "busy", points, level)
    (own,) = found(spring, "page_season_own", season="spring", cluster="busy")
    assert pick(own, "level", "next_level", "missing") == (level, following, missing)
    levels = found(spring, "page_season_track", season="spring", cluster="busy")
    assert [one["length"] for one in levels[:3]] == lengths
    assert [one["step"] for one in levels if one["is_own"]] == [level]
    assert sum(one["is_reached"] for one in levels) == level
    # without a cluster there are levels alone
    bare = found(spring, "page_season_track", season="spring", cluster=None)
    assert {pick(one, "is_reached", "missing", "length") for one in bare} == {(False, None, 0)}
    assert len(bare) == len(levels)


def test_every_challenge_says_what_it_gives_and_how_much_would_be_enough(
    spring: psycopg.Connection,
) -> None:
    put_points(spring, "spring", "busy", 44, 1)
    spring.execute(
        "update analytics.season_progress set points_by_challenge = '{\"arena_victor\": 11}'"
    )
    shown = found(spring, "page_season_challenges", season="spring", cluster="busy")
    assert [pick(one, "key", "weight", "points", "share", "enough") for one in shown] == [
        # 6 points are missing: 2.4 matches, of which there are whole ones
        ("arena_victor", pytest.approx(2.5), 11, 25, 3),
        ("hero_riser", 1, 0, 0, 6),
    ]
    # levels of heroes are a state, of which the gain counts; not so over all time
    assert [one["is_gain"] for one in shown] == [False, True]
    spring.execute("update app.seasons set scoring = 'LIFETIME'")
    bare = found(spring, "page_season_challenges", season="spring", cluster=None)
    assert {pick(one, "points", "share", "enough", "is_gain") for one in bare} == {
        (0, None, None, False)
    }


def test_standings_are_read_in_the_order_of_their_index(spring: psycopg.Connection) -> None:
    spring.execute(
        "insert into analytics.season_progress"
        " (season_id, cluster_id, points, level, points_by_challenge, updated_at)"
        " select 'spring', 'c' || number, number % 700, 1, '{}', now()"
        " from generate_series(1, 5000) as number"
    )
    spring.execute("analyze analytics.season_progress")
    asked = {"season": "spring", "first": 1, "rows": 50}
    plan = spring.execute("explain " + query("page_season_standings"), asked).fetchall()
    text = "\n".join(str(line) for (line,) in plan)
    assert "season_progress_standings" in text
    assert "Seq Scan on season_progress" not in text


def test_a_page_is_shown_for_each_state_and_for_who_is_asked(
    rows: psycopg.Connection, site: Site
) -> None:
    rows.execute("delete from app.seasons")
    reader = site.browser()
    assert "There is no season yet." in reader.get("/season", headers=HTML).text
    put_season(rows, "spring", -HOUR, 3 * DAY + HOUR)
    put_season(rows, "summer", 4 * DAY + HOUR, 9 * DAY)
    put_season(rows, "winter", -9 * DAY, -8 * DAY)
    put_season(rows, "autumn", -7 * DAY, -6 * DAY)
    add_cluster(rows, "climber", "0x" + "c1" * 20)
    put_points(rows, "spring", "climber", 60, 2)
    answer = reader.get("/season", headers=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/season/spring")
    answer = reader.get("/season?clusterId=climber", headers=HTML)
    assert answer.headers["Location"] == "/season/spring?clusterId=climber"
    for season, words in (
        ("spring", '<strong class="big">3 days</strong> left'),
        ("summer", '<strong class="big">4 days</strong> to its start'),
        ("winter", "Its points are final."),
        ("autumn", "its points are not final yet"),
    ):
        page = reader.get(f"/season/{season}", headers=HTML).text
        assert words in page
        assert page.count('<ol class="runs">') == 1
        for other in ("spring", "summer", "winter", "autumn"):
            assert f'href="/season/{other}"' in page
    page = reader.get("/season/spring?clusterId=climber", headers=HTML).text
    assert "<strong>90</strong> more points to level 3 at 150." in page
    assert 'class="own" id="near"' in page
    assert "You</p>" not in page
    page = reader.get("/season/spring?clusterId=nobody", headers=HTML).text
    assert "No cluster <bdi>nobody</bdi>" in page
    assert reader.get("/season/nonsense", headers=HTML).status_code == 404
    for path in ("/season/spring?from=0", "/season/spring?from=x"):
        assert reader.get(path, headers=HTML).status_code == 400
