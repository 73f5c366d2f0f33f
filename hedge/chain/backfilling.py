"""Backfills: the logs of blocks that were not followed, beside following.

What is known is in app.chain_coverage, by contract, and changes in the transaction that writes the
logs. A backfill asks for what lacks, so that one that was interrupted is started again and goes on
where it was, and a contract that is new in the seed is asked for alone.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from hedge import database, settings
from hedge.chain import configured, waking, writing
from hedge.chain.answers import NodeError, Span
from hedge.chain.configured import Chain
from hedge.chain.fetching import LARGEST_SIZE, Sizes, fetch_all, fetch_final
from hedge.chain.nodes import Node
from hedge.chain.refusals import Refused, TooSlow
from hedge.chain.several import Sessions
from hedge.errors import HedgeError, UsageError
from hedge.queries import query
from hedge.stopping import Stopped

#: The fewest blocks that a job takes at once, and the most jobs.
SMALLEST_PIECE, MOST_JOBS = 1000, 32
#: The most blocks of a range of which every block is fetched.
MOST_OF_ALL = 200
#: How often a job tries a range again that a node does not give, and the seconds before the first
#: time, which double.
ATTEMPTS, FIRST_PAUSE = 6, 1.0
#: Seconds between two rounds of decoding.
LOOK = 2.0

#: Told of the blocks that are done, and of all that are to be done.
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Backfilled:
    """What a backfill has done: the blocks that lacked, the logs that are new, and, of blocks that
    were fetched again, the logs that are stored and that the node did not give."""

    backfill_id: int | None
    from_block: int
    to_block: int
    blocks: int
    logs: int
    seconds: float
    not_given: int = 0


@dataclass
class _Work:
    """What the jobs of a backfill share."""

    chain: Chain
    backfill_id: int
    every_block: bool
    pieces: "queue.SimpleQueue[Span]"
    stop: threading.Event = field(default_factory=threading.Event)
    sizes: Sizes = field(default_factory=Sizes)
    lock: threading.Lock = field(default_factory=threading.Lock)
    again: bool = False
    blocks: int = 0
    logs: int = 0
    not_given: int = 0
    errors: list[BaseException] = field(default_factory=list)

    def took(self, blocks: int, logs: int, not_given: int) -> None:
        """Count what a job has written."""
        with self.lock:
            self.blocks += blocks
            self.logs += logs
            self.not_given += not_given


def backfill(
    chain_id: int,
    from_block: int | None = None,
    to_block: int | None = None,
    *,
    jobs: int = 1,
    every_block: bool = False,
    again: bool = False,
    report: Report = lambda done, total: None,
) -> Backfilled:
    """Fetch the logs that lack from a block to another one, both included, by some jobs at once;
    without them, from the first block of a contract to the last final one. With every_block all
    blocks are fetched, and each is held to be the parent of the next one. With again the range is
    forgotten first, and lacks until it is fetched: nothing that is stored goes, since a log that a
    node does not give may be one that it hides.

    A UsageError where the last block is not final, or the range or the chain is none. A NodeError
    says what a node did wrong to the end; what was written before stays, and is not asked again.
    """
    began = time.monotonic()
    if again and (from_block is None or to_block is None):
        raise UsageError("--again goes with --from and --to: it fetches a range that is known")
    with database.connect() as connection, configured.node(chain_id) as node:
        chain = configured.chain(connection, chain_id)
        node.require_chain()
        span = _span(chain, node, from_block, to_block)
        with connection.transaction():
            writing.note_contracts(connection, chain)
            if again:
                writing.uncover(connection, chain_id, span)
        gaps = [
            Span(*gap)
            for gap in connection.execute(query("chain_wanted_gaps"), _bounds(chain, span))
        ]
        if not gaps:
            return Backfilled(None, span.first, span.last, 0, 0, 0.0)
        total = sum(map(len, gaps))
        work = _Work(
            chain,
            database.value(connection, query("chain_begin_backfill"), _bounds(chain, span)),
            every_block,
            queue.SimpleQueue(),
            again=again,
        )
        for piece in _pieces(gaps, max(SMALLEST_PIECE, min(LARGEST_SIZE, total // (4 * jobs)))):
            work.pieces.put(piece)
        _do(connection, work, jobs, total, report)
    return Backfilled(
        work.backfill_id,
        span.first,
        span.last,
        work.blocks,
        work.logs,
        time.monotonic() - began,
        work.not_given,
    )


def cover(connection: psycopg.Connection, chain_id: int, from_block: int, to_block: int) -> None:
    """Note that all logs of a range are known, as a person says who has loaded them. A UsageError
    where the range or the chain is none."""
    chain = configured.chain(connection, chain_id)
    if from_block > to_block:
        raise UsageError(f"there are no blocks from {from_block} to {to_block}")
    with connection.transaction():
        writing.note_contracts(connection, chain)
        span = Span(from_block, to_block)
        writing.cover(connection, chain_id, span, chain.addresses(span))


def _span(chain: Chain, node: Node, from_block: int | None, to_block: int | None) -> Span:
    head = node.head()
    node.headers([head])
    final = head - chain.finality_depth
    first = min(one.from_block for one in chain.contracts) if from_block is None else from_block
    last = final if to_block is None else to_block
    if last > final:
        raise UsageError(
            f"block {last} of chain {chain.chain_id} is not final: the head is {head} and the"
            f" finality depth {chain.finality_depth}, so that {final} is the last one"
        )
    if first < 0 or first > last:
        raise UsageError(f"there are no blocks from {first} to {last}")
    return Span(first, last)


def _bounds(chain: Chain, span: Span) -> dict[str, Any]:
    return {"chain": chain.chain_id, "first": span.first, "last": span.last}


def _pieces(gaps: list[Span], size: int) -> Iterator[Span]:
    for gap in gaps:
        for first in range(gap.first, gap.last + 1, size):
            yield Span(first, min(gap.last, first + size - 1))


def _do(connection: psycopg.Connection, work: _Work, jobs: int, total: int, report: Report) -> None:
    """Let jobs do the pieces; decode meanwhile what they have written."""
    threads = [
        # What is in hand when the process is to end is rolled back by the database.
        threading.Thread(target=_job, args=[work], name=f"backfill {number}", daemon=True)
        for number in range(min(jobs, MOST_JOBS))
    ]
    for thread in threads:
        thread.start()
    error: str | None = None
    try:
        with Sessions(settings.decode_jobs()) as sessions:
            while any(thread.is_alive() for thread in threads):
                threads[0].join(LOOK if threads[0].is_alive() else 0.1)
                report(work.blocks, total)
                waking.decode(connection, sessions)
            waking.decode(connection, sessions)
        report(work.blocks, total)
        if work.errors:
            raise work.errors[0]
    except (HedgeError, psycopg.Error, Stopped) as raised:
        error = str(raised).strip().partition("\n")[0] or type(raised).__name__
        raise
    finally:
        work.stop.set()
        if not connection.closed:
            ended = {"backfill": work.backfill_id, "error": error}
            connection.execute(query("chain_end_backfill"), ended)


def _job(work: _Work) -> None:
    try:
        with database.connect() as connection, configured.node(work.chain.chain_id) as node:
            while not work.stop.is_set():
                try:
                    piece = work.pieces.get_nowait()
                except queue.Empty:
                    return
                _do_piece(connection, node, work, piece)
    except Exception as error:
        work.errors.append(error)
        work.stop.set()


def _do_piece(connection: psycopg.Connection, node: Node, work: _Work, piece: Span) -> None:
    first, failures = piece.first, 0
    while first <= piece.last and not work.stop.is_set():
        size = min(work.sizes.size, MOST_OF_ALL) if work.every_block else work.sizes.size
        span = Span(first, min(piece.last, first + size - 1))
        try:
            logs, not_given = _do_span(connection, node, work, span)
        except (Refused, TooSlow):
            if len(span) == 1:
                raise
            work.sizes.refuse(len(span))
            continue
        except NodeError:
            failures += 1
            if failures >= ATTEMPTS:
                raise
            work.stop.wait(FIRST_PAUSE * 2 ** (failures - 1))
            continue
        failures = 0
        first = span.last + 1
        work.took(len(span), logs, not_given)


def _do_span(
    connection: psycopg.Connection, node: Node, work: _Work, span: Span
) -> tuple[int, int]:
    """Fetch and write the logs of the contracts that lack in a range; returns how many are new, and
    how many are stored that a node did not give which was asked again."""
    found = connection.execute(query("chain_wanted_addresses"), _bounds(work.chain, span))
    addresses = frozenset(bytes(address) for (address,) in found)
    if not addresses:
        return 0, 0
    not_given = 0
    fetch = fetch_all if work.every_block else fetch_final
    fetched = fetch(node, span, addresses)
    writing.create_partitions(connection, work.chain.chain_id, fetched)
    with connection.transaction():
        logs = writing.write(connection, work.chain.chain_id, fetched, addresses)
        if work.again:
            of_span = _bounds(work.chain, span) | {"addresses": sorted(addresses)}
            stored: int = database.value(connection, query("chain_stored_logs"), of_span)
            not_given = stored - len(fetched.logs)
        connection.execute(query("chain_move_backfill"), {"backfill": work.backfill_id})
    work.sizes.accept(len(span), len(fetched.logs))
    return logs, not_given
