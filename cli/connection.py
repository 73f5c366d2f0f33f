"""The database connection of a command."""

import contextlib
from collections.abc import Iterator

import psycopg

from hedge import database


@contextlib.contextmanager
def migrated_connection() -> Iterator[psycopg.Connection]:
    """A connection to a database that has its tables; HedgeError, which says how to create them,
    where they are missing."""
    with database.connect() as connection:
        database.require_migrated(connection)
        yield connection
