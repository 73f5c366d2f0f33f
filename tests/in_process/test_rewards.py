"""Rewards of a player: listed, claimed once, decided by admins and services."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from tests.in_process import Site
from tests.in_process.players import Player, a_wallet, link, refusal
from tests.settled_rewards import (
    DAY,
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
        done = service.post(f"/admin/rewards/{number}/fulfil", json={"note": "sent"})
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
        ("FULFILLED", "service a bot", "sent"),
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
