"""A database that the tests of the loader share, and files to load into it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from hedge import database
from tests.integration.loading import Write


@pytest.fixture(scope="package")
def loading_url(template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of the database."""
    return new_database("loading", template)


@pytest.fixture
def connection(loading_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A connection to it, with empty raw tables."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", loading_url)
    with database.connect() as connection:
        tables = connection.execute(
            "select tablename from pg_tables where schemaname = 'raw'"
            # what is deleted elsewhere gets there
            " order by tablename = 'removed_facts'"
        )
        for (table,) in tables.fetchall():
            connection.execute(f"delete from raw.{table}")
        yield connection


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file and returns its path."""

    def to_file(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return to_file
