"""Pages: what a browser gets, with and without its script."""

import re

import httpx
import pytest

from hedge import database
from tests.acceptance.conftest import Service
from tests.acceptance.pages import ADMIN, BOARD, HTML, LONG, check

# one service for all of them, so one process
pytestmark = pytest.mark.xdist_group("pages")


CHALLENGE = "/clusters/somebody/challenges/arena_victor"
SHOWN = [
    "/",
    f"/boards/{BOARD}",
    f"/boards/{BOARD}?clusterId=somebody",
    f"/boards/{BOARD}?clusterId=nobody&from=1",
    f"/boards/{BOARD}?find=e",
    f"/boards/{BOARD}?find=nobody",
    f"/boards/{BOARD}/winners",
    "/find",
    "/find?cluster=x",
    "/find?cluster=sonebody",
    "/compare",
    "/compare?a=somebody&b=rival",
    f"/compare?a=idle&b={LONG}",
    "/clusters/somebody",
    "/clusters/somebody?show=near&sort=recent",
    "/clusters/somebody?sort=name&open=none",
    "/clusters/idle",
    f"/clusters/{LONG}",
    "/clusters/somebody/challenges/arena_victor",
    "/clusters/somebody/challenges/flawless_victory",
    "/season/spring",
    "/season/spring?clusterId=somebody",
    "/season/spring?clusterId=nobody&from=51",
    "/catalogue",
    "/catalogue?category=pvp_competition",
    "/catalogue?category=nonsense",
    "/catalogue/arena_victor",
    "/catalogue/flawless_victory",
    "/me",
]
#: The pages whose links have previews.
PICTURED = [f"/boards/{BOARD}", "/clusters/somebody", "/clusters/idle", CHALLENGE, "/season/spring"]


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path[:60])
def test_a_page_is_small_and_runs_nothing_from_elsewhere(told: Service, path: str) -> None:
    check(told.browser().get(path, headers=HTML))


@pytest.mark.parametrize("path", PICTURED)
def test_the_picture_of_a_page_is_where_its_head_says(told: Service, path: str) -> None:
    page = told.browser().get(path, headers=HTML).text
    (address,) = re.findall(r'<meta property="og:image" content="([^"]+)">', page)
    answer = told.browser().get(httpx.URL(address).raw_path.decode())
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert len(answer.content) < 200_000


@pytest.mark.parametrize("path", ADMIN)
def test_a_page_of_an_admin_is_one_too(admin: httpx.Client, path: str) -> None:
    check(admin.get(path, headers=HTML))


def test_the_files_of_the_pages_are_kept_by_browsers(told: Service) -> None:
    page = told.browser().get("/").text
    files = re.findall(r"\"(/static/[^\"]+)\"", page)
    assert len(files) == 2
    for file in files:
        answer = told.browser().get(file)
        assert answer.status_code == 200
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        assert len(answer.content) < 30_000


def test_the_server_sends_cached_responses_again(told: Service) -> None:
    reader = httpx.Client(base_url=told.url)
    path = f"/leaderboards/{BOARD}/latest"
    # one that is computed has an id
    told.wait_for(lambda: "X-Request-Id" not in reader.get(path).headers)


def test_a_board_shows_who_is_equal_and_where_one_stands(told: Service) -> None:
    page = check(told.browser().get(f"/boards/{BOARD}?clusterId=equal", headers=HTML))
    assert "<bdi>equal</bdi></a> has rank 2, in the list below." in page
    rows = re.findall(r"<td class=\"rank( shared)?\">(\d+)", page.partition('id="all"')[2])
    assert rows == [("", "1"), (" shared", "2"), (" shared", "2"), ("", "3")]
    run = min(set(re.findall(rf"/boards/{BOARD}\?run=(\d+)", page)), key=int)
    named = check(told.browser().get(f"/boards/{BOARD}?run={run}", headers=HTML))
    assert "to the latest" in named
    check(told.browser().get(f"/boards/{BOARD}?run={10**17}", headers=HTML), 404)


def test_a_cluster_shows_what_is_missing(told: Service) -> None:
    page = check(told.browser().get("/clusters/somebody", headers=HTML))
    assert "10 more to Advanced at 15" in page
    # without the one on Discord, which the player alone sees
    assert "6 actions on 1 day;" in page
    assert "<strong>5</strong> points" in page
    page = check(told.browser().get("/clusters/somebody/challenges/arena_victor", headers=HTML))
    assert "<strong>10 matches</strong> more are needed for" in page
    (further,) = re.findall(r'<a rel="next" href="([^"]*)"', page)
    assert f'<a rel="prev" href="{CHALLENGE}"' in check(told.browser().get(further, headers=HTML))
    check(told.browser().get("/clusters/somebody/challenges/nonsense", headers=HTML), 404)
    found = told.browser().get("/find", params={"cluster": " somebody "}, headers=HTML)
    assert found.url.path == "/clusters/somebody"


