"""What the front ends of the original wish send and expect: weights in three forms, runId, the
status of a board that is made, periods as days, the transaction of a verification."""

from typing import Any

import httpx
import psycopg
import pytest

from tests.in_process import Site
from tests.in_process.players import Player, a_wallet, link, refusal
from tests.in_process.rows import put, put_board

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("what_front_ends_send")

BOARD = {
    "name": "Wins",
    "categoryKey": "pvp_competition",
    "metricSource": "onchain_pvp",
    "metricKey": "wins",
    "timeWindow": "MONTHLY",
}


@pytest.fixture
def ruler(site: Site, admin: str) -> httpx.Client:
    """A program of an admin."""
    return site.program(admin)


@pytest.fixture(scope="module", autouse=True)
def world(rows: psycopg.Connection) -> None:
    """A season and a monthly board."""
    span = {"starts_at": "2026-01-01", "ends_at": "2026-02-01"}
    put(rows, "app.seasons", id="winter", name="Winter", **span)
    put_board(rows, "monthly", time_window="MONTHLY")


def test_weights_come_in_three_forms(ruler: httpx.Client, rows: psycopg.Connection) -> None:
    by_key = {"challengeKey": "arena_victor", "weight": 2}
    by_code = {"challengeCode": "hero_riser", "weight": 3.5}
    both = {"challengeKey": "win_streak", "challengeCode": "win_streak", "weight": 1}
    wanted = {"arena_victor": 2, "hero_riser": 3.5, "win_streak": 1}
    for prefix in ("", "/v1"):
        for body in ([by_key, by_code, both], {"weights": [by_code, by_key, both]}):
            rows.execute("delete from app.season_challenge_weights")
            answer = ruler.post(f"{prefix}/admin/seasons/winter/weights", json=body)
            assert answer.status_code == 200, answer.text
            assert {one["challengeKey"]: one["weight"] for one in answer.json()} == wanted
    assert ruler.post("/admin/seasons/winter/weights", json={"weights": []}).status_code == 200
    nameless: list[Any] = [
        [{"weight": 1}],
        {"weights": [{"challengeKey": "arena_victor", "challengeCode": "other", "weight": 1}]},
    ]
    for body in nameless:
        answer = ruler.post("/admin/seasons/winter/weights", json=body)
        sentence = "a weight names one challenge, by challengeKey or challengeCode"
        assert refusal(answer) == (400, sentence)
    for body in ({}, {"weights": 3}, {"weights": [], "more": 1}, [{"challengeKey": "x"}], "x"):
        assert ruler.post("/admin/seasons/winter/weights", json=body).status_code == 400, body
    unknown = ruler.post(
        "/admin/seasons/winter/weights", json=[{"challengeCode": "no", "weight": 1}]
    )
    assert refusal(unknown) == (400, "season winter: no challenge no")


def test_a_board_run_has_its_id_and_takes_days(ruler: httpx.Client) -> None:
    days = {"periodStart": "2026-03-01", "periodEnd": "2026-04-01"}
    answer = ruler.post("/v1/admin/leaderboards/monthly/run", json=days)
    assert answer.status_code == 202, answer.text
    number = answer.json()["runId"]
    assert answer.json()["requestId"] == number
    found = ruler.get(f"/admin/leaderboards/monthly/runs/{number}").json()
    assert (found["periodStart"], found["periodEnd"]) == (
        "2026-03-01T00:00:00Z",
        "2026-04-01T00:00:00Z",
    )
    mixed = {"periodStart": "2026-02-01", "periodEnd": "2026-03-01T02:00:00+02:00"}
    look_at = ruler.post("/admin/leaderboards/monthly/run", json=mixed).json()["lookAt"]
    assert ruler.get(look_at).json()["periodEnd"] == "2026-03-01T00:00:00Z"
    for wrong in ("March", "2026-02-30", ""):
        answer = ruler.post("/admin/leaderboards/monthly/run", json=days | {"periodStart": wrong})
        assert answer.json()["detail"].startswith(f"periodStart '{wrong}' is not a time such as")
        assert answer.status_code == 400


def test_a_board_is_made_once_under_v1(ruler: httpx.Client) -> None:
    """Without /v1 a second one replaces the first, and says that this is deprecated."""
    new = BOARD | {"key": "made", "name": "Made"}
    made = ruler.post("/v1/admin/leaderboards", json=new)
    assert made.status_code == 201, made.text
    assert made.json()["maxEntries"] == 1000
    again = ruler.post("/v1/admin/leaderboards", json=new | {"maxEntries": 7})
    assert (refusal(again), again.json()["code"]) == (
        (409, "there is a board made already"),
        "already_exists",
    )
    assert "Deprecation" not in {**made.headers, **again.headers}
    kept = [one for one in ruler.get("/admin/leaderboards").json() if one["key"] == "made"]
    assert [one["maxEntries"] for one in kept] == [1000]
    for key, maximum, is_deprecated in (("old", 9, False), ("old", 8, True), ("made", 7, True)):
        body = BOARD | {"key": key, "name": key, "maxEntries": maximum}
        answer = ruler.post("/admin/leaderboards", json=body)
        assert (answer.status_code, answer.json()["maxEntries"]) == (200, maximum)
        assert ("Deprecation" in answer.headers) == is_deprecated
    changed = ruler.put("/v1/admin/leaderboards/made", json={"maxEntries": 6})
    assert (changed.status_code, changed.json()["maxEntries"]) == (200, 6)
    assert ruler.post("/v1/admin/leaderboards", json={"key": "half"}).status_code == 400


def test_no_transaction_verifies_a_wallet(new_player: Player) -> None:
    player = new_player()
    link(player, a_wallet())
    (wallet,) = player.get("/api/me/wallets").json()["wallets"]
    assert wallet["verificationTxHash"] is None
