"""Signing in is limited by address, linking and verifying wallets by account; the API, the pages
and all processes count together, and nothing else is limited."""

from collections.abc import Iterator
from ipaddress import ip_network
from itertools import cycle

import httpx
import psycopg
import pytest

from tests.in_process import Site, open_site
from tests.stand_in_discord import StandInDiscord

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("rate_limits")

LIMITS = {"sign_ins_a_minute": 4, "links_a_minute": 6, "admin_sign_ins_a_minute": 2}
HERE, THERE = "198.51.100.1", "198.51.100.2"


def wallet(number: int) -> str:
    """A wallet of a number."""
    return f"0x{number:040x}"


@pytest.fixture(scope="module")
def site_with_limits(rows: psycopg.Connection, discord: StandInDiscord) -> Iterator[Site]:
    """A site whose limits are 4 sign-ins and 6 links a minute."""
    with open_site(discord, **LIMITS) as site:
        yield site


@pytest.fixture
def limited(rows: psycopg.Connection, site_with_limits: Site) -> Site:
    """That site, which has counted nothing yet."""
    rows.execute("delete from app.rate_limits")
    return site_with_limits


def refused(answer: httpx.Response, limit: int) -> bool:
    """Whether a request was one too many; checks the headers that tell a client of the limit."""
    assert answer.headers["RateLimit-Limit"] == str(limit)
    assert answer.headers["RateLimit-Policy"] == f"{limit}; w=60"
    assert 0 < int(answer.headers["RateLimit-Reset"]) <= 60
    if answer.status_code == 429:
        assert answer.headers["RateLimit-Remaining"] == "0"
        assert answer.headers["Retry-After"] == answer.headers["RateLimit-Reset"]
        assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code == 429


