"""A fact that another role commits late is not missed, though its session is hidden.

PostgreSQL shows to a role without pg_read_all_stats neither when the transaction of another role
began nor that its session is one of a client.
"""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from hedge import database, runs
from tests.faults import add_busy_and_idle, require_equal_to_a_computation_from_nothing
from tests.support import BUSY, progress, put, pvp_match

ROLES = ("hidden_keeper", "hidden_indexer")


@pytest.fixture
def keeper(connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let Hedge be a role that owns everything and may not see the sessions of other roles; yields
    the URL of the role of an indexer."""
    keeper, indexer = ROLES
    connection.execute(
        f"create role {keeper} login; create role {indexer} login;"
        # Everything belongs to the role postgres. A member has its rights, but is no superuser.
        f"grant postgres to {keeper};"
        f"grant usage on schema raw to {indexer};"
        f"grant select, insert, update, delete on all tables in schema raw to {indexer}"
    )
    url = make_conninfo(connection.info.dsn, options="")
    monkeypatch.setenv("HEDGE_DATABASE_URL", make_conninfo(url, user=keeper))
    yield make_conninfo(url, user=indexer)
    connection.execute(f"drop owned by {indexer}; drop role {keeper}, {indexer}")


def test_what_a_hidden_session_commits_late_is_computed_by_the_next_run(
    connection: psycopg.Connection, keeper: str
) -> None:
    """Several runs of dbt, so some seconds."""
    add_busy_and_idle(connection)
    runs.full()
    with psycopg.connect(keeper) as indexer:
        put(indexer, pvp_match(BUSY))
        with database.connect() as as_keeper:
            hidden = as_keeper.execute(
                "select xact_start, backend_type from pg_stat_activity where pid = %s",
                [indexer.info.backend_pid],
            )
            assert hidden.fetchall() == [(None, None)]
        assert runs.incremental().scope_size == 0
        assert progress(connection, "busy")["arena_victor"] == 1
        indexer.commit()
    assert runs.incremental().scope_size == 1
    assert progress(connection, "busy")["arena_victor"] == 2
    require_equal_to_a_computation_from_nothing(connection)
