"""Writing of what a node gave: logs, blocks, the cursor and the coverage, all in the transaction of
the caller."""

from collections.abc import Collection, Sequence

import psycopg

from hedge import database
from hedge.chain import storing
from hedge.chain.answers import Header, Span
from hedge.chain.configured import Chain
from hedge.chain.fetching import Fetched
from hedge.chain.rows import Block
from hedge.queries import query


def write(
    connection: psycopg.Connection, chain: int, fetched: Fetched, addresses: Collection[bytes]
) -> int:
    """Store the logs and blocks of a range, and that all logs of some contracts are known there;
    returns how many logs are new, or canonical again. Partitions of the logs have to be there
    (create_partitions)."""
    headers, span = fetched.headers, fetched.span
    storing.lock_blocks(connection, chain, (span.first, span.last))
    connection.execute(
        query("chain_replace_blocks"),
        {
            "chain": chain,
            "first": span.first,
            "last": span.last,
            "numbers": [header.number for header in headers],
            "hashes": [header.hash for header in headers],
        },
    )
    blocks = (Block(one.number, one.hash, one.parent, one.time) for one in headers)
    storing.put_blocks(connection, chain, blocks).require_none_refused(chain)
    logs = storing.put_logs(connection, chain, fetched.logs).require_none_refused(chain)
    cover(connection, chain, span, addresses)
    return logs.inserted + logs.updated


def create_partitions(connection: psycopg.Connection, chain: int, fetched: Fetched) -> None:
    """Create the partitions of the logs of a range that are missing, in a transaction of their
    own: others may read and write meanwhile, but not for long."""
    with connection.transaction():
        storing.create_partitions(connection, chain, (log.block_number for log in fetched.logs))


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


def uncover(connection: psycopg.Connection, chain: int, span: Span) -> None:
    """Forget that the logs of a range are known, of every contract: it is a gap then."""
    parameters = {"chain": chain, "first": span.first, "last": span.last}
    connection.execute(query("chain_uncover"), parameters)


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
    storing.lock_blocks(connection, chain, range(ancestor.number, lost + 1))
    logs: int = database.value(connection, query("chain_lose_logs"), span)
    connection.execute(query("chain_lose_blocks"), span)
    uncover(connection, chain, Span(ancestor.number + 1, lost))
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
