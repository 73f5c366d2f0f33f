"""Wallets that are contracts: whether a contract accepts a signature, asked of a node (EIP-1271).

Source: https://eips.ethereum.org/EIPS/eip-1271. Of the node nothing but eth_call is used.
"""

import asyncio
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx
import msgspec
from litestar import Request

from api.problems import Refused
from hedge.addresses import checksummed
from hedge.signing import CHAIN_ID, SignatureError, hash_of, require_signed_by

#: The function isValidSignature(bytes32,bytes), which is also what it answers for yes.
SELECTOR = bytes.fromhex("1626ba7e")
#: Seconds in which the node has to answer, and the most bytes of its answer.
TIMEOUT, LARGEST_ANSWER = 10, 65_536
#: The most bytes of a signature: a contract may want those of several owners.
LARGEST_SIGNATURE = 4_096
_SIGNATURE = re.compile(rf"0x(?:[0-9a-fA-F]{{2}}){{1,{LARGEST_SIGNATURE}}}")
#: By EIP-1474, geth and its kin: the contract ended the call itself.
_REVERTED = 3


class NodeError(Exception):
    """The node did not answer as a node does; the message has no part of its URL."""


@dataclass(frozen=True)
class ContractWallets:
    """Contracts of the chain CHAIN_ID, behind the URL of a node; none where the URL is empty."""

    url: str = field(repr=False)

    async def require_signed_by(self, text: str, signature: str, address: str) -> None:
        """Raise a SignatureError unless a signature of the message is by the key of the wallet, or
        the wallet is a contract that accepts it; 503 where the node does not say."""
        try:
            require_signed_by(text, signature, address)
            return
        except SignatureError as error:
            if not self.url:
                raise SignatureError(
                    f"{error}; a wallet that is a contract (EIP-1271) cannot be proven here,"
                    " because this service has no node to ask: HEDGE_EVM_RPC_URL is not set"
                ) from None
            by_key = error
        if not _SIGNATURE.fullmatch(signature):
            raise SignatureError(
                f"the signature '{signature[:80]}' is not 0x and an even number of hex digits, at"
                f" most {2 * LARGEST_SIGNATURE}"
            )
        call = SELECTOR + encoded(hash_of(text), bytes.fromhex(signature[2:]))
        try:
            async with asyncio.timeout(TIMEOUT):
                answer = await self._call(address, call)
        except (NodeError, httpx.HTTPError, TimeoutError) as error:
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"the node of the chain {CHAIN_ID} did not say whether the contract"
                f" {checksummed(address)} accepts the signature"
                f" ({error if isinstance(error, NodeError) else type(error).__name__}): try again",
                "node_failed",
                **{"Retry-After": "5"},
            ) from None
        if answer == b"":
            raise SignatureError(
                f"{by_key}; on the chain {CHAIN_ID} the wallet is no contract that checks"
                " signatures"
            )
        if answer != SELECTOR.ljust(32, b"\0"):
            raise SignatureError(
                f"the contract {checksummed(address)} on the chain {CHAIN_ID} does not accept the"
                " signature of this message"
            )

    async def _call(self, address: str, data: bytes) -> bytes:
        """What a contract returns for a call; no bytes where there is no contract, and one zero
        where it ended the call. A node of another chain refuses the chainId."""
        transaction = {"to": address, "data": f"0x{data.hex()}", "chainId": hex(CHAIN_ID)}
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "eth_call",
            "params": [transaction, "latest"],
        }
        async with (
            httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client,
            client.stream("POST", self.url, json=body) as response,
        ):
            if response.status_code != HTTPStatus.OK:
                raise NodeError(f"status {response.status_code}")
            content = b""
            async for part in response.aiter_bytes():
                content += part
                if len(content) > LARGEST_ANSWER:
                    raise NodeError(f"an answer of more than {LARGEST_ANSWER} bytes")
        return _returned(content)


def contracts_of(request: Request[Any, Any, Any]) -> ContractWallets:
    """The contracts that the service of a request can ask."""
    return ContractWallets(request.app.state.settings.evm_rpc_url)


def encoded(digest: bytes, signature: bytes) -> bytes:
    """The arguments bytes32 and bytes as a contract takes them: the digest, the place of the
    signature, its length, and the signature in words of 32 bytes."""
    padding = bytes(-len(signature) % 32)
    return digest + (64).to_bytes(32) + len(signature).to_bytes(32) + signature + padding


def _returned(content: bytes) -> bytes:
    try:
        answer: Any = msgspec.json.decode(content)
        error, result = answer.get("error"), answer.get("result")
        if error is not None:
            said = str(error["message"])
            if error["code"] == _REVERTED or "revert" in said:
                return b"\0"
            raise NodeError(f"error {error['code']}")
        return bytes.fromhex(result.removeprefix("0x"))
    except (msgspec.DecodeError, AttributeError, KeyError, TypeError, ValueError):
        raise NodeError("no answer of JSON-RPC") from None
