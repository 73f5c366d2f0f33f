"""Spans of blocks whose logs are to be decoded: taking a batch of them.

A batch is of one chain, and of so many logs that it is decoded in a moment. Who decodes finds the
spans first and reads the logs then: what others commit meanwhile either is read or has left a span
of its own. One session deletes the spans in the transaction of the facts; several sessions decode
first, and the spans are deleted when the last of them has committed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg import sql

from hedge import database
from hedge.queries import query

#: How many spans a batch consists of, and how many logs, at most, unless one block has more.
SPANS, LOGS = 500, 40_000
#: From this number of logs on, several sessions are worth their beginning.
MANY_LOGS = 5_000
#: With more ranges than these, their blocks are named one by one.
RANGES = 16

#: The first and the last block of a range.
Range = tuple[int, int]


@dataclass(frozen=True)
class Batch:
    """Blocks of a chain whose logs are to be decoded. table_name is the one raw table whose facts
    they are decoded into; None: all."""

    chain_id: int
    ranges: list[Range]
    table_name: str | None
    blocks: sql.Composable

    @property
    def span(self) -> str:
        """The chain and the blocks, in words."""
        first, last = self.ranges[0][0], self.ranges[-1][1]
        blocks = f"block {first}" if first == last else f"blocks {first} to {last}"
        return f"chain {self.chain_id}, {blocks}"


@dataclass
class Found:
    """Spans that wait, of one chain and one table or all, each by its place and its time; the
    batches that were taken of their blocks, in order; and the blocks that are in no batch."""

    chain_id: int
    table_name: str | None
    places: list[str]
    times: list[datetime]
    rest: list[Range]
    batches: list[Batch] = field(default_factory=list)

    def take(self, connection: psycopg.Connection, logs: int = LOGS) -> Batch | None:
        """Take the next batch, of so many logs; None where every block is in one."""
        if not self.rest:
            return None
        limit = connection.execute(
            sql.SQL(
                "select block_number from raw.chain_logs where chain_id = {} and {}"
                " order by block_number offset {} limit 1"
            ).format(self.chain_id, _between(self.rest), logs)
        ).fetchone()
        ranges, rest = self.rest, list[Range]()
        if limit:
            ranges, rest = cut(self.rest, max(limit[0], self.rest[0][0] + 1))
        blocks = _blocks(connection, self.chain_id, ranges)
        self.batches.append(Batch(self.chain_id, ranges, self.table_name, blocks))
        self.rest = rest
        return self.batches[-1]


def find(connection: psycopg.Connection, batches: int = 1) -> Found | None:
    """The first spans that wait, as many as so many batches consist of at most; None where there
    are none."""
    spans = connection.execute(query("chain_waiting_spans"), {"spans": SPANS * batches}).fetchall()
    if not spans:
        return None
    chain_id, table_name = spans[0][:2]
    places, times = ([span[place] for span in spans] for place in (4, 5))
    rest = merged((first, last) for _, _, first, last, _, _ in spans)
    return Found(chain_id, table_name, places, times, rest)


def end(connection: psycopg.Connection, found: Found, batches: int) -> None:
    """Delete spans of which so many batches are decoded, or are in this transaction; the blocks of
    others wait in new spans."""
    connection.execute(query("chain_delete_spans"), {"places": found.places, "times": found.times})
    others = [each for batch in found.batches[batches:] for each in batch.ranges]
    for first, last in merged([*others, *found.rest]):
        connection.execute(
            "insert into app.undecoded_spans (chain_id, from_block, to_block, table_name)"
            " values (%s, %s, %s, %s)",
            [found.chain_id, first, last, found.table_name],
        )


def are_many(connection: psycopg.Connection) -> bool:
    """Whether so many logs wait that several sessions are worth their beginning."""
    asked = {"spans": SPANS, "logs": MANY_LOGS}
    return bool(database.value(connection, query("chain_many_waiting"), asked))


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same blocks in as few ranges as there can be, in their order."""
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def cut(ranges: Iterable[Range], block: int) -> tuple[list[Range], list[Range]]:
    """The blocks of ranges before a block, and those from it on."""
    before, after = [], []
    for first, last in ranges:
        if first < block:
            before.append((first, min(last, block - 1)))
        if last >= block:
            after.append((max(first, block), last))
    return before, after


def _between(ranges: Iterable[Range]) -> sql.Composed:
    """A condition on block_number, in values: a parameter would not reach the partitions and
    indexes behind a view."""
    conditions = [
        sql.SQL("block_number between {} and {}").format(first, last) for first, last in ranges
    ]
    return sql.SQL("({})").format(sql.SQL(" or ").join(conditions))


def _blocks(connection: psycopg.Connection, chain_id: int, ranges: list[Range]) -> sql.Composable:
    """A condition on chain_id and block_number for the blocks of ranges that have logs."""
    blocks = _between(ranges)
    if len(ranges) > RANGES:
        ((numbers,),) = connection.execute(
            sql.SQL(
                "select coalesce(array_agg(distinct block_number), '{{}}') from raw.chain_logs"
                " where chain_id = {} and {}"
            ).format(chain_id, blocks)
        ).fetchall()
        blocks = any_of_blocks(numbers)
    return sql.SQL("chain_id = {} and {}").format(chain_id, blocks)


def any_of_blocks(numbers: list[int]) -> sql.Composed:
    """A condition on block_number, in values."""
    return sql.SQL("block_number = any({}::bigint[])").format(sql.Literal(numbers))
