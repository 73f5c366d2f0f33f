"""Players for whom a service acts, and their wallets."""

from collections.abc import Callable
from itertools import count

import httpx
import psycopg

_numbers = count(1)
Player = Callable[[], httpx.Client]


def a_wallet() -> str:
    """A wallet that nobody has."""
    return f"0x{next(_numbers):040x}"


def a_discord_id() -> str:
    """An account on Discord that nobody has used."""
    return str(10**9 + next(_numbers))


def link(player: httpx.Client, *wallets: str) -> str:
    """Link wallets; the cluster of the player."""
    for wallet in wallets:
        answer = player.post("/api/me/wallets", json={"address": wallet})
        assert answer.status_code == 200, answer.text
        assert answer.json()["wallet"]["address"] == wallet
    cluster: str = player.get("/api/me").json()["clusterId"]
    return cluster


def wallets(answer: httpx.Response) -> list[tuple[str, bool]]:
    """The wallets of a response in their order, and whether each is primary."""
    assert answer.status_code == 200, answer.text
    return [(one["address"], one["isPrimary"]) for one in answer.json()["wallets"]]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and sentence of an error."""
    return answer.status_code, answer.json()["detail"]


def requested(rows: psycopg.Connection, answer: httpx.Response) -> dict[str, str]:
    """The clusters for which a request of the API has requested runs, and why."""
    found = rows.execute(
        "select cluster_id, reason from app.etl_requests where caused_by = %s",
        [answer.headers["X-Request-Id"]],
    )
    return dict(found.fetchall())
