"""Databases with three clusters: one for each test, and one that tests share."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from hedge import database
from tests.support import BUSY, BUSY_TOO, IDLE, RIVAL, add_cluster

#: What the tests of the shared database write; the rest goes with it.
WRITTEN = (
    *("app.leaderboard_defs", "app.seasons", "app.wallet_links", "app.wallet_clusters"),
    *("app.players", "app.etl_requests", "analytics.cluster_metrics"),
    *("analytics.challenge_progress", "analytics.tier_unlocks", "analytics.season_progress"),
)


def settle(connection: psycopg.Connection) -> None:
    """Three clusters, one of them with two wallets, and no facts."""
    add_cluster(connection, "busy", BUSY, BUSY_TOO, discord_id="1")
    add_cluster(connection, "idle", IDLE)
    add_cluster(connection, "rival", RIVAL)


@pytest.fixture
def own_town(connection: psycopg.Connection) -> psycopg.Connection:
    """A database of one test, in which it can break views."""
    settle(connection)
    return connection


@pytest.fixture(scope="package")
def town_url(template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of the database that the tests of boards share."""
    return new_database("town", template)


@pytest.fixture
def town(town_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A connection to it, with three clusters and nothing else."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", town_url)
    with database.connect() as connection:
        raw = connection.execute(
            "select 'raw.' || tablename from pg_tables where schemaname = 'raw'"
        )
        for table in (*WRITTEN, *(name for (name,) in raw.fetchall())):
            connection.execute(f"delete from {table}")
        settle(connection)
        yield connection
