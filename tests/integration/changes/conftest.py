"""A database in which nothing has changed since the last run."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.integration.changes import put_run
from tests.prepared_server import OpenTransaction
from tests.support import BUSY, IDLE, add_cluster


@pytest.fixture(scope="package")
def database_of_changes(template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a database with two clusters that nothing has changed for long."""
    url = new_database("changes", template)
    with psycopg.connect(url, autocommit=True) as connection:
        add_cluster(connection, "busy", BUSY)
        add_cluster(connection, "idle", IDLE)
        connection.execute("delete from app.etl_runs; delete from app.change_notes")
    return url


@pytest.fixture
def settled(database_of_changes: str, rolled_back: OpenTransaction) -> Iterator[psycopg.Connection]:
    """A transaction in that database, in which a full run has succeeded; it is rolled back."""
    with rolled_back(database_of_changes) as connection:
        put_run(connection, "FULL")
        yield connection


@pytest.fixture(scope="package")
def database_of_notes(template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a deployed database without facts and notes."""
    url = new_database("notes", template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("delete from app.change_notes")
    return url


@pytest.fixture
def noted(database_of_notes: str, rolled_back: OpenTransaction) -> Iterator[psycopg.Connection]:
    """A transaction in that database, which is rolled back."""
    with rolled_back(database_of_notes) as connection:
        yield connection
