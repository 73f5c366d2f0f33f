"""Addresses of wallets: accepted in EIP-55 or lower case, also without 0x, stored in lower case."""

import re

from hedge.errors import UsageError

_ADDRESS = re.compile(r"(?:0[xX])?([0-9a-fA-F]{40})")


def stored(address: str) -> str:
    """The address with 0x in lower case.

    Raises UsageError for a text that is not an address, and for an address in mixed case that
    does not have the right checksum (https://eips.ethereum.org/EIPS/eip-55).
    """
    found = _ADDRESS.fullmatch(address.strip())
    if not found:
        raise UsageError(f"'{address[:80]}' is not an address: 0x and 40 hex digits")
    digits = found[1]
    if digits != digits.lower() and f"0x{digits}" != checksummed(f"0x{digits}"):
        raise UsageError(f"the checksum of the address 0x{digits} is wrong (EIP-55)")
    return lowered(digits)


def lowered(address: str) -> str:
    """A text in the spelling in which addresses are stored, whether or not it is an address."""
    text = address.strip().lower()
    return text if text.startswith("0x") else f"0x{text}"


def checksummed(address: str) -> str:
    """An address with its checksum, as EIP-55 writes it."""
    from eth_utils import to_checksum_address

    return to_checksum_address(address)
