"""Logs of events, as contracts emit them, and what is stored of their facts."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from eth_abi import encode

METIS, DFK = 1088, 53935
#: When block 0 of a chain was made here; one follows every second.
BEGINNING = datetime(2026, 5, 1, tzinfo=UTC)
ALICE, BOB = "0x" + "a1" * 20, "0x" + "b2" * 20
NOBODY = "0x" + "00" * 20
CHAINS = {
    "cjewel": DFK,
    "dfk_duel": DFK,
    "gold": DFK,
    "hero_core": DFK,
    "hunts_diamond": DFK,
    "lp_staking_diamond": DFK,
    "pet_core": DFK,
    "quest_core": DFK,
    "pvp_diamond": METIS,
}


def word(number: int) -> bytes:
    """A word of 32 bytes."""
    return number.to_bytes(32, "big")


def tx(number: int) -> str:
    """The hash of a transaction as facts have it."""
    return f"0x{number:064x}"


def time_of(block: int) -> datetime:
    """When a block was made."""
    return BEGINNING + timedelta(seconds=block)


def put_log(
    connection: psycopg.Connection,
    contract: str,
    event: str,
    topics: Sequence[int | str],
    values: Sequence[Any],
    *,
    block: int,
    fork: int = 0,
    transaction: int | None = None,
    index: int = 0,
    removed: bool = False,
    data: bytes | None = None,
) -> None:
    """Store a log, as a node tells it; where it is stored, only whether it is removed may change.

    values are those of the parameters that are not indexed, and data what stands for their
    encoding. A block has another hash in another fork.
    """
    chain = CHAINS[contract]
    types, topic0, address = connection.execute(
        """
        select signature, decode(substr(topic0, 3), 'hex'), decode(substr(address, 3), 'hex')
        from analytics.chain_events inner join analytics.chain_contracts using (contract)
        where contract = %s and event = %s and chain_id = %s
        """,
        [contract, event, chain],
    ).fetchone()
    words = [int(topic, 16) if isinstance(topic, str) else topic for topic in topics]
    number = block if transaction is None else transaction
    connection.execute("select app.create_log_partitions(%s, %s, %s)", [chain, block, block])
    connection.execute(
        """
        insert into raw.chain_logs as stored (
            chain_id, block_number, block_hash, tx_hash, log_index, address, topic0, topic1,
            topic2, topic3, data, removed_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, case when %s then now() end)
        on conflict (tx_hash, log_index, block_hash, chain_id, block_number)
        do update set removed_at = excluded.removed_at
        """,
        [
            *(chain, block, word(1000 * block + fork), word(number), index, address, topic0),
            *([word(one) for one in words] + [None] * 3)[:3],
            encode(types_in_data(types), values) if data is None else data,
            removed,
        ],
    )


def types_in_data(signature: str) -> list[str]:
    """The types of the parameters that are not indexed, from a signature of the seed."""
    found, depth, part = [], 0, ""
    for letter in signature[signature.index("(") + 1 : -1] + ",":
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            found.append(part.strip())
            part = ""
        else:
            part += letter
    return [without_names(one) for one in found if one and " indexed " not in one]


def without_names(parameter: str) -> str:
    """The type of a parameter of a signature."""
    if not parameter.startswith("("):
        return parameter.split()[0]
    inside, _, after = parameter[1:].rpartition(")")
    suffix = after.split()[0] if after and not after.startswith(" ") else ""
    return f"({','.join(types_in_data(f'x({inside})'))}){suffix}"


def put_block(connection: psycopg.Connection, chain: int, block: int, fork: int = 0) -> None:
    """Store the header of a block, which is canonical in place of that of another fork."""
    connection.execute(
        "update raw.chain_blocks set removed_at = now()"
        " where chain_id = %s and block_number = %s and block_hash <> %s and removed_at is null",
        [chain, block, word(1000 * block + fork)],
    )
    connection.execute(
        "insert into raw.chain_blocks (chain_id, block_number, block_hash, block_time)"
        " values (%s, %s, %s, %s)"
        " on conflict (chain_id, block_number, block_hash) do update set removed_at = null",
        [chain, block, word(1000 * block + fork), time_of(block)],
    )


def contents(
    connection: psycopg.Connection, tables: Iterable[str], *without: str
) -> dict[str, list[str]]:
    """All rows of raw tables as JSON without some columns, in one order."""
    return {
        table: [
            row
            for (row,) in connection.execute(
                "select (to_jsonb(stored) - %s::text[])::text"
                f" from raw.{table} as stored order by 1",
                [list(without)],
            )
        ]
        for table in tables
    }


def stored(connection: psycopg.Connection, table: str, columns: str) -> list[tuple]:
    """What a raw table holds, in the order of the columns asked for."""
    return connection.execute(f"select {columns} from raw.{table} order by {columns}").fetchall()
