"""Logs and blocks to store, and what is stored of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from hedge.chain.rows import Block, Log

DFK = 53935
NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)


def word(number: int) -> bytes:
    """A word of 32 bytes."""
    return number.to_bytes(32, "big")


def log(number: int, **changes: Any) -> Log:
    """A log of the block of a number."""
    values: dict[str, Any] = {
        "block_number": number,
        "block_hash": word(number),
        "tx_hash": word(1000 + number),
        "log_index": 0,
        "address": b"a" * 20,
        "topic0": word(7),
        "topic1": word(number),
        "topic2": None,
        "topic3": None,
        "data": b"",
    }
    return Log(**values | changes)


def block(number: int, **changes: Any) -> Block:
    """The block of a number."""
    values: dict[str, Any] = {
        "block_number": number,
        "block_hash": word(number),
        "parent_hash": word(number - 1),
        "block_time": NOON + timedelta(seconds=2 * number),
    }
    return Block(**values | changes)


def stored_logs(connection: psycopg.Connection) -> list[Log]:
    """The logs that are stored, in their order."""
    found = connection.execute(
        "select block_number, block_hash, tx_hash, log_index, address, topic0, topic1, topic2,"
        " topic3, data, removed_at is not null from raw.chain_logs"
        " order by chain_id, block_number, log_index, block_hash nulls first, tx_hash"
    )
    return [Log(*row) for row in found.fetchall()]


def canonical_logs(connection: psycopg.Connection) -> list[Log]:
    """Those of them that are not removed."""
    return [log for log in stored_logs(connection) if not log.is_removed]


def spans(connection: psycopg.Connection) -> list[tuple[int, int]]:
    """Takes the spans of blocks that are to be decoded."""
    return connection.execute(
        "with taken as (delete from app.undecoded_spans returning *)"
        " select from_block, to_block from taken order by 1, 2"
    ).fetchall()
