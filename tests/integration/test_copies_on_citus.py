"""Workers of Citus compute buckets from copies: marts and boards are those of one PostgreSQL.

HEDGE_TEST_CITUS_URL names a database of a coordinator with at least two workers that may hold data,
in which these tests drop and create what they like. Without it they are skipped.
"""

import os
import time
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import given
from psycopg.conninfo import make_conninfo

from hedge import buckets, copies, database, runs
from hedge.errors import HedgeError
from hedge.project import files
from tests import PROJECT, Hedge, support
from tests.against_the_oracle import lively_worlds
from tests.integration.bucket_story import (
    BUYER,
    NOBODY,
    OTHER,
    SECOND,
    SELLER,
    compute,
    divide,
    put_story,
    tell,
)
from tests.integration.test_a_full_run_equals_incremental_runs import (
    assert_a_sequence_of_runs_is_exact,
    handful,
)
from tests.integration.test_copies import differing, exclude
from tests.oracle import World
from tests.support import AS_OF, DAY, hero, hunt

URL = os.environ.get("HEDGE_TEST_CITUS_URL")
#: Whether all workers know of each other.
SYNCED = "select bool_and(metadatasynced) from pg_dist_node"
pytestmark = pytest.mark.skipif(not URL, reason="HEDGE_TEST_CITUS_URL names no database")


@pytest.fixture
def coordinator(monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A session in the database, which is deployed and has a story that is computed, in two
    buckets."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", str(URL))
    database.reset()
    runs.deploy()
    with database.connect() as connection:
        # sessions of workers differ from those of a run in what they can
        on_workers(connection, "set timezone = 'Asia/Tokyo'")
        put_story(connection)
        yield connection
        on_workers(connection, "reset timezone")


def on_workers(connection: psycopg.Connection, setting: str) -> None:
    """Alter the database of each worker, which the coordinator would do everywhere."""
    name = connection.info.dbname
    for host, port in connection.execute(
        "select nodename, nodeport from pg_dist_node where groupid <> 0"
    ).fetchall():
        where = make_conninfo(str(URL), host=host, port=port)
        with psycopg.connect(where, autocommit=True) as worker:
            worker.execute("set citus.enable_ddl_propagation to off")
            worker.execute(f"alter database {name} {setting}")


def sources() -> list[str]:
    """The metric sources that read facts."""
    return files.variables(PROJECT)["metric_sources"]


def plan(connection: psycopg.Connection, source: str, number: int) -> str:
    """How Citus executes a metric source of a bucket for some clusters."""
    rows = connection.execute(
        f"explain (costs off) select * from bucket_{number}.{source}"
        " where cluster_id = any(array['ann', 'bob'])"
    )
    return "\n".join(line for (line,) in rows)


def test_workers_compute_what_one_server_computes(
    coordinator: psycopg.Connection, hedge: Hedge
) -> None:
    before, _ = compute(coordinator)
    exclude(coordinator)
    expected, ranked = compute(coordinator)
    assert expected != before
    divide(coordinator, 2)
    status, printed, errors = hedge("db", "distribute", "--dry-run")
    assert (status, errors) == (0, "")
    assert "the facts of 2 buckets are copied to 2 workers" in printed
    status, printed, errors = hedge("db", "distribute")
    assert status == 0, errors
    assert "raw.pvp_matches: 11 facts copied" in errors
    first, second = copies.listed(coordinator)
    assert first.worker != second.worker
    assert copies.planned(coordinator) == ["nothing: every bucket has its copy"]

    assert compute(coordinator) == (expected, ranked)
    for number in (1, 2):
        for source in sources():
            found = plan(coordinator, source, number)
            # the whole source is one task of one worker
            assert found.count("Task Count: 1") == 1, found
            assert "Subplan" not in found, found

    # a worker is added: Citus moves the bucket, and runs go on
    host, port = second.worker.split(":")
    coordinator.execute(
        "select citus_schema_move('bucket_1_copy', %s, %s, 'block_writes')", [host, int(port)]
    )
    assert {one.worker for one in copies.listed(coordinator)} == {second.worker}
    assert compute(coordinator) == (expected, ranked)


def test_workers_follow_what_happens(coordinator: psycopg.Connection) -> None:
    divide(coordinator, 2)
    copies.distribute(coordinator, tell)
    runs.full()
    support.put(coordinator, hunt(BUYER), hero(9, SELLER, AS_OF - DAY))
    coordinator.execute("update raw.heroes set level = level + 1")
    coordinator.execute("delete from raw.hunting_encounters where wallet_address = %s", [OTHER])
    runs.incremental()
    assert differing(coordinator) == {}
    support.link(coordinator, "ann", NOBODY)
    support.link(coordinator, "bob", SECOND)
    runs.cluster(["ann", "bob", "cyd"])
    assert support.progress(coordinator, "ann")["mad_boar_slayer"] == 32
    coordinator.execute("truncate raw.tournament_matches")
    coordinator.execute(
        "insert into app.exclusions (wallet_address, created_by, reason)"
        " values (%s, 'a test', 'a test')",
        [SELLER],
    )
    runs.incremental()
    assert differing(coordinator) == {}
    found = support.without_instants(support.marts(coordinator))
    copies.remove(coordinator)
    buckets.divide(coordinator, 1, tell)
    runs.full()
    assert support.without_instants(support.marts(coordinator)) == found


@handful(2)
@given(world=lively_worlds(veterans=False))
def test_any_sequence_of_loads_links_and_runs_is_exact(
    coordinator: psycopg.Connection, world: World
) -> None:
    support.forget_runs(coordinator)
    buckets.divide(coordinator, 3, tell)
    copies.distribute(coordinator, tell)
    assert_a_sequence_of_runs_is_exact(coordinator, 0, world)


def test_what_is_not_divided_is_not_distributed(
    coordinator: psycopg.Connection, hedge: Hedge
) -> None:
    status, _, errors = hedge("db", "distribute")
    assert status == 1
    assert "the clusters are not divided" in errors


def test_runs_do_without_a_worker_that_is_lost(
    coordinator: psycopg.Connection, hedge: Hedge
) -> None:
    divide(coordinator, 2)
    copies.distribute(coordinator, tell)
    runs.full()
    node, host, port = coordinator.execute(
        "select nodeid, nodename, nodeport from pg_dist_node where groupid <> 0 limit 1"
    ).fetchone()
    move = "select citus_update_node(%s, %s, %s)"
    try:
        # a port where no server listens
        coordinator.execute(move, [node, host, 1])
        support.put(coordinator, hunt(BUYER))
        with pytest.raises(HedgeError, match="connection to the remote node"):
            runs.incremental()
        status, printed, errors = hedge("db", "distribute", "--undo")
        assert (status, printed) == (1, "")
        assert errors.startswith(
            "hedge: the coordinator computes again, but the copies could not be removed: "
        )
        # it is refused, or known to be away
        assert f"{host}:1 " in errors
        assert runs.full().state == "SUCCESS"
        assert support.progress(coordinator, "bob")["mad_boar_slayer"] == 1
    finally:
        coordinator.execute(move, [node, host, port])
        # Citus tells the others of it in the background
        deadline = time.monotonic() + 60
        while not database.value(coordinator, SYNCED):
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert hedge("db", "distribute", "--undo") == (0, "no worker has copies\n", "")
    copies.distribute(coordinator, tell)
    runs.full()
    assert differing(coordinator) == {}
