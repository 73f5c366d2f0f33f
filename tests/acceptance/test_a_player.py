"""A player signs in, links a wallet, sees progress, unlinks it and sees it fall."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from hedge.signing import eth_account
from tests.acceptance.conftest import Service
from tests.support import hunt, put, pvp_match

# one service for all of them, so one process
pytestmark = pytest.mark.xdist_group("a_player")

#: The example addresses of EIP-55.
CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


def a_wallet() -> str:
    """A wallet that nobody has."""
    return f"0x{secrets.token_hex(20)}"


def addresses(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [wallet["address"] for wallet in answer.json()["wallets"]]


@pytest.fixture(scope="module")
def worked(service: Service) -> Service:
    """The service with a warm worker."""
    service.start_worker()
    return service


def test_from_sign_in_to_progress_and_back(worked: Service, rows: psycopg.Connection) -> None:
    player = worked.player("100000000000000001")
    me = player.get("/api/me")
    assert me.status_code == 200, me.text
    assert me.json()["clusterId"] is None
    assert addresses(player.get("/api/me/wallets")) == []

    wallet = a_wallet()
    put(rows, *(pvp_match(wallet) for _ in range(6)), hunt(wallet))
    linked = player.post("/api/me/wallets", json={"address": wallet})
    assert linked.json() == {
        "success": True,
        "isNew": True,
        "wallet": {
            "address": wallet,
            "chain": "DFKCHAIN",
            "isPrimary": True,
            "isActive": True,
            "isVerified": False,
            "verifiedAt": None,
            "verificationTxHash": None,
        },
        "wallets": [linked.json()["wallet"]],
    }

    def value(challenge: str) -> float | None:
        found = player.get("/api/me/progress").json()["challenges"]
        values = {one["challengeKey"]: one["value"] for one in found}
        return values.get(challenge)

    worked.wait_for(lambda: value("arena_victor") == 6)
    assert value("hunters_triumph") == 1
    cluster = player.get("/api/me").json()["clusterId"]

    def victor() -> dict:
        public = worked.browser().get(f"/clusters/{cluster}/progress").json()
        return {one["challengeKey"]: one for one in public["challenges"]}["arena_victor"]

    # unlocks are the last that a run writes
    worked.wait_for(lambda: victor()["unlockedAt"] is not None)
    found = victor()
    assert (found["tier"], found["unlocked"], found["nextThreshold"]) == ("BASIC", True, 15)

    # the run names the request that caused it
    name = linked.headers["X-Request-Id"]
    caused = "select count(*) from app.etl_runs where %s = any(caused_by)"
    assert rows.execute(caused, [name]).fetchone() == (1,)
    assert name in worked.log.read_text()

    assert addresses(player.delete(f"/api/me/wallets/{wallet}")) == []
    worked.wait_for(lambda: value("arena_victor") == 0)
    # what was reached once stays known
    assert (victor()["tier"], victor()["bestTier"]) == ("NONE", "BASIC")

    assert player.delete("/api/me").status_code == 204
    assert player.get("/api/me").status_code == 401
    worked.wait_for(
        lambda: worked.browser().get(f"/clusters/{cluster}/progress").status_code == 404
    )
    left = "select count(*) from analytics.challenge_progress where cluster_id = %s"
    worked.wait_for(lambda: rows.execute(left, [cluster]).fetchone() == (0,))


def test_the_first_wallet_is_primary_and_another_can_be(worked: Service) -> None:
    player = worked.player("100000000000000002")
    first, second, third = a_wallet(), a_wallet(), a_wallet()
    for wallet in (first, second, third):
        player.post("/api/me/wallets", json={"address": wallet, "chain": "METIS"})

    def primary() -> list[str]:
        wallets = player.get("/api/me/wallets").json()["wallets"]
        return [wallet["address"] for wallet in wallets if wallet["isPrimary"]]

    assert primary() == [first]
    assert player.put(f"/api/me/wallets/{third}/primary").status_code == 200
    assert primary() == [third]
    assert addresses(player.delete(f"/api/me/wallets/{third}")) == [first, second]
    assert primary() == [first]
    assert player.put(f"/api/me/wallets/{third}/primary").status_code == 404
    assert player.put(f"/api/me/wallets/{a_wallet()}/primary").status_code == 404
    assert primary() == [first]


def test_linking_twice_is_one_link_and_a_wallet_of_another_is_refused(worked: Service) -> None:
    player, other = worked.player("100000000000000003"), worked.player("100000000000000004")
    first = player.post("/api/me/wallets", json={"address": CHECKSUMMED})
    assert addresses(first) == [CHECKSUMMED.lower()]
    again = player.post("/api/me/wallets", json={"address": CHECKSUMMED.lower()})
    assert addresses(again) == [CHECKSUMMED.lower()]
    refused = other.post("/api/me/wallets", json={"address": CHECKSUMMED})
    assert refused.status_code == 409
    assert player.get("/api/me").json()["clusterId"] not in refused.text
    assert addresses(other.get("/api/me/wallets")) == []
    assert other.delete(f"/api/me/wallets/{CHECKSUMMED}").status_code == 404


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("0x12", "'0x12' is not an address"),
        (CHECKSUMMED.replace("aA", "Aa"), "checksum"),
        ("x" * 5000, "is not an address"),
        ("0x" + "\u0661" * 40, "is not an address"),
        ("'; drop table app.players; --", "is not an address"),
    ],
)
def test_what_is_no_address_is_refused(worked: Service, address: str, words: str) -> None:
    player = worked.player("100000000000000005")
    answer = player.post("/api/me/wallets", json={"address": address})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert words in answer.json()["detail"]
    assert len(answer.text) < 1000


def test_twenty_sessions_link_one_address_at_once(
    worked: Service, rows: psycopg.Connection
) -> None:
    players = [worked.player(f"2000000000000000{number:02}") for number in range(20)]
    wallet = a_wallet()
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda one: one.post("/api/me/wallets", json={"address": wallet}), players)
        )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    links = "select count(*) from app.wallet_links where address = %s"
    assert rows.execute(links, [wallet]).fetchone() == (1,)


def test_one_player_links_and_unlinks_in_many_sessions_at_once(
    worked: Service, rows: psycopg.Connection
) -> None:
    sessions = [worked.player("300000000000000000") for _ in range(8)]
    wallets = [a_wallet() for _ in range(8)]

    def play(number: int) -> None:
        session, wallet = sessions[number], wallets[number]
        assert session.post("/api/me/wallets", json={"address": wallet}).status_code == 200
        assert session.put(f"/api/me/wallets/{wallet}/primary").status_code == 200
        if number % 2:
            assert session.delete(f"/api/me/wallets/{wallet}").status_code == 200

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(play, range(8)))
    found = sessions[0].get("/api/me/wallets").json()["wallets"]
    assert {wallet["address"] for wallet in found} == set(wallets[::2])
    assert [wallet["isPrimary"] for wallet in found].count(True) == 1
    clusters = rows.execute(
        "select count(*) from app.wallet_clusters join app.players using (player_id)"
        " where discord_id = '300000000000000000'"
    )
    assert clusters.fetchone() == (1,)


def test_a_player_of_the_system_before_gets_the_wallet_it_knew(
    worked: Service, rows: psycopg.Connection
) -> None:
    wallet = a_wallet()
    make = "insert into app.players (discord_id, primary_wallet) values (%s, %s)"
    rows.execute(make, ["400000000000000001", wallet])
    rows.execute(make, ["400000000000000002", wallet])
    player, other = worked.player("400000000000000001"), worked.player("400000000000000002")
    assert addresses(player.get("/api/me/wallets")) == [wallet]
    # held by somebody else: nothing happens
    assert addresses(other.get("/api/me/wallets")) == []
    # once unlinked it does not come back
    player.delete(f"/api/me/wallets/{wallet}")
    assert addresses(player.get("/api/me/wallets")) == []


def test_names_are_shown_only_where_the_player_asked_for_it(worked: Service) -> None:
    player = worked.player("100000000000000006")
    assert player.patch("/api/me", json={"displayName": "  Ada <script>  "}).json() == (
        player.get("/api/me").json() | {"displayName": "Ada <script>", "showOnBoards": False}
    )
    assert player.patch("/api/me", json={"showOnBoards": True}).json()["showOnBoards"] is True
    assert player.get("/api/me").json()["displayName"] == "Ada <script>"
    for body in ({"displayName": "x" * 41}, {"displayName": "a\nb"}, {"name": "x"}):
        assert player.patch("/api/me", json=body).status_code == 400
    assert player.patch("/api/me", json={"displayName": None}).json()["displayName"] is None


def an_account() -> Any:
    """A wallet with its key."""
    return eth_account().Account.create()


def signed(account: Any, message: str) -> str:
    """A wallet's signature of a message, as personal_sign makes it."""
    signable = eth_account().messages.encode_defunct(text=message)
    return account.sign_message(signable).signature.to_0x_hex()


