"""The loader: what it takes, what it refuses, and what it leaves as it is.

These are the lines and files that its tests have in common.
"""

from collections.abc import Callable

import psycopg

Write = Callable[[str, str | bytes], str]

ALICE = "0x" + "a" * 40
HEADER = "realm,match_id,wallet_address,is_ranked,outcome,hero_deaths,tx_hash,matched_at"
HEROES = "hero_id,main_class,rarity,level,is_rented,updated_at"
DROPS = "tx_hash,log_index,chain_id,hunt_id,wallet_address,item_address,amount,dropped_at"
HASH = "0x" + "f" * 64
NOON = "2025-01-01T12:00:00Z"


def match(
    match_id: str,
    wallet: str = ALICE,
    outcome: str = "WIN",
    deaths: str = "0",
    tx_hash: str = HASH,
    at: str = NOON,
    realm: str = "dfk",
) -> str:
    """A line of pvp_matches."""
    return f"{realm},{match_id},{wallet},true,{outcome},{deaths},{tx_hash},{at}"


def lines(*rows: str, end: str = "\n") -> str:
    """A file of lines."""
    return "".join(row + end for row in rows)


def stored(connection: psycopg.Connection, columns: str, table: str = "pvp_matches") -> list[tuple]:
    """What a raw table holds, in the order of the columns asked for."""
    return connection.execute(f"select {columns} from raw.{table} order by {columns}").fetchall()


def rejected(connection: psycopg.Connection) -> list[tuple]:
    """What raw.rejected_rows holds."""
    return stored(connection, "line, reason", "rejected_rows")
