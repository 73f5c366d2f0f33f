"""Wallets that are contracts: a node says whether the contract accepts the signature (EIP-1271)."""

from collections.abc import Iterator

import httpx
import pytest

from api import contract_wallets
from hedge.addresses import checksummed
from hedge.signing import CHAIN_ID, eth_account
from tests.in_process import Site, open_site
from tests.in_process.players import a_discord_id, a_wallet, refusal
from tests.stand_in_discord import StandInDiscord
from tests.stand_in_node import StandInNode

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("contract_wallets")


@pytest.fixture(scope="module")
def node() -> Iterator[StandInNode]:
    """A node of the chain."""
    node = StandInNode(CHAIN_ID)
    yield node
    node.stop()


@pytest.fixture(autouse=True)
def well(node: StandInNode) -> None:
    """The node answers as it should, until a test says otherwise."""
    node.instead, node.delay, node.chain_id = None, 0.0, CHAIN_ID
    node.methods.clear()


@pytest.fixture(scope="module")
def site_with_node(site: Site, discord: StandInDiscord, node: StandInNode) -> Iterator[Site]:
    """The service with the URL of the node; site has none."""
    with open_site(discord, evm_rpc_url=node.url) as opened:
        yield opened


@pytest.fixture
def owner(site_with_node: Site) -> httpx.Client:
    """A player of that service."""
    return site_with_node.player(a_discord_id())


def proof(
    player: httpx.Client, wallet: str, *, by: str = "11", prefix: str = "01"
) -> httpx.Response:
    """Prove a wallet by a signature of the key of 32 equal bytes, after a byte of the contract."""
    message = player.post(f"/api/me/wallets/{wallet}/request-verification").json()["message"]
    signable = eth_account().messages.encode_defunct(text=message)
    signed = eth_account().Account.from_key("0x" + by * 32).sign_message(signable)
    body = {"message": message, "signature": "0x" + prefix + signed.signature.hex()}
    return player.post(f"/api/me/wallets/{wallet}/verify", json=body)


OWNER = eth_account().Account.from_key("0x" + "11" * 32).address.lower()


def test_a_contract_that_accepts_a_signature_is_verified(
    owner: httpx.Client, node: StandInNode
) -> None:
    wallet = a_wallet()
    node.owners[wallet] = OWNER
    answer = proof(owner, wallet)
    assert answer.status_code == 200, answer.text
    (linked,) = answer.json()["wallets"]
    assert (linked["address"], linked["isVerified"]) == (wallet, True)
    assert node.methods == ["eth_call"]


def test_a_contract_that_does_not_accept_it_proves_nothing(
    owner: httpx.Client, node: StandInNode
) -> None:
    wallet, other, nobody = a_wallet(), a_wallet(), a_wallet()
    node.owners[wallet] = OWNER
    node.others.add(other)
    for asked, options in ((wallet, {"by": "22"}), (wallet, {"prefix": "02"}), (other, {})):
        status, sentence = refusal(proof(owner, asked, **options))
        assert (status, sentence) == (
            400,
            f"the contract {checksummed(asked)} on the chain {CHAIN_ID} does not accept the"
            " signature of this message",
        )
    status, sentence = refusal(proof(owner, nobody))
    assert (status, sentence.endswith("is no contract that checks signatures")) == (400, True)
    for signature in ("0x", "0x0", "0x" + "00" * 4097, "no"):
        message = owner.post(f"/api/me/wallets/{wallet}/request-verification").json()["message"]
        body = {"message": message, "signature": signature}
        status, sentence = refusal(owner.post(f"/api/me/wallets/{wallet}/verify", json=body))
        assert (status, "an even number of hex digits, at most 8192" in sentence) == (400, True)
    assert owner.get("/api/me/wallets").json()["wallets"] == []


def test_the_key_of_a_wallet_needs_no_node(owner: httpx.Client, node: StandInNode) -> None:
    assert proof(owner, OWNER, prefix="").status_code == 200
    assert node.methods == []


@pytest.mark.parametrize(
    ("instead", "told"),
    [
        ((500, b"{}"), "status 500"),
        ((307, b""), "status 307"),
        ((200, b"<html>"), "no answer of JSON-RPC"),
        ((200, b"[]"), "no answer of JSON-RPC"),
        ((200, b'{"result": 3}'), "no answer of JSON-RPC"),
        ((200, b'{"result": "0xzz"}'), "no answer of JSON-RPC"),
        ((200, b'{"error": {"code": -32005, "message": "limit exceeded"}}'), "error -32005"),
        ((200, b'{"result": "0x' + b"00" * 40_000 + b'"}'), "an answer of more than 65536 bytes"),
    ],
    ids=["500", "redirect", "html", "list", "number", "digits", "limit", "large"],
)
def test_a_node_that_does_not_say_it_is_no_proof(
    owner: httpx.Client, node: StandInNode, instead: tuple[int, bytes], told: str
) -> None:
    wallet = a_wallet()
    node.owners[wallet] = OWNER
    node.instead = instead
    answer = proof(owner, wallet)
    assert (answer.status_code, answer.json()["code"]) == (503, "node_failed")
    assert told in answer.json()["detail"]
    assert "a-key" not in answer.text
    assert answer.headers["Retry-After"] == "5"
    # nothing is used up: the same wallet is proven when the node is well
    node.instead = None
    assert proof(owner, wallet).status_code == 200


@pytest.mark.parametrize(
    "error",
    [
        b'{"code": 3, "message": "VM Exception"}',
        b'{"code": -32015, "message": "execution reverted: no"}',
    ],
)
def test_a_contract_that_ends_the_call_itself_refuses_the_signature(
    owner: httpx.Client, node: StandInNode, error: bytes
) -> None:
    wallet = a_wallet()
    node.owners[wallet] = OWNER
    node.instead = (200, b'{"error": ' + error + b"}")
    status, sentence = refusal(proof(owner, wallet))
    assert (status, "does not accept the signature" in sentence) == (400, True)


def test_a_node_of_another_chain_is_no_proof(owner: httpx.Client, node: StandInNode) -> None:
    wallet = a_wallet()
    node.owners[wallet] = OWNER
    node.chain_id = 1
    status, sentence = refusal(proof(owner, wallet))
    assert (status, f"the node of the chain {CHAIN_ID} did not say" in sentence) == (503, True)


def test_a_node_that_is_slow_is_not_waited_for(
    owner: httpx.Client, node: StandInNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet = a_wallet()
    node.owners[wallet] = OWNER
    monkeypatch.setattr(contract_wallets, "TIMEOUT", 0.2)
    node.delay = 1.0
    assert refusal(proof(owner, wallet))[0] == 503


def test_without_a_node_the_refusal_says_so(site: Site, node: StandInNode) -> None:
    player, wallet = site.player(a_discord_id()), a_wallet()
    node.owners[wallet] = OWNER
    for prefix in ("01", ""):
        status, sentence = refusal(proof(player, wallet, prefix=prefix))
        assert status == 400
        assert "is a contract (EIP-1271) cannot be proven here" in sentence
        assert "HEDGE_EVM_RPC_URL is not set" in sentence
    assert node.methods == []
