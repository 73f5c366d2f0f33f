"""Headers: who may keep a response, whose scripts may read it, what a page may load."""

import re
from datetime import UTC, datetime

import httpx
import psycopg
import pytest

from hedge import __version__
from tests.in_process import FRONT_END, HTML, URL, Site, open_site
from tests.in_process.rows import put, put_board, put_board_run, put_metrics, put_progress
from tests.stand_in_discord import StandInDiscord
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("headers")

WALLET = "0x" + "a1" * 20
LATEST = "/leaderboards/wins/latest"


@pytest.fixture(scope="module", autouse=True)
def board(rows: psycopg.Connection) -> None:
    """A board with one cluster, which has progress."""
    add_cluster(rows, "busy", WALLET, discord_id="700")
    put_progress(rows, "busy", "arena_victor", 5)
    put_metrics(rows, "busy", {"onchain_pvp": {"wins": 5}})
    put_board(rows, "wins")
    put_board_run(rows, "wins", [(1, "busy", 9)])
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    season = {"id": "spring", "name": "Spring", "is_active": True, "starts_at": begin}
    put(rows, "app.seasons", **season, ends_at=datetime(2026, 6, 1, tzinfo=UTC))


class Clock:
    """The clock of the cache, which stands still until it is set."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still, so that what is cached stays cached."""
    clock = Clock()
    monkeypatch.setattr("api.response_cache.time", clock)
    return clock


# -- pages -------------------------------------------------------------------------------

PUBLIC = [
    "/",
    "/boards/wins",
    "/boards/wins/winners",
    "/clusters/busy",
    "/clusters/busy/challenges/arena_victor",
    "/compare",
    "/find?cluster=bu",
    "/season/spring",
    "/me",
]
PUBLIC += ["/catalogue", "/catalogue?category=pvp_competition", "/catalogue/arena_victor"]
OF_A_PLAYER = ["/me", "/me/progress", "/"]
OF_AN_ADMIN = [
    "/admin",
    "/admin/runs/1",
    "/admin/tables",
    "/admin/chains",
    "/admin/boards",
    "/admin/boards/edit",
    "/admin/boards/season",
    "/admin/calibration?challenge=arena_victor",
]
ERRORS = [
    ("/nowhere", 404),
    ("/clusters/nobody", 404),
    ("/boards/wins?from=0", 400),
    ("/compare?a=nobody", 404),
]


def require_page(answer: httpx.Response, status: int, discord: str) -> None:
    """Check the headers of a page, all of them."""
    assert answer.status_code == status, answer.text
    headers = dict(answer.headers)
    for name in ("content-length", "x-request-id", "x-hedge-project", "set-cookie"):
        headers.pop(name, None)
    # what says that there is no such path has no route, which would compress it
    varies = "Accept-Language, Cookie"
    compressed = (headers.pop("content-encoding", None), headers.pop("vary"))
    assert compressed == ("gzip", f"{varies},Accept-Encoding") or (
        (status, *compressed) == (404, None, varies)
    )
    assert headers == {
        "content-type": "text/html; charset=utf-8",
        "content-language": "en",
        "x-hedge-version": __version__,
        "cache-control": "private, no-store",
        "strict-transport-security": "max-age=31536000",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "content-security-policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
            " connect-src 'self'; base-uri 'none'; frame-ancestors 'none';"
            f" form-action 'self' {discord}"
        ),
    }, answer.url


def test_no_cache_keeps_a_page_and_a_page_loads_nothing_from_elsewhere(
    site: Site, admin: str
) -> None:
    """Of everybody, of a player and of an admin, found or not."""
    discord = site.discord.url
    nobody, player, ruler = site.browser(), site.player("700"), site.browser()
    for browser in (nobody, player, ruler):
        del browser.headers["Origin"]
    ruler.post("/admin/sign-in", data={"token": admin}, headers={"Origin": URL})
    asked = player.post(
        "/me/wallets/verification", data={"address": WALLET}, headers={"Origin": URL}
    )
    for browser, paths in (
        (nobody, PUBLIC),
        (player, [*OF_A_PLAYER, asked.headers["Location"]]),
        (ruler, OF_AN_ADMIN),
    ):
        for path in paths:
            require_page(browser.get(path, headers=HTML), 200, discord)
    for path, status in ERRORS:
        require_page(nobody.get(path, headers=HTML), status, discord)
    for path in OF_AN_ADMIN:
        require_page(nobody.get(path, headers=HTML), 401, discord)


