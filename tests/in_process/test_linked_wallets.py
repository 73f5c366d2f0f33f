"""Wallets that players link, choose and unlink, at each limit, and what a link requests."""

from typing import Any

import httpx
import psycopg
import pytest

from tests.in_process import Site
from tests.in_process.players import (
    Player,
    a_discord_id,
    a_wallet,
    link,
    refusal,
    requested,
    wallets,
)

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("linked_wallets")


def test_the_first_wallet_is_primary_and_one_is_always(
    rows: psycopg.Connection, player: httpx.Client, new_player: Player
) -> None:
    first, second, third, foreign = (a_wallet() for _ in range(4))
    other = new_player()
    link(other, foreign)
    cluster = link(player, first, second, third)

    def now() -> list[tuple[str, bool]]:
        return wallets(player.get("/api/me/wallets"))

    assert now() == [(first, True), (second, False), (third, False)]
    changed = player.put(f"/api/me/wallets/{third}/primary")
    # the primary wallet first, the others as they were linked
    assert wallets(changed) == now() == [(third, True), (first, False), (second, False)]
    assert requested(rows, changed) == {}
    assert player.put(f"/api/me/wallets/{third}/primary").status_code == 200
    # one that is not the primary goes without any other change
    ended = player.delete(f"/api/me/wallets/{second}")
    assert wallets(ended) == now() == [(third, True), (first, False)]
    assert requested(rows, ended) == {cluster: "wallet unlinked"}
    link(player, second)
    # after the primary wallet, the oldest link is
    assert wallets(player.delete(f"/api/me/wallets/{third}")) == [(first, True), (second, False)]
    for unknown in (foreign, third, a_wallet()):
        assert player.put(f"/api/me/wallets/{unknown}/primary").status_code == 404
        assert player.delete(f"/api/me/wallets/{unknown}").status_code == 404
    assert now() == [(first, True), (second, False)]
    assert wallets(other.get("/api/me/wallets")) == [(foreign, True)]
    # a wallet of old is no wallet, and its cluster stays
    for wallet in (first, second):
        player.delete(f"/api/me/wallets/{wallet}")
    assert now() == []
    assert link(player, second) == cluster
    assert now() == [(second, True)]


def test_a_wallet_that_is_linked_requests_a_run_once(
    rows: psycopg.Connection, player: httpx.Client, new_player: Player
) -> None:
    wallet, other = a_wallet(), new_player()
    answer = player.post("/api/me/wallets", json={"address": wallet})
    cluster = player.get("/api/me").json()["clusterId"]
    assert requested(rows, answer) == {cluster: "wallet linked"}
    again = player.post("/api/me/wallets", json={"address": wallet, "chain": "METIS"})
    assert answer.json()["isNew"] is True
    assert again.json() == answer.json() | {"isNew": False}
    assert requested(rows, again) == {}
    refused = other.post("/api/me/wallets", json={"address": wallet})
    assert refusal(refused) == (409, f"the wallet {wallet} is linked to another player")
    assert requested(rows, refused) == {}
    # a refused link leaves no cluster behind
    assert other.get("/api/me").json()["clusterId"] is None


@pytest.mark.parametrize(
    ("chain", "stored"),
    [
        (..., "DFKCHAIN"),
        (None, "DFKCHAIN"),
        ("", "DFKCHAIN"),
        ("x", "x"),
        ("x" * 40, "x" * 40),
        ("x" * 41, None),
        ("a\nb", None),
    ],
)
def test_a_chain_is_1_to_40_printable_characters(
    player: httpx.Client, chain: Any, stored: str | None
) -> None:
    body = {"address": a_wallet()} | ({} if chain is ... else {"chain": chain})
    answer = player.post("/api/me/wallets", json=body)
    if stored is None:
        assert (answer.status_code, "chain" in answer.json()["detail"]) == (400, True)
        assert wallets(player.get("/api/me/wallets")) == []
    else:
        assert answer.json()["wallet"]["chain"] == stored


def test_a_wallet_of_the_previous_system_is_linked_once_where_nobody_holds_it(
    site: Site, bot: str, rows: psycopg.Connection
) -> None:
    def known(wallet: str) -> httpx.Client:
        discord_id = a_discord_id()
        rows.execute(
            "insert into app.players (discord_id, primary_wallet) values (%s, %s)",
            [discord_id, wallet],
        )
        return site.program(bot, discord_id)

    wallet, held = a_wallet(), a_wallet()
    player = known(wallet)
    answer = player.get("/api/me/wallets")
    assert wallets(answer) == [(wallet, True)]
    assert answer.json()["wallets"][0]["chain"] == "DFKCHAIN"
    cluster = player.get("/api/me").json()["clusterId"]
    assert requested(rows, answer) == {cluster: "wallet linked"}
    assert requested(rows, player.get("/api/me/wallets")) == {}
    # what was unlinked does not come back
    player.delete(f"/api/me/wallets/{wallet}")
    assert wallets(player.get("/api/me/wallets")) == []
    # who has linked another wallet keeps that, though it was unlinked later
    other = known(a_wallet())
    own = a_wallet()
    link(other, own)
    assert wallets(other.get("/api/me/wallets")) == [(own, True)]
    other.delete(f"/api/me/wallets/{own}")
    assert wallets(other.get("/api/me/wallets")) == []
    # what somebody holds stays there; when it is free, it comes
    link(player, held)
    third = known(held)
    assert wallets(third.get("/api/me/wallets")) == []
    player.delete(f"/api/me/wallets/{held}")
    assert wallets(third.get("/api/me/wallets")) == [(held, True)]


def test_an_admin_unlinks_any_wallet(
    site: Site, admin: str, rows: psycopg.Connection, player: httpx.Client
) -> None:
    ruler = site.program(admin)
    first, second = a_wallet(), a_wallet()
    cluster = link(player, first, second)
    answer = ruler.delete(f"/admin/wallets/{first}")
    assert wallets(answer) == [(second, True)]
    assert requested(rows, answer) == {cluster: "wallet unlinked"}
    gone = ruler.delete(f"/admin/wallets/{first}")
    assert refusal(gone) == (404, f"the wallet {first} is not linked")
    assert ruler.delete("/admin/wallets/0x12").status_code == 400
    assert wallets(player.get("/api/me/wallets")) == [(second, True)]


def test_an_address_in_a_path_is_checked_like_one_in_a_body(player: httpx.Client) -> None:
    for wrong in ("0x12", "0x" + "g" * 40, "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe"):
        for method, path in (
            ("DELETE", ""),
            ("PUT", "/primary"),
            ("POST", "/request-verification"),
        ):
            answer = player.request(method, f"/api/me/wallets/{wrong}{path}")
            assert answer.status_code == 400, (wrong, path)
            assert "is not an address" in answer.json()["detail"]
