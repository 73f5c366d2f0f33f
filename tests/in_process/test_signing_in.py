"""Signing in with Discord: the state and the verifier belong to one browser and are used once;
the cookie of the session is sent where it should be and nowhere else."""

from collections.abc import Iterator
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest

from hedge import tokens
from tests.in_process import FRONT_END, HTML, URL, Site, open_site
from tests.stand_in_discord import StandInDiscord

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("signing_in")


@pytest.fixture
def browser(site: Site) -> Iterator[httpx.Client]:
    """A browser in which nobody is signed in."""
    browser = site.browser()
    yield browser
    site.discord.is_refusing = site.discord.is_broken = False


def cookie_of(answer: httpx.Response) -> dict[str, str]:
    """The attributes of the cookie that a response sets, without its value and its date."""
    (header,) = answer.headers.get_list("Set-Cookie")
    ((name, cookie),) = SimpleCookie(header).items()
    assert name == "hedge_session"
    return {key: value for key, value in cookie.items() if value and key != "expires"}


def status(browser: httpx.Client) -> int:
    """The status of the account: 200 where a player is signed in, else 401."""
    return browser.get("/api/me").status_code


# -- the sign-in -------------------------------------------------------------------------


def test_discord_is_asked_for_the_id_alone_and_sends_back_to_the_callback(
    site: Site, browser: httpx.Client
) -> None:
    begun = browser.get("/auth/discord")
    address = urlsplit(begun.headers["Location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == (
        f"{site.discord.url}/oauth2/authorize"
    )
    asked = {name: values for name, (*values,) in parse_qs(address.query).items()}
    for one in ("state", "code_challenge"):
        assert len(asked.pop(one)[0]) >= 30
    assert asked == {
        "response_type": ["code"],
        "client_id": [site.discord.client_id],
        "redirect_uri": [f"{URL}/auth/discord/callback"],
        "scope": ["identify"],
        "code_challenge_method": ["S256"],
    }
    again = browser.get("/auth/discord").headers["Location"]
    assert parse_qs(urlsplit(again).query)["state"] != parse_qs(address.query)["state"]


def test_the_player_of_the_account_is_signed_in(site: Site, rows: psycopg.Connection) -> None:
    player, other, again = site.player("501"), site.player("502"), site.player("501")
    player.patch("/api/me", json={"displayName": "five hundred one"})
    assert again.get("/api/me").json()["displayName"] == "five hundred one"
    assert other.get("/api/me").json()["displayName"] is None
    found = rows.execute("select count(*) from app.players where discord_id in ('501', '502')")
    assert found.fetchone() == (2,)


@pytest.mark.parametrize("change", ["another", "none", "empty", "beginning", "longer", "umlaut"])
def test_a_state_that_is_not_the_one_of_this_browser_is_refused(
    site: Site, browser: httpx.Client, change: str
) -> None:
    """Somebody else's callback, with a code that Discord would accept, signs nobody in: the code
    is not even sent to Discord, and the sign-in that was begun has ended."""
    back = httpx.URL(site.authorized(browser, "503"))
    state = back.params["state"]
    wrong = {
        "another": back.copy_set_param("state", "x" * len(state)),
        "none": back.copy_remove_param("state"),
        "empty": back.copy_set_param("state", ""),
        "beginning": back.copy_set_param("state", state[:-1]),
        "longer": back.copy_set_param("state", state + "x"),
        "umlaut": back.copy_set_param("state", "ü" + state[1:]),
    }[change]
    answer = browser.get(wrong)
    assert answer.status_code == 400, answer.text
    assert "not begun here" in answer.json()["detail"]
    assert back.params["code"] in site.discord.codes
    assert status(browser) == 401
    # the state is used up, though it was not the one
    assert browser.get(back).status_code == 400
    assert status(browser) == 401


def test_a_sign_in_is_finished_by_the_browser_that_began_it(
    site: Site, browser: httpx.Client
) -> None:
    back = site.authorized(browser, "504")
    stranger = site.browser()
    assert stranger.get(back).status_code == 400
    site.authorized(stranger, "505")
    assert stranger.get(back).status_code == 400
    assert status(stranger) == 401
    assert browser.get(back).status_code == 302
    assert status(browser) == 200
    # once
    assert browser.get(back).status_code == 400


def test_a_player_who_signs_in_again_becomes_the_other_account(site: Site) -> None:
    player = site.player("506")
    player.patch("/api/me", json={"displayName": "first"})
    back = site.authorized(player, "507")
    assert player.get("/api/me").json()["displayName"] == "first"
    player.get(back)
    assert player.get("/api/me").json()["displayName"] is None


def test_what_discord_refuses_signs_nobody_in(site: Site, browser: httpx.Client) -> None:
    site.discord.is_refusing = True
    answer = browser.get(site.authorized(browser, "508"))
    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "Discord did not sign you in: sign in again",
    )
    site.discord.is_refusing = False
    # an error beside a code is an error all the same; neither of them is none
    for change in ({"error": "access_denied"}, {"code": ""}):
        back = httpx.URL(site.authorized(browser, "508"))
        assert browser.get(back.copy_merge_params(change)).status_code == 400
    site.discord.is_broken = True
    answer = browser.get(site.authorized(browser, "508"))
    assert (answer.status_code, answer.json()["detail"]) == (502, "Discord answered 500")
    site.discord.is_broken = False
    back = httpx.URL(site.authorized(browser, "508"))
    answer = browser.get(back.copy_set_param("code", "of somebody"))
    assert (answer.status_code, answer.json()["detail"]) == (
        502,
        "Discord refused the sign-in: invalid_grant",
    )
    assert status(browser) == 401


