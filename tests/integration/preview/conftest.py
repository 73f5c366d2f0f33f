"""Two sides of a preview that are written by hand instead of being built."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from hedge import database
from hedge.analysis import preview


@pytest.fixture(scope="package")
def sides_url(template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a database that the comparisons of previews share."""
    return new_database("sides", template)


@pytest.fixture
def sides(sides_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A connection with two empty sides and the deployed seeds on both, in a transaction that is
    undone."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", sides_url)
    with database.connect() as connection, connection.transaction(force_rollback=True):
        for side in ("before", "after"):
            for name in (*preview.SEEDS, *preview.MARTS):
                connection.execute(
                    f"create temporary table {side}_{name} as select * from analytics.{name}"
                    + (" limit 0" if name in preview.MARTS else "")
                )
        yield connection
