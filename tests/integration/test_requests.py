"""Requests for runs: who takes which, when one is tried again, and which run serves one."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from hedge import database, runs
from hedge.errors import HedgeError, UsageError
from hedge.queue import requests
from tests.support import BUSY, IDLE, RIVAL, add_cluster, put, pvp_match, wait_for

EVERY_KIND = ["CLUSTER", "FULL", "INCREMENTAL"]


@pytest.fixture(scope="module")
def clusters(module_database: str) -> None:
    """Three clusters in the database of this module."""
    with psycopg.connect(module_database, autocommit=True) as connection:
        for cluster, wallet in (("busy", BUSY), ("idle", IDLE), ("rival", RIVAL)):
            add_cluster(connection, cluster, wallet)


@pytest.fixture
def queue(clusters: None, deployed: psycopg.Connection) -> psycopg.Connection:
    """A connection to that database, in which nothing is requested."""
    deployed.execute("delete from app.etl_requests")
    return deployed


@pytest.fixture
def other(queue: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The session of another worker, which does not wait long for a lock."""
    with database.connect() as connection:
        connection.execute("set lock_timeout = '5s'")
        yield connection


def ids(found: Sequence[requests.Request]) -> list[int]:
    return [request.request_id for request in found]


def states(connection: psycopg.Connection) -> list[str]:
    return [request.state for request in requests.unserved(connection)]


# -- requesting ------------------------------------------------------------------------------


def test_a_request_says_what_is_to_be_run_and_why(queue: psycopg.Connection) -> None:
    first = requests.create(queue, "CLUSTER", "busy", caused_by="request-1")
    second = requests.create(queue, "FULL")
    one, other = requests.unserved(queue)
    assert (one.request_id, one.kind, one.cluster_id) == (first, "CLUSTER", "busy")
    assert (one.caused_by, one.attempts, one.state, one.error) == ("request-1", 0, "WAITING", None)
    assert one.next_attempt_at == one.requested_at
    assert (other.request_id, other.kind, other.cluster_id) == (second, "FULL", None)
    assert other.caused_by is None