@pytest.mark.parametrize(
    ("target", "is_ours"),
    [
        ("/", True),
        ("/boards/x?from=51#near", True),
        (f"{URL}/me", True),
        (f"{FRONT_END}/done", True),
        ("/clusters/a%20b/%C3%A9?q=%2F%2Fx", True),
        ("/boards/x//y", True),
        ("https://evil.example/", False),
        (f"{FRONT_END}.evil.example/", False),
        (f"{FRONT_END}:444/", False),
        (f"{FRONT_END}@evil.example/", False),
        ("http://front-end.example/", False),
        ("//evil.example/", False),
        ("//front-end.example/", False),
        ("/\\evil.example", False),
        ("\\\\evil.example", False),
        ("///evil.example", False),
        ("////evil.example", False),
        ("/%2F/evil.example", False),
        ("/%2Fevil.example", False),
        ("/%5Cevil.example", False),
        ("//%5Cevil.example", False),
        ("/\t/evil.example", False),
        ("/%09/evil.example", False),
        ("/%0D%0ALocation:x", False),
        ("//[x", False),
        ("https://[x", False),
        (f"{URL}//evil.example", False),
        (f"{URL}\\@evil.example", False),
        (f"{FRONT_END}/%2F/evil.example", False),
        (" /me", False),
        ("\u2028/me", False),
        ("me", False),
        ("", False),
        ("javascript:alert(1)", False),
    ],
)
def test_after_a_sign_in_the_browser_goes_to_a_page_of_ours(
    site: Site, browser: httpx.Client, target: str, is_ours: bool
) -> None:
    begun = browser.get("/auth/discord", params={"returnTo": target})
    if not is_ours:
        assert begun.status_code == 400
        assert "set-cookie" not in begun.headers
        return
    site.discord.discord_id = "509"
    back = site.visit(begun.headers["Location"])
    assert browser.get(back).headers["Location"] == target


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        (URL, f"{URL}/"),
        ("/a b?c d#e f", "/a%20b?c%20d#e%20f"),
        ("/\u00e9%zz", "/%C3%A9%25zz"),
        ("/a%2Fb", "/a/b"),
        ("/%FF", "/%EF%BF%BD"),
    ],
)
def test_the_address_of_the_page_is_encoded_anew(
    site: Site, browser: httpx.Client, target: str, sent: str
) -> None:
    begun = browser.get("/auth/discord", params={"returnTo": target})
    site.discord.discord_id = "509"
    back = site.visit(begun.headers["Location"])
    assert browser.get(back).headers["Location"] == sent


def test_what_is_refused_is_quoted_up_to_80_characters(browser: httpx.Client) -> None:
    answer = browser.get("/auth/discord", params={"returnTo": "x" * 81})
    assert answer.json()["detail"] == f"returnTo '{'x' * 80}' is not a page of ours"


def test_without_an_application_nobody_can_sign_in(discord: StandInDiscord, site: Site) -> None:
    with open_site(discord, discord_client_id="") as without:
        answer = without.browser().get("/auth/discord")
    assert answer.status_code == 503
    assert "HEDGE_DISCORD_CLIENT_ID" in answer.json()["detail"]


# -- the cookie --------------------------------------------------------------------------

TWO_WEEKS = str(14 * 24 * 60 * 60)


