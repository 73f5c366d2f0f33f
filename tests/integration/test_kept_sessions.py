"""Sessions with the database that a worker keeps from one run to the next."""

import time
from collections.abc import Iterator

import psycopg
import pytest

from hedge import copied_process, runs
from hedge.analysis import exclusion_preview
from hedge.dbt_runner import kept_sessions, runner
from hedge.dbt_runner.kept_sessions import KeptSessions
from hedge.errors import RunFailed
from hedge.exclusions import NewExclusion
from hedge.queue import worker
from tests.support import BUSY, add_cluster, put, pvp_match

#: The settings of a session that differ from those of a new one.
CHANGED = "select name from pg_settings where source = 'session'"

LOCKS = " locktype = 'advisory'"


@pytest.fixture
def kept(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[psycopg.Connection, KeptSessions]]:
    """A deployed database of its own, and the sessions that this process keeps."""
    add_cluster(connection, "busy", BUSY)
    runs.cluster([])
    from dbt.adapters.postgres.connections import PostgresConnectionManager

    # what takes their place is taken back after the test
    for name in ("open", "_close_handle"):
        own = getattr(PostgresConnectionManager, name)
        monkeypatch.setattr(PostgresConnectionManager, name, own)
    monkeypatch.setattr(runner(), "_kept", None)
    worker._warm_up()
    found: KeptSessions = runner()._kept  # type: ignore[attr-defined]
    yield connection, found
    found.end_all()


def waiting(connection: psycopg.Connection, kept: KeptSessions) -> list[int]:
    """The processes of the sessions that wait, once all are emptied."""
    deadline = time.monotonic() + 10
    while True:
        pids = sorted(_processes(kept))
        known = connection.execute(
            "select pid, application_name from pg_stat_activity where datname = current_database()"
            " and application_name in ('hedge-dbt', 'hedge-kept')"
        ).fetchall()
        if sorted(known) == [(pid, "hedge-kept") for pid in pids]:
            return pids
        assert time.monotonic() < deadline, (pids, known)
        time.sleep(0.02)


def test_runs_take_the_sessions_of_earlier_ones(
    kept: tuple[psycopg.Connection, KeptSessions],
) -> None:
    connection, sessions = kept
    put(connection, pvp_match(BUSY))
    for _ in range(3):
        runs.cluster(["busy"])
        pids = waiting(connection, sessions)
        assert 1 <= len(pids) <= kept_sessions.MOST
    before = set(pids)
    run = runs.cluster(["busy"])
    assert {model.state for model in run.models} == {"success"}
    assert before & set(waiting(connection, sessions))
    (wins,) = connection.execute(
        "select value from analytics.challenge_progress where challenge_key = 'arena_victor'"
    ).fetchone()
    assert wins == 1
    # the views, settings, tables and locks of a run are gone
    for where, handle in sessions._waiting:
        assert where is not None
        with handle.cursor() as cursor:
            cursor.execute("reset application_name")
            cursor.execute(CHANGED)
            assert cursor.fetchall() == []
            cursor.execute("select count(*) from pg_class where relnamespace = pg_my_temp_schema()")
            assert cursor.fetchall() == [(0,)]
            cursor.execute("select count(*) from pg_locks where pid = pg_backend_pid() and" + LOCKS)
            assert cursor.fetchall() == [(0,)]
            cursor.execute("select current_setting('hedge.as_of', true)")
            assert cursor.fetchall() == [("",)]


def test_a_session_that_the_server_has_ended_is_replaced(
    kept: tuple[psycopg.Connection, KeptSessions],
) -> None:
    connection, sessions = kept
    runs.cluster(["busy"])
    pids = waiting(connection, sessions)
    connection.execute("select pg_terminate_backend(pid, 5000) from unnest(%s) as pid", [pids])
    assert runs.cluster(["busy"]).state == "SUCCESS"
    assert not set(pids) & set(waiting(connection, sessions))


def test_a_run_that_fails_keeps_none(kept: tuple[psycopg.Connection, KeptSessions]) -> None:
    connection, sessions = kept
    runs.cluster(["busy"])
    assert waiting(connection, sessions)
    connection.execute("alter table analytics.tier_unlocks rename to elsewhere")
    with pytest.raises(RunFailed):
        runs.cluster(["busy"])
    assert waiting(connection, sessions) == []
    connection.execute("alter table analytics.elsewhere rename to tier_unlocks")
    assert runs.cluster(["busy"]).state == "SUCCESS"


def test_a_session_is_kept_for_its_time_and_for_its_database(
    kept: tuple[psycopg.Connection, KeptSessions], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, sessions = kept
    runs.cluster(["busy"])
    pids = waiting(connection, sessions)
    assert sessions.take(("another database",)) is None
    monkeypatch.setattr(kept_sessions, "LONGEST", -1)
    runs.cluster(["busy"])
    left = waiting(connection, sessions)
    assert len(left) < len(pids)
    assert not set(left) - set(pids)
    runs.cluster(["busy"])
    assert waiting(connection, sessions) == []


def test_a_setting_of_a_transaction_holds_as_in_a_new_session(
    kept: tuple[psycopg.Connection, KeptSessions],
) -> None:
    """dbt commits by a statement, and the driver begins the next transaction all the same."""
    connection, sessions = kept
    runs.cluster(["busy"])
    assert waiting(connection, sessions)
    for _, handle in sessions._waiting:
        with handle.cursor() as cursor:
            cursor.execute("select set_config('hedge.as_of', '2026-10-01', true)")
            cursor.execute("select current_setting('hedge.as_of')")
            assert cursor.fetchall() == [("2026-10-01",)]
        handle.rollback()


def test_an_exclusion_is_previewed_in_sessions_of_runs(
    kept: tuple[psycopg.Connection, KeptSessions],
) -> None:
    """As a worker does; the setting of the exclusion is one of a transaction."""
    connection, sessions = kept
    put(connection, *(pvp_match(BUSY) for _ in range(5)))
    runs.full()
    assert waiting(connection, sessions)
    found = exclusion_preview.of_new(NewExclusion("unfair", cluster_id="busy"))
    moves = {one.challenge_key: (one.value_before, one.value_after) for one in found.values}
    assert moves["arena_victor"] == (5, 0)


def test_a_copy_of_the_process_takes_none(kept: tuple[psycopg.Connection, KeptSessions]) -> None:
    """Two processes that read the answers of one session would both read half of them."""
    connection, sessions = kept
    runs.cluster(["busy"])
    pids = waiting(connection, sessions)

    def computed() -> tuple[str, int]:
        return runs.cluster(["busy"]).state, len(set(pids) & _processes(sessions))

    with copied_process.working(computed) as result:
        assert result() == ("SUCCESS", 0)
    assert _processes(sessions) == set(pids)
    assert runs.cluster(["busy"]).state == "SUCCESS"


def _processes(kept: KeptSessions) -> set[int]:
    return {handle.get_backend_pid() for _, handle in kept._waiting}
