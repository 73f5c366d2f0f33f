"""What holds for every response and request: headers, HEAD, slow bodies, whose forms count."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from api.problems import Refused
from api.transport import BODY_TIMEOUT, with_body_timeout
from tests import PROJECT
from tests.in_process import FRONT_END, HTML, URL, Site, open_site
from tests.in_process.players import a_wallet
from tests.in_process.rows import put_board, put_board_run
from tests.stand_in_discord import StandInDiscord
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("transport")

LATEST = "/leaderboards/wins/latest"


@pytest.fixture(scope="module", autouse=True)
def board(rows: psycopg.Connection) -> None:
    """A board with one cluster."""
    add_cluster(rows, "busy", "0x" + "a1" * 20, discord_id="700")
    put_board(rows, "wins")
    put_board_run(rows, "wins", [(1, "busy", 9)])


# -- headers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/", "private, no-store"),
        ("/me", "private, no-store"),
        ("/api/me", "private, no-store"),
        ("/v1/api/me", "private, no-store"),
        ("/api/me/wallets", "private, no-store"),
        ("/admin/etl/runs", "private, no-store"),
        ("/auth/discord", "private, no-store"),
        ("/nowhere", "private, no-store"),
        ("/leaderboards?limit=0", "private, no-store"),
        ("/clusters/busy/progress/none", "private, no-store"),
        ("/leaderboards", "public, no-cache"),
        ("/challenges", "public, no-cache"),
        ("/healthz", "public, no-cache"),
        ("/metrics", "public, no-cache"),
        ("/schema", "public, no-cache"),
        ("/schema/openapi.json", "public, no-cache"),
        (LATEST, "public, no-cache"),
        (LATEST + "?limit=1", "public, no-cache"),
    ],
)
def test_every_response_says_who_may_keep_it_and_what_it_may_load(
    site: Site, path: str, kept: str
) -> None:
    browser = site.player("700")
    for headers in ({}, HTML):
        # the second one of a board is cached
        for _ in range(2):
            answer = browser.get(path, headers=headers)
            assert answer.headers.get_list("Cache-Control") == [kept]
            assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"]
            (policy,) = answer.headers.get_list("Content-Security-Policy")
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert ("unsafe-inline" in policy) == (path == "/schema")
            assert answer.headers.get_list("Strict-Transport-Security") == ["max-age=31536000"]


def test_only_production_insists_on_https(
    rows: psycopg.Connection, discord: StandInDiscord
) -> None:
    with open_site(discord, is_production=False) as site:
        for path in ("/", "/healthz", LATEST, LATEST):
            answer = site.browser().get(path)
            assert "Strict-Transport-Security" not in answer.headers
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert rows.closed == 0


# -- methods and bodies ------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/leaderboards", LATEST, "/healthz", "/nowhere", "/api/me"])
def test_head_is_get_without_the_body(site: Site, path: str) -> None:
    browser = site.browser()
    got, head = browser.get(path), browser.head(path)
    assert head.status_code == got.status_code
    assert head.content == b""
    assert got.content != b""
    for name in ("Content-Type", "Cache-Control"):
        assert head.headers[name] == got.headers[name]


def test_head_is_no_way_around_a_method(site: Site) -> None:
    assert site.browser().head("/auth/sign-out").status_code == 405


def test_a_body_that_does_not_end_is_refused() -> None:
    """However slowly its parts arrive; the end of the connection may be waited for."""

    async def reads_all(_: Any, receive: Any, __: Any) -> None:
        while (await receive()).get("more_body", False):
            pass
        await receive()

    def receives(parts: int, pause: float) -> Any:
        left = iter(range(parts))

        async def receive() -> Any:
            await asyncio.sleep(pause)
            number = next(left, None)
            if number is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": b"x", "more_body": number < parts - 1}

        return receive

    async def call(parts: int, pause: float, seconds: float) -> None:
        await with_body_timeout(reads_all, seconds)(
            {"type": "http"},  # type: ignore[typeddict-item]
            receives(parts, pause),
            None,  # type: ignore[arg-type]
        )

    asyncio.run(call(parts=2, pause=0.01, seconds=1))
    asyncio.run(call(parts=1, pause=0.1, seconds=0.15))
    # as long as the reference says
    assert f"did not end within {BODY_TIMEOUT:g} s" in (PROJECT / "docs" / "api.md").read_text()
    with pytest.raises(Refused, match="the body did not end within") as error:
        asyncio.run(call(parts=1000, pause=0.01, seconds=0.15))
    assert error.value.status_code == 408


@pytest.mark.parametrize("body", [b"\xff", b'{"address": "\xff"}', b'{"\xff": 1}'])
def test_a_body_that_is_no_text_is_refused(site: Site, bot: str, body: bytes) -> None:
    program = site.program(bot, "701")
    answer = program.post(
        "/api/me/wallets", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "invalid_request"
    form = site.player("701").post(
        "/me/account",
        content=b"displayName=\xff",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert form.status_code in (303, 400)


# -- who may do what ---------------------------------------------------------------------


def test_forms_of_an_admin_come_from_our_own_pages_only(site: Site, admin: str) -> None:
    browser = site.browser()
    for origin in (FRONT_END, "https://evil.example", "null"):
        headers = {"Origin": origin}
        answer = browser.post("/admin/sign-in", data={"token": admin}, headers=headers)
        assert answer.status_code == 403
    assert browser.post("/admin/sign-in", data={"token": admin}).status_code == 303
    form = {"kind": "FULL"}
    assert (
        browser.post("/admin/requests", data=form, headers={"Origin": FRONT_END}).status_code == 403
    )
    assert browser.post("/admin/sign-out", headers={"Origin": FRONT_END}).status_code == 403
    assert browser.post("/admin/requests", data=form).status_code == 303
    assert browser.headers["Origin"] == URL


def test_credentials_of_a_staging_proxy_break_no_page(site: Site, admin: str) -> None:
    staging = {"Authorization": "Basic YWRhOnNlY3JldA=="}
    player = site.player("702")
    assert player.get("/api/me", headers=staging).status_code == 200
    assert player.get("/me", headers=HTML | staging).status_code == 200
    assert site.browser(**staging).get("/", headers=HTML).status_code == 200
    assert site.browser(**staging).get("/api/me").status_code == 401
    assert site.browser(**staging).get("/admin/etl/runs").status_code == 401
    ruler = site.browser(**staging)
    ruler.post("/admin/sign-in", data={"token": admin})
    assert ruler.get("/admin", headers=HTML).status_code == 200


def test_metrics_can_be_given_a_token(site: Site, discord: StandInDiscord) -> None:
    assert site.browser().get("/metrics").status_code == 200
    with open_site(discord, metrics_token="a-token-of-prometheus") as other:
        for given, status in (
            ({}, 401),
            ({"Authorization": "Bearer a-token-of-prometheuS"}, 401),
            ({"Authorization": "a-token-of-prometheus"}, 401),
            ({"Authorization": "Bearer a-token-of-prometheus"}, 200),
        ):
            assert other.browser(**given).get("/metrics").status_code == status


# -- accounts that vanish ----------------------------------------------------------------


def test_what_a_deleted_account_still_asks_for_is_refused_in_a_sentence(site: Site) -> None:
    """By the cookie of another browser, on every route that writes."""
    wallet = a_wallet()
    for method, path, body in (
        ("POST", "/api/me/wallets", {"json": {"address": wallet}}),
        ("DELETE", f"/api/me/wallets/{wallet}", {}),
        ("PUT", f"/api/me/wallets/{wallet}/primary", {}),
        ("POST", f"/api/me/wallets/{wallet}/request-verification", {}),
        ("PATCH", "/api/me", {"json": {"displayName": "x"}}),
        ("POST", "/me/wallets", {"data": {"address": wallet}}),
        ("POST", "/me/wallets/verification", {"data": {"address": wallet}}),
        ("POST", "/me/account", {"data": {"displayName": "x"}}),
    ):
        first, second = site.player("703"), site.player("703")
        assert first.delete("/api/me").status_code == 204
        answer = second.request(method, path, **body)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), path


def test_deleting_an_account_while_it_links_wallets_is_never_an_error_of_ours(
    site: Site, rows: psycopg.Connection, bot: str
) -> None:
    statuses = set()

    def links(number: int) -> httpx.Response:
        program = site.program(bot, "704")
        if number % 4 == 3:
            return program.delete("/api/me")
        return program.post("/api/me/wallets", json={"address": a_wallet()})

    with ThreadPoolExecutor(8) as pool:
        for answer in pool.map(links, range(48)):
            statuses.add(answer.status_code)
    assert statuses <= {200, 204, 401, 409}
    # which of them win is up to chance
    assert 204 in statuses
    assert links(0).status_code == 200
    left = rows.execute(
        "select count(*) from app.wallet_links as links where not exists"
        " (select from app.wallet_clusters as c where c.cluster_id = links.cluster_id)"
    )
    assert left.fetchone() == (0,)
