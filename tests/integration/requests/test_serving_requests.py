"""Serving requests: what a worker computes together, and what counts against a request."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from hedge import database, runs
from hedge.errors import HedgeError, RunFailed
from hedge.queue import requests
from tests.integration.requests import ids, states
from tests.support import BUSY, put, pvp_match, wait_for

# -- serving clusters ------------------------------------------------------------------------


class Runs:
    """Stands in for runs.cluster: notes the calls, and fails for some clusters, or always."""

    def __init__(self, *failing: str, sqlstate: str = "22003", always: bool = False) -> None:
        self.failing = failing
        self.sqlstate = sqlstate
        self.always = always
        self.scopes: list[list[str]] = []
        self.options: list[dict[str, Any]] = []

    def __call__(self, clusters: Sequence[str], **options: Any) -> None:
        self.scopes.append(list(clusters))
        self.options.append(options)
        if self.always or {*self.failing} & {*clusters}:
            raise RunFailed("the cluster run failed: numeric field overflow", [self.sqlstate])


def test_clusters_are_computed_in_batches_until_no_request_waits(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "cluster", computed := Runs())
    monkeypatch.setattr(requests, "BATCH", 2)
    for cluster, cause in (("rival", "b"), ("busy", "a"), ("idle", None)):
        requests.create(queue, "CLUSTER", cluster, caused_by=cause)
    full = requests.create(queue, "FULL")
    assert requests.serve_clusters(queue) == 3
    assert computed.scopes == [["rival", "busy"], ["idle"]]
    assert [options["caused_by"] for options in computed.options] == [["a", "b"], []]
    # a cluster that is gone meanwhile is no error
    assert all(options["allow_unknown"] is True for options in computed.options)
    assert ids(requests.unserved(queue)) == [full]
    assert requests.serve_clusters(queue) == 0


def test_ends_of_past_periods_are_computed_while_no_cluster_waits(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[object] = []

    def ends(cluster: str, caused_by: Sequence[str]) -> int:
        served.append((cluster, caused_by))
        if len(served) == 1:
            # it does not wait for the ends of others
            requests.create(queue, "CLUSTER", "rival")
        return 1

    def cluster(clusters: Sequence[str], **_: Any) -> None:
        served.append(clusters)

    monkeypatch.setattr(runs, "ends", ends)
    monkeypatch.setattr(runs, "cluster", cluster)
    requests.create(queue, "ENDS", "busy", caused_by="a")
    requests.create(queue, "ENDS", "idle")
    assert requests.any_waiting(queue, "ENDS")
    assert requests.serve_clusters(queue) == 3
    assert served == [("busy", ["a"]), ["rival"], ("idle", [])]
    assert requests.unserved(queue) == []


def test_a_cluster_that_cannot_be_computed_holds_up_nobody(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "cluster", computed := Runs("idle"))
    for cluster in ("busy", "idle", "rival"):
        requests.create(queue, "CLUSTER", cluster)
    assert requests.serve_clusters(queue) == 2
    assert computed.scopes == [
        ["busy", "idle", "rival"],
        # can anything be computed?
        [],
        ["busy"],
        ["idle", "rival"],
        ["idle"],
        ["rival"],
    ]
    (left,) = requests.unserved(queue)
    assert (left.cluster_id, left.state, left.attempts) == ("idle", "WAITING", 1)
    assert left.error == "the cluster run failed: numeric field overflow"


def three(queue: psycopg.Connection) -> list[int]:
    """Requests for three clusters."""
    return [requests.create(queue, "CLUSTER", cluster) for cluster in ("busy", "idle", "rival")]


def test_while_every_run_fails_no_request_uses_up_an_attempt(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Two runs tell that nothing can be computed. The pause doubles, up to five minutes."""
    monkeypatch.setattr(runs, "cluster", computed := Runs(always=True))
    numbers = three(queue)
    pauses = []
    for _ in range(8):
        with queue.transaction():
            queue.execute("update app.etl_requests set next_attempt_at = now()")
            assert requests.serve_clusters(queue) == 0
            (now,) = queue.execute("select now()").fetchone()
        assert computed.scopes == [["busy", "idle", "rival"], []]
        computed.scopes.clear()
        found = requests.unserved(queue)
        assert {(one.state, one.attempts) for one in found} == {("WAITING", 0)}
        pauses += {one.next_attempt_at - now for one in found}
    assert pauses == [timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 80, 160, 300, 300)]
    assert caplog.messages == [
        "every run fails, 3 requests wait: the cluster run failed: numeric field overflow"
    ] * len(pauses)
    # the server is well again
    monkeypatch.setattr(runs, "cluster", Runs())
    assert requests.retry(queue, numbers[0])
    assert requests.serve_clusters(queue) == 1


