"""A log and a block, made of the values that nodes and exporters write: exactly, or refused with a
ValueError, whose text is a sentence that names the value."""

import re
import struct
from binascii import unhexlify
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import msgspec

from hedge.ids import LARGEST_INTEGER
from hedge.loading.sources.values import shown

Node = TypeVar("Node", "NodeLog", "NodeBlock")

#: The largest number of a block. A million blocks more are still a bigint, so that each block has a
#: partition.
LARGEST_BLOCK = 10**18
#: The last second of the year 9999, in seconds since 1970.
_LARGEST_TIME = 253_402_300_799
#: By the number of topics: the bytes of a log before its data, and the topics that it lacks.
_SHAPES = [(struct.Struct("32s32s20s" + "32s" * n), (None,) * (4 - n)) for n in range(5)]
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
    try:
        log = _usual_log(found)
    except (AttributeError, IndexError, TypeError, ValueError):
        log = None
    return log or _log_by_value(found)


def _usual_log(found: NodeLog) -> Log | None:
    """A log as nodes write it, whose bytes are read at once: in a third of the time that it takes
    to read each value. None, or an error, where a value is missing or written in another way."""
    block_hash, tx_hash, address = found.block_hash, found.transaction_hash, found.address
    number, index, payload, topics = found.block_number, found.log_index, found.data, found.topics
    if type(topics) is not list:
        return None
    for word in topics:
        if len(word) != 66 or word[:2] != "0x":
            return None
    if not (
        len(block_hash) == len(tx_hash) == 66
        and len(address) == 42
        and block_hash[:2] == tx_hash[:2] == address[:2] == payload[:2] == "0x"
        and number[:2] == index[:2] == "0x"
        # int passes over blanks, signs, underscores, and digits of other scripts
        and number.isalnum()
        and number.isascii()
        and index.isalnum()
        and index.isascii()
        and (found.removed is None or found.removed is True or found.removed is False)
    ):
        return None
    words = [word[2:] for word in topics]
    read = unhexlify("".join([block_hash[2:], tx_hash[2:], address[2:], *words, payload[2:]]))
    block_number, log_index = int(number, 16), int(index, 16)
    if block_number > LARGEST_BLOCK or log_index > LARGEST_INTEGER:
        return None
    shape, none = _SHAPES[len(topics)]
    block, transaction, contract, *in_topics = shape.unpack_from(read)
    return Log._make(
        (
            *(block_number, block, transaction, log_index, contract),
            *(*in_topics, *none),
            *(read[shape.size :], found.removed is True),
        )
    )


def _log_by_value(found: NodeLog) -> Log:
    """A log, or a ValueError that names the first value that is none."""
    removed = found.removed
    if not (removed is None or removed is True or removed is False):
        raise ValueError(f"removed {_named(removed)} is neither true nor false")
    return Log(
        quantity("blockNumber", found.block_number, LARGEST_BLOCK),
        None if found.block_hash is None else octets("blockHash", found.block_hash, 32),
        octets("transactionHash", found.transaction_hash, 32),
        quantity("logIndex", found.log_index, LARGEST_INTEGER),
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
    if value != value.strip():
        return octets(name, value.strip(), size)
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
    text = value.strip() if isinstance(value, str) else ""
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise ValueError(f"{name} {_named(value)} is not a whole number")
    if len(text) > 30:  # Python refuses to read thousands of digits
        raise ValueError(f"{name} {_named(value)} has more than 30 digits")
    return _within(name, value, int(text), largest)


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