def test_files_of_pages_are_kept_for_a_year_under_the_hash_of_their_content(site: Site) -> None:
    browser = site.browser()
    files = re.findall(r"\"(/static/[^\"]+)\"", browser.get("/", headers=HTML).text)
    assert [re.sub(r"=\w{10}$", "", file) for file in files] == [
        "/static/pages.css?v",
        "/static/pages.js?v",
    ]
    for file in files:
        answer = browser.get(file)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "max-age=31536000, immutable"


def test_a_page_where_html_is_accepted_else_a_problem(site: Site) -> None:
    for accepted, content_type in (
        ("text/html", "text/html; charset=utf-8"),
        ("application/json", "application/problem+json"),
        ("*/*", "application/problem+json"),
        ("", "application/problem+json"),
    ):
        answer = site.browser().get("/nowhere", headers={"Accept": accepted})
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, content_type)


def test_a_challenge_of_a_token_says_which_scheme(site: Site) -> None:
    for headers in ({}, {"Authorization": "Bearer unknown"}):
        for accepted in ({}, HTML):
            answer = site.browser().get("/admin/etl/runs", headers=headers | accepted)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_every_response_has_an_id_of_its_own(site: Site) -> None:
    """Also that of a path or a method that does not exist, and of a preflight."""
    browser = site.browser()
    answers = [
        *(browser.get(path) for path in ("/nowhere", "/", "/healthz", "/metrics", "/static/x")),
        browser.delete("/leaderboards"),
        browser.options("/api/me", headers={"Access-Control-Request-Method": "PATCH"}),
    ]
    assert [answer.status_code for answer in answers] == [404, 200, 200, 200, 404, 405, 400]
    found = [answer.headers["X-Request-Id"] for answer in answers]
    assert len(set(found)) == len(answers)
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in found)
    for number in (0, 4, 5):
        assert answers[number].json()["requestId"] == found[number]


# -- other origins -----------------------------------------------------------------------


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("path", [LATEST, "/leaderboards", "/clusters/busy/progress", "/api/me"])
@pytest.mark.parametrize("origin", [FRONT_END, URL, "https://evil.example", "null", None])
def test_only_scripts_of_allowed_front_ends_read_a_response(
    site: Site, path: str, origin: str | None
) -> None:
    """Whether the response is computed or cached, and whoever has had it before."""
    reader = site.browser()
    del reader.headers["Origin"]
    wanted = FRONT_END if origin == FRONT_END else None
    others = [None, FRONT_END, "https://evil.example"]
    for before in (*others, origin):
        reader.get(path, headers={} if before is None else {"Origin": before})
        answer = reader.get(path, headers={} if origin is None else {"Origin": origin})
        assert answer.status_code == (401 if path == "/api/me" else 200)
        assert answer.headers.get("Access-Control-Allow-Origin") == wanted
        if wanted is not None:
            assert answer.headers["Access-Control-Allow-Credentials"] == "true"
            exposed = answer.headers["Access-Control-Expose-Headers"].lower().split(", ")
            assert {"link", "x-request-id", "deprecation", "etag", "retry-after"} <= set(exposed)
            assert answer.headers["Vary"] == "Origin"


@pytest.mark.usefixtures("clock")
def test_a_response_that_caches_may_keep_depends_on_the_origin(site: Site) -> None:
    """Else a shared cache could give to a front end what it keeps of a request without an
    origin, which has no headers of CORS."""
    reader = site.browser()
    del reader.headers["Origin"]
    for turn in range(2):
        answer = reader.get(LATEST, params={"limit": 7})
        assert answer.headers["Cache-Control"] == "public, no-cache"
        assert answer.headers["Vary"] == "Origin", turn
        kept = reader.get(
            LATEST, params={"limit": 7}, headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert (kept.status_code, kept.headers["Vary"]) == (304, "Origin")


def test_a_front_end_may_send_what_the_api_needs(site: Site) -> None:
    def preflight(origin: str) -> httpx.Response:
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "content-type",
        }
        return site.browser().options("/api/me", headers=asked)

    answer = preflight(FRONT_END)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == FRONT_END
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Access-Control-Max-Age"] == "3600"
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert "content-type" in answer.headers["Access-Control-Allow-Headers"]
    assert preflight("https://evil.example").status_code == 400


