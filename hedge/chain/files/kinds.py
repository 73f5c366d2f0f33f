"""What a file of logs is, and a file of blocks: the objects of nodes and the columns of exporters.

The columns are those of `ethereumetl export_receipts_and_logs` and `ethereumetl
export_blocks_and_transactions`, and of `cryo logs` and `cryo blocks`. Older versions of cryo call
the address contract_address, and the number and hash of a block number and hash.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from hedge.chain import rows
from hedge.chain.rows import Block, Log, NodeBlock, NodeLog
from hedge.ids import LARGEST_INTEGER

Row = TypeVar("Row", bound=Log | Block)

#: The values of a row by the names of the fields, in the order of Kind.fields; None: the file does
#: not have it.
Values = Sequence[Any]


@dataclass(frozen=True)
class Kind(Generic[Row]):
    """Files of one kind of rows.

    `fields`: the columns of exporters by what they hold, each with the names that it may have.
    `required`: those without which a file is of another kind. `of_values` makes a row of the values
    of a file; ValueError, with a sentence, where it cannot. `size`: how many bytes of it are data.
    """

    table: str
    what: str
    node: type[NodeLog] | type[NodeBlock]
    of_node: Callable[[Any], Row]
    fields: dict[str, tuple[str, ...]]
    required: tuple[str, ...]
    of_values: Callable[[Values], Row]
    size: Callable[[Row], int]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that cannot be read: its number in the file, its text, and the reason."""

    line: int
    text: str
    reason: str


@dataclass(slots=True)
class Read(Generic[Row]):
    """Rows of a file with their numbers in it, in the order of the file."""

    rows: list[tuple[int, Row]] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


class Source(Protocol[Row]):
    """An open file. `chain` is the chain of its rows: as told, or else as its first row says it,
    and so None before that."""

    chain: int | None

    def read(self) -> Iterator[Read[Row]]:
        """The rows of the file, a few thousand at once."""


def _log_of_values(values: Values) -> Log:
    number, block_hash, tx_hash, index, address, topics, *words, data, removed = values
    return Log(
        rows.whole("block_number", number, rows.LARGEST_BLOCK),
        rows.octets("block_hash", block_hash, 32) if block_hash else None,
        rows.octets("transaction_hash", tx_hash, 32),
        rows.whole("log_index", index, LARGEST_INTEGER),
        rows.octets("address", address, 20),
        *(
            rows.topics_in_columns([word or None for word in words])
            if topics is None
            else rows.topics_of(topics.split(",") if topics else ())
        ),
        rows.octets("data", None if data == "" else data),
        _is_true(removed),
    )


def _block_of_values(values: Values) -> Block:
    number, block_hash, parent_hash, timestamp = values
    return Block(
        rows.whole("number", number, rows.LARGEST_BLOCK),
        rows.octets("hash", block_hash or None, 32),
        rows.octets("parent_hash", parent_hash, 32) if parent_hash else None,
        rows.time_of(rows.whole("timestamp", timestamp, rows.LARGEST_BLOCK)),
    )


def _is_true(removed: Any) -> bool:
    if removed is None or removed is False or removed == "":
        return False
    if removed is True:
        return True
    word = str(removed).lower()
    if word not in ("true", "false"):
        raise ValueError(f"removed '{removed}' is neither true nor false")
    return word == "true"


LOGS: Kind[Log] = Kind(
    table="chain_logs",
    what="logs",
    node=NodeLog,
    of_node=rows.log_of_node,
    fields={
        "block_number": ("block_number",),
        "block_hash": ("block_hash",),
        "tx_hash": ("transaction_hash",),
        "log_index": ("log_index",),
        "address": ("address", "contract_address"),
        "topics": ("topics",),
        "topic0": ("topic0",),
        "topic1": ("topic1",),
        "topic2": ("topic2",),
        "topic3": ("topic3",),
        "data": ("data",),
        "removed": ("removed",),
    },
    required=("block_number", "tx_hash", "log_index", "address", "data"),
    of_values=_log_of_values,
    size=lambda log: len(log.data),
)

BLOCKS: Kind[Block] = Kind(
    table="chain_blocks",
    what="blocks",
    node=NodeBlock,
    of_node=rows.block_of_node,
    fields={
        "block_number": ("block_number", "number"),
        "block_hash": ("block_hash", "hash"),
        "parent_hash": ("parent_hash",),
        "block_time": ("timestamp",),
    },
    required=("block_number", "block_hash", "block_time"),
    of_values=_block_of_values,
    size=lambda block: 0,
)
