"""Every door, tried as nobody, as a player, as a service and as an admin."""

import re
import secrets

import httpx
import psycopg
import pytest

from hedge import tokens
from tests.acceptance.conftest import Service

# one service for all of them, so one process
pytestmark = pytest.mark.xdist_group("who_may_do_what")

ME = [
    ("GET", "/api/me"),
    ("PATCH", "/api/me"),
    ("DELETE", "/api/me"),
    ("GET", "/api/me/progress"),
    ("GET", "/api/me/rewards"),
    ("POST", "/api/me/rewards/1/claim"),
    ("GET", "/api/me/wallets"),
    ("POST", "/api/me/wallets"),
    ("DELETE", "/api/me/wallets/0x12"),
    ("PUT", "/api/me/wallets/0x12/primary"),
    ("POST", "/api/me/wallets/0x12/request-verification"),
    ("POST", "/api/me/wallets/0x12/verify"),
]


def doors(service: Service) -> list[tuple[str, str]]:
    """Every door of the documentation that is an admin's."""
    paths = httpx.get(f"{service.url}/schema/openapi.json").json()["paths"]
    return [
        # an id is a number
        (method.upper(), re.sub(r"\{.*?\}", "1", path))
        for path, methods in paths.items()
        for method in methods
        if path.startswith("/admin")
    ]


@pytest.mark.parametrize(("method", "path"), ME)
def test_nobody_and_an_admin_are_no_player(service: Service, method: str, path: str) -> None:
    assert service.browser().request(method, path).status_code == 401
    assert service.with_token(service.admin).request(method, path).status_code == 401
    assert service.with_token(service.service).request(method, path).status_code == 401


def test_only_an_admin_is_an_admin(service: Service) -> None:
    found = doors(service)
    assert len(found) > 12
    nobody, player = service.browser(), service.player("1")
    bot = service.with_token(service.service)
    acting = service.with_token(service.service, **{"X-Discord-Id": "1"})
    for method, path in found:
        assert nobody.request(method, path).status_code == 401, path
        # a service hands rewards out, and does nothing else of an admin
        hands_out = path.startswith("/admin/rewards")
        assert (bot.request(method, path).status_code != 403) == hands_out, path
        for client in (player, acting):
            assert client.request(method, path).status_code == 403, path


def test_a_service_acts_for_a_player_and_nobody_else_does(service: Service) -> None:
    bot = service.with_token(service.service, **{"X-Discord-Id": "77"})
    wallet = f"0x{secrets.token_hex(20)}"
    assert bot.post("/api/me/wallets", json={"address": wallet}).status_code == 200
    player = service.player("77")
    assert player.get("/api/me/wallets").json() == bot.get("/api/me/wallets").json()
    admin = service.with_token(service.admin, **{"X-Discord-Id": "77"})
    assert admin.get("/api/me/wallets").status_code == 403
    # without a token the header says nothing
    other = service.player("78")
    without_token = other.get("/api/me/wallets", headers={"X-Discord-Id": "77"})
    assert without_token.json() == {"wallets": [], "next": None}
    strange = service.with_token(service.service, **{"X-Discord-Id": "77 or 1=1"})
    assert strange.get("/api/me/wallets").status_code == 400


@pytest.mark.parametrize("header", ["Bearer", "Bearer wrong", "Bearer a b", "nonsense"])
def test_a_token_that_is_not_known_is_refused_where_it_matters(
    service: Service, header: str
) -> None:
    assert httpx.get(service.url + "/leaderboards", headers={"Authorization": header}).is_success
    for path in ("/api/me", "/admin/etl/runs", "/"):
        answer = httpx.get(service.url + path, headers={"Authorization": header})
        assert answer.status_code == 401, path


def test_a_revoked_token_is_refused_at_once(service: Service, rows: psycopg.Connection) -> None:
    number, token = tokens.create(rows, "admin", "for a minute")
    assert service.with_token(token).get("/admin/etl/runs").status_code == 200
    tokens.revoke(rows, number)
    assert service.with_token(token).get("/admin/etl/runs").status_code == 401
    kept = rows.execute("select token_hash from app.api_tokens").fetchall()
    assert token.encode() not in b"".join(bytes(found) for (found,) in kept)


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
def test_with_a_cookie_only_our_origins_change_something(
    service: Service, origin: str | None
) -> None:
    player = service.player("79")
    del player.headers["Origin"]
    headers = {} if origin is None else {"Origin": origin}
    assert player.get("/api/me", headers=headers).status_code == 200
    for method, path in ME:
        if method != "GET":
            assert player.request(method, path, headers=headers).status_code == 403, path
    good = {"Origin": "https://front-end.example"}
    answer = player.patch("/api/me", json={"showOnBoards": True}, headers=good)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://front-end.example"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_a_cookie_that_was_changed_is_nobody(service: Service) -> None:
    player = service.player("80")
    (cookie,) = player.cookies.jar
    assert cookie.has_nonstandard_attr("HttpOnly")
    forged = cookie.value[:-4] + "AAAA"
    answer = httpx.get(f"{service.url}/api/me", cookies={"hedge_session": forged})
    assert answer.status_code == 401


