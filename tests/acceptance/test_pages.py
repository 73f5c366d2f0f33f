"""Pages: what a browser gets, with and without its script; forms, and who may send them."""

import re
import secrets
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from hedge import boards, catalogue, database, runs, seasons, tokens, wallets
from hedge.queue import requests
from hedge.signing import eth_account
from tests.acceptance.conftest import Service
from tests.support import discord_interaction, hunt, put, pvp_match

# one service for all of them, so one process
pytestmark = pytest.mark.xdist_group("pages")

HTML = {"Accept": "text/html,application/xhtml+xml"}
BOARD = "lb_pvp_monthly_wins"
#: What somebody may call themselves: markup, an emoji, a name from right to left.
HOSTILE = "<script>alert(1)</script>🐉שלום"
#: A cluster of 500 characters.
LONG = "x" * 500
SHOWN = [
    "/",
    f"/boards/{BOARD}",
    f"/boards/{BOARD}?clusterId=somebody",
    f"/boards/{BOARD}?clusterId=nobody&from=1",
    "/clusters/somebody",
    "/clusters/idle",
    f"/clusters/{LONG}",
    "/clusters/somebody/challenges/arena_victor",
    "/clusters/somebody/challenges/flawless_victory",
    "/me",
]
ADMIN = [
    "/admin",
    "/admin/runs/1",
    "/admin/tables",
    "/admin/boards",
    "/admin/boards/edit",
    f"/admin/boards/edit?key={BOARD}",
    "/admin/boards/season",
    "/admin/boards/season?season=spring",
    "/admin/calibration",
    "/admin/calibration?challenge=arena_victor&at=1&at=4&at=10&at=1e3",
    "/admin/calibration?challenge=hero_riser&population=active",
    # a feat has nothing to calibrate
    "/admin/calibration?challenge=crowned_jeweler",
]


@pytest.fixture(scope="module")
def told(service: Service) -> Service:
    """The service with a small story, computed: somebody who won, and equals."""
    with database.connect() as connection:
        now = datetime.now(UTC)
        for name, wins in (("somebody", 5), ("rival", 3), ("equal", 3), (LONG, 1)):
            wallet = f"0x{secrets.token_hex(20)}"
            put(connection, *(pvp_match(wallet, at=now) for _ in range(wins)), hunt(wallet, at=now))
            wallets.link(connection, name, [wallet])
        connection.execute(
            "update app.players set discord_id = '300000000000000009' where player_id ="
            " (select player_id from app.wallet_clusters where cluster_id = 'somebody')"
        )
        put(connection, discord_interaction("300000000000000009", at=now))
        wallets.link(connection, "idle", [f"0x{secrets.token_hex(20)}"])
        connection.execute(
            "update app.players set display_name = %s, show_on_boards = true where player_id ="
            " (select player_id from app.wallet_clusters where cluster_id = 'rival')",
            [HOSTILE[:40]],
        )
        catalogue.install(connection)
        for season in seasons.all_seasons(connection):
            seasons.edit(connection, season.id, is_active=False)
        begin, end = now - timedelta(days=9), now + timedelta(days=9)
        seasons.add(connection, seasons.Season("spring", "Spring", begin, end, True, "SEASON"))
        weights = [{"challenge_key": "arena_victor", "weight": "1"}]
        seasons.put_weights(connection, "spring", weights)
        connection.execute(
            "insert into raw.rejected_rows (table_name, file, line, row_text, reason)"
            " values ('pvp_matches', 'a.csv', 2, '<img src=x onerror=alert(1)>', 'no <b>key</b>')"
        )
    runs.full()
    boards.run([BOARD], mode="CURRENT")
    return service


@pytest.fixture
def admin(told: Service) -> httpx.Client:
    """A browser in which an admin has signed in."""
    browser = told.browser()
    answer = browser.post("/admin/sign-in", data={"token": told.admin}, headers=HTML)
    assert (answer.status_code, answer.url.path) == (200, "/admin"), answer.text
    return browser


