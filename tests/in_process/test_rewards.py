"""Rewards of a player: listed, claimed once, decided by admins and services."""

import csv
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from tests.in_process import HTML, Site
from tests.in_process.players import Player, a_discord_id, a_wallet, link, refusal
from tests.settled_rewards import (
    DAY,
    SEASON,
    give,
    now,
    put_season,
    reach,
    require_sums,
    rewards,
    settle,
)

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("rewards")


LONGEST_NOTE = "sent " * 199 + "twice"


@pytest.fixture(scope="module", autouse=True)
def season(rows: psycopg.Connection) -> None:
    """A season that gives something for level 2."""
    put_season(rows)
    give(rows, "banner", level=2, quantity="2.5")


@pytest.fixture
def entitled(rows: psycopg.Connection, player: httpx.Client) -> tuple[httpx.Client, str, int]:
    """A player at level 3, the cluster, and the number of the reward."""
    cluster = link(player, a_wallet())
    reach(rows, cluster, 3)
    settle(rows, "CLUSTER", [cluster])
    (reward,) = player.get("/api/me/rewards").json()["rewards"]
    return player, cluster, reward["rewardId"]


def test_a_level_entitles_once_and_a_claim_is_fulfilled(
    site: Site, bot: str, rows: psycopg.Connection, player: httpx.Client
) -> None:
    cluster = link(player, a_wallet())
    reach(rows, cluster, 1)
    run = settle(rows, "CLUSTER", [cluster])
    assert player.get("/api/me/rewards").json() == {"rewards": [], "next": None}
    reach(rows, cluster, 2)
    run = settle(rows, "CLUSTER", [cluster])
    (open_one,) = player.get("/api/me/rewards").json()["rewards"]
    number = open_one["rewardId"]
    assert {name: open_one[name] for name in ("name", "quantity", "quantityText", "level")} == {
        "name": "The banner",
        "quantity": 2.5,
        "quantityText": "2.5",
        "level": 2,
    }
    assert (open_one["state"], open_one["claimedAt"]) == ("OPEN", None)
    # neither another run nor a level that falls changes it
    reach(rows, cluster, 0)
    settle(rows)
    settle(rows, "CLUSTER", [cluster])
    assert player.get("/api/me/rewards").json()["rewards"] == [open_one]

    answer = player.post(f"/api/me/rewards/{number}/claim")
    claimed = answer.json()
    assert (answer.status_code, claimed["state"]) == (200, "CLAIMED")
    assert player.post(f"/api/me/rewards/{number}/claim").json() == claimed

    service = site.program(bot)
    (listed,) = service.get("/admin/rewards", params={"cluster": cluster}).json()
    assert (listed["rewardId"], listed["state"], listed["runId"]) == (number, "CLAIMED", run)
    for _ in range(2):
        done = service.post(f"/admin/rewards/{number}/fulfil", json={"note": LONGEST_NOTE})
        assert (done.status_code, done.json()["state"]) == (200, "FULFILLED"), done.text
    late = service.post(f"/admin/rewards/{number}/refuse", json={"note": "no"})
    assert refusal(late) == (
        409,
        f"reward {number} is FULFILLED: only one that is CLAIMED can be refused",
    )
    changes = service.get(f"/admin/rewards/{number}/changes").json()
    assert [(one["state"], one["changedBy"], one["note"]) for one in changes] == [
        ("OPEN", f"run {run}", ""),
        ("CLAIMED", "the player", ""),
        ("FULFILLED", "service a bot", LONGEST_NOTE),
    ]
    assert changes[1]["causedBy"] == answer.headers["X-Request-Id"]
    told = rows.execute(
        "select event_type, details ->> 'state' from app.events"
        " where details ->> 'rewardId' = %s order by event_id",
        [str(number)],
    ).fetchall()
    assert told == [
        ("reward.entitled", "OPEN"),
        ("reward.claimed", "CLAIMED"),
        ("reward.fulfilled", "FULFILLED"),
    ]
    assert require_sums(rows) > 0


def test_twenty_claims_at_once_are_one(
    rows: psycopg.Connection, entitled: tuple[httpx.Client, str, int]
) -> None:
    player, _, number = entitled
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda _: player.post(f"/api/me/rewards/{number}/claim"), range(20))
        )
    assert [one.status_code for one in answers] == [200] * 20
    assert len({one.text for one in answers}) == 1
    count = "select count(*) from {} where {} = %s"
    changes = rows.execute(count.format("app.reward_changes", "reward_id"), [number])
    events = rows.execute(count.format("app.events", "details ->> 'rewardId'"), [str(number)])
    assert (changes.fetchone(), events.fetchone()) == ((2,), (2,))


def test_a_reward_is_claimed_by_its_player_only(
    site: Site, bot: str, new_player: Player, entitled: tuple[httpx.Client, str, int]
) -> None:
    _, _, number = entitled
    other = new_player()
    link(other, a_wallet())
    assert refusal(other.post(f"/api/me/rewards/{number}/claim")) == (
        404,
        f"you have no reward {number}",
    )
    assert other.post(f"/api/me/rewards/{2**70}/claim").status_code == 404
    assert other.get("/admin/rewards").status_code == 403
    assert site.browser().get("/admin/rewards").status_code == 401
    # a service decides nothing that was not claimed
    early = site.program(bot).post(f"/admin/rewards/{number}/fulfil", json={})
    assert refusal(early) == (
        409,
        f"reward {number} is OPEN: only one that is CLAIMED can be fulfilled",
    )


