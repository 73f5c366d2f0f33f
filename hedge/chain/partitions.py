"""Partitions of raw.chain_logs, each with the logs of 1,000,000 blocks of a chain: those of old
blocks can be detached, and attached again.

A detached partition is a table of its own. What is computed from logs does not see it: no log of it
is decoded, or found by a log that arrives later.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

import psycopg
from psycopg.rows import class_row

from hedge.errors import HedgeError, UsageError
from hedge.queries import query

#: How long to wait for those who read logs, while others wait behind.
_LOCK_TIMEOUT = "5s"


@dataclass(frozen=True)
class Partition:
    """A table of logs in the schema raw, with the logs from a block to another. `newest_block_at`:
    the time of the last of its blocks that is known. `kept_because`: why it is not detached; None
    where it can be."""

    name: str
    from_block: int
    to_block: int
    is_attached: bool
    bytes: int
    newest_block_at: datetime | None
    kept_because: str | None


def partitions(
    connection: psycopg.Connection, chain: int, older_than: timedelta = timedelta()
) -> list[Partition]:
    """The partitions of a chain, by their blocks. Those can be detached that are decoded and whose
    last known block is older than an interval, all but the newest one."""
    with connection.cursor(row_factory=class_row(Partition)) as cursor:
        cursor.execute(query("chain_partitions_of"), {"chain": chain, "older_than": older_than})
        return cursor.fetchall()


def detach(connection: psycopg.Connection, chain: int, partition: Partition) -> None:
    """Detach a partition, in a transaction of its own. HedgeError where logs of it are not decoded,
    and where somebody reads logs for too long."""
    _change(connection, "select app.detach_log_partition(%s, %s)", chain, partition)


def attach(connection: psycopg.Connection, chain: int, partition: Partition) -> None:
    """Attach a detached partition, whose logs are decoded again. HedgeError as of detach."""
    _change(connection, "select app.attach_log_partition(%s, %s)", chain, partition)


def holding(found: list[Partition], block: int) -> Partition:
    """The partition that holds a block; UsageError where there is none."""
    for partition in found:
        if partition.from_block <= block <= partition.to_block:
            return partition
    raise UsageError(f"no partition of raw.chain_logs holds the block {block} of this chain")


def _change(
    connection: psycopg.Connection, statement: LiteralString, chain: int, partition: Partition
) -> None:
    try:
        with connection.transaction():
            connection.execute("select set_config('lock_timeout', %s, true)", [_LOCK_TIMEOUT])
            connection.execute(statement, [chain, partition.from_block])
    except psycopg.errors.ObjectNotInPrerequisiteState as error:
        raise HedgeError(error.diag.message_primary or str(error)) from error
    except psycopg.errors.LockNotAvailable as error:
        raise HedgeError(
            f"raw.{partition.name} is as it was, because logs were read or written for 5 seconds:"
            " try again"
        ) from error
