"""What a node says of blocks and logs: read, and held to what was asked.

Whatever cannot be is a WrongAnswer with one sentence. Nothing of such an answer is used.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hedge.errors import HedgeError

_HEX = re.compile(r"0x[0-9a-fA-F]*")
#: The last second of the year 9999, which is the last that both Python and the database have.
_LAST_SECOND = 253_402_300_799
_LARGEST_BLOCK = 2**53


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


class Log(NamedTuple):
    """A log; topics that it lacks are None."""

    block_number: int
    block_hash: bytes
    tx_hash: bytes
    log_index: int
    address: bytes
    topic0: bytes | None
    topic1: bytes | None
    topic2: bytes | None
    topic3: bytes | None
    data: bytes


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


def quantity(value: Any, what: str, most: int = _LARGEST_BLOCK) -> int:
    """A number from 0 to most, which JSON-RPC writes as 0x and hex digits."""
    if not isinstance(value, str) or not _HEX.fullmatch(value) or not 3 <= len(value) <= 66:
        raise WrongAnswer(f"says {_shown(value)} for {what}, which is no number")
    number = int(value, 16)
    if number > most:
        raise WrongAnswer(f"says {_shown(value)} for {what}, which is too large")
    return number


def octets(value: Any, what: str, length: int | None = None) -> bytes:
    """Bytes, of a length where one is given."""
    if not isinstance(value, str) or not _HEX.fullmatch(value) or len(value) % 2:
        raise WrongAnswer(f"says {_shown(value)} for {what}, which are no bytes")
    found = bytes.fromhex(value[2:])
    if length is not None and len(found) != length:
        raise WrongAnswer(f"says {len(found)} bytes for {what}, which has {length}")
    return found


def header(answer: Any, number: int) -> Header:
    """The block of a number. Only those are asked for that the node should have."""
    if answer is None:
        raise UnknownBlock(
            f"does not know block {number}, although its head is not below it", number
        )
    block = _object(answer, f"block {number}")
    of = f"block {number}"
    said = quantity(block.get("number"), f"the number of {of}")
    if said != number:
        raise WrongAnswer(f"was asked for {of} and gives block {said}")
    seconds = quantity(block.get("timestamp"), f"the time of {of}", most=_LAST_SECOND)
    bloom = block.get("logsBloom")
    return Header(
        number,
        octets(block.get("hash"), f"the hash of {of}", 32),
        octets(block.get("parentHash"), f"the parent of {of}", 32),
        datetime.fromtimestamp(seconds, UTC),
        None if bloom is None else octets(bloom, f"the bloom filter of {of}", 256),
    )


def logs(answer: Any, span: Span, addresses: Collection[bytes]) -> list[Log]:
    """The logs of some contracts in a range, in the order of the chain. One that the node gives
    twice is one; two that contradict each other are a WrongAnswer."""
    if not isinstance(answer, list):
        raise WrongAnswer(f"gives {_shown(answer)} for the logs of {span}, which is no list")
    found: dict[tuple[int, int], Log] = {}
    hashes: dict[int, bytes] = {}
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
    given = _object(answer, f"a log of {span}")
    number = quantity(given.get("blockNumber"), f"the block of a log of {span}")
    of = f"a log of block {number}"
    if number not in span:
        raise WrongAnswer(f"was asked for logs of {span} and gives one of block {number}")
    address = octets(given.get("address"), f"the contract of {of}", 20)
    if address not in addresses:
        raise WrongAnswer(f"gives {of} of the contract 0x{address.hex()}, which was not asked for")
    if given.get("removed") not in (None, False):
        raise WrongAnswer(f"gives {of} as removed")
    topics = given.get("topics")
    if not isinstance(topics, list) or len(topics) > 4:
        raise WrongAnswer(f"gives {_shown(topics)} for the topics of {of}")
    words = [octets(topic, f"a topic of {of}", 32) for topic in topics]
    return Log(
        number,
        octets(given.get("blockHash"), f"the block hash of {of}", 32),
        octets(given.get("transactionHash"), f"the transaction of {of}", 32),
        quantity(given.get("logIndex"), f"the index of {of}", most=2**31 - 1),
        address,
        words[0] if words else None,
        words[1] if len(words) > 1 else None,
        words[2] if len(words) > 2 else None,
        words[3] if len(words) > 3 else None,
        octets(given.get("data"), f"the data of {of}"),
    )


def may_contain(bloom: bytes, value: bytes) -> bool:
    """Whether the bloom filter of a block lets its logs contain an address or a topic: three bits
    that the hash of the value names are set."""
    from eth_utils import keccak

    digest = keccak(value)
    bits = (int.from_bytes(digest[place : place + 2]) & 2047 for place in (0, 2, 4))
    return all(bloom[255 - bit // 8] >> bit % 8 & 1 for bit in bits)


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
