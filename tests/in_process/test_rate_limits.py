"""Signing in is limited by address, linking and verifying wallets by player; the API and the
pages count together, and nothing else is limited."""

from collections.abc import Iterator
from itertools import cycle

import httpx
import psycopg
import pytest

from tests.in_process import Site, open_site
from tests.stand_in_discord import StandInDiscord

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("rate_limits")

HERE, THERE = "198.51.100.1", "198.51.100.2"


def wallet(number: int) -> str:
    """A wallet of a number."""
    return f"0x{number:040x}"


@pytest.fixture
def limited(rows: psycopg.Connection, discord: StandInDiscord) -> Iterator[Site]:
    """A site whose limits are 4 sign-ins and 6 links a minute."""
    with open_site(discord, sign_ins_a_minute=4, links_a_minute=6) as site:
        yield site


def refused(answer: httpx.Response, limit: int) -> bool:
    """Whether a request was one too many; checks the headers that tell a client of the limit."""
    assert answer.headers["RateLimit-Limit"] == str(limit)
    assert answer.headers["RateLimit-Policy"] == f"{limit}; w=60"
    assert 0 < int(answer.headers["RateLimit-Reset"]) <= 60
    if answer.status_code == 429:
        assert answer.headers["RateLimit-Remaining"] == "0"
        assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code == 429


@pytest.mark.parametrize(
    ("method", "path", "counts"),
    [
        ("GET", "/auth/discord", True),
        ("GET", "/auth/discord/callback", True),
        ("POST", "/auth/sign-out", True),
        ("POST", "/admin/sign-in", True),
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
