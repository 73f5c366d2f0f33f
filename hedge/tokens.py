"""Bearer tokens of admins and services: shown once, kept as a hash, revoked by number."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from hedge import database
from hedge.errors import UsageError
from hedge.queries import query


@dataclass(frozen=True)
class Token:
    """What is known of a token; the token itself is not."""

    token_id: int
    name: str
    role: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def create(connection: psycopg.Connection, role: str, name: str) -> tuple[int, str]:
    """Make a token; returns its number and itself, which cannot be read again.

    A role that is not admin or service, or an empty name, is a UsageError.
    """
    token = f"hedge_{secrets.token_urlsafe(32)}"
    with database.constraint_errors(f"token '{name}' for '{role}'"):
        (number,) = connection.execute(
            query("token_create"), {"name": name, "role": role, "hash": hashed(token)}
        ).fetchone()
    return number, token


def hashed(token: str) -> bytes:
    """What is kept of a token: it has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def listed(connection: psycopg.Connection) -> list[Token]:
    """All tokens, the newest first."""
    with connection.cursor(row_factory=class_row(Token)) as cursor:
        return cursor.execute(query("token_list")).fetchall()


def revoke(connection: psycopg.Connection, number: int) -> None:
    """End a token; an unknown number is a UsageError."""
    if connection.execute(query("token_revoke"), {"token": number}).fetchone() is None:
        raise UsageError(f"no token {number}")