def test_what_a_player_types_runs_nowhere(told: Service, admin: httpx.Client) -> None:
    page = check(told.browser().get(f"/boards/{BOARD}", headers=HTML))
    assert "<script>alert" not in page
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;" in page
    page = check(admin.get("/admin/tables", headers=HTML))
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    for query in ("clusterId", "find", "from", "run"):
        answer = told.browser().get(
            f"/boards/{BOARD}", params={query: '"><script>alert(1)</script>'}, headers=HTML
        )
        check(answer, 200 if query in ("clusterId", "find") else 400)
    typed = '"><script>alert(1)</script>'
    for path, status in (("/find", 200), ("/compare", 404)):
        asked = {"cluster": typed} if path == "/find" else {"a": typed, "b": typed}
        assert "<script>alert" not in check(
            told.browser().get(path, params=asked, headers=HTML), status
        )
    check(told.browser().get('/clusters/"><script>alert(1)<script>', headers=HTML), 404)
    for typed, sentence in (
        (["1", "<b>", "4", "9"], "&#39;&lt;b&gt;&#39; is not a number"),
        (["4", "1", "8", "9"], "the thresholds 4, 1, 8, 9 do not rise at 1"),
        (["0", "1", "8", "9"], "the thresholds 0, 1, 8, 9 do not rise at 0"),
        (["1", "2"], "arena_victor has 4 tiers, not the 2 of 1, 2"),
        (["1", "2", "3", "1e999999"], "&#39;1e999999&#39; is not a number"),
    ):
        asked = {"challenge": "arena_victor", "at": typed}
        assert sentence in check(admin.get("/admin/calibration", params=asked, headers=HTML))
    for asked, status in (
        ({"challenge": "<b>"}, 404),
        ({"challenge": "arena_victor", "population": "<b>"}, 400),
    ):
        check(admin.get("/admin/calibration", params=asked, headers=HTML), status)


def test_an_error_is_a_page_for_a_browser_and_a_problem_for_a_program(told: Service) -> None:
    for path in ("/nowhere", "/clusters/unknown", "/leaderboards/unknown/latest"):
        page = check(told.browser().get(path, headers=HTML), 404)
        assert 'href="/"' in page
        problem = told.browser().get(path)
        assert problem.headers["Content-Type"] == "application/problem+json"
        assert problem.json()["status"] == 404
    assert "A token is needed" in check(told.browser().get("/admin/etl/runs", headers=HTML), 401)


def test_calibration_shows_the_share_that_reaches_each_tier(admin: httpx.Client) -> None:
    page = check(
        admin.get(
            "/admin/calibration",
            params={
                "challenge": "arena_victor",
                "population": "all",
                "at": ["1", "3", "5", "1000"],
            },
            headers=HTML,
        )
    )
    with database.connect() as connection:
        counted = connection.execute(
            "select count(*) filter (where value >= 1) * 100.0 / count(*),"
            " count(*) filter (where value >= 3) * 100.0 / count(*),"
            " count(*) filter (where value >= 5) * 100.0 / count(*)"
            " from analytics.challenge_progress where challenge_key = 'arena_victor'"
        ).fetchone()
    cells = re.findall(r"<td class=\"number\">([\d,.]*)(?: %)?</td>", page.partition("<tbody>")[2])
    # two shares of those below, then of each tier:
    # on it, on it or above, current threshold, on it now
    reach = [float(cells[2 + 4 * tier + 1]) for tier in range(4)]
    assert reach == pytest.approx([*map(float, counted), 0], abs=0.06)
    assert [cells[2 + 4 * tier + 2] for tier in range(4)] == ["3", "15", "50", "150"]
    # five, three, three and one win are three columns between 1 and 7, at 1, 3 and 5
    edges = re.search(r'data-edges="([\d. ]+)"', page)[1].split()
    assert edges == ["1", "2", "3", "5", "7"]


def test_a_challenge_shows_the_facts_behind_its_value(told: Service, admin: httpx.Client) -> None:
    page = check(told.browser().get("/clusters/somebody/challenges/arena_victor", headers=HTML))
    assert "Why the value is 5" in page
    assert "<strong>5</strong> facts count and contribute 5." in page
    assert page.count("<td><time datetime") >= 5
    short = check(
        told.browser().get(
            "/clusters/somebody/challenges/arena_victor",
            params={"limit": 2, "window": "season:spring"},
            headers=HTML,
        )
    )
    assert "3 of them older than these" in short
    assert 'href="?window=season%3Aspring#facts" aria-current="page">In Spring</a>' in short
    unknown = told.browser().get(
        "/clusters/somebody/challenges/arena_victor", params={"window": "<b>"}, headers=HTML
    )
    check(unknown, 404)
    # what happened on Discord is for the player, and for admins
    private = "/clusters/somebody/challenges/loyal_follower"
    hidden = "Facts from Discord are shown only to the player"
    assert hidden in check(told.browser().get(private, headers=HTML))
    assert hidden not in check(admin.get(private, headers=HTML))


def test_the_document_of_the_api_knows_no_page(told: Service) -> None:
    paths = httpx.get(f"{told.url}/schema/openapi.json").json()["paths"]
    pages = {path for path in paths if path in ("/", "/me", "/admin", "/find", "/compare")}
    pages |= {path for path in paths if path.startswith(("/boards", "/me/", "/admin/boards"))}
    assert pages == set()
