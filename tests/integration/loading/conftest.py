"""A database that the tests of the loader share, and files to load into it."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from hedge import database


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
