"""Requests: who takes which, and when one is tried again."""

from datetime import timedelta

import psycopg
import pytest

from hedge import database
from hedge.errors import UsageError
from hedge.queries import query
from hedge.queue import requests
from tests.integration.requests import ids, states
from tests.support import wait_for

EVERY_KIND = ["CLUSTER", "FULL", "INCREMENTAL"]


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
        ("YEARLY", None, "a run of kind 'YEARLY': kind is CLUSTER, ENDS, FULL or INCREMENTAL"),
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
    assert [(one.attempts, one.state, one.kind) for one in taken] == [(0, "RUNNING", "CLUSTER")] * 2
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
    assert (again.request_id, again.attempts) == (held.request_id, 0)


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


def test_two_workers_that_find_a_dead_one_at_once_count_its_death_once(
    queue: psycopg.Connection, other: psycopg.Connection
) -> None:
    requests.create(queue, "CLUSTER", "busy")
    queue.execute("update app.etl_requests set batch = 1, taken_by = -1, taken_since = now()")
    release = (query("requests_release_dead"), {"most_deaths": 3})
    with queue.transaction():
        assert queue.execute(*release).rowcount == 1
        # it neither waits nor counts
        assert other.execute(*release).rowcount == 0
    assert queue.execute("select deaths from app.etl_requests").fetchall() == [(1,)]


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
            assert (taken.request_id, taken.attempts) == (number, attempt - 1)
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


def test_a_request_is_dropped_unless_a_worker_computes_it(
    queue: psycopg.Connection, other: psycopg.Connection
) -> None:
    first, second = (requests.create(queue, "FULL") for _ in range(2))
    requests.take(other, ["FULL"], 1)
    with pytest.raises(UsageError, match=f"no request {first} that no worker computes"):
        requests.drop(queue, first)
    requests.drop(queue, second)
    assert ids(requests.unserved(queue)) == [first]
    with pytest.raises(UsageError, match=f"no request {second} "):
        requests.drop(queue, second)


def test_all_that_is_parked_is_retried_at_once(queue: psycopg.Connection) -> None:
    first, second, third = (requests.create(queue, "FULL") for _ in range(3))
    queue.execute(
        "update app.etl_requests set parked_at = now(), deaths = 3, largest_batch = 1"
        " where request_id <> %s",
        [second],
    )
    assert requests.retry(queue) == [first, third]
    assert states(queue) == ["WAITING"] * 3
    assert requests.retry(queue) == []
    assert ids(requests.take(queue, ["FULL"], 3)) == [first, second, third]


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
