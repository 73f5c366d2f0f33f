"""A run that fails says why, leaves the marts whole, and the next run makes good."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool

import psycopg
import pytest

from hedge import database, runs
from hedge.errors import HedgeError
from tests.support import (
    AS_OF,
    BUSY,
    IDLE,
    RIVAL,
    Process,
    add_cluster,
    break_view,
    computed_at,
    days_ago,
    marts,
    mend_view,
    progress,
    put,
    pvp_match,
    wait_until_held,
    wait_until_no_session_is_left,
)

BEFORE, BROKEN = days_ago(3), days_ago(1)


@pytest.fixture
def town(connection: psycopg.Connection) -> psycopg.Connection:
    """Three clusters with a win each, computed; then each wins once more."""
    for cluster, wallet in (("busy", BUSY), ("idle", IDLE), ("rival", RIVAL)):
        add_cluster(connection, cluster, wallet)
        put(connection, pvp_match(wallet, at=days_ago(9)))
    runs.full(as_of=BEFORE)
    put(connection, *(pvp_match(wallet, at=days_ago(2)) for wallet in (BUSY, IDLE, RIVAL)))
    return connection


def assert_fails(kind: str, model: str, reason: str) -> None:
    """A run fails with its own error in one paragraph, and the ledger has it too."""
    with pytest.raises(HedgeError) as failure:
        getattr(runs, kind)(as_of=BROKEN)
    told = str(failure.value)
    assert told.startswith(f"the {kind} run failed: ")
    assert model in told
    assert reason in told
    assert "\n" not in told
    assert "Traceback" not in told

    with database.connect() as connection:
        newest = runs.ledger(connection)[0]
    assert (newest.kind, newest.state, newest.as_of) == (kind.upper(), "FAILED", BROKEN)
    assert newest.error.startswith(f"{model}: ")
    assert reason in newest.error
    assert newest.finished_at


def assert_repaired_by_an_incremental_run(connection: psycopg.Connection) -> None:
    """What the failed run was to bring up to date, the next one does."""
    assert runs.incremental(as_of=AS_OF).state == "SUCCESS"
    for cluster in ("busy", "idle", "rival"):
        assert progress(connection, cluster)["arena_victor"] == 2
    assert set(computed_at(connection).values()) == {AS_OF}


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_a_mart_that_fails_first_leaves_each_as_it_was(town: psycopg.Connection, kind: str) -> None:
    before = marts(town)
    town.execute(
        'alter table analytics.cluster_metrics add constraint "rival is not computed again"'
        f" check (cluster_id <> 'rival' or last_computed_at < '{BROKEN}')"
    )
    assert_fails(kind, "cluster_metrics", "rival is not computed again")
    assert marts(town) == before

    town.execute(
        'alter table analytics.cluster_metrics drop constraint "rival is not computed again"'
    )
    assert_repaired_by_an_incremental_run(town)


def test_a_view_that_fails_late_leaves_each_mart_as_it_was_or_complete(
    town: psycopg.Connection,
) -> None:
    before = marts(town)
    definition = break_view(town, "challenge_scores", "value")
    assert_fails("full", "challenge_progress", "division by zero")
    found = marts(town)
    assert {row["last_computed_at"] for row in found["cluster_metrics"].values()} == {BROKEN}
    assert found["challenge_progress"] == before["challenge_progress"]
    assert found["tier_unlocks"] == before["tier_unlocks"]

    mend_view(town, "challenge_scores", definition)
    assert_repaired_by_an_incremental_run(town)


def test_a_mart_that_cannot_be_written_is_left_as_it_was(town: psycopg.Connection) -> None:
    before = marts(town)
    town.execute(
        'alter table analytics.challenge_progress add constraint "rival does not win twice"'
        " check (cluster_id <> 'rival' or challenge_key <> 'arena_victor' or value < 2)"
    )
    assert_fails("full", "challenge_progress", "rival does not win twice")
    assert marts(town)["challenge_progress"] == before["challenge_progress"]

    town.execute(
        'alter table analytics.challenge_progress drop constraint "rival does not win twice"'
    )
    assert_repaired_by_an_incremental_run(town)


@pytest.fixture
def process(template: str) -> Iterator[Process]:
    """A process of its own, to be killed."""
    process = Process()
    yield process
    process.stop()


def test_a_run_whose_process_was_killed_is_closed_and_repaired_by_the_next_run(
    town: psycopg.Connection, process: Process
) -> None:
    with database.connect(autocommit=False) as holder:
        holder.execute(
            "select from analytics.challenge_progress where cluster_id = 'idle' for update"
        )
        killed = process.start("full", as_of=BROKEN)
        wait_until_held(town)
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(BrokenProcessPool):
            killed.result()
        assert computed_at(town) == dict.fromkeys(("busy", "idle", "rival"), BEFORE)
        holder.rollback()
    wait_until_no_session_is_left(town)
    # as it was, or complete if the server was about to write all of it
    assert set(computed_at(town).values()) in ({BEFORE}, {BROKEN})

    # as if some time had passed: a run that has just begun may have no session yet
    town.execute(
        "update app.etl_runs set started_at = started_at - interval '1 minute'"
        " where state = 'RUNNING'"
    )
    assert_repaired_by_an_incremental_run(town)
    newest, dead, *_ = runs.ledger(town)
    assert (newest.kind, newest.state) == ("INCREMENTAL", "SUCCESS")
    assert (dead.kind, dead.state) == ("FULL", "FAILED")
    assert dead.error == "the process ended before the run did"


@pytest.mark.parametrize("table", ["app.change_notes", "app.etl_runs"])
def test_a_run_that_finds_the_disk_full_has_a_row_in_the_ledger(
    town: psycopg.Connection, table: str
) -> None:
    """Where dbt cannot begin it, and where dbt cannot close it."""
    before = marts(town)
    town.execute(
        "create function refuse() returns trigger language plpgsql as $$ begin"
        "  raise disk_full using message = 'could not extend file: No space left on device';"
        " end $$;"
        # what else writes into the table than dbt
        f"create trigger refuse before update on {table} for each row"
        " when (current_setting('application_name') = 'hedge-dbt') execute function refuse()"
    )
    with pytest.raises(HedgeError, match="No space left on device") as failed:
        runs.full()
    assert failed.value.is_of_the_server
    (run,) = runs.ledger(town, 1)
    assert (run.kind, run.state, run.scope_size) == ("FULL", "FAILED", None)
    assert "No space left on device" in run.error
    assert run.finished_at is not None
    if table == "app.change_notes":
        assert marts(town) == before
    town.execute(f"drop trigger refuse on {table}")
    assert runs.incremental().state == "SUCCESS"
