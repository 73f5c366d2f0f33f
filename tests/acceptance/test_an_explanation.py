"""Everybody may ask why a value is what it is; what happened on Discord stays with the player."""

import secrets

import httpx
import psycopg
import pytest

from tests.acceptance.conftest import Service
from tests.support import discord_interaction, put, pvp_match

# one service for all of them, so one process
pytestmark = pytest.mark.xdist_group("an_explanation")

PLAYER, OTHER = "100000000000000077", "100000000000000078"


@pytest.fixture(scope="module")
def cluster(service: Service) -> str:
    """A player with three wins and two commands on Discord, computed."""
    service.start_worker()
    player = service.player(PLAYER)
    wallet = f"0x{secrets.token_hex(20)}"
    with psycopg.connect(service.environment["HEDGE_DATABASE_URL"], autocommit=True) as rows:
        put(rows, *(pvp_match(wallet) for _ in range(3)), pvp_match(wallet, is_ranked=False))
        put(rows, discord_interaction(PLAYER), discord_interaction(PLAYER, kind="MESSAGE"))
    assert player.post("/api/me/wallets", json={"address": wallet}).status_code == 200
    found = player.get("/api/me").json()["clusterId"]

    def is_computed() -> bool:
        return bool(service.browser().get(f"/clusters/{found}/progress").json()["challenges"])

    service.wait_for(is_computed)
    return found


def ask(client: httpx.Client, cluster: str, challenge: str, **parameters: object) -> dict:
    answer = client.get(f"/clusters/{cluster}/progress/{challenge}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_stranger_sees_what_happened_on_the_chain(service: Service, cluster: str) -> None:
    found = ask(service.browser(), cluster, "arena_victor", limit=2)
    assert (found["value"], found["factCount"], found["contributed"]) == (3, 3, 3)
    assert len(found["facts"]) == 2
    assert set(found["facts"][0]["naturalKey"]) == {"realm", "matchId"}
    assert found["facts"][0]["occurredAt"].endswith("Z")
    assert found["passedOver"] == [{"reason": "unranked", "rows": 1}]
    assert (found["isDescribed"], found["isComplete"], found["addsUp"]) == (True, True, True)
    assert (found["nextTier"], found["nextThreshold"], found["missing"]) == ("ADVANCED", 15, 12)


def test_only_the_player_and_an_admin_see_what_happened_on_discord(
    service: Service, cluster: str
) -> None:
    acting = service.with_token(service.service, **{"X-Discord-Id": PLAYER})
    for client in (service.player(PLAYER), service.with_token(service.admin), acting):
        found = ask(client, cluster, "loyal_follower")
        assert (found["isComplete"], found["factCount"], found["contributed"]) == (True, 1, 1)
        assert set(found["facts"][0]["naturalKey"]) == {"interactionId"}
        assert found["passedOver"] == [{"reason": "of no weight", "rows": 1}]
    acting_for_another = service.with_token(service.service, **{"X-Discord-Id": OTHER})
    for client in (
        service.browser(),
        service.player(OTHER),
        service.with_token(service.service),
        acting_for_another,
    ):
        found = ask(client, cluster, "loyal_follower")
        assert (found["isComplete"], found["factCount"], found["addsUp"]) == (False, 0, True)
        assert (found["facts"], found["passedOver"]) == ([], [])
        day = ask(client, cluster, "kingdom_calls")
        assert "DISCORD" not in str(day)
        assert day["isComplete"] is False


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("nobody/progress/arena_victor", 404, "no cluster nobody"),
        ("{cluster}/progress/chess", 404, "no challenge chess"),
        ("{cluster}/progress/arena_victor?window=today", 404, "'today' is not a window"),
        ("{cluster}/progress/arena_victor?limit=0", 400, "limit"),
        ("{cluster}/progress/%00", 400, ""),
    ],
)
def test_what_does_not_exist_is_a_problem(
    service: Service, cluster: str, path: str, status: int, words: str
) -> None:
    answer = service.browser().get(f"/clusters/{path.format(cluster=cluster)}")
    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"]
