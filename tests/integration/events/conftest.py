"""A database with two clusters of which nothing was told yet."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from api.numbers import read_exactly
from tests.prepared_server import OpenTransaction
from tests.support import add_cluster


@pytest.fixture(scope="package")
def database_of_events(template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of that database."""
    url = new_database("events", template)
    with psycopg.connect(url, autocommit=True) as connection:
        for cluster in ("busy", "idle"):
            add_cluster(connection, cluster)
    return url


@pytest.fixture
def connection(
    database_of_events: str, rolled_back: OpenTransaction
) -> Iterator[psycopg.Connection]:
    """A transaction in that database, which is rolled back."""
    with rolled_back(database_of_events) as connection:
        read_exactly(connection)
        # what tests of the order have committed
        connection.execute(
            "delete from app.events; delete from analytics.challenge_progress;"
            "delete from analytics.progress_history"
        )
        yield connection