def check(answer: httpx.Response, status: int = 200) -> str:
    """What every page is: small, headed, titled, and without anything inline."""
    assert answer.status_code == status, answer.text[:2000]
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert len(answer.content) < 100_000
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    page = answer.text
    assert page.count("<h1") == page.count("<main") == 1
    assert not re.search(r"<[^>]*\s(style|on\w+)=", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page) == [""]
    for address in re.findall(r"(?:src|href|action)=\"([^\"]*)\"", page):
        assert address.startswith(("/", "?", "#", "data:image/svg+xml,")), address
        assert not address.startswith("//")
    for field in re.findall(r"<(?:input|select|textarea)[^>]* id=\"(\w+)\"", page):
        assert f'for="{field}"' in page, field
    return page


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path[:60])
def test_a_page_is_small_and_runs_nothing_from_elsewhere(told: Service, path: str) -> None:
    check(told.browser().get(path, headers=HTML))


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
    assert "Around <bdi>equal</bdi>" in page
    rows = re.findall(r"<td class=\"rank( shared)?\">(\d+)", page.partition('id="all"')[2])
    assert rows == [("", "1"), (" shared", "2"), (" shared", "2"), ("", "3")]
    run = min(set(re.findall(rf"/boards/{BOARD}\?run=(\d+)", page)), key=int)
    named = check(told.browser().get(f"/boards/{BOARD}?run={run}", headers=HTML))
    assert "to the latest" in named
    check(told.browser().get(f"/boards/{BOARD}?run={10**17}", headers=HTML), 404)


def test_a_cluster_shows_what_is_missing(told: Service) -> None:
    page = check(told.browser().get("/clusters/somebody", headers=HTML))
    assert "10 more to Advanced at 15" in page
    assert "7 actions on 1 day;" in page
    assert '<strong class="big">5</strong> points' in page
    page = check(told.browser().get("/clusters/somebody/challenges/arena_victor", headers=HTML))
    assert "<strong>10 matches</strong> more are needed for" in page
    check(told.browser().get("/clusters/somebody/challenges/nonsense", headers=HTML), 404)
    found = told.browser().get("/find", params={"cluster": " somebody "}, headers=HTML)
    assert found.url.path == "/clusters/somebody"


def test_what_a_player_types_runs_nowhere(told: Service, admin: httpx.Client) -> None:
    page = check(told.browser().get(f"/boards/{BOARD}", headers=HTML))
    assert "<script>alert" not in page
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;" in page
    page = check(admin.get("/admin/tables", headers=HTML))
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    for query in ("clusterId", "from", "run"):
        answer = told.browser().get(
            f"/boards/{BOARD}", params={query: '"><script>alert(1)</script>'}, headers=HTML
        )
        check(answer, 200 if query == "clusterId" else 400)
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
    assert "a token is needed" in check(told.browser().get("/admin/etl/runs", headers=HTML), 401)


def test_a_form_from_elsewhere_is_refused(told: Service, rows: psycopg.Connection) -> None:
    player = told.player("300000000000000001")
    wallet = f"0x{secrets.token_hex(20)}"
    for origin in ("https://evil.example", "null", None):
        del player.headers["Origin"]
        if origin is not None:
            player.headers["Origin"] = origin
        for path in ("/me/wallets", "/me/account", "/me/sign-out", "/me/delete"):
            answer = player.post(path, data={"address": wallet, "sure": "on"}, headers=HTML)
            check(answer, 403)
        player.headers["Origin"] = told.url
    linked = "select count(*) from app.wallet_links where address = %s"
    assert rows.execute(linked, [wallet]).fetchone() == (0,)
    assert player.get("/api/me").status_code == 200
    # signing an admin in from elsewhere is refused, though there is no cookie yet
    stranger = httpx.post(
        f"{told.url}/admin/sign-in",
        data={"token": told.admin},
        headers=HTML | {"Origin": "https://evil.example"},
    )
    check(stranger, 403)
    assert "set-cookie" not in stranger.headers


