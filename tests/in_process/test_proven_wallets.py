"""Wallets that players prove to hold by a signature: for whom a proof counts, and when."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from hedge.signing import eth_account
from tests.in_process import Site
from tests.in_process.players import Player, a_wallet, link, refusal, requested, wallets
from tests.in_process.rows import put_progress

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("proven_wallets")


class Key:
    """A wallet with its key."""

    def __init__(self) -> None:
        self._account = eth_account().Account.create()
        self.wallet: str = self._account.address.lower()
        self.path = f"/api/me/wallets/{self.wallet}"

    def signed(self, message: str) -> dict[str, str]:
        """The body that verifies the wallet by a message."""
        signable = eth_account().messages.encode_defunct(text=message)
        signature = self._account.sign_message(signable).signature.to_0x_hex()
        return {"message": message, "signature": signature}

    def proof(self, player: httpx.Client) -> dict[str, str]:
        """The body for a new message."""
        answer = player.post(f"{self.path}/request-verification")
        assert answer.status_code == 200, answer.text
        return self.signed(answer.json()["message"])

    def verify(self, player: httpx.Client) -> httpx.Response:
        """Verify the wallet as a player."""
        return player.post(f"{self.path}/verify", json=self.proof(player))


def test_a_verified_wallet_stays_until_an_admin_unlinks_it(
    site: Site, admin: str, rows: psycopg.Connection, player: httpx.Client
) -> None:
    key, other = Key(), a_wallet()
    cluster = link(player, other)
    answer = key.verify(player)
    # verifying links, and does not take the place of the primary wallet
    assert wallets(answer) == [(other, True), (key.wallet, False)]
    assert requested(rows, answer) == {cluster: "wallet linked"}
    (at,) = (one["verifiedAt"] for one in answer.json()["wallets"] if one["isVerified"])
    refused = player.delete(key.path)
    assert refusal(refused) == (
        409,
        f"the wallet {key.wallet} is verified: only an admin unlinks it",
    )
    assert wallets(player.get("/api/me/wallets")) == [(other, True), (key.wallet, False)]
    # a second proof changes nothing
    again = key.verify(player)
    assert [one["verifiedAt"] for one in again.json()["wallets"]] == [None, at]
    assert requested(rows, again) == {}
    assert wallets(site.program(admin).delete(f"/admin/wallets/{key.wallet}")) == [(other, True)]
    # linked again, it is not verified
    link(player, key.wallet)
    assert [one["isVerified"] for one in player.get("/api/me/wallets").json()["wallets"]] == [
        False,
        False,
    ]


def test_a_proof_is_for_one_player_one_wallet_once_and_for_ten_minutes(
    rows: psycopg.Connection, player: httpx.Client, new_player: Player
) -> None:
    key, other_key, other = Key(), Key(), new_player()
    proof = key.proof(player)
    nonce = proof["message"].partition("Nonce: ")[2].partition("\n")[0]
    assert refusal(other.post(f"{key.path}/verify", json=proof)) == (
        400,
        f"the nonce {nonce} was not given to you: ask for a new message",
    )
    wrong = player.post(f"{other_key.path}/verify", json=proof)
    assert refusal(wrong) == (
        400,
        f"the message is for the wallet {key.wallet}, not {other_key.wallet}",
    )
    forged = player.post(f"{key.path}/verify", json=other_key.signed(proof["message"]))
    assert (forged.status_code, "is by the wallet" in forged.json()["detail"]) == (400, True)
    assert wallets(player.get("/api/me/wallets")) == []

    # until it expires, to the instant
    lifetime = rows.execute(
        "select extract(epoch from expires_at - created_at), created_at <= now(),"
        " created_at > now() - interval '1 minute' from app.wallet_challenges where nonce = %s",
        [nonce],
    )
    assert lifetime.fetchone() == (600, True, True)
    expire = "update app.wallet_challenges set expires_at = now() + %s::interval where nonce = %s"
    rows.execute(expire, ["0 seconds", nonce])
    late = player.post(f"{key.path}/verify", json=proof)
    assert (late.status_code, "the message expired at 20" in late.json()["detail"]) == (400, True)
    rows.execute(expire, ["1 minute", nonce])
    assert player.post(f"{key.path}/verify", json=proof).status_code == 200
    assert refusal(player.post(f"{key.path}/verify", json=proof)) == (
        400,
        f"the nonce {nonce} was used already: ask for a new message",
    )


def test_a_proof_that_is_sent_twice_at_once_counts_once(player: httpx.Client) -> None:
    key = Key()
    proof = key.proof(player)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: player.post(f"{key.path}/verify", json=proof), range(4)))
    assert sorted(one.status_code for one in answers) == [200, 400, 400, 400]


def test_messages_are_deleted_a_day_after_they_expired(
    rows: psycopg.Connection, player: httpx.Client
) -> None:
    nonces = [
        player.post(f"/api/me/wallets/{a_wallet()}/request-verification").json()["nonce"]
        for _ in range(3)
    ]
    ages = ["25 hours", "23 hours", "0 hours"]
    for nonce, age in zip(nonces, ages, strict=True):
        rows.execute(
            "update app.wallet_challenges set expires_at = now() - %s::interval where nonce = %s",
            [age, nonce],
        )
    player.post(f"/api/me/wallets/{a_wallet()}/request-verification")
    kept = rows.execute("select nonce from app.wallet_challenges where nonce = any(%s)", [nonces])
    assert {nonce for (nonce,) in kept} == set(nonces[1:])


def test_a_wallet_moves_to_its_proven_owner_with_the_tiers_that_it_may_have_given(
    rows: psycopg.Connection, player: httpx.Client, new_player: Player
) -> None:
    """wallet_moves holds the tiers that the loser had reached, by the value and by the rolling
    value, at the thresholds and not below."""
    key, own, owner = Key(), a_wallet(), new_player()
    loser = link(player, key.wallet, own)
    for challenge, value, rolling in (
        ("arena_victor", 15, 3),  # to the second tier and to the first
        ("hunters_triumph", 0, 0),
    ):
        put_progress(rows, loser, challenge, value, rolling_value=rolling)
    put_progress(rows, link(new_player(), a_wallet()), "arena_victor", 15, rolling_value=15)
    answer = key.verify(owner)
    assert wallets(answer) == [(key.wallet, True)]
    winner = owner.get("/api/me").json()["clusterId"]
    assert requested(rows, answer) == {winner: "wallet linked", loser: "wallet unlinked"}
    # the wallet that is left is the primary one
    assert wallets(player.get("/api/me/wallets")) == [(own, True)]
    moves = rows.execute(
        "select cluster_id, address, challenge_key, tier_code, kind from app.wallet_moves"
        " where address = %s order by kind, tier_code",
        [key.wallet],
    ).fetchall()
    head = (loser, key.wallet, "arena_victor")
    assert moves == [
        (*head, "BASIC", "FOUNDERS_MARK"),
        (*head, "ADVANCED", "TIER"),
        (*head, "BASIC", "TIER"),
    ]
    # nobody proves it away from who has proven it; the proof can be used when it is free
    proof = key.proof(player)
    refused = player.post(f"{key.path}/verify", json=proof)
    assert refusal(refused) == (
        409,
        f"another player has proven to hold the wallet {key.wallet}",
    )
    assert requested(rows, refused) == {}
    rows.execute("update app.wallet_links set verified_at = null where address = %s", [key.wallet])
    taken_back = player.post(f"{key.path}/verify", json=proof)
    assert wallets(taken_back) == [(own, True), (key.wallet, False)]
