"""The signed message that proves who owns a wallet (EIP-4361, "Sign-In with Ethereum").

Source: https://eips.ethereum.org/EIPS/eip-4361. The server creates the message and stores it under
its nonce. The client must send back exactly this message with a signature by the wallet.
"""

import re
import secrets
import string
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType

from hedge.addresses import checksummed
from hedge.errors import UsageError

#: The id of DFK Chain.
CHAIN_ID = 53935
#: How long a message can be signed.
LIFETIME = timedelta(minutes=10)
STATEMENT = "Link this wallet to the Hedge account {}. This costs nothing."
#: What a wallet of another account signs to merge that account.
MERGE_STATEMENT = (
    "Merge the account of this wallet into the Hedge account {}: all of its wallets go there, and"
    " its sign-in leads there. This costs nothing."
)
_NONCE = re.compile(r"^Nonce: ([A-Za-z0-9]{8,})$", re.MULTILINE)
_SIGNATURE = re.compile(r"0x([0-9a-fA-F]{128}|[0-9a-fA-F]{130})")


class SignatureError(UsageError):
    """The message or its signature is not valid; one sentence says why."""


@dataclass(frozen=True)
class Message:
    """The message for a wallet to sign. The address is in lower case, times are in UTC."""

    domain: str
    address: str
    account: str
    uri: str
    nonce: str
    issued_at: datetime
    expires_at: datetime
    statement: str = STATEMENT

    @classmethod
    def new(
        cls, url: str, address: str, account: str, now: datetime, statement: str = STATEMENT
    ) -> "Message":
        """A message of the service at a URL, with a random nonce. It names the account that the
        wallet will be linked to, so that nobody proves the wallet for somebody else's."""
        letters = string.ascii_letters + string.digits
        nonce = "".join(secrets.choice(letters) for _ in range(24))
        now = now.replace(microsecond=0)
        domain = url.partition("://")[2]
        return cls(domain, address, account, url, nonce, now, now + LIFETIME, statement)

    def text(self) -> str:
        """The message in the format of EIP-4361."""
        return (
            f"{self.domain} wants you to sign in with your Ethereum account:\n"
            f"{checksummed(self.address)}\n"
            "\n"
            f"{self.statement.format(self.account)}\n"
            "\n"
            f"URI: {self.uri}\n"
            "Version: 1\n"
            f"Chain ID: {CHAIN_ID}\n"
            f"Nonce: {self.nonce}\n"
            f"Issued At: {_instant(self.issued_at)}\n"
            f"Expiration Time: {_instant(self.expires_at)}"
        )


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def nonce_of(text: str) -> str:
    """The nonce of a message; SignatureError unless it has exactly one."""
    found: list[str] = _NONCE.findall(text)
    if len(found) != 1:
        raise SignatureError("the message has no nonce of ours: ask for a new one")
    return found[0]


def require_same(text: str, created: str) -> None:
    """Raise a SignatureError unless a message equals the one that was created; it names the first
    line that differs."""
    lines, expected = text.split("\n"), created.split("\n")
    for line, other in zip(lines, expected, strict=False):
        if line != other:
            raise SignatureError(f"the message says '{line[:200]}' and not '{other}'")
    if len(lines) != len(expected):
        raise SignatureError("the message is longer or shorter than what was asked for")


def eth_account() -> ModuleType:
    """The package eth_account, imported with Python's recursion limit restored.

    py_ecc, which it imports, raises the limit so far that deeply nested JSON would crash the
    process.
    """
    limit = sys.getrecursionlimit()
    import eth_account
    import eth_account.messages

    sys.setrecursionlimit(limit)
    return eth_account


def _usual_form(signature: bytes) -> bytes:
    """A signature as r, s and a v of 27 or 28. Ledger writes v as 0 or 1, and the compact form of
    EIP-2098 (https://eips.ethereum.org/EIPS/eip-2098) holds it in the first bit of s."""
    if len(signature) == 64:
        parity, s = signature[32] >> 7, bytes([signature[32] & 0x7F]) + signature[33:]
        return signature[:32] + s + bytes([27 + parity])
    v = signature[64]
    return signature[:64] + bytes([v + 27 if v < 2 else v])


def hash_of(text: str) -> bytes:
    """The hash of a message that a wallet signs (EIP-191), 32 bytes: a contract gets it together
    with a signature."""
    from eth_utils import keccak

    signable = eth_account().messages.encode_defunct(text=text)
    digest: bytes = keccak(b"\x19" + signable.version + signable.header + signable.body)
    return digest


def require_signed_by(text: str, signature: str, address: str) -> None:
    """Raise a SignatureError unless a signature of the message is by the wallet."""
    if not _SIGNATURE.fullmatch(signature):
        raise SignatureError(
            f"the signature '{signature[:80]}' is not 0x and 130 hex digits, or 128 (EIP-2098)"
        )
    try:
        signable = eth_account().messages.encode_defunct(text=text)
        signer = eth_account().Account.recover_message(
            signable, signature=_usual_form(bytes.fromhex(signature[2:]))
        )
    # The library raises many different exceptions for numbers that are not a signature.
    except Exception as error:
        raise SignatureError(f"the signature is none: {type(error).__name__}") from None
    if signer.lower() != address:
        raise SignatureError(f"the signature is by the wallet {signer}, not {checksummed(address)}")
