"""Spans of blocks whose logs are to be decoded: taking a batch of them.

A batch is of one chain, and of so many logs that it is decoded in a moment. Who takes it deletes
the spans first and reads the logs then, in one transaction: what others commit meanwhile either is
read or has left a span of its own, and what is rolled back has its spans again.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from hedge.queries import query

#: How many spans a batch consists of, and how many logs, at most, unless one block has more.
SPANS, LOGS = 500, 20_000
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


def take(connection: psycopg.Connection, logs: int = LOGS) -> Batch | None:
    """Take the spans of the next batch; None where there are none."""
    found = connection.execute(query("chain_take_spans"), {"spans": SPANS}).fetchall()
    if not found:
        return None
    (chain_id, table_name), *_ = {(chain, table) for chain, table, _, _ in found}
    ranges = merged((first, last) for _, _, first, last in found)
    limit = connection.execute(
        sql.SQL(
            "select block_number from raw.chain_logs where chain_id = {} and {}"
            " order by block_number offset {} limit 1"
        ).format(chain_id, _between(ranges), logs)
    ).fetchone()
    if limit:
        ranges, rest = cut(ranges, max(limit[0], ranges[0][0] + 1))
        for first, last in rest:
            connection.execute(
                "insert into app.undecoded_spans (chain_id, from_block, to_block, table_name)"
                " values (%s, %s, %s, %s)",
                [chain_id, first, last, table_name],
            )
    return Batch(chain_id, ranges, table_name, _blocks(connection, chain_id, ranges))


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
