"""A small mart of a test, on which the statements are executed that the macros render."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
import pytest

from hedge import database
from tests.rendering import MART, render
from tests.support import AS_OF, DAY, set_as_of

OLDER, NEWER = AS_OF - DAY, AS_OF + DAY


class Row(NamedTuple):
    """A row of the small mart: its key is the first two columns."""

    cluster_id: str
    challenge_key: str
    tier: str | None = "BASIC"
    computed_at: datetime = AS_OF


COMPUTED = [Row("busy", "arena"), Row("rival", "arena")]


def create(url: str) -> str:
    """Create a small mart, and the table with the rows that a run has computed for it, in a
    database; returns the URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """
            create table analytics.some_mart (
                cluster_id text collate "C",
                challenge_key text collate "C",
                tier text,
                last_computed_at timestamptz,
                primary key (cluster_id, challenge_key)
            );
            create table some_mart__tmp (like analytics.some_mart)
            """
        )
    return url


@contextlib.contextmanager
def transaction_of_a_run() -> Iterator[psycopg.Connection]:
    """A transaction in the session of a run; it is rolled back."""
    with database.connect(autocommit=False) as connection:
        set_as_of(connection, AS_OF)
        yield connection
        connection.rollback()


def put(connection: psycopg.Connection, existing: list[Row], computed: list[Row]) -> None:
    """Fill the mart and the table of what was computed."""
    with connection.cursor() as cursor:
        for table, rows in (("analytics.some_mart", existing), ("some_mart__tmp", computed)):
            cursor.executemany(f"insert into {table} values (%s, %s, %s, %s)", rows)


def rows(connection: psycopg.Connection) -> list[Row]:
    """The rows of the mart in the order of their key."""
    found = connection.execute("select * from analytics.some_mart order by 1, 2").fetchall()
    return [Row(*row) for row in found]


def execute(
    connection: psycopg.Connection,
    macro: str,
    clusters: list[str] | None = None,
    config: dict[str, Any] | None = None,
    **mart: Any,
) -> int:
    """Execute the statement of a macro of a strategy; returns how many rows it wrote, or found."""
    text = render(
        f"{{{{ {macro}(mart) }}}}",
        {"clusters": clusters},
        config,
        mart=MART | {"batch": 1, "batches": 1} | mart,
    )
    return connection.execute(text).rowcount


def find_and_remove(
    connection: psycopg.Connection,
    clusters: list[str] | None = None,
    config: dict[str, Any] | None = None,
    **mart: Any,
) -> int:
    """Lock the stale rows and delete them; returns how many were deleted."""
    connection.execute("drop table if exists some_mart__stale")
    found = execute(connection, "latest_wins_lock_stale", clusters, config, **mart)
    (locked,) = connection.execute(
        "select count(*) from analytics.some_mart as mart"
        " inner join some_mart__stale using (cluster_id, challenge_key)"
        " where mart.xmax = pg_current_xact_id()::xid"
    ).fetchone()
    deleted = execute(connection, "latest_wins_remove_stale", clusters, config, **mart)
    assert deleted == locked == found
    return deleted


@contextlib.contextmanager
def refused(connection: psycopg.Connection, sentence: str) -> Iterator[None]:
    """A block that the database refuses; its transaction goes on."""
    with (
        pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=sentence),
        connection.transaction(),
    ):
        yield