def test_a_reward_lapses_and_is_refused_with_a_reason(
    site: Site, admin: str, rows: psycopg.Connection, player: httpx.Client
) -> None:
    cluster = link(player, a_wallet())
    put_season(rows, "short")
    give(rows, "late", "short", level=1, valid_until=now(rows) + DAY)
    give(rows, "soon", "short", level=1)
    give(rows, "past", "short", level=1, valid_until=now(rows) - DAY)
    reach(rows, cluster, 1, season="short")
    settle(rows, "CLUSTER", [cluster])
    first = {one["rewardKey"]: one for one in player.get("/api/me/rewards").json()["rewards"]}
    assert sorted(first) == ["late", "soon"]
    late, soon = (first[key]["rewardId"] for key in ("late", "soon"))
    rows.execute("update app.rewards set valid_until = now() where reward_id = %s", [late])
    answer = player.post(f"/api/me/rewards/{late}/claim")
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith(f"reward {late} cannot be claimed: it was valid unt")
    settle(rows, "CLUSTER", [cluster])
    assert [state for _, _, state in rewards(rows, "short")] == ["LAPSED", "OPEN"]
    assert player.post(f"/api/me/rewards/{late}/claim").json()["code"] == "not_claimable"

    assert player.post(f"/api/me/rewards/{soon}/claim").status_code == 200
    program = site.program(admin)
    assert refusal(program.post(f"/admin/rewards/{soon}/refuse", json={"note": " "})) == (
        400,
        f"say why reward {soon} is refused",
    )
    for note in ("x" * 1001, "two\naccounts"):
        for decision in ("refuse", "fulfil"):
            answer = program.post(f"/admin/rewards/{soon}/{decision}", json={"note": note})
            assert refusal(answer) == (400, "a note has at most 1000 printable characters")
    assert rewards(rows, "short")[-1][-1] == "CLAIMED"
    answer = program.post(f"/admin/rewards/{soon}/refuse", json={"note": "two accounts"})
    assert (answer.json()["state"], answer.json()["note"]) == ("REFUSED", "two accounts")
    assert refusal(player.post(f"/api/me/rewards/{soon}/claim")) == (
        409,
        f"reward {soon} cannot be claimed: it was refused (two accounts)",
    )
    # neither is given again
    settle(rows, "CLUSTER", [cluster])
    assert [state for _, _, state in rewards(rows, "short")] == ["LAPSED", "REFUSED"]
    require_sums(rows)


def test_a_player_claims_and_an_admin_decides_by_forms(
    site: Site, admin: str, rows: psycopg.Connection
) -> None:
    browser = site.player(a_discord_id())
    browser.post("/me/wallets", data={"address": a_wallet()})
    (cluster,) = rows.execute(
        "select cluster_id from app.wallet_clusters order by created_at desc limit 1"
    ).fetchone()
    assert "Your rewards" not in browser.get("/me", headers=HTML).text
    rows.execute("update app.seasons set is_active = false")
    rows.execute("update app.seasons set is_active = true where id = %s", [SEASON])
    give(rows, "crown", rank_from=1, rank_to=3, name="A <crown>")
    reach(rows, cluster, 2, points=7)
    settle(rows, "CLUSTER", [cluster])
    for path in ("/me", f"/season/{SEASON}"):
        page = browser.get(path, headers=HTML).text
        assert ("to be claimed" in page, "<bdi>The banner</bdi>" in page) == (True, True)
        assert 'action="/me/rewards/claim"' in page
    stranger = site.browser().get(f"/season/{SEASON}", headers=HTML).text
    assert ("A &lt;crown&gt;" in stranger, "rank 1 to 3 of the season" in stranger) == (True, True)
    assert ("Your rewards" in stranger, "to be claimed" in stranger) == (False, False)

    (number,) = rows.execute(
        "select reward_id from app.rewards where cluster_id = %s", [cluster]
    ).fetchone()
    form = {"reward": str(number)}
    forged = browser.post(
        "/me/rewards/claim", data=form, headers={"Origin": "https://evil.example"}
    )
    assert forged.status_code == 403
    answer = browser.post("/me/rewards/claim", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me")
    page = browser.get("/me", headers=HTML).text
    assert ("The banner is claimed." in page, "/me/rewards/claim" in page) == (True, False)
    assert browser.get("/admin/boards/rewards", headers=HTML).status_code == 401

    staff = site.browser()
    staff.post("/admin/sign-in", data={"token": admin})
    page = staff.get("/admin/boards/rewards", headers=HTML).text
    assert (f'value="{number}"' in page, cluster in page) == (True, True)
    staff.post("/admin/boards/rewards", data={"decision": "fulfil", "note": ""})
    page = staff.get("/admin/boards/rewards", headers=HTML).text
    assert "the form names no reward" in page
    staff.post("/admin/boards/rewards", data=form | {"decision": "refuse", "note": ""})
    page = staff.get("/admin/boards/rewards", headers=HTML).text
    assert f"say why reward {number} is refused" in page
    decision = form | {"decision": "fulfil", "note": "=sent"}
    assert staff.post("/admin/boards/rewards", data=decision).status_code == 303
    page = staff.get("/admin/boards/rewards", params={"state": "FULFILLED"}, headers=HTML).text
    assert (f"Reward {number} is fulfilled." in page, "by admin a test" in page) == (True, True)
    text = staff.get("/admin/boards/rewards.csv", params={"state": "FULFILLED"}).text
    lines = list(csv.DictReader(text.splitlines()))
    (line,) = [one for one in lines if one["reward_id"] == str(number)]
    assert (line["cluster_id"], line["quantity"], line["note"]) == (cluster, "2.5", "'=sent")
    assert text == site.program(admin).get("/admin/rewards.csv?state=FULFILLED").text