def test_forms_are_for_who_signed_in(told: Service) -> None:
    browser = told.browser()
    assert "Sign in with Discord" in check(browser.get("/me", headers=HTML))
    assert 'href="/auth/discord?returnTo=/me"' in browser.get("/me", headers=HTML).text
    for path in ("/me/wallets", "/me/account", "/me/delete", "/me/wallets/verification"):
        check(browser.post(path, data={"address": "0x"}, headers=HTML), 401)
    for path in ("/admin/requests", "/admin/boards", "/admin/boards/run", "/admin/boards/season"):
        check(browser.post(path, data={"kind": "FULL"}, headers=HTML), 401)
    player = told.player("300000000000000002")
    for path in ADMIN:
        assert 'type="password"' in check(player.get(path, headers=HTML), 401)
    refused = browser.post("/admin/sign-in", data={"token": told.service}, headers=HTML)
    assert "this is not the token of an admin" in check(refused, 401)


def submit(browser: httpx.Client, path: str, **fields: str) -> str:
    """Send a form and follow its redirect, as a browser does."""
    answer = browser.post(path, data=fields, headers=HTML)
    assert answer.history
    assert answer.history[0].status_code == 303
    return check(answer)


def test_from_a_wallet_to_progress_with_forms_alone(
    told: Service, rows: psycopg.Connection, worker: None
) -> None:
    player = told.player("300000000000000003")
    key = eth_account().Account.create()
    wallet = key.address.lower()
    put(rows, *(pvp_match(wallet) for _ in range(6)))
    assert "is not an address" in submit(player, "/me/wallets", address="0x12")
    page = submit(player, "/me/wallets", address=wallet)
    assert "The wallet is linked" in page
    assert wallet in page
    told.wait_for(lambda: "data-waiting" not in player.get("/me/progress").text)
    page = check(player.get("/me", headers=HTML))
    assert "Arena Victor" in page
    assert "9 more to Advanced at 15" in page
    assert 'http-equiv="refresh"' not in page
    assert "The wallet is linked" not in page

    # proof, with the signature pasted in
    page = submit(player, "/me/wallets/verification", address=wallet)
    message = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL).group(1)
    action = re.search(r"action=\"(/me/verification/\w+)\"", page).group(1)
    assert "is not 0x and 130 hex digits" in submit(player, action, signature="0x12")
    signed = key.sign_message(eth_account().messages.encode_defunct(text=message)).signature.hex()
    page = submit(player, action, signature=f"0x{signed.removeprefix('0x')}")
    assert "verified" in page
    assert "Unlink" not in page
    refused = submit(player, "/me/wallets/unlink", address=wallet)
    assert "only an admin unlinks it" in refused

    other = f"0x{secrets.token_hex(20)}"
    submit(player, "/me/wallets", address=other)
    assert f"{other} is your primary wallet" in submit(player, "/me/wallets/primary", address=other)
    assert f"{other} is unlinked" in submit(player, "/me/wallets/unlink", address=other)


def test_an_account_is_changed_and_left_with_forms(told: Service) -> None:
    player = told.player("300000000000000004")
    page = submit(player, "/me/account", displayName=HOSTILE[:40], showOnBoards="on")
    assert "<bdi>&lt;script&gt;" in page
    assert player.get("/api/me").json()["showOnBoards"] is True
    assert "is not 1 to 40 printable" in submit(player, "/me/account", displayName="y" * 41)
    submit(player, "/me/account", displayName="")
    account = player.get("/api/me").json()
    assert (account["displayName"], account["showOnBoards"]) == (None, False)
    assert "tick the box" in submit(player, "/me/delete")
    submit(player, "/me/delete", sure="on")
    assert player.get("/api/me").status_code == 401
    player = told.player("300000000000000004")
    submit(player, "/me/sign-out")
    assert player.get("/api/me").status_code == 401


@pytest.fixture(scope="module")
def worker(told: Service) -> None:
    """A warm worker."""
    told.start_worker()


def test_an_admin_whose_token_is_revoked_is_out(told: Service, rows: psycopg.Connection) -> None:
    number, token = tokens.create(rows, "admin", "for a minute")
    browser = told.browser()
    assert "The newest runs" in check(
        browser.post("/admin/sign-in", data={"token": token}, headers=HTML)
    )
    (cookie,) = browser.cookies.jar
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert token not in cookie.value
    # the cookie is for the pages: the API wants the token itself
    assert browser.get("/admin/etl/runs").status_code == 401
    tokens.revoke(rows, number)
    check(browser.get("/admin", headers=HTML), 401)
    check(browser.post("/admin/requests", data={"kind": "FULL"}, headers=HTML), 401)

    browser.post("/admin/sign-in", data={"token": told.admin}, headers=HTML)
    submit(browser, "/admin/sign-out")
    check(browser.get("/admin", headers=HTML), 401)