@pytest.mark.parametrize(
    ("settings", "attributes"),
    [
        # a front end on another site sends the cookie, which browsers allow only over https
        ({}, {"samesite": "none", "secure": True}),
        ({"origins": ()}, {"samesite": "lax", "secure": True}),
        ({"is_production": False}, {"samesite": "lax"}),
        ({"is_production": False, "origins": ()}, {"samesite": "lax"}),
    ],
)
def test_the_cookie_is_hidden_from_scripts_and_secure_in_production(
    discord: StandInDiscord,
    rows: psycopg.Connection,
    admin: str,
    settings: dict,
    attributes: dict,
) -> None:
    """Of a sign-in that has begun, of a player and of an admin."""
    wanted = {"httponly": True, "path": "/", "max-age": TWO_WEEKS} | attributes
    with open_site(discord, **settings) as site:
        browser = site.browser()
        assert cookie_of(browser.get("/auth/discord")) == wanted
        back = site.authorized(browser, "510")
        assert cookie_of(browser.get(back)) == wanted
        assert status(browser) == 200
        signed_in = site.browser().post("/admin/sign-in", data={"token": admin})
        assert cookie_of(signed_in) == wanted


def test_the_cookie_tells_nothing_and_cannot_be_changed(site: Site, admin: str) -> None:
    browser = site.player("511")
    browser.post("/admin/sign-in", data={"token": admin})
    (cookie,) = browser.cookies.jar
    for secret in (admin, tokens.hashed(admin).hex(), "player_id", "511"):
        assert secret not in cookie.value
    other = "B" if cookie.value[0] == "A" else "A"
    for forged in (cookie.value[:-4] + "AAAA", other + cookie.value[1:], "null", "", "x" * 4000):
        stranger = site.browser(Cookie=f"hedge_session={forged}")
        assert status(stranger) == 401, forged[:20]
    assert status(site.browser(Cookie=f"hedge_session={cookie.value}")) == 200


def test_a_cookie_of_another_key_is_nobody(site: Site, discord: StandInDiscord) -> None:
    (cookie,) = site.player("512").cookies.jar
    with open_site(discord, secret_key=b"\x5f" * 32) as other:
        assert status(other.browser(Cookie=f"hedge_session={cookie.value}")) == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/auth/sign-out"), ("POST", "/me/sign-out"), ("DELETE", "/api/me")],
)
def test_signing_out_and_leaving_delete_the_cookie(site: Site, method: str, path: str) -> None:
    player = site.player("513")
    answer = player.request(method, path, content=b"")
    assert answer.status_code in (204, 303), answer.text
    (header,) = answer.headers.get_list("Set-Cookie")
    assert header.startswith("hedge_session=null;")
    assert list(player.cookies.jar) == []
    assert status(player) == 401


def test_a_player_who_was_deleted_is_signed_out_by_the_page(site: Site) -> None:
    first, second = site.player("514"), site.player("514")
    assert first.delete("/api/me").status_code == 204
    assert (status(second), len(second.cookies.jar)) == (401, 0)
    page = second.get("/me", headers=HTML)
    assert "Sign in with Discord" in page.text


# -- admins ------------------------------------------------------------------------------


def test_an_admin_and_a_player_are_two_sign_ins_of_one_browser(site: Site, admin: str) -> None:
    browser = site.player("515")
    assert browser.post("/admin/sign-in", data={"token": f" {admin} "}).status_code == 303
    assert (status(browser), browser.get("/admin", headers=HTML).status_code) == (200, 200)
    assert browser.post("/admin/sign-out").headers["Location"] == "/"
    assert (status(browser), browser.get("/admin", headers=HTML).status_code) == (200, 401)


def test_only_the_token_of_an_admin_signs_an_admin_in(
    site: Site, rows: psycopg.Connection, bot: str
) -> None:
    number, revoked = tokens.create(rows, "admin", "revoked")
    tokens.revoke(rows, number)
    for token in (bot, revoked, "hedge_x", ""):
        browser = site.browser()
        answer = browser.post("/admin/sign-in", data={"token": token})
        assert answer.headers["Location"] == "/admin"
        page = browser.get("/admin", headers=HTML)
        assert page.status_code == 401
        assert "this is not the token of an admin" in page.text
        assert 'type="password"' in page.text
        # the sentence is shown once
        assert "this is not the token" not in browser.get("/admin", headers=HTML).text


def test_a_token_that_is_revoked_signs_its_admin_out(site: Site, rows: psycopg.Connection) -> None:
    number, token = tokens.create(rows, "admin", "for a minute")
    browser = site.browser()
    browser.post("/admin/sign-in", data={"token": token})
    assert browser.get("/admin", headers=HTML).status_code == 200
    assert "Admin</a>" in browser.get("/", headers=HTML).text.partition("</nav>")[0]
    tokens.revoke(rows, number)
    for answer in (
        browser.get("/admin", headers=HTML),
        browser.post("/admin/requests", data={"kind": "FULL"}, headers=HTML),
    ):
        assert answer.status_code == 401
    assert rows.execute("select count(*) from app.etl_requests").fetchone() == (0,)
    assert "Admin</a>" not in browser.get("/", headers=HTML).text.partition("</nav>")[0]