@pytest.mark.parametrize(
    ("kind", "cluster", "words"),
    [
        ("CLUSTER", "nobody", "no cluster nobody"),
        ("FULL", "nobody", "no cluster nobody"),
        ("YEARLY", None, "a run of kind 'YEARLY': kind is CLUSTER, FULL or INCREMENTAL"),
        ("CLUSTER", None, "a request for a cluster names it"),
        ("FULL", "busy", "a request for a cluster names it"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    queue: psycopg.Connection, kind: str, cluster: str | None, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        requests.create(queue, kind, cluster)
    assert requests.unserved(queue) == []


def test_requests_are_listed_oldest_first_in_pages(queue: psycopg.Connection) -> None:
    first, second, third = (requests.create(queue, "FULL") for _ in range(3))
    assert ids(requests.unserved(queue)) == [first, second, third]
    assert ids(requests.unserved(queue, limit=2)) == [first, second]
    assert ids(requests.unserved(queue, after=first, limit=1)) == [second]
    assert ids(requests.unserved(queue, after=third)) == []


# -- taking ----------------------------------------------------------------------------------


def test_the_oldest_of_the_kinds_are_taken_first(queue: psycopg.Connection) -> None:
    full = requests.create(queue, "FULL")
    first, second, third = (requests.create(queue, "CLUSTER", "busy") for _ in range(3))
    incremental = requests.create(queue, "INCREMENTAL")
    taken = requests.take(queue, ["CLUSTER"], 2)
    assert ids(taken) == [first, second]
    assert [(one.attempts, one.state, one.kind) for one in taken] == [(1, "RUNNING", "CLUSTER")] * 2
    assert ids(requests.take(queue, ["CLUSTER"], 2)) == [third]
    assert ids(requests.take(queue, ["FULL", "INCREMENTAL"], 5)) == [full, incremental]
    assert states(queue) == ["RUNNING"] * 5


def test_a_held_request_is_taken_by_nobody_else(
    queue: psycopg.Connection, other: psycopg.Connection
) -> None:
    """Neither another worker nor its own session takes it again while that session lives."""
    requests.create(queue, "FULL")
    with database.connect() as holder:
        held_by = holder.info.backend_pid
        (held,) = requests.take(holder, ["FULL"], 1)
        for connection in (other, holder):
            assert not requests.any_waiting(connection, "FULL")
            assert requests.take(connection, ["FULL"], 1) == []
        assert states(queue) == ["RUNNING"]
    # whoever held it is gone
    wait_for(queue, f"select not exists (select from pg_stat_activity where pid = {held_by})")
    assert states(queue) == ["WAITING"]
    assert requests.any_waiting(other, "FULL")
    (again,) = requests.take(other, ["FULL"], 1)
    assert (again.request_id, again.attempts) == (held.request_id, 2)


def test_a_process_id_that_is_used_again_holds_nothing(queue: psycopg.Connection) -> None:
    """The holder is the session that began at taken_since, not whoever has its number now."""
    requests.create(queue, "FULL")
    requests.take(queue, ["FULL"], 1)
    queue.execute("update app.etl_requests set taken_since = taken_since - interval '1 second'")
    assert states(queue) == ["WAITING"]
    assert requests.any_waiting(queue, "FULL")
    assert len(requests.take(queue, ["FULL"], 1)) == 1


def test_two_workers_that_take_at_once_take_different_requests(
    queue: psycopg.Connection, other: psycopg.Connection
) -> None:
    first, second = (requests.create(queue, "FULL") for _ in range(2))
    with queue.transaction():
        assert ids(requests.take(queue, ["FULL"], 1)) == [first]
        # the first has not committed yet: the other passes it over and does not wait
        assert ids(requests.take(other, ["FULL"], 2)) == [second]


@pytest.mark.parametrize(
    ("change", "can_be_taken"),
    [
        ("next_attempt_at = now()", True),
        ("next_attempt_at = now() + interval '1 microsecond'", False),
        ("parked_at = now()", False),
        ("attempts = 3, error = 'failed'", True),
        ("kind = 'INCREMENTAL'", False),
    ],
)
def test_any_waiting_tells_what_can_be_taken(
    queue: psycopg.Connection, change: str, can_be_taken: bool
) -> None:
    requests.create(queue, "FULL")
    with queue.transaction():
        queue.execute(f"update app.etl_requests set {change}")
        assert requests.any_waiting(queue, "FULL", "CLUSTER") is can_be_taken
        assert bool(requests.take(queue, ["FULL", "CLUSTER"], 1)) is can_be_taken


# -- failing ---------------------------------------------------------------------------------


def test_the_pauses_between_attempts_grow_until_a_request_is_parked(
    queue: psycopg.Connection,
) -> None:
    """Pauses of 5, 20, 80 and 320 seconds; the fifth failure parks it."""
    number = requests.create(queue, "FULL")
    bystander = requests.create(queue, "FULL")
    pauses = []
    for attempt in range(1, 6):
        with queue.transaction():
            queue.execute(
                "update app.etl_requests set next_attempt_at = now() where request_id = %s",
                [number],
            )
            (taken, *_) = requests.take(queue, ["FULL"], 1)
            assert (taken.request_id, taken.attempts) == (number, attempt)
            requests.record_failure(queue, [number], f"failure {attempt}")
            (now,) = queue.execute("select now()").fetchone()
        failed, untouched = requests.unserved(queue)
        assert failed.error == f"failure {attempt}"
        assert failed.state == ("WAITING" if attempt < 5 else "PARKED")
        pauses.append(failed.next_attempt_at - now)
    assert pauses == [timedelta(seconds=seconds) for seconds in (5, 20, 80, 320, 1280)]
    assert (untouched.request_id, untouched.state, untouched.error) == (bystander, "WAITING", None)

    requests.retry(queue, number)
    again, _ = requests.unserved(queue)
    assert (again.state, again.attempts, again.error) == ("WAITING", 0, None)
    assert ids(requests.take(queue, ["FULL"], 1)) == [number]


def test_what_is_parked_is_shown_as_parked_while_its_session_lives(
    queue: psycopg.Connection,
) -> None:
    requests.create(queue, "FULL")
    requests.take(queue, ["FULL"], 1)
    queue.execute("update app.etl_requests set parked_at = now()")
    assert states(queue) == ["PARKED"]


def test_a_retry_is_of_one_request_that_exists(queue: psycopg.Connection) -> None:
    first, second = (requests.create(queue, "FULL") for _ in range(2))
    queue.execute("update app.etl_requests set parked_at = now()")
    requests.retry(queue, second)
    assert states(queue) == ["PARKED", "WAITING"]
    with pytest.raises(UsageError, match=f"no request {second + 1}"):
        requests.retry(queue, second + 1)
    assert ids(requests.unserved(queue)) == [first, second]


def test_what_was_served_goes_and_nothing_else(queue: psycopg.Connection) -> None:
    first, second, third = (requests.create(queue, "FULL") for _ in range(3))
    requests.delete_served(queue, [first, third])
    assert ids(requests.unserved(queue)) == [second]


# -- serving clusters ------------------------------------------------------------------------


class Runs:
    """Stands in for runs.cluster: notes the calls, and fails for some clusters."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.scopes: list[list[str]] = []
        self.options: list[dict[str, Any]] = []

    def __call__(self, clusters: Sequence[str], **options: Any) -> None:
        self.scopes.append(list(clusters))
        self.options.append(options)
        if {*self.failing} & {*clusters}:
            raise HedgeError("the cluster run failed: numeric field overflow")


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


def test_a_cluster_that_cannot_be_computed_holds_up_nobody(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "cluster", computed := Runs("idle"))
    for cluster in ("busy", "idle", "rival"):
        requests.create(queue, "CLUSTER", cluster)
    assert requests.serve_clusters(queue) == 2
    assert computed.scopes == [
        ["busy", "idle", "rival"],
        ["busy"],
        ["idle", "rival"],
        ["idle"],
        ["rival"],
    ]
    (left,) = requests.unserved(queue)
    assert (left.cluster_id, left.state, left.attempts) == ("idle", "WAITING", 1)
    assert left.error == "the cluster run failed: numeric field overflow"


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
    run = getattr(runs, kind)
    run(as_of=requested - timedelta(microseconds=1))
    assert ids(requests.unserved(queue)) == [number, asked_for]
    run()
    assert ids(requests.unserved(queue)) == [asked_for]


def test_what_a_run_covers_is_what_was_there_before_it(queue: psycopg.Connection) -> None:
    """Requests made before it and before its as-of instant; of these not the parked ones, and none
    of a kind that asks for more. A run that fails covers nothing."""
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
    assert left(later, parked_at=instant)
    assert left(later, "INCREMENTAL")
