"""Accounts that their player merges: who may, where both sign in, and where readers are sent."""

from typing import Any

import httpx
import psycopg
import pytest

from api import merged_accounts
from tests.in_process import Site
from tests.in_process.players import Player, a_discord_id, a_wallet, link, refusal
from tests.in_process.test_proven_wallets import Key
from tests.support import Beside

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("merged_accounts")
MERGE = "select app.merge_clusters(%s, %s, interval '1 day', 'a test')"


def proof(player: httpx.Client, key: Key) -> dict[str, str]:
    """The body that merges the account which has the wallet of a key."""
    answer = player.post("/api/me/merges/request-verification", json={"address": key.wallet})
    assert answer.status_code == 200, answer.text
    return key.signed(answer.json()["message"])


@pytest.fixture
def key() -> Key:
    """A wallet with its key."""
    return Key()


def proven(site: Site, bot: str, name: str | None = None) -> tuple[httpx.Client, Key, str]:
    """A player with a proven wallet, and the cluster."""
    player, key = site.program(bot, a_discord_id()), Key()
    assert key.verify(player).status_code == 200
    if name is not None:
        changes = {"displayName": name, "showOnBoards": True}
        assert player.patch("/api/me", json=changes).status_code == 200
    return player, key, player.get("/api/me").json()["clusterId"]


def test_a_player_merges_an_account_and_undoes_it(
    site: Site, bot: str, rows: psycopg.Connection
) -> None:
    player, key, kept = proven(site, bot)
    other, other_key, absorbed = proven(site, bot, "Second Self")
    second = a_wallet()
    link(other, second)
    answer = player.post("/api/me/merges", json=proof(player, other_key))
    assert answer.status_code == 200, answer.text
    assert (answer.json()["absorbed"], answer.json()["wallets"]) == (absorbed, 2)
    # both accounts are the same one now, which has all wallets, its own consents and no name
    for one in (player, other):
        me = one.get("/api/me").json()
        assert (me["clusterId"], me["displayName"], me["showOnBoards"]) == (kept, None, False)
        wallets = {row["address"]: row for row in one.get("/api/me/wallets").json()["wallets"]}
        assert wallets.keys() == {key.wallet, other_key.wallet, second}
        assert [row["address"] for row in wallets.values() if row["isPrimary"]] == [key.wallet]
        assert wallets[other_key.wallet]["isVerified"]
    # what is asked of the one is answered by the other; the name can be taken
    moved = site.browser().get(f"/v1/clusters/{absorbed}/leaderboards?limit=5")
    assert (moved.status_code, moved.headers["location"]) == (
        307,
        f"/v1/clusters/{kept}/leaderboards?limit=5",
    )
    assert site.browser().get(f"/clusters/{kept}/leaderboards").status_code == 200
    assert player.patch("/api/me", json={"displayName": "Second Self"}).status_code == 200
    assert player.patch("/api/me", json={"displayName": None}).status_code == 200
    merged_by = rows.execute(
        "select merged_by, caused_by from app.cluster_merges"
        " left join app.etl_requests on cluster_id = kept and reason = 'accounts merged'"
        " where absorbed = %s",
        [absorbed],
    ).fetchone()
    assert merged_by == ("the player", answer.headers["X-Request-Id"])

    undone = player.delete(f"/api/me/merges/{absorbed}")
    assert undone.json()["merges"][0]["undoneAt"] is not None
    me = other.get("/api/me").json()
    assert (me["clusterId"], me["displayName"], me["showOnBoards"]) == (
        absorbed,
        "Second Self",
        True,
    )
    assert [row["address"] for row in player.get("/api/me/wallets").json()["wallets"]] == [
        key.wallet
    ]
    assert refusal(player.delete(f"/api/me/merges/{absorbed}")) == (
        404,
        f"no account {absorbed} was merged into yours",
    )


def move(rows: psycopg.Connection, absorbed: str, to: str) -> None:
    """Undo the merge of an account, and merge it into that of another player."""
    with rows.transaction():
        rows.execute("select app.split_clusters(%s, 'a test')", [absorbed])
        rows.execute(MERGE, [to, absorbed])