def test_an_admin_runs_a_board_and_a_parked_request(
    told: Service, admin: httpx.Client, rows: psycopg.Connection, worker: None
) -> None:
    newest = "select max(id) from app.leaderboard_runs where status = 'COMPLETE'"
    before = rows.execute(newest).fetchone()
    page = submit(admin, "/admin/boards/run", key=BOARD)
    assert f"A run of board {BOARD} is requested" in page
    told.wait_for(lambda: rows.execute(newest).fetchone() != before)
    (run,) = rows.execute(newest).fetchone()
    assert f"complete</span> run {run}," in check(admin.get("/admin/boards", headers=HTML))
    assert "no board nonsense" in submit(admin, "/admin/boards/run", key="nonsense")

    with rows.transaction():
        number = requests.create(rows, "CLUSTER", "somebody")
        rows.execute(
            "update app.etl_requests set parked_at = now(), error = 'it <b>broke</b>'"
            " where request_id = %s",
            [number],
        )
    page = check(admin.get("/admin", headers=HTML))
    assert "it &lt;b&gt;broke&lt;/b&gt;" in page
    assert "The request is tried again" in submit(
        admin, "/admin/requests/retry", request=str(number)
    )
    left = "select count(*) from app.etl_requests where request_id = %s"
    told.wait_for(lambda: rows.execute(left, [number]).fetchone() == (0,))
    assert "no cluster unknown" in submit(admin, "/admin/requests", cluster="unknown")
    assert "is not a whole number" in submit(admin, "/admin/requests/retry", request="-1")


def test_an_admin_makes_and_edits_boards_and_seasons(
    admin: httpx.Client, rows: psycopg.Connection
) -> None:
    board = {
        "new": "1",
        "key": "hunters",
        "name": "Hunters <i>",
        "category": "hero_progression",
        "metric": "onchain_hunting.wins",
        "window": "WEEKLY",
        "maxEntries": "10",
        "isActive": "on",
    }
    page = submit(admin, "/admin/boards", **board)
    assert "Board hunters is saved" in page
    assert "Hunters &lt;i&gt;" in page
    made = boards.board(rows, "hunters")
    assert (made.is_active, made.is_public, made.max_entries) == (True, False, 10)
    assert "there is a board hunters already" in submit(admin, "/admin/boards", **board)
    del board["new"]
    submit(admin, "/admin/boards", **board | {"name": "Hunters"})
    assert boards.board(rows, "hunters").name == "Hunters"
    refused = submit(admin, "/admin/boards", **board | {"metric": "onchain_hunting.nonsense"})
    assert "board hunters: " in refused
    refused = submit(admin, "/admin/boards", **board | {"maxEntries": "many"})
    assert "is not a whole number" in refused

    season = {
        "new": "1",
        "id": "winter",
        "name": "Winter",
        "startsAt": "2035-12-01T00:00",
        "endsAt": "2036-03-01T00:00",
        "scoring": "SEASON",
    }
    assert "Season winter is saved" in submit(admin, "/admin/boards/season", **season)
    assert seasons.season(rows, "winter").starts_at == datetime(2035, 12, 1, tzinfo=UTC)
    wrong = submit(admin, "/admin/boards/season", **season | {"id": "x", "endsAt": "soon"})
    assert "end &#39;soon&#39; is not a time" in wrong
    submit(
        admin,
        "/admin/boards/season/weight",
        season="winter",
        challenge="arena_victor",
        weight="2.5",
    )
    (weight,) = seasons.weights(rows, "winter")
    assert float(weight.weight) == 2.5


def test_calibration_shows_the_share_that_reaches_each_tier(admin: httpx.Client) -> None:
    page = check(
        admin.get(
            "/admin/calibration",
            params={"challenge": "arena_victor", "at": ["1", "3", "5", "1000"]},
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
    pages = {path for path in paths if path in ("/", "/me", "/admin", "/find")}
    pages |= {path for path in paths if path.startswith(("/boards", "/me/", "/admin/boards"))}
    assert pages == set()
