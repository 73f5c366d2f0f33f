"""A queue without requests, and the session of another worker."""

from collections.abc import Iterator

import psycopg
import pytest

from hedge import database
from tests.support import BUSY, IDLE, RIVAL, add_cluster


@pytest.fixture(scope="module")
def clusters(module_database: str) -> None:
    """Three clusters in the database of this module."""
    with psycopg.connect(module_database, autocommit=True) as connection:
        for cluster, wallet in (("busy", BUSY), ("idle", IDLE), ("rival", RIVAL)):
            add_cluster(connection, cluster, wallet)


@pytest.fixture
def queue(clusters: None, deployed: psycopg.Connection) -> psycopg.Connection:
    """A connection to that database, in which nothing is requested."""
    deployed.execute("delete from app.etl_requests")
    return deployed


@pytest.fixture
def other(queue: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The session of another worker, which does not wait long for a lock."""
    with database.connect() as connection:
        connection.execute("set lock_timeout = '5s'")
        yield connection
