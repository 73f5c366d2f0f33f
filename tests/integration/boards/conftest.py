"""Databases with three clusters: one for each test, and one that the tests of a module share."""

from pathlib import Path

import psycopg
import pytest

from hedge import catalogue
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


@pytest.fixture
def town(deployed: psycopg.Connection) -> psycopg.Connection:
    """A connection to the database of a module, with three clusters and nothing else."""
    raw = deployed.execute("select 'raw.' || tablename from pg_tables where schemaname = 'raw'")
    for table in (*WRITTEN, *(name for (name,) in raw.fetchall())):
        deployed.execute(f"delete from {table}")
    settle(deployed)
    return deployed


@pytest.fixture
def installed(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in a database with the boards and the season of the catalogue."""
    catalogue.install(transaction)
    return transaction


@pytest.fixture
def folder(installed: psycopg.Connection, tmp_path: Path) -> Path:
    """A folder with the files of that database."""
    catalogue.export_boards(installed, tmp_path)
    catalogue.export_seasons(installed, tmp_path)
    return tmp_path
