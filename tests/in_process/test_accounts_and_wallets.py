"""What a player changes about the account and the wallets, at each limit, and what stays."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx
import psycopg
import pytest

from hedge.signing import eth_account
from tests.in_process import Site
from tests.in_process.rows import put_progress
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("accounts_and_wallets")

_numbers = count(1)
Player = Callable[[], httpx.Client]


def a_wallet() -> str:
    """A wallet that nobody has."""
    return f"0x{next(_numbers):040x}"


@pytest.fixture
def new_player(site: Site, bot: str) -> Player:
    """Makes players, for each of whom a service acts."""
    return lambda: site.program(bot, str(10**9 + next(_numbers)))


@pytest.fixture
def player(new_player: Player) -> httpx.Client:
    """A new player."""
    return new_player()


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


# -- the account -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("x", "x"),
        ("x" * 40, "x" * 40),
        (f"  {'x' * 40}\n", "x" * 40),
        ("שלום 🐉", "שלום 🐉"),
        (None, None),
        ("x" * 41, ...),
        ("", ...),
        ("   ", ...),
        ("a\tb", ...),
        ("a\u202eb", ...),
        (7, ...),
    ],
)
def test_a_display_name_is_1_to_40_printable_characters(
    player: httpx.Client, given: Any, stored: Any
) -> None:
    player.patch("/api/me", json={"displayName": "before", "showOnBoards": True})
    answer = player.patch("/api/me", json={"displayName": given})
    if stored is ...:
        assert answer.status_code == 400
        assert "displayName" in answer.json()["detail"]
        stored = "before"
    else:
        assert answer.json()["displayName"] == stored
    found = player.get("/api/me").json()
    assert (found["displayName"], found["showOnBoards"]) == (stored, True)


def test_a_name_is_hidden_until_its_player_shows_it_and_what_is_absent_stays(
    player: httpx.Client, new_player: Player
) -> None:
    def now() -> tuple[str | None, bool]:
        found = player.get("/api/me").json()
        return found["displayName"], found["showOnBoards"]

    other = new_player()
    other.patch("/api/me", json={"displayName": "other"})
    assert now() == (None, False)
    for change, result in (
        ({"displayName": "Ada"}, ("Ada", False)),
        ({"showOnBoards": True}, ("Ada", True)),
        ({}, ("Ada", True)),
        ({"displayName": "Eve"}, ("Eve", True)),
        ({"showOnBoards": False}, ("Eve", False)),
        ({"displayName": None, "showOnBoards": True}, (None, True)),
    ):
        answer = player.patch("/api/me", json=change).json()
        assert (answer["displayName"], answer["showOnBoards"]) == now() == result
    for wrong in ({"showOnBoards": None}, {"showOnBoards": "yes"}, {"clusterId": "x"}):
        assert player.patch("/api/me", json=wrong).status_code == 400
    assert other.get("/api/me").json()["displayName"] == "other"
    assert other.get("/api/me").json()["showOnBoards"] is False


def test_the_form_of_the_account_sets_both(site: Site) -> None:
    player = site.player("2000000001")
    for form, result in (
        ({"displayName": " Ada ", "showOnBoards": "on"}, ("Ada", True)),
        ({"displayName": "Ada"}, ("Ada", False)),
        ({"displayName": " ", "showOnBoards": "on"}, (None, True)),
        ({"displayName": "x" * 41}, (None, True)),
        ({}, (None, False)),
    ):
        answer = player.post("/me/account", data=form)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/me")
        found = player.get("/api/me").json()
        assert (found["displayName"], found["showOnBoards"]) == result


def test_who_leaves_without_a_wallet_takes_what_is_published_along(
    rows: psycopg.Connection, player: httpx.Client
) -> None:
    """Progress of wallets that were unlinked before is in the marts until a run deletes it."""
    wallet = a_wallet()
    cluster = link(player, wallet)
    assert player.delete(f"/api/me/wallets/{wallet}").status_code == 200
    assert requested(rows, player.delete("/api/me")) == {cluster: "account deleted"}


def test_who_leaves_takes_cluster_and_links_and_nobody_else(
    rows: psycopg.Connection, player: httpx.Client, new_player: Player
) -> None:
    other = new_player()
    kept, cluster = link(other, a_wallet()), link(player, a_wallet(), a_wallet())
    player.post(f"/api/me/wallets/{a_wallet()}/request-verification")
    answer = player.delete("/api/me")
    assert (answer.status_code, answer.content) == (204, b"")
    assert requested(rows, answer) == {cluster: "account deleted"}
    for table in ("wallet_clusters", "wallet_links", "wallet_challenges"):
        found = rows.execute(
            f"select cluster_id from app.{table} where cluster_id = any(%s)", [[kept, cluster]]
        )
        assert {one for (one,) in found} <= {kept}
    # who comes back is new
    assert player.get("/api/me").json()["clusterId"] is None
    assert other.get("/api/me").json()["clusterId"] == kept
    assert len(wallets(other.get("/api/me/wallets"))) == 1


# -- wallets -----------------------------------------------------------------------------


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
    assert again.json() == answer.json()
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
        discord_id = str(3 * 10**9 + next(_numbers))
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


# -- verification ------------------------------------------------------------------------


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
    answer = key.verify(owner)
    assert wallets(answer) == [(key.wallet, True)]
    winner = owner.get("/api/me").json()["clusterId"]
    assert requested(rows, answer) == {winner: "wallet linked", loser: "wallet unlinked"}
    # the wallet that is left is the primary one
    assert wallets(player.get("/api/me/wallets")) == [(own, True)]
    moves = rows.execute(
        "select cluster_id, address, challenge_key, tier_code, kind from app.wallet_moves"
        " where cluster_id in (%s, %s) order by kind, tier_code",
        [loser, winner],
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


def test_an_address_in_a_path_is_checked_like_one_in_a_body(player: httpx.Client) -> None:
    for wrong in ("0x12", "0x" + "g" * 40, "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"):
        for method, path in (
            ("DELETE", ""),
            ("PUT", "/primary"),
            ("POST", "/request-verification"),
        ):
            answer = player.request(method, f"/api/me/wallets/{wrong}{path}")
            assert answer.status_code == 400, (wrong, path)
            assert "is not an address" in answer.json()["detail"]


# -- progress ----------------------------------------------------------------------------


def test_progress_is_known_once_a_wallet_is_linked(
    rows: psycopg.Connection, player: httpx.Client
) -> None:
    assert refusal(player.get("/api/me/progress")) == (404, "no wallet was linked yet")
    cluster = link(player, a_wallet())
    waiting = player.get("/api/me/progress").json()
    assert waiting == {"clusterId": cluster, "asOf": None, "challenges": []}
    put_progress(rows, cluster, "arena_victor", 5)
    assert player.get("/api/me/progress").json() == (
        player.get(f"/clusters/{cluster}/progress").json()
    )
    assert len(player.get("/api/me/progress").json()["challenges"]) == 1


def test_a_cluster_that_was_imported_belongs_to_the_account_of_its_player(
    site: Site, bot: str, rows: psycopg.Connection
) -> None:
    wallet = a_wallet()
    add_cluster(rows, "imported", wallet, discord_id="4000000001")
    player = site.program(bot, "4000000001")
    assert player.get("/api/me").json()["clusterId"] == "imported"
    assert [address for address, _ in wallets(player.get("/api/me/wallets"))] == [wallet]
