"""Which change notes a run takes, and what is left of them when it succeeds or fails.

Functions and queries are called in a transaction that is rolled back.
"""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from hedge import runs
from tests.integration.changes import MICRO, put_run, scope
from tests.support import AS_OF, BUSY, DAY, IDLE, lp_price, put, quest, tournament_entry


@pytest.fixture
def connection(settled: psycopg.Connection) -> psycopg.Connection:
    """A transaction in a database with two clusters, after a full run."""
    return settled


def succeed(
    connection: psycopg.Connection, taken_by: str | None, as_of: datetime | None = None
) -> None:
    """What a run does in the end that succeeds."""
    connection.execute("select app.delete_taken_changes(%s, %s)", [taken_by, as_of])


def test_what_is_noted_is_computed_until_a_run_succeeds(connection: psycopg.Connection) -> None:
    assert scope(connection) == []
    put(connection, quest(BUSY))
    assert scope(connection) == ["busy"]
    put(connection, quest(IDLE), quest(IDLE))
    # the run before has not succeeded
    taken_by = runs.take_changes(connection, AS_OF)
    assert runs.changed_clusters(connection, AS_OF, taken_by) == ["busy", "idle"]
    put(connection, quest(BUSY))
    succeed(connection, taken_by)
    assert scope(connection) == ["busy"]


def test_the_later_of_two_runs_takes_the_notes_of_the_earlier_one(
    connection: psycopg.Connection,
) -> None:
    put(connection, quest(BUSY))
    earlier = runs.take_changes(connection, AS_OF)
    later = runs.take_changes(connection, AS_OF)
    for taken_by, clusters in ((earlier, []), (later, ["busy"])):
        assert runs.changed_clusters(connection, AS_OF, taken_by) == clusters
    succeed(connection, earlier)
    assert runs.changed_clusters(connection, AS_OF, later) == ["busy"]
    succeed(connection, later)
    assert scope(connection) == []


@pytest.mark.parametrize(
    ("kind", "columns", "takes"),
    [
        ("FULL", {"as_of": AS_OF}, True),
        ("FULL", {"as_of": AS_OF + MICRO}, False),
        ("CLUSTER", {"as_of": AS_OF + MICRO, "state": "RUNNING"}, False),
        ("SEASON", {"as_of": AS_OF + MICRO, "state": "FAILED"}, False),
        ("DEPLOY", {"as_of": AS_OF + MICRO, "definitions": "one"}, True),
    ],
)
def test_a_run_takes_nothing_where_another_run_has_a_later_instant(
    connection: psycopg.Connection, kind: str, columns: dict[str, Any], takes: bool
) -> None:
    """It cannot write over the rows of that run, which may not have seen what is noted."""
    put(connection, quest(BUSY))
    put_run(connection, kind, **columns)
    taken_by = runs.take_changes(connection, AS_OF)
    assert (taken_by is not None) == takes
    taken = "select count(*) from app.change_notes where taken_by is not null"
    assert connection.execute(taken).fetchone() == (1 if takes else 0,)
    if not takes:
        # it computes what has changed all the same
        assert runs.changed_clusters(connection, AS_OF, None) in (["busy"], None)


def test_a_note_of_a_later_fact_waits_for_its_time(connection: psycopg.Connection) -> None:
    """A fact stamped after now counts from its time on, and its cluster is due then."""
    (now,) = connection.execute("select now()").fetchone()
    put(connection, quest(BUSY, at=now + DAY))
    assert scope(connection, as_of=None) == ["busy"]
    taken_by = runs.take_changes(connection)
    succeed(connection, taken_by)
    assert scope(connection, as_of=None) == []
    # an instant is before an event at the same time
    (due_at,) = connection.execute("select due_at from app.change_notes").fetchone()
    assert due_at == now + DAY
    for moved_to, clusters in ((now, []), (now - MICRO, ["busy"])):
        connection.execute(
            "update app.change_notes set due_at = %s, from_at = %s, to_at = %s", [moved_to] * 3
        )
        assert scope(connection, as_of=None) == clusters


def test_each_later_time_of_a_fact_is_due(connection: psycopg.Connection) -> None:
    (now,) = connection.execute("select now()").fetchone()
    put(connection, tournament_entry(5, BUSY, at=now - DAY, ended_at=now + DAY))
    notes = connection.execute(
        "select due_at from app.change_notes where kind = 'wallet' and isfinite(due_at)"
    ).fetchall()
    assert notes == [(now + DAY,)]
    put(connection, lp_price(3, (now + 2 * DAY).date()))
    (due_at,) = connection.execute("select max(due_at) from app.change_notes").fetchone()
    midnight = (now + 2 * DAY).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert due_at == midnight


def test_a_run_as_of_an_instant_leaves_the_notes_of_later_facts(
    connection: psycopg.Connection,
) -> None:
    put(connection, quest(BUSY, at=AS_OF - MICRO), quest(IDLE, at=AS_OF))
    assert scope(connection) == ["busy"]
    assert scope(connection, as_of=AS_OF + MICRO) == ["busy", "idle"]


# a fact of the instant itself does not count in the run
@pytest.mark.parametrize("later", [AS_OF, AS_OF + DAY])
def test_of_a_note_around_the_instant_of_a_run_the_later_part_is_left(
    connection: psycopg.Connection, later: datetime
) -> None:
    put(connection, quest(BUSY, at=AS_OF - DAY), quest(BUSY, at=later))
    connection.execute("delete from app.change_notes; update raw.quest_completions set level = 3")
    taken_by = runs.take_changes(connection, AS_OF)
    assert runs.changed_clusters(connection, AS_OF, taken_by) == ["busy"]
    succeed(connection, taken_by, AS_OF)
    assert scope(connection) == []
    assert scope(connection, as_of=AS_OF + MICRO) == ["busy"]
    notes = connection.execute("select from_at, to_at from app.change_notes").fetchall()
    assert notes == [(AS_OF, later)]
