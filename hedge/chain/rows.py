"""A log and a block, made of the values that nodes and exporters write: exactly, or refused with a
ValueError, whose text is a sentence that names the value."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import msgspec

from hedge.loading.sources.values import shown

Node = TypeVar("Node", "NodeLog", "NodeBlock")

#: The largest numbers of a block and of a log in its block, as the tables hold them.
LARGEST_BLOCK, LARGEST_INDEX = 2**63 - 1, 2**31 - 1
#: The last second of the year 9999, in seconds since 1970.
_LARGEST_TIME = 253_402_300_799
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUANTITY = re.compile("0x[0-9a-fA-F]+")
_DIGITS = re.compile("[0-9a-fA-F]*")


class Log(NamedTuple):
    """A log of a chain. `block_hash` is None where nobody says it. `is_removed`: its block is not
    canonical."""

    block_number: int
    block_hash: bytes | None
    tx_hash: bytes
    log_index: int
    address: bytes
    topic0: bytes | None
    topic1: bytes | None
    topic2: bytes | None
    topic3: bytes | None
    data: bytes
    is_removed: bool = False


class Block(NamedTuple):
    """A block of a chain. `parent_hash` is None where nobody says it."""

    block_number: int
    block_hash: bytes
    parent_hash: bytes | None
    block_time: datetime


class NodeLog(msgspec.Struct, rename="camel", gc=False):
    """A log as eth_getLogs gives it, not looked at yet. An answer that contains logs has `result`
    or `error` instead."""

    block_number: Any = None
    block_hash: Any = None
    transaction_hash: Any = None
    log_index: Any = None
    address: Any = None
    topics: Any = None
    data: Any = None
    removed: Any = None
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: Any = None


class NodeBlock(msgspec.Struct, rename="camel", gc=False):
    """A block as eth_getBlockByNumber gives it, or an answer, as of logs."""

    number: Any = None
    hash: Any = None
    parent_hash: Any = None
    timestamp: Any = None
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: Any = None


def log_of_node(found: NodeLog | Mapping[str, Any]) -> Log:
    """A log of eth_getLogs: numbers and bytes are hexadecimal texts. ValueError as above."""
    if not isinstance(found, NodeLog):
        found = _converted(found, NodeLog)
    removed = found.removed
    if not (removed is None or removed is True or removed is False):
        raise ValueError(f"removed {_named(removed)} is neither true nor false")
    return Log(
        quantity("blockNumber", found.block_number, LARGEST_BLOCK),
        None if found.block_hash is None else octets("blockHash", found.block_hash, 32),
        octets("transactionHash", found.transaction_hash, 32),
        quantity("logIndex", found.log_index, LARGEST_INDEX),
        octets("address", found.address, 20),
        *topics_of(found.topics),
        octets("data", found.data),
        removed is True,
    )


def block_of_node(found: NodeBlock | Mapping[str, Any]) -> Block:
    """A block of eth_getBlockByNumber. ValueError as above."""
    if not isinstance(found, NodeBlock):
        found = _converted(found, NodeBlock)
    return Block(
        quantity("number", found.number, LARGEST_BLOCK),
        octets("hash", found.hash, 32),
        None if found.parent_hash is None else octets("parentHash", found.parent_hash, 32),
        time_of(quantity("timestamp", found.timestamp, LARGEST_BLOCK)),
    )


def topics_of(topics: Any) -> tuple[bytes | None, bytes | None, bytes | None, bytes | None]:
    """The topics of a list, at most four."""
    if not isinstance(topics, Sequence) or isinstance(topics, str | bytes):
        if topics is None:
            raise ValueError("topics is missing")
        raise ValueError(f"topics {_named(topics)} is not a list")
    if len(topics) > 4:
        raise ValueError(f"topics has {len(topics)} words, and a log has at most 4")
    words = [octets(f"topics[{place}]", topic, 32) for place, topic in enumerate(topics)]
    return tuple(words + [None] * (4 - len(words)))  # type: ignore[return-value]


def topics_in_columns(
    topics: Sequence[Any],
) -> tuple[bytes | None, bytes | None, bytes | None, bytes | None]:
    """The topics of four columns, of which those that the log does not have are None."""
    words = [
        None if topic is None else octets(f"topic{place}", topic, 32)
        for place, topic in enumerate(topics)
    ]
    for place in range(1, len(words)):
        if words[place] is not None and words[place - 1] is None:
            raise ValueError(f"topic{place} {_named(topics[place])} follows no topic{place - 1}")
    return tuple(words)  # type: ignore[return-value]


def octets(name: str, value: Any, size: int | None = None) -> bytes:
    """Bytes, which may be written as hexadecimal digits with 0x or without. `size`: how many they
    have to be."""
    if type(value) is bytes:
        if size is None or len(value) == size:
            return value
        raise ValueError(f"{name} {_named(value)} has {len(value)} bytes, not {size}")
    if type(value) is not str:
        if value is None:
            raise ValueError(f"{name} is missing")
        raise ValueError(f"{name} {_named(value)} is not a text of hexadecimal digits")
    digits = value[2:] if value[:2] in ("0x", "0X") else value
    try:
        found = bytes.fromhex(digits)
    except ValueError:
        found = b""
    # bytes.fromhex passes over blanks
    if 2 * len(found) == len(digits) and (size is None or len(found) == size):
        return found
    if not _DIGITS.fullmatch(digits):
        raise ValueError(f"{name} {_named(value)} is not a text of hexadecimal digits")
    if size is not None:
        raise ValueError(
            f"{name} {_named(value)} has {len(digits)} hexadecimal digits, not {2 * size}"
        )
    raise ValueError(f"{name} {_named(value)} has an odd number of hexadecimal digits")


def quantity(name: str, value: Any, largest: int) -> int:
    """A number of a node: hexadecimal digits after 0x. A number of JSON is one, too."""
    if type(value) is str:
        if not _QUANTITY.fullmatch(value):
            raise ValueError(f"{name} {_named(value)} is not a number such as 0x1f")
        return _within(name, value, int(value, 16), largest)
    return whole(name, value, largest)


def whole(name: str, value: Any, largest: int) -> int:
    """A number of an exporter: decimal digits, or a number of Python."""
    if type(value) is int:
        return _within(name, value, value, largest)
    if value is None or value == "":
        raise ValueError(f"{name} is missing")
    if not isinstance(value, str) or not (value.isascii() and value.removeprefix("-").isdigit()):
        raise ValueError(f"{name} {_named(value)} is not a whole number")
    if len(value) > 30:  # Python refuses to read thousands of digits
        raise ValueError(f"{name} {_named(value)} has more than 30 digits")
    return _within(name, value, int(value), largest)


def time_of(seconds: int) -> datetime:
    """The instant of so many seconds since 1970."""
    if seconds > _LARGEST_TIME:
        raise ValueError(f"timestamp {seconds} is after the year 9999: it counts seconds")
    return _EPOCH + timedelta(seconds=seconds)


def _converted(found: Any, kind: type[Node]) -> Node:
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{_named(found)} is not an object") from error


def _within(name: str, value: Any, number: int, largest: int) -> int:
    if number < 0:
        raise ValueError(f"{name} {_named(value)} is below 0")
    if number > largest:
        raise ValueError(f"{name} {_named(value)} is above {largest}")
    return number


def _named(value: Any) -> str:
    """The beginning of a value, texts and bytes in quotes."""
    return f"'{shown(value)}'" if isinstance(value, str | bytes) else shown(value)