def test_a_wallet_is_verified_with_a_signed_message(worked: Service) -> None:
    player, account = worked.player("100000000000000007"), an_account()
    path = f"/api/me/wallets/{account.address}"
    asked = player.post(f"{path}/request-verification").json()
    assert asked["message"].startswith(worked.url.removeprefix("http://"))
    assert account.address in asked["message"]
    body = {"message": asked["message"], "signature": signed(account, asked["message"])}
    (wallet,) = player.post(f"{path}/verify", json=body).json()["wallets"]
    assert (wallet["address"], wallet["isVerified"]) == (account.address.lower(), True)
    assert wallet["verifiedAt"] is not None

    again = player.post(f"{path}/verify", json=body)
    assert (again.status_code, "used already" in again.json()["detail"]) == (400, True)
    # a verified wallet is not unlinked by its player, but by an admin
    assert player.delete(path).status_code == 409
    admin = worked.with_token(worked.admin)
    assert addresses(admin.delete(f"/admin/wallets/{account.address}")) == []
    assert addresses(player.get("/api/me/wallets")) == []


def test_what_proves_nothing_is_refused_with_the_reason(
    worked: Service, rows: psycopg.Connection
) -> None:
    player, other = worked.player("100000000000000008"), worked.player("100000000000000009")
    account, stranger = an_account(), an_account()
    path = f"/api/me/wallets/{account.address}"
    asked = player.post(f"{path}/request-verification").json()
    message = asked["message"]

    def refusal(text: str, signature: str | None = None, *, who=player, at=path) -> str:
        body = {"message": text, "signature": signature or signed(account, text)}
        answer = who.post(f"{at}/verify", json=body)
        assert answer.status_code == 400, answer.text
        return answer.json()["detail"]

    host = worked.url.removeprefix("http://")
    assert "evil.example" in refusal(message.replace(host, "evil.example", 1))
    assert "https://evil.example" in refusal(message.replace(worked.url, "https://evil.example"))
    assert "Chain ID: 1" in refusal(message.replace("Chain ID: 53935", "Chain ID: 1"))
    assert "2999" in refusal(message.replace("Expiration Time: 20", "Expiration Time: 29990"))
    assert stranger.address in refusal(message.replace(account.address, stranger.address))
    assert "longer" in refusal(message + "\nResources:")
    assert "no nonce" in refusal("hello")
    assert "not given to you" in refusal(message.replace(asked["nonce"], "a" * 24))
    assert "not given to you" in refusal(message, who=other)
    assert stranger.address in refusal(message, signed(stranger, message))
    assert "is not 0x and 130" in refusal(message, "0x12")
    assert "signature is" in refusal(message, "0x" + "00" * 65)
    assert "is for the wallet" in refusal(message, at=f"/api/me/wallets/{stranger.address}")
    rows.execute("update app.wallet_challenges set expires_at = now()")
    assert "expired" in refusal(message)
    assert addresses(player.get("/api/me/wallets")) == []