@pytest.mark.parametrize(
    ("sqlstate", "attempts"),
    [
        *((state, 0) for state in ("53100", "57014", "58030", "55P03", "40001", "40P01", "08006")),
        *((state, 1) for state in ("22003", "55000", "42P01", "XX000")),
    ],
)
def test_what_only_the_server_is_to_blame_for_is_no_attempt(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, sqlstate: str, attempts: int
) -> None:
    monkeypatch.setattr(runs, "cluster", Runs("busy", sqlstate=sqlstate))
    requests.create(queue, "CLUSTER", "busy")
    assert requests.serve_clusters(queue) == 0
    (left,) = requests.unserved(queue)
    assert (left.state, left.attempts) == ("WAITING", attempts)


def test_where_others_can_be_computed_it_is_the_fault_of_the_request(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "cluster", Runs("idle", sqlstate="57014"))
    three(queue)
    assert requests.serve_clusters(queue) == 2
    (left,) = requests.unserved(queue)
    assert (left.cluster_id, left.attempts) == ("idle", 1)


def test_where_no_request_can_be_computed_by_itself_none_is_at_fault(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run for nobody succeeds, as without room for temporary files."""
    monkeypatch.setattr(runs, "cluster", computed := Runs("busy", "idle", "rival"))
    three(queue)
    assert requests.serve_clusters(queue) == 0
    assert {one.attempts for one in requests.unserved(queue)} == {0}
    # after some failures that are the server's the rest is not tried
    computed.sqlstate = "53100"
    computed.scopes.clear()
    monkeypatch.setattr(requests, "ENOUGH_FAILURES", 2)
    requests.retry(queue, None)
    queue.execute("update app.etl_requests set next_attempt_at = now()")
    assert requests.serve_clusters(queue) == 0
    assert computed.scopes == [["busy", "idle", "rival"], [], ["busy"], ["idle", "rival"], ["idle"]]
    assert {one.attempts for one in requests.unserved(queue)} == {0}


def die(connection: psycopg.Connection, *kinds: str, limit: int = 500) -> list[int]:
    """Take requests in a session that ends without a word; returns them."""
    with database.connect() as worker:
        taken = ids(requests.take(worker, list(kinds) or ["CLUSTER"], limit))
        pid = worker.info.backend_pid
    wait_for(connection, f"select not exists (select from pg_stat_activity where pid = {pid})")
    return taken


def test_a_request_that_kills_workers_is_found_and_parked(queue: psycopg.Connection) -> None:
    """Ever fewer are computed together. A death in company counts against nobody."""
    numbers = [requests.create(queue, "CLUSTER", "busy") for _ in range(5)]
    assert die(queue) == numbers
    assert die(queue) == numbers[:2]
    # the oldest one sets how many are computed with it, here one; the others wait their turn
    assert die(queue) == numbers[:1]
    assert die(queue) == numbers[:1]
    assert requests.unserved(queue)[0].state == "WAITING"
    assert die(queue) == numbers[:1]
    assert ids(requests.take(queue, ["CLUSTER"], 500)) == numbers[1:2]
    parked, *others = requests.unserved(queue)
    assert (parked.state, parked.attempts) == ("PARKED", 0)
    assert parked.error == "a worker died while it computed this alone (time 3)"
    assert {one.state for one in others} == {"RUNNING", "WAITING"}
    assert others[0].error == "a worker died while it computed this and 1 more"
    requests.retry(queue, parked.request_id)
    requests.delete_served(queue, numbers[1:])
    assert ids(requests.take(queue, ["CLUSTER"], 500)) == numbers[:1]


def test_the_death_of_a_worker_says_nothing_about_a_run_in_a_process_of_its_own(
    queue: psycopg.Connection,
) -> None:
    """As where a server is restarted again and again during runs of minutes."""
    number = requests.create(queue, "FULL")
    for _ in range(requests.MOST_DEATHS + 1):
        assert die(queue, "FULL") == [number]
    (left,) = requests.unserved(queue)
    assert left.error == "a worker died while it waited for the run"
    assert ids(requests.take(queue, ["FULL"], 1)) == [number]


def test_a_request_that_is_left_after_halving_is_alone(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "cluster", Runs("busy", "idle"))
    three(queue)
    batches = []
    compute = requests._compute

    def noting(connection: psycopg.Connection, group: Sequence[requests.Request]) -> Any:
        error = compute(connection, group)
        found = "select batch from app.etl_requests where cluster_id = 'busy'"
        batches.append((len(group), database.value(connection, found)))
        return error

    monkeypatch.setattr(requests, "_compute", noting)
    requests.serve_clusters(queue)
    assert batches[:3] == [(3, 3), (0, 3), (1, 1)]


def test_a_worker_that_is_to_stop_takes_no_further_batch(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "cluster", computed := Runs())
    monkeypatch.setattr(requests, "BATCH", 2)
    numbers = three(queue)
    assert requests.serve_clusters(queue, lambda: bool(computed.scopes)) == 2
    assert ids(requests.unserved(queue)) == numbers[2:]
    assert states(queue) == ["WAITING"]


def test_a_run_of_a_cluster_serves_its_requests_also_the_parked_ones(
    queue: psycopg.Connection,
) -> None:
    numbers = three(queue)
    queue.execute("update app.etl_requests set parked_at = now(), attempts = 5")
    runs.cluster(["busy"], as_of=datetime.now(UTC))
    assert len(requests.unserved(queue)) == 3
    runs.cluster(["busy", "idle"])
    assert ids(requests.unserved(queue)) == numbers[2:]


def test_a_failed_run_names_the_sqlstates_of_its_statements(
    queue: psycopg.Connection,
) -> None:
    name = queue.info.dbname
    queue.execute(f"alter database {name} set lock_timeout = '50ms'")
    try:
        with queue.transaction():
            queue.execute("lock table analytics.cluster_metrics in access exclusive mode")
            with pytest.raises(RunFailed, match="lock timeout") as failed:
                runs.cluster(["busy"])
    finally:
        queue.execute(f"alter database {name} reset lock_timeout")
    assert set(failed.value.sqlstates) == {"55P03"}
    assert failed.value.is_of_the_server
    assert not RunFailed("the project does not parse").is_of_the_server
    assert not RunFailed("both", ["57014", "22003"]).is_of_the_server


def test_a_lost_database_is_no_fault_of_a_request(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is tried again without it, and nothing counts as failed."""
    for cluster in ("busy", "idle"):
        requests.create(queue, "CLUSTER", cluster)
    tried = []
    with database.connect() as worker:

        def lose(clusters: Sequence[str], **_: Any) -> None:
            tried.append(list(clusters))
            queue.execute("select pg_terminate_backend(%s)", [worker.info.backend_pid])
            raise HedgeError("the cluster run failed: the connection is lost")

        monkeypatch.setattr(runs, "cluster", lose)
        with pytest.raises(psycopg.OperationalError):
            requests.serve_clusters(worker)
    assert tried == [["busy", "idle"]]
    found = requests.unserved(queue)
    assert [(one.state, one.error) for one in found] == [("WAITING", None)] * 2
    # nor was it the death of a worker, after which fewer were computed together
    monkeypatch.setattr(runs, "cluster", computed := Runs())
    assert requests.serve_clusters(queue) == 2
    assert computed.scopes == [["busy", "idle"]]


# -- runs over all changes -------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["incremental", "full"])
def test_a_run_serves_the_requests_made_before_it_and_one_as_of_the_past_serves_none(
    queue: psycopg.Connection, kind: str
) -> None:
    put(queue, pvp_match(BUSY))
    number = requests.create(queue, "CLUSTER", "busy")
    asked_for = requests.create(queue, "FULL")
    (requested,) = queue.execute(
        "select requested_at from app.etl_requests where request_id = %s", [number]
    ).fetchone()
    causes = "select caused_by from app.etl_runs order by run_id desc limit 1"
    queue.execute(
        "update app.etl_requests set caused_by = 'linked' where request_id = %s", [number]
    )
    run = getattr(runs, kind)
    run(as_of=requested - timedelta(microseconds=1), caused_by=["asked"])
    assert ids(requests.unserved(queue)) == [number, asked_for]
    assert queue.execute(causes).fetchone() == (["asked"],)
    run(caused_by=["asked"])
    assert ids(requests.unserved(queue)) == [asked_for]
    # the run was also that of the request of the API that had asked for the cluster
    assert queue.execute(causes).fetchone() == (["asked", "linked"],)


def test_what_a_run_covers_is_what_was_there_before_it(queue: psycopg.Connection) -> None:
    """Requests made before it and before its as-of instant, also the parked ones, and none of a
    kind that asks for more. A run that fails covers nothing."""
    instant = datetime.fromisoformat("2026-06-01T12:00Z")
    later = instant + timedelta(microseconds=1)

    def left(
        as_of: datetime | None,
        *what: str,
        succeeds: bool = True,
        made_after: bool = False,
        **columns: datetime | None,
    ) -> bool:
        with queue.transaction(force_rollback=True):
            queue.execute("delete from app.etl_runs")
            if made_after:
                taken_by = runs.take_changes(queue, as_of)
            number = requests.create(queue, *(what or ("CLUSTER", "busy")))
            for name, value in {"requested_at": instant, **columns}.items():
                queue.execute(f"update app.etl_requests set {name} = %s", [value])
            if not made_after:
                taken_by = runs.take_changes(queue, as_of)
            if succeeds:
                queue.execute("select app.delete_taken_changes(%s, %s)", [taken_by, as_of])
            return ids(requests.unserved(queue)) == [number]

    assert not left(later)
    assert not left(None)
    assert left(instant)
    assert left(None, made_after=True)
    assert left(later, succeeds=False)
    assert not left(later, parked_at=instant)
    assert left(later, "INCREMENTAL")