def test_without_front_ends_no_other_origin_reads_anything(
    discord: StandInDiscord, rows: psycopg.Connection
) -> None:
    with open_site(discord, origins=()) as site:
        answer = site.browser().get(LATEST, headers={"Origin": FRONT_END})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


# -- the cache of responses --------------------------------------------------------------


@pytest.mark.usefixtures("clock")
def test_a_cached_response_is_the_computed_one(site: Site) -> None:
    """Body and headers, for each query string its own."""
    reader = site.browser()
    del reader.headers["Origin"]
    for limit in (11, 12):
        computed, cached = (reader.get(LATEST, params={"limit": limit}) for _ in range(2))
        assert "X-Request-Id" in computed.headers
        assert "X-Request-Id" not in cached.headers
        assert cached.content == computed.content
        assert (cached.status_code, len(cached.json()["entries"])) == (200, 1)
        own = {"x-request-id"}
        assert {name: value for name, value in computed.headers.items() if name not in own} == (
            dict(cached.headers)
        )


@pytest.mark.usefixtures("clock")
def test_what_the_cache_does_not_answer(site: Site) -> None:
    """Only a GET of a kept response: another method, another path, and an error are computed."""
    reader = site.browser()
    del reader.headers["Origin"]
    assert reader.get(LATEST, params={"limit": 3}).status_code == 200
    assert reader.post(LATEST, params={"limit": 3}).status_code == 405
    for path in ("/leaderboards/none/latest", LATEST + "?limit=0"):
        for _ in range(2):
            answer = reader.get(path)
            assert answer.status_code in (400, 404)
            assert "X-Request-Id" in answer.headers
            assert "ETag" not in answer.headers


@pytest.mark.usefixtures("clock")
def test_a_client_that_has_the_response_gets_none(site: Site, rows: psycopg.Connection) -> None:
    """Computed or cached, by any form of If-None-Match, with an origin or without."""
    put_board(rows, "kept")
    run = put_board_run(rows, "kept", [(1, "busy", 9)])
    for headers in ({}, {"Origin": FRONT_END}):
        reader = site.browser(**headers)
        if not headers:
            del reader.headers["Origin"]
        path = "/leaderboards/kept/latest"
        tag = reader.get(path).headers["ETag"]
        assert re.fullmatch('"[0-9a-f]{24}"', tag)
        for matching in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            answer = reader.get(path, headers={"If-None-Match": matching})
            assert (answer.status_code, answer.content) == (304, b""), matching
            assert answer.headers["ETag"] == tag
            assert answer.headers["Cache-Control"] == "public, no-cache"
        for other in ('"other"', tag[:-2] + '"', ""):
            answer = reader.get(path, headers={"If-None-Match": other})
            assert (answer.status_code, answer.headers["ETag"]) == (200, tag), other
    # another content is another version
    rows.execute("update analytics.leaderboard_entries set score = 8 where run_id = %s", [run])
    fresh = reader.get("/leaderboards/kept/latest?limit=99", headers={"If-None-Match": tag})
    assert fresh.status_code == 200
    assert fresh.headers["ETag"] != tag


@pytest.mark.parametrize("origin", [None, FRONT_END])
def test_a_client_never_sees_data_that_are_a_second_old(
    site: Site, rows: psycopg.Connection, clock: Clock, origin: str | None
) -> None:
    key = f"moving_{origin is None}"
    put_board(rows, key)
    reader = site.browser()
    del reader.headers["Origin"]
    if origin is not None:
        reader.headers["Origin"] = origin

    def newest() -> int:
        found: int = reader.get(f"/leaderboards/{key}/latest").json()["run"]["id"]
        return found

    first = put_board_run(rows, key, as_of=datetime(2026, 6, 1, tzinfo=UTC))
    assert newest() == first
    second = put_board_run(rows, key, as_of=datetime(2026, 6, 2, tzinfo=UTC))
    clock.now += 0.4
    assert newest() == first
    clock.now += 0.599
    assert newest() == second
