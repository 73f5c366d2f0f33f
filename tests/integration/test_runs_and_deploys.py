"""Runs as their callers see them: refused, recorded, told, and held back by the deploy lock."""

import concurrent.futures
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from hedge import database, runs
from hedge.errors import HedgeError, UsageError
from hedge.runs import dbt, locks, obsolete
from tests.support import AS_OF, BUSY, add_cluster, wait_for

MICROSECOND = timedelta(microseconds=1)


def run_ids(connection: psycopg.Connection) -> set[int]:
    return {number for (number,) in connection.execute("select run_id from app.etl_runs")}


# -- what is refused and recorded ------------------------------------------------------------


def test_an_instant_in_the_future_is_refused_and_now_is_not(deployed: psycopg.Connection) -> None:
    with deployed.transaction():
        now = database.value(deployed, "select now()")
        runs.require_past(deployed, now)
        with pytest.raises(UsageError, match="lies in the future"):
            runs.require_past(deployed, now + MICROSECOND)


@pytest.mark.parametrize("run", ["full", "incremental", "cluster"])
def test_no_run_is_as_of_the_future(deployed: psycopg.Connection, run: str) -> None:
    before = run_ids(deployed)
    arguments = [[]] if run == "cluster" else []
    with pytest.raises(UsageError, match="lies in the future"):
        getattr(runs, run)(*arguments, as_of=datetime(2999, 1, 1, tzinfo=UTC))
    assert run_ids(deployed) == before


