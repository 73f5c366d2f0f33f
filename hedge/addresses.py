"""Addresses of wallets: EIP-55 or lower case comes in, lower case is stored."""

import re

from hedge.errors import UsageError

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def stored(address: str) -> str:
    """An address in lower case. What is none, or has letters of both cases that are not its
    checksum (https://eips.ethereum.org/EIPS/eip-55), is a UsageError."""
    if not _ADDRESS.fullmatch(address):
        raise UsageError(f"'{address[:80]}' is not an address: 0x and 40 hex digits")
    if address != address.lower() and address != checksummed(address):
        raise UsageError(f"the checksum of the address {address} is wrong (EIP-55)")
    return address.lower()


def checksummed(address: str) -> str:
    """An address with its checksum, as EIP-55 writes it."""
    from eth_utils import to_checksum_address

    return to_checksum_address(address)