@pytest.mark.parametrize(
    ("method", "path", "counts"),
    [
        ("GET", "/auth/discord", True),
        ("GET", "/auth/discord/callback", True),
        ("POST", "/auth/sign-out", False),
        ("POST", "/me/sign-out", False),
        ("POST", "/admin/sign-out", False),
        ("GET", "/me", False),
        ("GET", "/admin", False),
        ("GET", "/leaderboards", False),
    ],
)
def test_sign_ins_are_limited_by_address(
    limited: Site, method: str, path: str, counts: bool
) -> None:
    browser = limited.browser(HERE)
    for _ in range(3):
        assert not refused(browser.get("/auth/discord"), 4)
    answers = [browser.request(method, path) for _ in range(2)]
    if counts:
        # the fourth is the last
        assert [refused(answer, 4) for answer in answers] == [False, True]
    else:
        assert all("RateLimit-Limit" not in answer.headers for answer in answers)
        assert 429 not in {answer.status_code for answer in answers}
        assert not refused(browser.get("/auth/discord"), 4)
    # whoever asks: another browser of the address is refused, another address is not
    assert refused(limited.browser(HERE).get("/auth/discord"), 4)
    assert not refused(limited.browser(THERE).get("/auth/discord"), 4)
    # what a client says of its address counts for nothing
    forwarded = {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    assert refused(limited.browser(HERE, **forwarded).get("/auth/discord"), 4)


def test_links_are_limited_by_player(limited: Site, bot: str) -> None:
    """Linking, requesting a message and verifying it, by the API and by forms, count together,
    wherever the player is."""
    player, program = limited.player("600"), limited.program(bot, "600")
    counted = cycle(
        [
            lambda: program.post("/api/me/wallets", json={"address": wallet(1)}),
            lambda: player.post("/me/wallets", data={"address": wallet(2)}),
            lambda: player.post(f"/api/me/wallets/{wallet(3)}/request-verification"),
            lambda: player.post("/me/wallets/verification", data={"address": wallet(3)}),
            lambda: player.post(f"/api/me/wallets/{wallet(3)}/verify", json={}),
            lambda: player.post("/me/verification/x", data={"signature": "0x"}),
        ]
    )
    answers = [next(counted)() for _ in range(12)]
    assert [refused(answer, 6) for answer in answers] == [False] * 6 + [True] * 6
    # the others may, from the same address too, and with the same token
    assert not refused(limited.player("601").post("/me/wallets", data={"address": "0x"}), 6)
    other = limited.program(bot, "602").post("/api/me/wallets", json={"address": wallet(4)})
    assert not refused(other, 6)
    # and the player may do what is not limited
    for answer in (
        player.get("/api/me/wallets"),
        player.put(f"/api/me/wallets/{wallet(2)}/primary"),
        player.delete(f"/api/me/wallets/{wallet(1)}"),
        player.post("/me/account", data={"displayName": "x"}),
        player.post("/me/wallets/unlink", data={"address": wallet(2)}),
    ):
        assert answer.status_code in (200, 303), answer.text
        assert "RateLimit-Limit" not in answer.headers


def test_who_is_nobody_is_limited_by_address(limited: Site) -> None:
    def link(address: str) -> int:
        body = {"address": wallet(5)}
        return limited.browser(address).post("/api/me/wallets", json=body).status_code

    assert [link(HERE) for _ in range(7)] == [401] * 6 + [429]
    assert link(THERE) == 401
    # which leaves the sign-ins of the address alone
    assert not refused(limited.browser(HERE).get("/auth/discord"), 4)


def test_sign_ins_of_admins_have_a_limit_of_their_own(limited: Site) -> None:
    browser = limited.browser(HERE)
    for _ in range(5):
        browser.get("/auth/discord")
    answers = [browser.post("/admin/sign-in", data={"token": "x"}) for _ in range(3)]
    assert [refused(answer, 2) for answer in answers] == [False, False, True]
    assert not refused(limited.browser(THERE).post("/admin/sign-in", data={"token": "x"}), 2)


def test_all_processes_count_together(limited: Site, discord: StandInDiscord) -> None:
    with open_site(discord, **LIMITS) as other:
        sites = [limited, other, limited, other, limited]
        answers = [site.browser(HERE).get("/auth/discord") for site in sites]
        assert [refused(answer, 4) for answer in answers] == [False] * 4 + [True]
        assert refused(other.browser(HERE).get("/auth/discord"), 4)


def test_a_minute_later_the_counting_begins_again(limited: Site, rows: psycopg.Connection) -> None:
    """And what was counted for others is deleted; a minute of the future counts as over."""
    for elapsed in ("61 seconds", "-1 hour"):
        for _ in range(5):
            answer = limited.browser(HERE).get("/auth/discord")
        assert refused(answer, 4)
        limited.browser(THERE).get("/auth/discord")
        rows.execute("update app.rate_limits set counted_since = now() - %s::interval", [elapsed])
        assert not refused(limited.browser(HERE).get("/auth/discord"), 4)
        assert rows.execute("select requests from app.rate_limits order by 1").fetchall() == (
            [(1,)] if elapsed == "61 seconds" else [(1,), (1,)]
        )


def test_the_database_holds_no_address(limited: Site, rows: psycopg.Connection) -> None:
    limited.browser(HERE).get("/auth/discord")
    (held,) = rows.execute("select subject_hash from app.rate_limits").fetchall()
    assert len(held[0]) == 32
    assert HERE.encode() not in held[0]


def test_addresses_of_a_network_of_ipv6_count_together(limited: Site) -> None:
    for number in range(5):
        answer = limited.browser(f"2001:db8:0:1::{number}").get("/auth/discord")
    assert refused(answer, 4)
    assert not refused(limited.browser("2001:db8:0:2::1").get("/auth/discord"), 4)


# -- behind proxies (unit/test_proxies.py has the headers) ---------------------------------

PROXY, CLIENT = "10.0.0.1", "203.0.113.9"


def test_behind_trusted_proxies_each_client_is_counted(
    rows: psycopg.Connection, discord: StandInDiscord
) -> None:
    """And who comes from elsewhere says nothing of its address."""
    rows.execute("delete from app.rate_limits")
    with open_site(discord, trusted_proxies=(ip_network("10.0.0.0/8"),), **LIMITS) as site:

        def is_refused(connection: str, client: str) -> bool:
            browser = site.browser(connection, **{"X-Forwarded-For": client})
            return refused(browser.get("/auth/discord"), 4)

        assert not any(is_refused(PROXY, f"203.0.113.{number}") for number in range(8))
        assert [is_refused(PROXY, CLIENT) for _ in range(5)] == [False] * 4 + [True]
        assert is_refused(CLIENT, THERE)
        assert not is_refused(PROXY, f"{CLIENT}, {THERE}")
