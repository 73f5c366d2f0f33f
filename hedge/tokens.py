"""Bearer tokens of admins and services. A token is shown once; the table holds only its hash."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg
from psycopg.rows import class_row

from hedge import database
from hedge.errors import UsageError
from hedge.queries import query

Role = Literal["admin", "service"]


@dataclass(frozen=True)
class Token:
    """A row of app.api_tokens without the hash. revoked_at is None while the token is valid."""

    token_id: int
    name: str
    role: Role
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def create(connection: psycopg.Connection, role: str, name: str) -> tuple[int, str]:
    """Create a token; returns its number and the token, which cannot be read again.

    A role that is not admin or service, or an empty name, is a UsageError.
    """
    token = f"hedge_{secrets.token_urlsafe(32)}"
    with database.constraint_errors(f"token '{name}' for '{role}'"):
        number = database.value(
            connection, query("token_create"), {"name": name, "role": role, "hash": hashed(token)}
        )
    return number, token


def hashed(token: str) -> bytes:
    """The SHA-256 hash of a token. A token has 256 random bits and cannot be guessed, so the hash
    needs neither salt nor key stretching."""
    return hashlib.sha256(token.encode()).digest()


def listed(connection: psycopg.Connection) -> list[Token]:
    """All tokens, the newest first."""
    with connection.cursor(row_factory=class_row(Token)) as cursor:
        return cursor.execute(query("token_list")).fetchall()


def revoke(connection: psycopg.Connection, number: int) -> None:
    """Revoke a token, which is refused from then on; an unknown number is a UsageError."""
    if connection.execute(query("token_revoke"), {"token": number}).fetchone() is None:
        raise UsageError(f"no token {number}")
