"""What a node says of blocks and logs: read, and held to what was asked.

Whatever cannot be is a WrongAnswer with one sentence. Nothing of such an answer is used.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from hedge.chain.rows import LARGEST_BLOCK, Log, block_of_node, log_of_node, octets, quantity
from hedge.errors import HedgeError


class NodeError(HedgeError):
    """A node did not answer as it should; the message names its host and nothing else of its URL.
    What is asked again later may succeed."""


class WrongAnswer(NodeError):
    """What a node says cannot be."""


class UnknownBlock(WrongAnswer):
    """A node does not know a block that is not above its head."""

    def __init__(self, sentence: str, number: int) -> None:
        """Keep the number of the block."""
        super().__init__(sentence)
        self.number = number


class Header(NamedTuple):
    """A block. bloom is the filter of its logs, None where the node gives none."""

    number: int
    hash: bytes
    parent: bytes
    time: datetime
    bloom: bytes | None


@dataclass(frozen=True)
class Span:
    """The blocks from first to last, both included."""

    first: int
    last: int

    def __str__(self) -> str:
        """As in sentences."""
        return (
            f"block {self.first}"
            if self.first == self.last
            else f"blocks {self.first} to {self.last}"
        )

    def __len__(self) -> int:
        """How many blocks."""
        return self.last - self.first + 1

    def __contains__(self, number: int) -> bool:
        """Whether a block is in it."""
        return self.first <= number <= self.last


def number(value: Any, what: str) -> int:
    """A number of a node."""
    try:
        return quantity(what, value, LARGEST_BLOCK)
    except ValueError as error:
        raise WrongAnswer(f"gives no number: {error}") from None


def returned(value: Any) -> bytes:
    """What a contract returned for a call."""
    try:
        return octets("the result of a call", value)
    except ValueError as error:
        raise WrongAnswer(f"gives no bytes: {error}") from None


def header(answer: Any, number: int) -> Header:
    """The block of a number. Only those are asked for that the node should have."""
    if answer is None:
        raise UnknownBlock(
            f"does not know block {number}, although its head is not below it", number
        )
    given = _object(answer, f"block {number}")
    try:
        block = block_of_node(given)
        bloom = given.get("logsBloom")
        filter_of_logs = None if bloom is None else octets("logsBloom", bloom, 256)
    except ValueError as error:
        raise WrongAnswer(f"gives a block {number} that is none: {error}") from None
    if block.block_number != number:
        raise WrongAnswer(f"was asked for block {number} and gives block {block.block_number}")
    if block.parent_hash is None:
        raise WrongAnswer(f"gives a block {number} without its parent")
    return Header(number, block.block_hash, block.parent_hash, block.block_time, filter_of_logs)


def logs(answer: Any, span: Span, addresses: Collection[bytes]) -> list[Log]:
    """The logs of some contracts in a range, in the order of the chain. One that the node gives
    twice is one; two that contradict each other are a WrongAnswer."""
    if not isinstance(answer, list):
        raise WrongAnswer(f"gives {_shown(answer)} for the logs of {span}, which is no list")
    found: dict[tuple[int, int], Log] = {}
    hashes: dict[int, bytes | None] = {}
    for each in answer:
        one = _log(each, span, addresses)
        if hashes.setdefault(one.block_number, one.block_hash) != one.block_hash:
            raise WrongAnswer(f"gives logs of two different blocks {one.block_number}")
        if found.setdefault((one.block_number, one.log_index), one) != one:
            raise WrongAnswer(
                f"gives two different logs of index {one.log_index} of block {one.block_number}"
            )
    return [found[key] for key in sorted(found)]


def _log(answer: Any, span: Span, addresses: Collection[bytes]) -> Log:
    try:
        log = log_of_node(_object(answer, f"a log of {span}"))
    except ValueError as error:
        raise WrongAnswer(f"gives a log of {span} that is none: {error}") from None
    of = f"a log of block {log.block_number}"
    if log.block_number not in span:
        raise WrongAnswer(f"was asked for logs of {span} and gives one of block {log.block_number}")
    if log.address not in addresses:
        raise WrongAnswer(
            f"gives {of} of the contract 0x{log.address.hex()}, which was not asked for"
        )
    if log.is_removed or log.block_hash is None:
        raise WrongAnswer(f"gives {of} that is in no block")
    return log


def may_contain(bloom: bytes, value: bytes) -> bool:
    """Whether the bloom filter of a block lets its logs contain an address or a topic: three bits
    that the hash of the value names are set."""
    return all(bloom[255 - bit // 8] >> bit % 8 & 1 for bit in _bits(value))


@lru_cache(maxsize=1000)
def _bits(value: bytes) -> list[int]:
    from eth_utils import keccak

    digest = keccak(value)
    return [int.from_bytes(digest[place : place + 2]) & 2047 for place in (0, 2, 4)]


def _object(answer: Any, what: str) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise WrongAnswer(f"gives {_shown(answer)} for {what}, which is no object")
    return answer


def _shown(value: Any) -> str:
    """A value of a node in a sentence: what it is, or the text of a short one."""
    if isinstance(value, str):
        text = "".join(one if one.isprintable() else "?" for one in value[:40])
        return f"'{text}{'...' if len(value) > 40 else ''}'"
    if value is None or isinstance(value, bool | int | float):
        return str(value)[:40]
    return "a list" if isinstance(value, list) else "an object"
