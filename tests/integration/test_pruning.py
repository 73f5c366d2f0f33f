"""What pruning deletes beside rows of the run ledger (test_run_ledger.py)."""

import psycopg
import pytest

from hedge import boards, pruning, runs
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
