"""What pruning deletes beside rows of the run ledger (test_run_ledger.py)."""

import psycopg
import pytest

from hedge import boards, database, pruning, runs
from hedge.queries import query
from hedge.queue import requests, run_process
from tests.support import BUSY, add_cluster


def test_the_ledger_is_kept_for_90_days_and_of_each_board_60_runs(
    transaction: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    monkeypatch.setattr(runs, "prune", lambda _, days: kept.append(("days", days)) or {})
    monkeypatch.setattr(boards, "prune", lambda _, keep: kept.append(("runs", keep)) or 0)
    run_process.TASKS["PRUNE"]([])
    assert kept == [("days", 90), ("runs", 60)]


def test_without_a_worker_jobs_that_wait_for_a_day_are_pruned(
    transaction: psycopg.Connection,
) -> None:
    """A worker makes a job where work has none."""
    add_cluster(transaction, "busy", BUSY)
    jobs = "select id from procrastinate.procrastinate_jobs order by id"
    for _ in range(3):
        requests.create(transaction, "CLUSTER", "busy")
    taken, new = [number for (number,) in transaction.execute(jobs)][-2:]
    transaction.execute(
        "update procrastinate.procrastinate_events set at = now() - interval '25 hours'"
    )
    transaction.execute(
        "update procrastinate.procrastinate_events set at = now() - interval '23 hours'"
        " where job_id = %s",
        [new],
    )
    # triggers of procrastinate find their types by it
    transaction.execute("set local search_path to procrastinate")
    transaction.execute(
        "update procrastinate.procrastinate_jobs set status = 'doing' where id = %s", [taken]
    )
    transaction.execute("set local search_path to default")
    before = len(transaction.execute(jobs).fetchall())
    assert pruning.prune(transaction)["jobs"] == before - 2
    assert [number for (number,) in transaction.execute(jobs)] == [taken, new]


def test_a_job_that_a_worker_is_taking_stays_and_is_not_waited_for(
    deployed: psycopg.Connection,
) -> None:
    # triggers of procrastinate find their tables by it
    deployed.execute("set search_path to procrastinate")
    (job,) = deployed.execute(
        "insert into procrastinate_jobs (queue_name, task_name)"
        " values ('clusters', 'a_task') returning id"
    ).fetchone()
    deployed.execute("update procrastinate_events set at = now() - interval '25 hours'")
    idle = "select count(*) from procrastinate_jobs where id = %s"
    with database.connect(autocommit=False) as worker:
        worker.execute("set local search_path to procrastinate")
        worker.execute("update procrastinate_jobs set status = 'doing' where id = %s", [job])
        deployed.execute("set lock_timeout = '5s'")
        deployed.execute(query("queue_prune"))
        worker.rollback()
    assert database.value(deployed, idle, [job]) == 1
    deployed.execute(query("queue_prune"))
    assert database.value(deployed, idle, [job]) == 0


def test_what_chains_record_is_pruned_and_what_is_known_of_them_is_kept(
    transaction: psycopg.Connection,
) -> None:
    transaction.execute(
        """
        insert into app.chain_backfills
            (chain_id, from_block, to_block, moved_at, finished_at, error)
        select 5, days, days, now() - days * interval '1 day', finished_at, error
        from generate_series(89, 91) as days
        cross join lateral (
            values (now() - days * interval '1 day', null), (null, null),
                (now() - days * interval '1 day', 'why')
        ) as ended (finished_at, error);
        insert into app.chain_backfills (chain_id, from_block, to_block, moved_at, finished_at)
        values (5, 7, 7, now() - interval '91 days', now() - interval '89 days');
        insert into app.chain_reorganizations
            (chain_id, found_at, ancestor_number, lost_number, lost_logs)
        select 5, now() - days * interval '1 day', days, days + 1, 0
        from generate_series(89, 91) as days;
        insert into app.chain_coverage (chain_id, address, contract, from_block, covered)
        values (5, substr(sha256(''), 1, 20), 'c', 0, '{[7,92)}');
        insert into app.chain_cursors (chain_id, block_number, block_hash, block_time, moved_at)
        values (5, 91, sha256(''), now() - interval '99 days', now() - interval '99 days');
        insert into app.undecoded_spans (chain_id, from_block, to_block, noted_at)
        values (5, 7, 7, now() - interval '99 days');
        insert into raw.pending_facts
            (table_name, key, fact, missing, chain_id, block_number, since)
        values ('pets', '[1]', '{}', '{family}', 5, 7, now() - interval '99 days')
        """
    )
    assert pruning.prune(transaction)["chain_records"] == 4
    kept = (
        transaction.execute("select from_block from app.chain_backfills order by 1").fetchall()
        + transaction.execute(
            "select ancestor_number from app.chain_reorganizations order by 1"
        ).fetchall()
    )
    assert kept == [(7,), *[(89,)] * 3, *[(90,)] * 3, (89,), (90,)]
    for table in ("app.chain_coverage", "app.chain_cursors", "app.undecoded_spans"):
        assert transaction.execute(f"select count(*) from {table}").fetchone() == (1,), table
    assert transaction.execute("select count(*) from raw.pending_facts").fetchone() == (1,)
