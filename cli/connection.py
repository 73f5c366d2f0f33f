"""The database connection of a command."""

import contextlib
from collections.abc import Iterator

import psycopg

from hedge import database


@contextlib.contextmanager
def migrated_connection(*, pooled: bool = False) -> Iterator[psycopg.Connection]:
    """A connection to a database that has its tables; HedgeError, which says how to create them,
    where they are missing. With pooled, it may lead through a pooler in transaction mode."""
    with database.connect(pooled=pooled) as connection:
        database.require_migrated(connection)
        yield connection
