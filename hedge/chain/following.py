"""Following a chain: what is new of it is written, and what is no longer part of it is marked.

A step fetches the next range of blocks and writes it together with the cursor, in one transaction,
so that a follower that is killed has lost and doubled nothing. Where the next block is not a child
of the block of the cursor, the chain was reorganized: the cursor goes back to the newest block that
both have, and what was stored after it is marked as removed, in one transaction, too.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import structlog
from psycopg.rows import class_row

from hedge import database
from hedge.chain import writing
from hedge.chain.answers import Header, NodeError, Span, UnknownBlock
from hedge.chain.configured import Chain
from hedge.chain.fetching import ChainMoved, Fetched, Sizes, fetch_all, fetch_final
from hedge.chain.nodes import Node
from hedge.chain.refusals import Refused, TooSlow
from hedge.errors import HedgeError, StateError, UsageError
from hedge.queries import query

log = structlog.get_logger("hedge.chain")
#: The most blocks of a range near the head, where every block is fetched.
NEAR = 64
#: How many blocks are compared at once on the way back to a common ancestor.
COMPARED = 16
#: The first key of the advisory lock of a follower; the second is the chain.
LOCK = 0x43686169
#: Seconds between two notes of what the head is.
_PAUSE_OF_NOTES = 5.0


class AnotherFollower(HedgeError):
    """Another process follows the chain."""


class DeepReorganization(HedgeError):
    """A node says another chain than was final, which a person has to look at."""


@dataclass(frozen=True)
class Cursor:
    """The block up to which a chain is followed."""

    block_number: int
    block_hash: bytes


@contextlib.contextmanager
def only_follower(
    connection: psycopg.Connection, chain: int, patience: float = 0.0
) -> Iterator[None]:
    """Hold the lock of the follower of a chain; AnotherFollower where another session has it for so
    many seconds: that of a follower that was killed ends a moment later."""
    lock = [LOCK, chain]
    deadline = time.monotonic() + patience
    while not database.value(connection, "select pg_try_advisory_lock(%s, %s)", lock):
        if time.monotonic() >= deadline:
            raise AnotherFollower(f"another process follows chain {chain}")
        time.sleep(0.2)
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("select pg_advisory_unlock(%s, %s)", lock)


class Follower:
    """A follower of a chain, on a connection that is in no transaction and holds its lock."""

    def __init__(
        self, connection: psycopg.Connection, chain: Chain, node: Node, start: int | None = None
    ) -> None:
        """start is the block to begin with where the chain was not followed yet: without it, the
        newest final one."""
        self._connection = connection
        self._chain = chain
        self._node = node
        self._start = start
        self._sizes = Sizes()
        #: The highest block that the node has shown, and not only spoken of.
        self._seen = 0
        self._noted: tuple[int | None, float] = (None, 0.0)
        self._final = self._begin()
        #: How many logs the last step wrote, or marked as removed.
        self.changed = 0

    def step(self) -> bool:
        """Follow the chain by one range, or go back; returns whether there is more to do at once.

        A NodeError says what the node does wrong, after which the step is tried again later, and a
        DeepReorganization what nothing can be done about.
        """
        self.changed = 0
        head = self._node.head()
        self._note_head(head)
        cursor = self.cursor()
        if cursor is None:
            newest = max(0, head - self._chain.finality_depth)
            first = newest if self._start is None else self._start
        else:
            first = cursor.block_number + 1
        if first > head:
            if cursor is not None:
                self._look_at_head(cursor, head)
            return self.changed > 0
        span = self._next_span(first, head)
        fetched = self._fetch(span)
        if fetched is None:
            return True
        if cursor is not None and fetched.headers[0].parent != cursor.block_hash:
            self._go_back(cursor, head)
            return True
        self._write(fetched)
        return fetched.span.last < head

    def renew(self, chain: Chain) -> None:
        """Take the contracts and the finality depth that were deployed meanwhile."""
        if chain != self._chain:
            self._chain = chain
            writing.note_contracts(self._connection, chain)

    def cursor(self) -> Cursor | None:
        """The cursor; None before the first step."""
        with self._connection.cursor(row_factory=class_row(Cursor)) as rows:
            return rows.execute(query("chain_cursor"), {"chain": self._chain.chain_id}).fetchone()

    @property
    def final(self) -> int:
        """The highest block that is written and so deep that it is never lost; below 0 where there
        is none."""
        return self._final

    def note_success(self) -> None:
        """Note that the follower goes on."""
        self._note_error(None)

    def note_failure(self, error: HedgeError) -> None:
        """Note what keeps the follower from going on."""
        self._note_error(str(error), is_halted=isinstance(error, DeepReorganization))

    def _begin(self) -> int:
        writing.note_contracts(self._connection, self._chain)
        found: int = database.value(
            self._connection, query("chain_begin"), {"chain": self._chain.chain_id}
        )
        return found

    def _next_span(self, first: int, head: int) -> Span:
        """The next range: of final blocks as many as the node gives at once, else a few."""
        depth = self._chain.finality_depth
        if head - depth >= first + NEAR and self._seen < head:
            # before blocks below it are taken for final
            self._node.headers([head])
            self._seen = head
        final = self._seen - depth
        if final >= first + NEAR:
            return Span(first, min(final, first + self._sizes.size - 1))
        return Span(first, min(head, first + min(NEAR, self._sizes.size) - 1))

    def _fetch(self, span: Span) -> Fetched | None:
        """The blocks and logs of a range, or of its beginning where the node does not know more of
        it; None where it was too much for the node, and less is to be tried."""
        addresses = self._chain.addresses(span)
        is_final = span.last <= self._seen - self._chain.finality_depth and len(span) > NEAR
        fetch = fetch_final if is_final else fetch_all
        try:
            try:
                return fetch(self._node, span, addresses)
            except UnknownBlock as error:
                if is_final or error.number <= span.first:
                    raise
                return fetch(self._node, Span(span.first, error.number - 1), addresses)
        except (Refused, TooSlow):
            if len(span) == 1:
                raise
            self._sizes.refuse(len(span))
            return None

    def _write(self, fetched: Fetched) -> None:
        chain, span = self._chain.chain_id, fetched.span
        writing.create_partitions(self._connection, chain, fetched)
        addresses = self._chain.addresses(span)
        with self._connection.transaction():
            self.changed = writing.write(self._connection, chain, fetched, addresses)
            writing.move_cursor(self._connection, chain, fetched.last)
            self._seen = max(self._seen, span.last)
            final = min(span.last, self._seen - self._chain.finality_depth)
            if final > self._final:
                parameters = {"chain": chain, "final": final}
                self._connection.execute(query("chain_note_final"), parameters)
        self._final = max(self._final, final)
        self._sizes.accept(len(span), len(fetched.logs))

    def _look_at_head(self, cursor: Cursor, head: int) -> None:
        """Go back where the head, which is not above the cursor, is another block than is stored. A
        node that is only behind has the blocks that are stored."""
        stored = writing.hashes(self._connection, self._chain.chain_id, [head])
        if head in stored and self._node.headers([head])[0].hash != stored[head]:
            self._go_back(cursor, head)

    def _go_back(self, cursor: Cursor, head: int) -> None:
        """Lose the blocks that the node does not have any more. Final ones are never lost: then
        DeepReorganization is raised, and ChainMoved where the node has all that is stored."""
        ancestor = self._ancestor(min(cursor.block_number, head))
        if ancestor is None:
            raise DeepReorganization(
                f"{self._node.name} has another block {max(self._final, 0)} than is stored, which"
                f" was final (finality depth {self._chain.finality_depth}): nothing is changed and"
                " nothing is followed. Where the node is right, run hedge chain rewind"
            )
        if ancestor.number == cursor.block_number:
            raise ChainMoved(
                f"{self._node.name} gives a block {cursor.block_number + 1} whose parent is not"
                f" its block {cursor.block_number}"
            )
        chain = self._chain.chain_id
        with self._connection.transaction():
            lost = writing.lose(self._connection, chain, ancestor, cursor.block_number)
        self.changed = lost
        log.warning(
            "reorganization",
            chain=chain,
            ancestor=ancestor.number,
            lost_blocks=cursor.block_number - ancestor.number,
            lost_logs=lost,
        )

    def _ancestor(self, highest: int) -> Header | None:
        """The highest block that the node and the database have: where all that is stored is not
        final and lost, the one before it. None where a final one is lost."""
        numbers = [
            number
            for (number,) in self._connection.execute(
                query("chain_unfinal_blocks"),
                {"chain": self._chain.chain_id, "final": self._final, "highest": highest},
            )
        ]
        for place in range(0, len(numbers), COMPARED):
            some = numbers[place : place + COMPARED]
            stored = writing.hashes(self._connection, self._chain.chain_id, some)
            for header in self._node.headers(some):
                if stored.get(header.number) == header.hash:
                    return header
        if numbers and numbers[-1] > max(self._final, 0):
            return self._node.headers([numbers[-1] - 1])[0]
        return None

    def _note_head(self, head: int) -> None:
        now = time.monotonic()
        said, at = self._noted
        if head != said or now - at > _PAUSE_OF_NOTES:
            parameters = {"chain": self._chain.chain_id, "head": head}
            self._connection.execute(query("chain_note_head"), parameters)
            self._noted = head, now

    def _note_error(self, sentence: str | None, is_halted: bool = False) -> None:
        self._connection.execute(
            query("chain_note_error"),
            {"chain": self._chain.chain_id, "error": sentence, "is_halted": is_halted},
        )


def forget(connection: psycopg.Connection, chain: int) -> None:
    """Forget what the follower of a chain has said; the cursor stays. A UsageError where the chain
    was not followed, AnotherFollower where it is."""
    with only_follower(connection, chain):
        if connection.execute(query("chain_forget"), {"chain": chain}).fetchone() is None:
            raise UsageError(f"chain {chain} was not followed")


def rewind(connection: psycopg.Connection, chain: Chain, node: Node, to: int) -> tuple[int, int]:
    """Lose all that was followed after a block, which a person has decided, and set the cursor on
    the block of the node; returns how many blocks and logs are lost. The block is final then.

    A HedgeError where the chain is followed meanwhile, or the cursor is not above the block.
    """
    with only_follower(connection, chain.chain_id):
        cursor = Follower(connection, chain, node).cursor()
        if cursor is None or cursor.block_number <= to:
            at = "not followed" if cursor is None else f"followed to block {cursor.block_number}"
            raise StateError(f"chain {chain.chain_id} is {at}: it cannot go back to block {to}")
        (ancestor,) = node.headers([to])
        fetched = fetch_all(node, Span(to, to), chain.addresses(Span(to, to)))
        if fetched.last.hash != ancestor.hash:
            raise NodeError(f"{node.name} gives two different blocks {to}")
        writing.create_partitions(connection, chain.chain_id, fetched)
        with connection.transaction():
            lost = writing.lose(connection, chain.chain_id, ancestor, cursor.block_number)
            writing.write(connection, chain.chain_id, fetched, chain.addresses(Span(to, to)))
            connection.execute(query("chain_set_final"), {"chain": chain.chain_id, "final": to})
    return cursor.block_number - to, lost
