"""Who is calling, what is logged, and what a failure tells."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
import structlog

from api.discord import Discord, SignInError
from hedge import tokens
from tests.in_process import FRONT_END, HTML, URL, Site
from tests.in_process.rows import put_board
from tests.support import discord_interaction, put

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("the_service_itself")


# -- callers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("discord_id", "status"),
    [
        ("1", 200),
        ("1" * 20, 200),
        ("1" * 21, 400),
        ("", 400),
        ("-1", 400),
        ("1.0", 400),
        ("1 or 1=1", 400),
        ("\u00b2", 400),
    ],
)
def test_a_service_acts_for_a_discord_id_of_at_most_20_digits(
    site: Site, rows: psycopg.Connection, bot: str, discord_id: str, status: int
) -> None:
    headers = {"X-Discord-Id": discord_id.encode("latin-1")}
    answer = site.program(bot).get("/api/me", headers=headers)
    assert answer.status_code == status, answer.text
    found = rows.execute("select count(*) from app.players where discord_id = %s", [discord_id])
    assert found.fetchone() == (int(status == 200),)
    if status == 400:
        assert answer.json()["detail"] == "X-Discord-Id is not a Discord id"


def test_an_account_that_is_new_to_many_at_once_is_one(
    site: Site, rows: psycopg.Connection, bot: str
) -> None:
    programs = [site.program(bot, "800") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda one: one.get("/api/me"), programs))
    assert {answer.status_code for answer in answers} == {200}
    found = rows.execute("select count(*) from app.players where discord_id = '800'")
    assert found.fetchone() == (1,)


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER {}"])
def test_a_token_is_known_whatever_the_case_of_the_scheme_and_its_use_is_recorded(
    site: Site, rows: psycopg.Connection, form: str
) -> None:
    number, token = tokens.create(rows, "admin", form)
    other, _ = tokens.create(rows, "admin", "not used")
    client = site.browser(Authorization=form.format(token))
    assert client.get("/admin/etl/runs").status_code == 200
    used = rows.execute(
        "select token_id, last_used_at between now() - interval '1 minute' and now()"
        " from app.api_tokens where token_id in (%s, %s) order by 1",
        [number, other],
    )
    assert used.fetchall() == [(number, True), (other, None)]


def test_a_token_counts_more_than_a_cookie(site: Site, bot: str) -> None:
    """A browser with both is who the token says, and an unknown token is no way to the cookie."""
    player = site.player("801")
    player.patch("/api/me", json={"displayName": "by cookie"})
    acting = {"Authorization": f"Bearer {bot}", "X-Discord-Id": "802"}
    assert player.get("/api/me", headers=acting).json()["displayName"] is None
    assert player.get("/api/me").json()["displayName"] == "by cookie"
    unknown = {"Authorization": "Bearer unknown"}
    assert player.get("/api/me", headers=unknown).status_code == 401
    # a token is no cookie: its request may come from anywhere
    evil = acting | {"Origin": "https://evil.example"}
    assert player.patch("/api/me", json={}, headers=evil).status_code == 200
    del evil["Authorization"]
    assert player.patch("/api/me", json={}, headers=evil).status_code == 403


def test_with_a_cookie_only_our_origins_change_something(site: Site, admin: str) -> None:
    """By the API or by a form, of a player or an admin; reading is allowed."""
    browser = site.player("803")
    browser.post("/admin/sign-in", data={"token": admin})
    changes = [
        ("PATCH", "/api/me"),
        ("POST", "/api/me/wallets"),
        ("DELETE", "/api/me"),
        ("POST", "/auth/sign-out"),
        ("POST", "/me/account"),
        ("POST", "/admin/requests"),
        ("POST", "/admin/sign-out"),
        ("POST", "/admin/sign-in"),
    ]
    for origin in ("https://evil.example", "null", f"{URL}.evil.example", f"{URL}:444", None):
        del browser.headers["Origin"]
        if origin is not None:
            browser.headers["Origin"] = origin
        for method, path in changes:
            answer = browser.request(method, path, content=b"")
            assert answer.status_code == 403, (origin, method, path)
            assert answer.json()["detail"] == f"the origin {origin} may not do this"
        for path in ("/api/me", "/me", "/admin", "/auth/discord?returnTo=x"):
            assert browser.get(path).status_code != 403, (origin, path)
        assert browser.head("/api/me").status_code == 200
        browser.headers["Origin"] = URL
    for origin in (URL, FRONT_END):
        answer = browser.patch("/api/me", json={}, headers={"Origin": origin})
        assert answer.status_code == 200
    # who has no cookie cannot be signed in from elsewhere
    stranger = site.browser(Origin="https://evil.example")
    answer = stranger.post("/admin/sign-in", data={"token": admin})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


# -- forms of a player -------------------------------------------------------------------


def test_a_message_is_shown_to_its_player_until_it_was_used_or_has_expired(
    site: Site, rows: psycopg.Connection
) -> None:
    player, other = site.player("804"), site.player("805")
    wallet = "0x" + "a4" * 20
    asked = player.post("/me/wallets/verification", data={"address": wallet})
    path = asked.headers["Location"]
    assert path.startswith("/me/verification/")
    page = player.get(path, headers=HTML).text
    assert "hedge.example wants you to sign in" in page
    assert f'action="{path}"' in page
    for method in ("GET", "POST"):
        assert other.request(method, path, data={"signature": "0x"}).status_code == 404
    assert site.browser().get(path).status_code == 401
    # a wrong signature leads back to the message, until the message cannot be signed any more
    wrong = player.post(path, data={"signature": "0x12"})
    assert wrong.headers["Location"] == path
    assert "is not 0x and 130 hex digits" in player.get(path, headers=HTML).text
    for column in ("expires_at", "used_at"):
        rows.execute(f"update app.wallet_challenges set {column} = now()")
        page = player.get(path, headers=HTML).text
        assert "was used or has expired" in page
        assert "wants you to sign in" not in page
        rows.execute("update app.wallet_challenges set expires_at = now() + interval '1 minute'")
    used = player.post(path, data={"signature": "0x12"})
    assert used.headers["Location"] == "/me"
    assert "used already" in player.get("/me", headers=HTML).text
    faulty = player.post("/me/wallets/verification", data={"address": "0x12"})
    assert faulty.headers["Location"] == "/me"


def test_an_account_is_deleted_only_with_the_box_ticked(site: Site) -> None:
    player = site.player("806")
    assert player.post("/me/delete", data={}).headers["Location"] == "/me"
    assert "tick the box" in player.get("/me", headers=HTML).text
    assert player.get("/api/me").status_code == 200
    assert player.post("/me/delete", data={"sure": "on"}).headers["Location"] == "/"
    assert player.get("/api/me").status_code == 401


def test_what_a_player_did_on_discord_is_forgotten_with_the_account(
    site: Site, rows: psycopg.Connection
) -> None:
    """Key and time of each interaction are kept, also of one that was removed before."""
    player = site.player("807")
    facts = [discord_interaction("807"), discord_interaction("807"), discord_interaction("808")]
    put(rows, *facts)
    rows.execute(
        "delete from raw.discord_interactions where interaction_id = %s",
        [facts[0].row["interaction_id"]],
    )
    rows.execute("update raw.removed_facts set reason = 'an error'")
    assert player.delete("/api/me").status_code == 204
    left = rows.execute("select discord_id from raw.discord_interactions").fetchall()
    assert left == [("808",)]
    removed = rows.execute(
        "select key, event_at, fact, reason from raw.removed_facts order by removal_id"
    ).fetchall()
    assert removed == [
        ({"interaction_id": fact.row["interaction_id"]}, fact.row["occurred_at"], None, reason)
        for fact, reason in zip(facts[:2], ("an error", "the account was deleted"), strict=True)
    ]


# -- Discord -----------------------------------------------------------------------------


@pytest.mark.parametrize("discord_id", ["", "somebody", "-1", "\u0661", "1 2"])
def test_an_answer_of_discord_without_an_id_signs_nobody_in(site: Site, discord_id: str) -> None:
    browser = site.browser()
    answer = browser.get(site.authorized(browser, discord_id))
    assert (answer.status_code, answer.json()["detail"]) == (
        502,
        "Discord did not say who it is",
    )
    assert browser.get("/api/me").status_code == 401


def test_discord_that_does_not_answer_is_told_without_secrets() -> None:
    # nothing listens on the port 9 (discard)
    discord = Discord("an application", "a secret", f"{URL}/back", "http://127.0.0.1:9")
    with pytest.raises(SignInError) as error:
        asyncio.run(discord.finish("a code", "a verifier"))
    assert str(error.value) == "Discord did not answer: ConnectError"
    assert "a secret" not in repr(discord)


# -- logs and failures -------------------------------------------------------------------


def test_a_request_is_logged_with_its_id_and_without_its_query(site: Site) -> None:
    browser = site.browser()
    processors = structlog.get_config()["processors"]
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as logged:
        answers = [
            browser.get("/healthz?secret"),
            browser.post("/healthz"),
            browser.get("/nowhere"),
        ]
    assert structlog.get_config()["processors"] is processors
    assert [0 <= one.pop("milliseconds") < 60_000 for one in logged] == [True] * 3
    assert logged == [
        {
            "event": "request",
            "log_level": "info",
            "request_id": answer.headers["X-Request-Id"],
            "method": method,
            "path": path,
            "status": status,
        }
        for answer, (method, path, status) in zip(
            answers,
            [("GET", "/healthz", 200), ("POST", "/healthz", 405), ("GET", "/nowhere", 404)],
            strict=True,
        )
    ]


@pytest.mark.parametrize("headers", [{}, HTML])
def test_a_failure_is_logged_and_tells_nothing(
    site: Site, rows: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, headers: dict
) -> None:
    put_board(rows, f"board{len(headers)}")

    async def fail(*_: object, **__: object) -> None:
        raise ValueError("the inside of it")

    monkeypatch.setattr("api.boards.runs", fail)
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as logged:
        answer = site.browser(**headers).get(f"/leaderboards/board{len(headers)}/runs")
    assert answer.status_code == 500
    assert "something went wrong here" in answer.text.lower()
    assert "inside" not in answer.text
    name = answer.headers["X-Request-Id"]
    assert name in answer.text
    assert [(one["event"], one["request_id"]) for one in logged] == [
        ("unexpected error", name),
        ("request", name),
    ]
    assert (str(logged[0]["exc_info"]), logged[1]["status"]) == ("the inside of it", 500)


def test_a_body_is_at_most_a_million_bytes(site: Site, bot: str) -> None:
    program = site.program(bot, "807")

    def send(size: int) -> httpx.Response:
        frame = len('{"address":""}')
        return program.post(
            "/api/me/wallets",
            content=b'{"address":"' + b"x" * (size - frame) + b'"}',
            headers={"Content-Type": "application/json"},
        )

    assert (send(1_000_000).status_code, send(1_000_001).status_code) == (400, 413)


def test_every_operation_is_described_in_the_document_of_the_api(site: Site) -> None:
    """By the sentence in its code."""
    paths = site.browser().get("/schema/openapi.json").json()["paths"]
    described = {
        f"{method} {path}": operation.get("description", "")
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    assert len(described) > 30
    assert [name for name, text in described.items() if not text.strip().endswith(".")] == []


def test_a_conflict_is_documented_where_something_is_written(site: Site) -> None:
    paths = site.browser().get("/schema/openapi.json").json()["paths"]
    conflicts = {
        (method, path)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "409" in operation["responses"]
    }
    # of two accounts at once that take one display name
    assert conflicts == {("patch", "/api/me")} | {
        (method, path)
        for path, operations in paths.items()
        for method in operations
        if method != "get"
        and path.startswith(("/api/me/wallets", "/api/me/merges", "/api/me/rewards", "/admin/"))
    }
    assert ("delete", "/api/me/wallets/{address}") in conflicts


def test_the_problem_of_the_document_is_the_one_of_answers(site: Site) -> None:
    browser = site.browser()
    schemas = browser.get("/schema/openapi.json").json()["components"]["schemas"]
    problem = browser.get("/nowhere").json()
    types = {"integer": int, "string": str}
    described = {
        name: types[field["type"]] for name, field in schemas["Problem"]["properties"].items()
    }
    assert described == {name: type(value) for name, value in problem.items()}
    assert set(schemas["Problem"]["required"]) == set(problem)
