"""Writing of what a node gave: logs, blocks, the cursor and the coverage, all in the transaction of
the caller."""

from collections.abc import Collection, Sequence

import psycopg

from hedge import database
from hedge.chain.answers import Header, Span
from hedge.chain.configured import Chain
from hedge.chain.fetching import Fetched
from hedge.queries import query


def create_partitions(connection: psycopg.Connection, chain: int, span: Span) -> None:
    """Create the partitions of the logs of a range that are missing, in a transaction of their
    own: others may read and write meanwhile, but not for long."""
    with connection.transaction():
        connection.execute(
            "select app.create_log_partitions(%s, %s, %s)", [chain, span.first, span.last]
        )


def write(
    connection: psycopg.Connection, chain: int, fetched: Fetched, addresses: Collection[bytes]
) -> int:
    """Store the logs and blocks of a range, and that all logs of some contracts are known there;
    returns how many logs are new, or canonical again."""
    connection.execute(query("chain_staging"))
    with connection.cursor().copy(
        "copy pg_temp.chain_staged_blocks"
        " (chain_id, block_number, block_hash, parent_hash, block_time) from stdin"
    ) as copy:
        for header in fetched.headers:
            copy.write_row([chain, header.number, header.hash, header.parent, header.time])
    with connection.cursor().copy(
        "copy pg_temp.chain_staged_logs (block_number, block_hash, tx_hash, log_index, address,"
        " topic0, topic1, topic2, topic3, data, chain_id) from stdin"
    ) as copy:
        for log in fetched.logs:
            copy.write_row([*log, chain])
    connection.execute("analyze pg_temp.chain_staged_logs")
    connection.execute(query("chain_replace_blocks"), {"chain": chain})
    connection.execute(query("chain_write_blocks"))
    connection.execute(query("chain_merge_logs"))
    written: int = database.value(connection, query("chain_write_logs"))
    cover(connection, chain, fetched.span, addresses)
    return written


def note_contracts(connection: psycopg.Connection, chain: Chain) -> None:
    """Let the coverage have the contracts of a chain, and no other ones."""
    contracts = chain.contracts
    connection.execute(
        query("chain_note_contracts"),
        {
            "chain": chain.chain_id,
            "addresses": [one.address for one in contracts],
            "names": [one.name for one in contracts],
            "from_blocks": [one.from_block for one in contracts],
            "to_blocks": [one.to_block for one in contracts],
        },
    )


def cover(
    connection: psycopg.Connection, chain: int, span: Span, addresses: Collection[bytes]
) -> None:
    """Note that all logs of some contracts are known in a range."""
    connection.execute(
        query("chain_cover"),
        {
            "chain": chain,
            "first": span.first,
            "last": span.last,
            "addresses": sorted(addresses),
        },
    )


def move_cursor(connection: psycopg.Connection, chain: int, last: Header) -> None:
    """Set the cursor of a chain on a block."""
    connection.execute(
        query("chain_move_cursor"),
        {"chain": chain, "number": last.number, "hash": last.hash, "time": last.time},
    )


def lose(connection: psycopg.Connection, chain: int, ancestor: Header, lost: int) -> int:
    """Mark the logs and blocks after an ancestor, up to the lost one, as removed, and set the
    cursor back on the ancestor; returns how many logs are lost."""
    span = {"chain": chain, "ancestor": ancestor.number, "lost": lost}
    logs: int = database.value(connection, query("chain_lose_logs"), span)
    connection.execute(query("chain_lose_blocks"), span)
    connection.execute(query("chain_uncover"), span)
    connection.execute(query("chain_note_reorganization"), span | {"logs": logs})
    move_cursor(connection, chain, ancestor)
    return logs


def hashes(connection: psycopg.Connection, chain: int, numbers: Sequence[int]) -> dict[int, bytes]:
    """The hashes of the canonical blocks of some numbers, as far as they are stored."""
    return dict(
        connection.execute(
            query("chain_hashes"), {"chain": chain, "numbers": list(numbers)}
        ).fetchall()
    )
