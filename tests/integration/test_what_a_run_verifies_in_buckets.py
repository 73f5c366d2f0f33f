"""Full runs of clusters that are divided among buckets: each table of a bucket is verified by
itself, and the newest as-of instant wins in each, as in a mart without buckets.

The steps of the protocol beside each other are in test_who_wins_while_a_mart_is_verified.
"""

import os
import subprocess
import sys
from datetime import datetime, timedelta

import psycopg
import pytest

from hedge import buckets, database, runs
from tests import PROJECT, support
from tests.integration.bucket_story import BUYER, compute, divide, put_story, tell
from tests.support import AS_OF, hunt, verified_to
from tests.support.processes import (
    wait_until,
    wait_until_held,
    wait_until_no_session_is_left,
)
from tests.support.results import PARTS

FIRST, SECOND, THIRD = (AS_OF + number * timedelta(hours=1) for number in (1, 2, 3))


def instants(connection: psycopg.Connection) -> dict[str, dict[str, set[datetime]]]:
    """Up to when rows are verified, by mart and cluster."""
    found: dict[str, dict[str, set[datetime]]] = {}
    for mart in PARTS:
        of_mart = found[mart] = {}
        for key, at in verified_to(connection, mart).items():
            of_mart.setdefault(key[support.MARTS[mart].index("cluster_id")], set()).add(at)
    return found


def all_at(**clusters: datetime) -> dict[str, dict[str, set[datetime]]]:
    """What instants() is where all rows of a cluster are verified up to the same one."""
    return {mart: {cluster: {at} for cluster, at in clusters.items()} for mart in PARTS}


def written(run: runs.Run) -> dict[str, int]:
    """How many rows a run has written, by node."""
    return {model.name: model.rows for model in run.models}


@pytest.mark.ci
def test_a_full_run_writes_what_has_changed_and_verifies_the_rest(
    connection: psycopg.Connection,
) -> None:
    put_story(connection)
    divide(connection, 2)
    runs.full(as_of=FIRST, jobs=2)
    before = support.marts(connection)
    again = written(runs.full(as_of=SECOND, jobs=2))
    assert again == dict.fromkeys(again, 0)
    assert len(again) == 8
    assert support.marts(connection) == before
    assert instants(connection) == all_at(ann=SECOND, bob=SECOND, cyd=SECOND)

    support.put(connection, hunt(BUYER, at=AS_OF - timedelta(days=1)))
    assert 0 < written(runs.full(as_of=THIRD, jobs=2))["challenge_progress__bucket_2"] < 5
    assert instants(connection) == all_at(ann=THIRD, bob=THIRD, cyd=THIRD)
    found = support.marts(connection)
    changed = {
        key
        for key, row in found["challenge_progress"].items()
        if row != before["challenge_progress"][key]
    }
    assert {cluster for cluster, _ in changed} == {"bob"}
    assert ("bob", "mad_boar_slayer") in changed
    # as one that computes everything from nothing
    buckets.divide(connection, 1, tell)
    assert support.without_instants(found) == compute(connection)[0]


@pytest.mark.ci
def test_older_runs_write_nothing_over_what_was_verified_in_a_bucket(
    connection: psycopg.Connection,
) -> None:
    put_story(connection)
    divide(connection, 2)
    for at in (FIRST, THIRD):
        runs.full(as_of=at, jobs=2)
    before = support.marts(connection)
    # the rows are as of the first run, and they were verified after the one that comes too late
    support.put(connection, hunt(BUYER, at=AS_OF - timedelta(days=1)))
    runs.cluster(["bob"], as_of=SECOND)
    assert support.marts(connection) == before
    runs.full(as_of=SECOND, jobs=2)
    assert support.marts(connection) == before
    assert instants(connection) == all_at(ann=THIRD, bob=THIRD, cyd=THIRD)


@pytest.mark.ci
def test_a_run_that_is_killed_has_verified_the_buckets_that_it_has_written(
    connection: psycopg.Connection,
) -> None:
    put_story(connection)
    divide(connection, 2)
    runs.full(as_of=FIRST, jobs=2)
    support.put(connection, hunt(BUYER, at=AS_OF - timedelta(days=1)))
    value = support.progress(connection, "bob")["mad_boar_slayer"]
    with database.connect(autocommit=False) as holder:
        # the run reads the table, and waits before it writes
        holder.execute("lock table bucket_2.challenge_progress in share mode")
        killed = subprocess.Popen(
            [
                *(sys.executable, "-m", "cli", "etl", "full"),
                *("--jobs", "2", "--as-of", SECOND.isoformat()),
            ],
            cwd=PROJECT,
            env=os.environ | {"HEDGE_DATABASE_URL": database.url()},
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until_held(connection)
            wait_until(lambda: instants(connection)["challenge_progress"]["ann"] == {SECOND})
        finally:
            killed.kill()
            killed.wait()
    found = instants(connection)
    assert found["challenge_progress"] == {"ann": {SECOND}, "bob": {FIRST}, "cyd": {SECOND}}
    assert support.progress(connection, "bob")["mad_boar_slayer"] == value
    wait_until_no_session_is_left(connection)
    # it blocks nobody, and what it has not verified can be written as of its instant or before
    runs.cluster(["bob"], as_of=FIRST)
    assert support.progress(connection, "bob")["mad_boar_slayer"] == value + 1
    runs.full(as_of=SECOND, jobs=2)
    assert instants(connection) == all_at(ann=SECOND, bob=SECOND, cyd=SECOND)


def test_another_number_of_buckets_keeps_up_to_when_rows_are_verified(
    connection: psycopg.Connection,
) -> None:
    put_story(connection)
    for at in (AS_OF, FIRST):
        runs.full(as_of=at)
    content = support.without_instants(support.marts(connection))
    divide(connection, 2)
    assert instants(connection) == all_at(ann=FIRST, bob=FIRST, cyd=FIRST)
    # as a run leaves it that ends between two buckets
    connection.execute(
        "update app.verified set verified_to = %s where mart like 'bucket_1.%%'", [SECOND]
    )
    expected = all_at(ann=SECOND, bob=FIRST, cyd=SECOND)
    assert instants(connection) == expected
    for number in (3, 1):
        buckets.divide(connection, number, tell)
        assert instants(connection) == expected
    assert support.without_instants(support.marts(connection)) == content
    found = connection.execute("select distinct mart from app.verified order by mart").fetchall()
    assert found == [(f"analytics.{mart}",) for mart in sorted(PARTS)]
    older = "select mart, as_of from app.verifying order by mart"
    assert connection.execute(older).fetchall() == [(name, FIRST) for (name,) in found]
    # a bucket of which nothing is known, and one without rows
    for lacking in ("delete from app.verified where mart = 'bucket_1.challenge_progress'", ""):
        divide(connection, 2)
        connection.execute(lacking or "delete from bucket_1.season_progress")
        before = instants(connection)
        buckets.divide(connection, 1, tell)
        assert instants(connection) == before
