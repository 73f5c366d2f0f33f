"""The logs and blocks of a range of blocks, all of one and the same chain.

Near the head, every block of a range is fetched before its logs, and each has to be the parent of
the next one. The node is asked again by the hash of a block where the bloom filter lets the block
hold logs and none was given, since it may be one of several behind one URL, some of which are
behind; and where the last log was given, since the answer may have been cut off in a block. Far
below the head there is no reorganization; there the blocks that hold logs are fetched, and the
first and the last one of the range, which hold the ranges together.
"""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hedge.chain.answers import Header, Span, WrongAnswer, may_contain
from hedge.chain.nodes import Node
from hedge.chain.refusals import Refused, TooSlow, Unsupported
from hedge.chain.rows import Log

#: How many blocks a range has to begin with, and at most.
FIRST_SIZE, LARGEST_SIZE = 1000, 50_000
#: A range with more logs than this is followed by a smaller one, so that a transaction stays small.
MANY_LOGS = 10_000
#: How many ranges in turn have to succeed before a size is tried again that was refused.
PATIENCE = 20


class ChainMoved(WrongAnswer):
    """The chain changed while it was read, or another node answered: read it again."""


@dataclass(frozen=True)
class Fetched:
    """Blocks and logs of a range, in the order of the chain; the last block is always there."""

    span: Span
    headers: Sequence[Header]
    logs: Sequence[Log]

    @property
    def last(self) -> Header:
        """The last block."""
        return self.headers[-1]


class Sizes:
    """How many blocks are asked for at once: fewer after a refusal, more after successes."""

    def __init__(self, size: int = FIRST_SIZE) -> None:
        """Begin with a size."""
        self.size = size
        self._refused = LARGEST_SIZE + 1
        self._successes = 0

    def refuse(self, size: int) -> None:
        """A range of this size was too much."""
        self._refused, self._successes = max(size, 2), 0
        self.size = max(1, size // 2)

    def accept(self, size: int, logs: int) -> None:
        """A range of this size, with so many logs, was fine."""
        if logs > MANY_LOGS:
            self.size = max(1, size // 2)
            return
        self._successes += 1
        if self._successes >= PATIENCE:
            self._refused, self._successes = LARGEST_SIZE + 1, 0
        if size >= self.size and logs <= MANY_LOGS // 2:
            # less than what was refused, which would be refused again
            self.size = max(self.size, min(size + size // 4 + 1, self._refused - 1))


def fetch_final(node: Node, span: Span, addresses: Collection[bytes]) -> Fetched:
    """A range that no reorganization reaches."""
    logs = _logs(node, span, addresses) if addresses else []
    numbers = sorted({span.first, span.last, *(log.block_number for log in logs)})
    headers = node.headers(numbers)
    _require_same_blocks(node, headers, logs)
    _require_parents(node, headers)
    return Fetched(span, headers, logs)


def fetch_all(node: Node, span: Span, addresses: Collection[bytes]) -> Fetched:
    """A range with every block of it."""
    headers = node.headers(range(span.first, span.last + 1))
    _require_parents(node, headers)
    if not addresses:
        return Fetched(span, headers, [])
    logs = _logs(node, span, addresses)
    _require_same_blocks(node, headers, logs)
    given = {log.block_number for log in logs}
    last = max(given, default=None)
    if suspects := [
        header
        for header in headers
        if header.number == last or (header.number not in given and _may_hold(header, addresses))
    ]:
        try:
            further = [
                log for of_block in node.logs_of_blocks(suspects, addresses) for log in of_block
            ]
        except Unsupported:
            # A second answer is all that a node gives that is not asked by hashes (EIP-234).
            further = _logs(node, span, addresses)
            _require_same_blocks(node, headers, further)
        known = {_place(log): log for log in (*logs, *further)}
        logs = [known[place] for place in sorted(known)]
    return Fetched(span, headers, logs)


def _logs(node: Node, span: Span, addresses: Collection[bytes]) -> list[Log]:
    """The logs of a range. Of one block, a node that refuses those of all contracts at once is
    asked for half of the contracts at a time, until one is left."""
    try:
        return node.logs(span, addresses)
    except (Refused, TooSlow):
        if len(span) > 1 or len(addresses) <= 1:
            raise
    ordered = sorted(addresses)
    half = len(ordered) // 2
    return sorted(
        [*_logs(node, span, ordered[:half]), *_logs(node, span, ordered[half:])], key=_place
    )


def _place(log: Log) -> tuple[int, int]:
    return log.block_number, log.log_index


def _may_hold(header: Header, addresses: Collection[bytes]) -> bool:
    if header.bloom is None:
        return True
    return any(may_contain(header.bloom, address) for address in addresses)


def _require_same_blocks(node: Node, headers: Sequence[Header], logs: Sequence[Log]) -> None:
    """Raise ChainMoved where logs are of other blocks than the headers."""
    hashes = {header.number: header.hash for header in headers}
    for log in logs:
        if hashes[log.block_number] != log.block_hash:
            raise ChainMoved(
                f"{node.name} gives logs of another block {log.block_number} than the block itself"
            )


def _require_parents(node: Node, headers: Sequence[Header]) -> None:
    """Raise ChainMoved where a block is not the parent of the next one."""
    for before, after in itertools.pairwise(headers):
        if after.number == before.number + 1 and after.parent != before.hash:
            raise ChainMoved(
                f"{node.name} gives a block {after.number} whose parent is not its block"
                f" {before.number}"
            )
