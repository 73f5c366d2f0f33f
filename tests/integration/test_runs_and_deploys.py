"""Runs as their callers see them: refused, recorded, told, and held back by the deploy lock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from hedge import database, runs
from hedge.errors import HedgeError, UsageError
from hedge.runs import dbt, locks, obsolete
from tests.support import AS_OF, BUSY, add_cluster

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

    monkeypatch.setattr(dbt, "manifest", does_not_parse)
    with pytest.raises(HedgeError, match="the project does not parse: why"):
        runs.cluster([], as_of=AS_OF)
    newest = runs.ledger(deployed)[0]
    assert (newest.kind, newest.state, newest.as_of) == ("CLUSTER", "FAILED", AS_OF)
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


def test_a_deploy_waits_for_runs_and_lets_others_begin_meanwhile(
    deployed: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It polls: in the queue of the lock, runs that begin later would wait behind it."""
    waits = []
    with database.connect() as running, database.connect() as deploying:
        deploying.execute("set lock_timeout = '5s'")
        running.execute("select pg_advisory_lock_shared(%s)", [locks.DEPLOY_LOCK])

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            begin = "select pg_try_advisory_lock_shared(%s)"
            assert database.value(deployed, begin, [locks.DEPLOY_LOCK])
            deployed.execute("select pg_advisory_unlock_shared(%s)", [locks.DEPLOY_LOCK])
            if len(waits) == 3:
                running.execute("select pg_advisory_unlock_shared(%s)", [locks.DEPLOY_LOCK])

        monkeypatch.setattr(locks.time, "sleep", sleep)
        with locks.deploy_lock(deploying, exclusive=True):
            assert len(waits) == 3


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
