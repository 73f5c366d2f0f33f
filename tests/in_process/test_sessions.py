"""Sessions are rows of the database: they end for every copy of a cookie, and are listed."""

import httpx
import psycopg
import pytest

from tests.in_process import FRONT_END, HTML, URL, Site, open_site
from tests.stand_in_discord import StandInDiscord

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("sessions")


def copy_of(site: Site, browser: httpx.Client) -> httpx.Client:
    """A browser with a copy of another one's cookie."""
    (cookie,) = browser.cookies.jar
    return site.browser(Cookie=f"hedge_session={cookie.value}")


def status(browser: httpx.Client) -> int:
    return browser.get("/api/me").status_code


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/sign-out"),
        ("POST", "/me/sign-out"),
        ("POST", "/me/sign-out-everywhere"),
        ("DELETE", "/api/me/sessions"),
        ("DELETE", "/api/me"),
    ],
)
def test_a_copied_cookie_ends_with_its_session(site: Site, method: str, path: str) -> None:
    browser = site.player("520")
    thief = copy_of(site, browser)
    assert (status(browser), status(thief)) == (200, 200)
    assert browser.request(method, path).status_code in (204, 303)
    assert (status(browser), status(thief)) == (401, 401)
    assert thief.get("/me/progress").status_code == 401
    assert "Sign in with Discord" in thief.get("/me", headers=HTML).text


def test_a_copied_cookie_of_an_admin_ends_with_its_session(site: Site, admin: str) -> None:
    for path in ("/admin/sign-out", "/auth/sign-out"):
        browser = site.browser()
        browser.post("/admin/sign-in", data={"token": admin})
        thief = copy_of(site, browser)
        assert thief.get("/admin", headers=HTML).status_code == 200
        browser.post(path)
        assert thief.get("/admin", headers=HTML).status_code == 401


def test_a_new_sign_in_ends_the_session_of_the_browser_and_of_no_other(site: Site) -> None:
    browser, other = site.player("521"), site.player("521")
    thief = copy_of(site, browser)
    back = site.authorized(browser, "521")
    # a sign-in that is begun, or fails, ends nothing
    assert status(browser) == 200
    assert browser.get(httpx.URL(back).copy_set_param("state", "x")).status_code == 400
    assert (status(browser), status(thief)) == (200, 200)
    browser.get(site.authorized(browser, "521"))
    assert (status(browser), status(thief), status(other)) == (200, 401, 200)


def test_a_session_that_nobody_uses_ends(
    discord: StandInDiscord, rows: psycopg.Connection, admin: str
) -> None:
    rows.execute("delete from app.sessions")
    with open_site(discord, session_idle_days=2) as site:
        player, ruler = site.player("522"), site.browser()
        ruler.post("/admin/sign-in", data={"token": admin})
        for unused, ends in (("47 hours", False), ("49 hours", True)):
            rows.execute("update app.sessions set used_at = now() - %s::interval", [unused])
            listed = rows.execute("select count(*) from app.sessions").fetchone()
            assert status(player) == (401 if ends else 200)
            assert (ruler.get("/admin").status_code == 401) == ends
            # the first use counts from then on
            assert (status(player) == 401) == ends
            assert listed == (2,)
        # a later sign-in deletes what has ended
        site.player("523")
        assert rows.execute("select count(*) from app.sessions").fetchone() == (1,)


def test_a_use_is_written_once_a_minute(site: Site, rows: psycopg.Connection) -> None:
    rows.execute("delete from app.sessions")
    player = site.player("524")
    last_use = "select extract(epoch from now() - used_at)::int from app.sessions"
    for age, seen in (("50 seconds", 50), ("70 seconds", 0), ("-1 hour", 0)):
        rows.execute("update app.sessions set used_at = now() - %s::interval", [age])
        assert status(player) == 200
        (found,) = rows.execute(last_use).fetchone() or (-1,)
        assert seen <= found <= seen + 5


def test_a_session_that_has_ended_is_not_listed(
    discord: StandInDiscord, rows: psycopg.Connection
) -> None:
    with open_site(discord, session_idle_days=2) as site:
        player = site.player("527")
        rows.execute(
            "insert into app.sessions (session_hash, player_id, browser, used_at)"
            " select '\\x00', max(player_id), 'another', now() from app.players"
            " where discord_id = '527'"
        )
        for unused, listed in (("47 hours", True), ("49 hours", False)):
            rows.execute(
                "update app.sessions set used_at = now() - %s::interval where browser = 'another'",
                [unused],
            )
            found = player.get("/api/me/sessions").json()["sessions"]
            assert any(one["browser"] == "another" for one in found) == listed


def test_the_sessions_of_a_player_are_listed_and_ended(site: Site, bot: str) -> None:
    first = site.browser(**{"User-Agent": "Mozilla <b>first</b>" + "x" * 300})
    first.get(site.authorized(first, "525"))
    second, stranger = site.player("525"), site.player("526")
    found = second.get("/api/me/sessions").json()["sessions"]
    assert [one["isCurrent"] for one in found] == [True, False]
    assert found[1]["browser"].startswith("Mozilla <b>first</b>")
    assert len(found[1]["browser"]) == 200
    assert set(found[0]) == {"browser", "createdAt", "usedAt", "isCurrent"}
    page = second.get("/me", headers=HTML).text
    assert "Mozilla &lt;b&gt;first&lt;/b&gt;" in page
    assert page.count("(this browser)") == 1
    # a service that acts for the player sees them, and none is its own
    by_bot = site.program(bot, "525").get("/api/me/sessions").json()["sessions"]
    assert [one["isCurrent"] for one in by_bot] == [False, False]
    answer = second.post("/me/sign-out-everywhere")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert [status(one) for one in (first, second, stranger)] == [401, 401, 200]
    assert second.post("/me/sign-out-everywhere").status_code == 401


def test_other_sites_sign_nobody_out(site: Site) -> None:
    player = site.player("527")
    evil = {"Origin": "https://evil.example"}
    assert player.post("/me/sign-out-everywhere", headers=evil).status_code == 403
    assert player.delete("/api/me/sessions", headers=evil).status_code == 403
    assert player.post("/auth/sign-out", headers=evil).status_code == 403
    assert player.post("/me/sign-out-everywhere", headers={"Origin": FRONT_END}).status_code == 303
    assert status(player) == 401


def test_the_database_holds_no_token_of_a_session(site: Site, rows: psycopg.Connection) -> None:
    rows.execute("delete from app.sessions")
    player = site.player("528")
    ((held, of_player, token),) = rows.execute(
        "select session_hash, player_id is not null, token_id from app.sessions"
    ).fetchall()
    assert (len(held), of_player, token) == (32, True, None)
    assert player.headers["Origin"] == URL
    assert held.hex() not in str(player.cookies)
