"""Runs that a test holds in the midst of their statements, and requests that wait for them."""

import secrets
from typing import Any

import psycopg

from hedge import database, wallets
from tests.support import put, pvp_match

#: A statement of a transaction in which no run can write a mart.
MART_LOCK = "lock table analytics.cluster_metrics in share mode"


def link_somebody(connection: psycopg.Connection[Any]) -> str:
    """A new cluster with a win, and so a request for it."""
    name, wallet = f"somebody-{secrets.token_hex(6)}", f"0x{secrets.token_hex(20)}"
    put(connection, pvp_match(wallet))
    wallets.link(connection, name, [wallet])
    return name


def is_taken(connection: psycopg.Connection[Any], kind: str) -> bool:
    """Whether a worker has taken a request of a kind."""
    taken = "select exists (select from app.etl_requests where taken_by > 0 and kind = %s)"
    return bool(database.value(connection, taken, [kind]))
