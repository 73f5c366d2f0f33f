"""Addresses of wallets: accepted in EIP-55 or lower case, stored in lower case."""

import re

from hedge.errors import UsageError

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def stored(address: str) -> str:
    """The address in lower case.

    Raises UsageError for a text that is not an address, and for an address in mixed case that
    does not have the right checksum (https://eips.ethereum.org/EIPS/eip-55).
    """
    if not _ADDRESS.fullmatch(address):
        raise UsageError(f"'{address[:80]}' is not an address: 0x and 40 hex digits")
    if address != address.lower() and address != checksummed(address):
        raise UsageError(f"the checksum of the address {address} is wrong (EIP-55)")
    return address.lower()


def checksummed(address: str) -> str:
    """An address with its checksum, as EIP-55 writes it."""
    from eth_utils import to_checksum_address

    return to_checksum_address(address)