def test_a_sign_in_that_was_begun_elsewhere_is_refused(service: Service) -> None:
    stranger = service.browser()
    assert stranger.get("/auth/discord/callback?code=x&state=y").status_code == 400
    service.discord.is_refusing = True
    answer = stranger.get("/auth/discord")
    service.discord.is_refusing = False
    assert answer.status_code == 400
    service.discord.is_broken = True
    answer = stranger.get("/auth/discord")
    service.discord.is_broken = False
    assert answer.status_code == 502
    assert service.discord.client_secret not in answer.text
    assert stranger.get("/api/me").status_code == 401
    for target in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"):
        assert stranger.get("/auth/discord", params={"returnTo": target}).status_code == 400


def test_signing_out_forgets_the_player(service: Service) -> None:
    player = service.player("81")
    assert player.post("/auth/sign-out").status_code == 204
    assert player.get("/api/me").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/api/me/wallets", b"{", 400),
        ("POST", "/api/me/wallets", b"[]", 400),
        ("POST", "/api/me/wallets", b'{"address": 12}', 400),
        ("POST", "/api/me/wallets", b'{"address": null}', 400),
        ("POST", "/api/me/wallets", b"\xff\xfe", 400),
        ("POST", "/api/me/wallets", b'{"address": "' + b"x" * 2_000_000 + b'"}', 413),
        ("POST", "/api/me/wallets", b'{"address": ' + b"[" * 100_000, 400),
        ("PATCH", "/api/me", b'{"showOnBoards": "yes"}', 400),
        ("GET", "/leaderboards?limit=0", b"", 400),
        ("GET", "/leaderboards?limit=1001", b"", 400),
        ("GET", "/leaderboards/%00/latest", b"", 400),
        ("GET", "/leaderboards/'%20or%201=1/latest", b"", 404),
        ("GET", "/leaderboards/x/runs/99999999999999999999", b"", 404),
        ("GET", "/clusters/%00/progress", b"", 400),
        ("GET", "/clusters/..%2F..%2Fetc/progress", b"", 404),
        ("DELETE", "/leaderboards", b"", 405),
    ],
    # pytest puts the name of a test into the environment of the programs that it starts, where
    # two megabytes have no room
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else None,
)
def test_nonsense_gets_a_problem_and_never_a_server_error(
    service: Service, method: str, path: str, content: bytes, status: int
) -> None:
    player = service.player("82")
    answer = player.request(
        method, path, content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert set(answer.json()) == {"type", "title", "status", "detail", "code", "requestId"}
    assert "Traceback" not in answer.text


def test_secrets_are_in_no_log(service: Service, rows: psycopg.Connection) -> None:
    """Of requests that carry each secret, refused ones and failing ones too; all are logged."""
    browser, player = service.browser(), service.player("83")
    (cookie,) = player.cookies.jar
    unknown = f"hedge_{secrets.token_urlsafe(32)}"
    number, revoked = tokens.create(rows, "admin", "revoked")
    tokens.revoke(rows, number)
    service.discord.is_broken = True
    failed = browser.get("/auth/discord")
    service.discord.is_broken = False
    answers = [
        failed,
        player.get("/api/me", headers={"X-Forwarded-For": "203.0.113.9"}),
        service.with_token(service.admin).get("/admin/etl/runs"),
        service.with_token(service.service, **{"X-Discord-Id": "83"}).get("/api/me"),
        service.with_token(unknown).get("/api/me"),
        service.with_token(revoked).get("/admin/etl/runs"),
        browser.post("/admin/sign-in", data={"token": unknown}),
        browser.post("/admin/sign-in", data={"token": service.admin}),
        browser.get("/auth/discord/callback", params={"code": "a-code", "state": "a-state"}),
        browser.get("/nowhere", params={"token": unknown}),
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [502, 200, 200, 200, 401, 401, 401, 200, 400, 404]
    requested = {answer.headers["X-Request-Id"] for answer in answers}
    service.wait_for(lambda: all(name in service.log.read_text() for name in requested))
    log = service.log.read_text()
    for secret in (
        service.admin,
        service.service,
        unknown,
        revoked,
        cookie.value,
        "a-code",
        "a-state",
        service.discord.client_secret,
        service.environment["HEDGE_SECRET_KEY"],
        *service.discord.tokens,
        tokens.hashed(service.admin).hex(),
    ):
        assert secret not in log
