"""A display name is shown to others only while its player allows it, wherever a name is shown."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from tests.in_process import HTML, Site
from tests.in_process.rows import (
    AS_OF,
    name_player,
    put,
    put_board,
    put_board_run,
    put_metrics,
    put_points,
    put_progress,
)
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("names_need_consent")

SHOWN, HIDDEN = "Ada Shown", "Eve Hidden"
#: The clusters of both players, and the paths that show the names of the first or of both.
PATHS = {
    "/leaderboards/wins/latest": (SHOWN, HIDDEN),
    "/leaderboards/wins/runs/{run}": (SHOWN, HIDDEN),
    "/leaderboards/wins/around?clusterId=shown": (SHOWN, HIDDEN),
    "/leaderboards/wins/around?clusterId=hidden&neighbours=0": (HIDDEN,),
    "/": (SHOWN, HIDDEN),
    "/boards/wins": (SHOWN, HIDDEN),
    "/boards/wins?run={run}": (SHOWN, HIDDEN),
    "/boards/wins?from=99&clusterId=hidden": (SHOWN, HIDDEN),
    "/boards/wins?find=nobody": (SHOWN, HIDDEN),
    "/boards/wins/winners": (),
    "/boards/wins/entries.csv": (SHOWN, HIDDEN),
    "/boards/wins/entries.json": (SHOWN, HIDDEN),
    "/find?cluster=hidde": (HIDDEN,),
    "/compare?a=shown&b=hidden": (SHOWN, HIDDEN),
    "/season/spring": (SHOWN, HIDDEN),
    "/season/spring?clusterId=hidden": (SHOWN, HIDDEN),
    "/clusters/shown": (SHOWN,),
    "/clusters/hidden": (HIDDEN,),
    "/clusters/shown/challenges/arena_victor": (SHOWN,),
    "/clusters/hidden/challenges/arena_victor": (HIDDEN,),
}
#: The pages and routes of an admin, which show no name at all.
OF_ADMINS = [
    "/admin",
    "/admin/boards",
    "/admin/boards/edit?key=wins",
    "/admin/boards/season?season=spring",
    "/admin/tables",
    "/admin/chains",
    "/admin/calibration?challenge=arena_victor",
]


@pytest.fixture(scope="module")
def run(rows: psycopg.Connection) -> int:
    """Two players on a board, in a season, with progress; the id of the board run."""
    put_board(rows, "wins")
    now = datetime.now(UTC)
    season = {"starts_at": now - timedelta(days=9), "ends_at": now + timedelta(days=9)}
    put(rows, "app.seasons", id="spring", name="Spring", is_active=True, **season)
    for number, cluster in enumerate(["shown", "hidden"]):
        add_cluster(rows, cluster, f"0x{number:040x}", discord_id=f"{number + 10}")
        put_points(rows, "spring", cluster, 10 - number, 1)
        put_progress(rows, cluster, "arena_victor", 5)
        put_metrics(rows, cluster, {"onchain_pvp": {"wins": 5}})
    name_player(rows, "shown", SHOWN, shown=True)
    name_player(rows, "hidden", HIDDEN, shown=False)
    return put_board_run(rows, "wins", [(1, "shown", 9), (2, "hidden", 8)], as_of=AS_OF)


def names(client: httpx.Client, path: str, run: int) -> set[str]:
    """The display names that a response contains."""
    answer = client.get(path.format(run=run), headers=HTML)
    assert answer.status_code == 200, (path, answer.text)
    assert re.search("shown|hidden|Board wins|Spring|challenge", answer.text), path
    return {name for name in (SHOWN, HIDDEN) if name in answer.text}


@pytest.mark.parametrize("path", PATHS)
def test_a_name_is_where_its_player_allows_it_and_nowhere_else(
    site: Site, rows: psycopg.Connection, run: int, path: str
) -> None:
    """The same path, with the consent of the first player only, of both, and of nobody; others
    see a name under no other condition, signed in or not."""
    readers = [site.browser(), site.player("999")]
    for turn, allowed in enumerate([{SHOWN}, {SHOWN, HIDDEN}, set(), {HIDDEN}]):
        name_player(rows, "shown", SHOWN, shown=SHOWN in allowed)
        name_player(rows, "hidden", HIDDEN, shown=HIDDEN in allowed)
        for number, reader in enumerate(readers):
            # another query string is another response in the cache
            fresh = f"{path}?limit={turn * 10 + number + 2}" if "/latest" in path else path
            assert names(reader, fresh, run) == allowed & set(PATHS[path]), allowed


def test_leaders_of_boards_and_of_the_season_have_names(
    site: Site, rows: psycopg.Connection, run: int
) -> None:
    name_player(rows, "shown", SHOWN, shown=True)
    name_player(rows, "hidden", None, shown=True)
    home = site.browser().get("/", headers=HTML).text
    assert (home.count(SHOWN), home.count("<bdi>hidden</bdi>")) == (2, 2)


def test_no_page_of_an_admin_shows_a_name(
    site: Site, rows: psycopg.Connection, admin: str, run: int
) -> None:
    name_player(rows, "shown", SHOWN, shown=True)
    browser = site.browser()
    assert browser.post("/admin/sign-in", data={"token": admin}).status_code == 303
    for path in OF_ADMINS:
        assert names(browser, path, run) == set(), path


def test_players_see_their_own_name(site: Site, rows: psycopg.Connection, run: int) -> None:
    name_player(rows, "hidden", HIDDEN, shown=False)
    player = site.player("11")
    assert names(player, "/me", run) == {HIDDEN}
    found = player.get("/api/me").json()
    assert (found["displayName"], found["showOnBoards"]) == (HIDDEN, False)