def standing(rows: psycopg.Connection, absorbed: str) -> list[tuple[str]]:
    """The cluster that an account is merged into."""
    return rows.execute(
        "select kept from app.cluster_merges where absorbed = %s and undone_at is null", [absorbed]
    ).fetchall()


def test_an_undo_that_waits_does_not_undo_the_next_merge(
    site: Site, rows: psycopg.Connection, bot: str
) -> None:
    (player, _, kept), (_, _, other), (_, _, absorbed) = (proven(site, bot) for _ in range(3))
    rows.execute(MERGE, [kept, absorbed])
    with rows.transaction():
        move(rows, absorbed, other)
        undo = Beside(lambda _: player.delete(f"/api/me/merges/{absorbed}"), of_service=True)
        assert undo.waits
    assert refusal(undo.result()) == (
        409,
        f"the merge of cluster {absorbed} was undone at the same time",
    )
    assert standing(rows, absorbed) == [(other,)]


def test_whose_a_merge_is_is_asked_in_the_transaction_that_undoes_it(
    site: Site, rows: psycopg.Connection, bot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the question and the undo, the account goes to another player."""
    (player, _, kept), (_, _, other), (_, _, absorbed) = (proven(site, bot) for _ in range(3))
    rows.execute(MERGE, [kept, absorbed])
    ask = merged_accounts.rows

    async def asked(connection: Any, row: Any, name: str, **parameters: Any) -> Any:
        if name == "clusters_split":
            move(rows, absorbed, other)
        return await ask(connection, row, name, **parameters)

    monkeypatch.setattr(merged_accounts, "rows", asked)
    assert refusal(player.delete(f"/api/me/merges/{absorbed}")) == (
        404,
        f"no account {absorbed} was merged into yours",
    )
    assert standing(rows, absorbed) == [(other,)]


def test_both_accounts_have_proven_a_wallet(site: Site, bot: str, new_player: Player) -> None:
    unproven = new_player()
    link(unproven, a_wallet())
    _, other_key, _ = proven(site, bot)
    assert refusal(unproven.post("/api/me/merges", json=proof(unproven, other_key))) == (
        409,
        "verify a wallet of your own account first",
    )
    player, key, _ = proven(site, bot)
    claimed = Key()
    link(unproven, claimed.wallet)
    assert refusal(player.post("/api/me/merges", json=proof(player, claimed))) == (
        409,
        f"the other account has not proven the wallet {claimed.wallet}: verify it instead",
    )
    assert refusal(player.post("/api/me/merges", json=proof(player, Key())))[0] == 409
    own = player.post("/api/me/merges", json=proof(player, key))
    assert (own.status_code, "cannot be merged into itself" in own.json()["detail"]) == (409, True)
    # nothing of it has happened
    assert [one["address"] for one in player.get("/api/me/wallets").json()["wallets"]] == [
        key.wallet
    ]


def test_a_message_to_link_does_not_merge_and_the_other_way_round(site: Site, bot: str) -> None:
    player, _, _ = proven(site, bot)
    _, other_key, _ = proven(site, bot)
    to_link = other_key.proof(player)
    assert refusal(player.post("/api/me/merges", json=to_link)) == (
        400,
        "the message is to link and not to merge",
    )
    to_merge = proof(player, other_key)
    assert "Merge the account of this wallet into" in to_merge["message"]
    assert refusal(player.post(f"{other_key.path}/verify", json=to_merge)) == (
        400,
        "the message is to merge and not to link",
    )


def test_a_deleted_account_takes_those_with_it_that_were_merged_into_it(
    site: Site, bot: str, rows: psycopg.Connection
) -> None:
    player, _, kept = proven(site, bot)
    _, other_key, absorbed = proven(site, bot)
    assert player.post("/api/me/merges", json=proof(player, other_key)).status_code == 200
    assert player.delete("/api/me").status_code == 204
    for table, column in (
        ("app.wallet_clusters", "cluster_id"),
        ("app.wallet_links", "cluster_id"),
        ("app.cluster_merges", "kept"),
    ):
        count = rows.execute(
            f"select count(*) from {table} where {column} = any(%s)", [[kept, absorbed]]
        )
        assert count.fetchone() == (0,), table