def test_a_run_that_dbt_could_not_begin_is_recorded_as_failed(
    deployed: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def does_not_parse(*_: Any) -> None:
        raise HedgeError("the project does not parse: why")

    monkeypatch.setattr(dbt, "parsed", does_not_parse)
    with pytest.raises(HedgeError, match="the project does not parse: why"):
        runs.cluster([], as_of=AS_OF, caused_by=["request-1"])
    newest = runs.ledger(deployed)[0]
    assert (newest.kind, newest.state, newest.as_of) == ("CLUSTER", "FAILED", AS_OF)
    assert newest.scope_size == 0
    cause = "select caused_by from app.etl_runs where run_id = %s"
    assert database.value(deployed, cause, [newest.run_id]) == ["request-1"]
    assert newest.error == "the project does not parse: why"
    assert newest.finished_at is not None


def test_a_run_tells_its_progress_and_records_its_cause(deployed: psycopg.Connection) -> None:
    told: list[tuple[str, float, float | None]] = []
    runs.full(AS_OF, lambda *now: told.append(now), caused_by=["request-1", "request-2"])
    names = [name for name, _, _ in told]
    assert set(names) == {
        *("cluster_metrics", "challenge_progress", "tier_unlocks", "season_progress")
    }
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert all(done < 4 and total == 4 for _, done, total in told)
    cause = "select caused_by from app.etl_runs order by run_id desc limit 1"
    assert deployed.execute(cause).fetchone() == (["request-1", "request-2"],)
    runs.incremental(AS_OF, caused_by=["request-3"])
    assert deployed.execute(cause).fetchone() == (["request-3"],)


def test_a_cluster_run_is_of_clusters_that_exist_each_once(deployed: psycopg.Connection) -> None:
    add_cluster(deployed, "known", BUSY)
    before = run_ids(deployed)
    with pytest.raises(UsageError, match="no cluster nobody: nothing was computed"):
        runs.cluster(["known", "nobody"], AS_OF)
    assert run_ids(deployed) == before
    run = runs.cluster(["known", "nobody", "known"], AS_OF, allow_unknown=True, caused_by=["a"])
    assert (run.kind, run.scope_size) == ("CLUSTER", 2)
    cause = "select caused_by from app.etl_runs where run_id = %s"
    assert deployed.execute(cause, [run.run_id]).fetchone() == (["a"],)


# -- the deploy lock -------------------------------------------------------------------------


def test_runs_hold_the_deploy_lock_together_and_a_deploy_alone(
    deployed: psycopg.Connection,
) -> None:
    def is_granted(function: str) -> bool:
        found = database.value(deployed, f"select {function}(%s)", [locks.DEPLOY_LOCK])
        if found:
            release = function.replace("try_advisory_lock", "advisory_unlock")
            assert database.value(deployed, f"select {release}(%s)", [locks.DEPLOY_LOCK])
        return found

    shared, exclusive = "pg_try_advisory_lock_shared", "pg_try_advisory_lock"
    with runs.ready():
        assert is_granted(shared)
        assert not is_granted(exclusive)
    assert is_granted(exclusive)
    with database.connect() as deploying:
        for options, other in (({"exclusive": True}, shared), ({}, exclusive)):
            block = locks.deploy_lock(deploying, **options)
            block.__enter__()
            assert not is_granted(other)
            # released, though the deploy or the run has failed
            error = HedgeError("the run failed")
            assert not block.__exit__(HedgeError, error, None)
            assert is_granted(exclusive)


def test_a_deploy_takes_turns_with_the_runs_and_says_what_it_waits_for(
    deployed: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Between two turns in the queue of the lock, each twice as long, runs can begin."""
    pauses: list[float] = []
    told: list[str] = []
    monkeypatch.setattr(locks, "FIRST_TURN", 0.05)
    monkeypatch.setattr(locks, "LONGEST_TURN", 0.1)
    deployed.execute(
        "insert into app.etl_runs (invocation_id, kind, as_of) values ('waits', 'FULL', now())"
    )
    with database.connect() as running, database.connect() as deploying:
        running.execute("select pg_advisory_lock_shared(%s)", [locks.DEPLOY_LOCK])

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            begin = "select pg_try_advisory_lock_shared(%s)"
            assert database.value(deployed, begin, [locks.DEPLOY_LOCK])
            deployed.execute("select pg_advisory_unlock_shared(%s)", [locks.DEPLOY_LOCK])
            if len(pauses) == 3:
                running.execute("select pg_advisory_unlock_shared(%s)", [locks.DEPLOY_LOCK])

        monkeypatch.setattr(locks.time, "sleep", sleep)
        report = lambda name, done, total: told.append(name)  # noqa: E731
        with locks.deploy_lock(deploying, exclusive=True, report=report):
            assert pauses == [0.05, 0.1, 0.1]
            assert database.value(deploying, "show lock_timeout") == "0"
    deployed.execute("delete from app.etl_runs where invocation_id = 'waits'")
    assert len(told) == 3
    assert re.fullmatch(r"waiting for full run \d+ \(for 00:00:\d\d\)", told[0])
    assert len(caplog.records) == 1


def test_runs_that_begin_later_do_not_overtake_a_deploy(
    deployed: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is in the queue, a run that begins waits behind it."""
    with (
        database.connect() as running,
        database.connect() as deploying,
        database.connect() as later,
    ):
        running.execute("select pg_advisory_lock_shared(%s)", [locks.DEPLOY_LOCK])
        with concurrent.futures.ThreadPoolExecutor() as threads:

            def deploy() -> None:
                with locks.deploy_lock(deploying, exclusive=True):
                    pass

            future = threads.submit(deploy)
            wait_for(
                deployed,
                "select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock'"
                f" and pid = {deploying.info.backend_pid}",
            )
            assert not database.value(
                later, "select pg_try_advisory_lock_shared(%s)", [locks.DEPLOY_LOCK]
            )
            running.execute("select pg_advisory_unlock_shared(%s)", [locks.DEPLOY_LOCK])
            future.result(timeout=20)


def test_the_waiting_of_a_deploy_ends(
    deployed: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGE_DEPLOY_WAIT", "1")
    monkeypatch.setattr(locks, "FIRST_TURN", 0.6)
    with database.connect() as running, database.connect() as deploying:
        running.execute("select pg_advisory_lock_shared(%s)", [locks.DEPLOY_LOCK])
        pid = running.info.backend_pid
        refusal = (
            rf"after 1 s \(HEDGE_DEPLOY_WAIT\) the deploy still waits for the session {pid}"
            r" \(hedge\): nothing has changed; deploy again when it has ended"
        )
        with (
            pytest.raises(HedgeError, match=refusal),
            locks.deploy_lock(deploying, exclusive=True),
        ):
            pass


# -- objects of models that are gone ---------------------------------------------------------


def test_only_what_a_deploy_has_recorded_and_nothing_needs_is_dropped(
    deployed: psycopg.Connection,
) -> None:
    def exist() -> set[str]:
        found = deployed.execute(
            "select relname from pg_class where relnamespace = 'analytics'::regnamespace"
            " and relname ilike 'old%' union all"
            " select proname from pg_proc where pronamespace = 'analytics'::regnamespace"
            " and proname ilike 'old%'"
        )
        return {name for (name,) in found}

    def recorded() -> set[str]:
        found = deployed.execute("select name from app.deployed_views where name ilike 'old%'")
        return {name for (name,) in found}

    deployed.execute(
        """
        create view analytics.old_base as select 1 as one;
        create view analytics."Old above" as select * from analytics.old_base;
        create view analytics.old_top as select * from analytics."Old above";
        create function analytics.old_top_rows() returns setof analytics.old_top
        language sql as 'select * from analytics.old_top';
        create view analytics.old_needed as select 2 as two;
        create view analytics.old_of_somebody as select * from analytics.old_needed;
        create table analytics.old_table (three integer);
        insert into app.deployed_views values
        ('old_base'), ('Old above'), ('old_top'), ('old_needed'), ('old_gone'), ('old_table');
        """
    )
    views = [name for (name,) in deployed.execute("select name from app.deployed_views")]
    current = [name for name in views if not name.lower().startswith("old")]
    told = obsolete.drop_obsolete(deployed, [*current, "old_new"])
    # it was read by a view that no deploy has recorded, and a table is never dropped
    assert exist() == {"old_needed", "old_of_somebody", "old_table"}
    assert told == [
        "the view analytics.old_needed, which no model of the project creates any more, is kept:"
        " view analytics.old_of_somebody depends on view analytics.old_needed"
    ]
    assert recorded() == {"old_needed", "old_new", "old_table"}
    # a later deploy tries again
    deployed.execute("drop view analytics.old_of_somebody")
    assert obsolete.drop_obsolete(deployed, current) == []
    assert exist() == {"old_table"}
    deployed.execute("drop table analytics.old_table")
    obsolete.drop_obsolete(deployed, current)
    assert recorded() == set()
