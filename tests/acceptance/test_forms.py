"""Forms of pages: what they change without a script, and who may send them."""

import re
import secrets
from datetime import UTC, datetime

import httpx
import psycopg
import pytest

from hedge import boards, seasons, tokens
from hedge.queue import requests
from hedge.signing import eth_account
from tests.acceptance.conftest import Service
from tests.acceptance.pages import ADMIN, BOARD, HOSTILE, HTML, check, submit
from tests.support import put, pvp_match

# one service for all of them, so one process
pytestmark = pytest.mark.xdist_group("forms")


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
        "correctedForDays": "7",
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