def test_a_wallet_moves_to_its_proven_owner_and_takes_what_rests_on_it(
    worked: Service, rows: psycopg.Connection
) -> None:
    holder, owner = worked.player("500000000000000001"), worked.player("500000000000000002")
    account, own = an_account(), a_wallet()
    wallet = account.address.lower()
    put(rows, *(pvp_match(wallet) for _ in range(6)), *(hunt(own) for _ in range(10)))
    holder.post("/api/me/wallets", json={"address": wallet})
    holder.post("/api/me/wallets", json={"address": own})

    def unlocked(player: httpx.Client) -> dict[str, str | None]:
        answer = player.get("/api/me/progress").json()
        found = {one["challengeKey"]: one["unlockedAt"] for one in answer["challenges"]}
        return {key: found.get(key) for key in ("arena_victor", "hunters_triumph")}

    worked.wait_for(lambda: all(unlocked(holder).values()))
    path = f"/api/me/wallets/{account.address}"
    message = owner.post(f"{path}/request-verification").json()["message"]
    body = {"message": message, "signature": signed(account, message)}
    assert addresses(owner.post(f"{path}/verify", json=body)) == [wallet]
    assert addresses(holder.get("/api/me/wallets")) == [own]
    # the wins are the owner's now; the hunts were the holder's own
    worked.wait_for(lambda: unlocked(owner)["arena_victor"] is not None)
    worked.wait_for(lambda: unlocked(holder)["arena_victor"] is None)
    assert unlocked(holder)["hunters_triumph"] is not None
    cluster = holder.get("/api/me").json()["clusterId"]
    kept = (
        "select count(*) filter (where revoked_at is not null), count(*)"
        " from analytics.tier_unlocks where cluster_id = %s and challenge_key = 'arena_victor'"
    )
    assert rows.execute(kept, [cluster]).fetchone() == (1, 1)
    # nobody proves the same wallet away from who has proven it, and nobody links it
    assert holder.post("/api/me/wallets", json={"address": wallet}).status_code == 409
    message = holder.post(f"{path}/request-verification").json()["message"]
    body = {"message": message, "signature": signed(account, message)}
    assert holder.post(f"{path}/verify", json=body).status_code == 409
    # who reaches it by what is his own has it again
    put(rows, *(pvp_match(own) for _ in range(5)))
    worked.with_token(worked.admin).post(f"/admin/etl/clusters/{cluster}/run")
    worked.wait_for(lambda: unlocked(holder)["arena_victor"] is not None)
    # by another unlock
    assert rows.execute(kept, [cluster]).fetchone() == (1, 2)
