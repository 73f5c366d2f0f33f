"""Which unlocks an undo revokes and which board runs it marks: its queries over a few rows."""

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from hedge import database
from hedge.errors import HedgeError, UsageError
from hedge.queries import query
from tests.prepared_server import OpenTransaction
from tests.support import AS_OF, DAY
from tests.unlocks import LADDERS, MICRO, put_progress

#: The package has a function of that name.
undo = import_module("hedge.runs.undo")

SAME, UNDONE, EARLIER = "a" * 64, "b" * 64, "c" * 64
#: What the undo restores was live until the run SINCE, and is live again in the run FULL.
BEFORE, SINCE, LATER, FULL = 101, 102, 103, 104
PARAMETERS = {"since_run": SINCE, "undone": [UNDONE, "unknown"], "full_run": FULL, "undo": 1}


def put_run(connection: psycopg.Connection, number: int, **columns: Any) -> None:
    row = {
        "run_id": number,
        "invocation_id": str(number),
        "kind": "FULL",
        "state": "SUCCESS",
        "as_of": AS_OF,
        "started_at": AS_OF,
        "definitions": UNDONE,
    } | columns
    connection.execute(
        f"insert into app.etl_runs ({', '.join(row)}) overriding system value"
        f" values ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )


@pytest.fixture(scope="module")
def database_of_undos(module_database: str) -> str:
    """The URL of a database with two ladders, and four runs of which two are undone."""
    with psycopg.connect(module_database, autocommit=True) as connection:
        connection.execute(LADDERS)
        connection.execute("update analytics.challenges set name = 'The arena' where key = 'arena'")
        connection.execute("delete from app.etl_runs")
        put_run(connection, BEFORE, definitions=SAME, started_at=AS_OF - 3 * DAY)
        put_run(connection, SINCE, started_at=AS_OF - 2 * DAY, as_of=AS_OF - 2 * DAY)
        put_run(connection, LATER, definitions=None, as_of=AS_OF - DAY)
        put_run(connection, FULL, definitions=SAME)
    return module_database


@pytest.fixture
def connection(
    database_of_undos: str, rolled_back: OpenTransaction
) -> Iterator[psycopg.Connection]:
    """A transaction in that database, which is rolled back."""
    with rolled_back(database_of_undos) as connection:
        yield connection


def put_unlock(connection: psycopg.Connection, **columns: Any) -> None:
    """A tier that the undone definitions granted."""
    row = {
        "cluster_id": "busy",
        "challenge_key": "arena",
        "tier_code": "BASIC",
        "kind": "TIER",
        "unlocked_at": AS_OF - 2 * DAY,
        "run_id": SINCE,
        "definitions": UNDONE,
    } | columns
    connection.execute(
        f"insert into analytics.tier_unlocks ({', '.join(row)})"
        f" values ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )


def revoke(connection: psycopg.Connection) -> list[tuple[str, datetime]]:
    """Revoke; returns what was revoked by that: when it was unlocked and revoked."""
    number = database.value(connection, query("undo_revoke"), PARAMETERS)
    found = connection.execute(
        "select kind, unlocked_at, revoked_at from analytics.tier_unlocks"
        " where revoked_reason = 'the definitions that granted it were undone' order by 1, 2"
    ).fetchall()
    assert len(found) == number
    assert {at for *_, at in found} <= {AS_OF}
    return [row[:2] for row in found]


BELOW = {"value": 4.999999}
REACHED = {"value": 5}


@pytest.mark.parametrize(
    ("unlock", "progress", "is_revoked"),
    [
        ({}, None, True),
        ({}, BELOW, True),
        ({}, REACHED, False),
        # the progress of another cluster, and of another challenge
        ({"cluster_id": "idle"}, REACHED, True),
        ({"challenge_key": "flawless", "tier_code": "DONE"}, REACHED, True),
        # a higher tier of the same ladder
        ({"tier_code": "ELITE"}, REACHED, True),
        ({"tier_code": "ELITE"}, {"value": 25}, False),
        # a Founder's Mark is given by the last 180 days
        ({"kind": "FOUNDERS_MARK"}, {"value": 5, "rolling": 4}, True),
        ({"kind": "FOUNDERS_MARK"}, {"value": 4, "rolling": 5}, False),
        ({}, {"value": 4, "rolling": 5}, True),
        # granted before, by other definitions, by dbt by hand
        ({"run_id": BEFORE}, None, False),
        ({"run_id": LATER}, None, True),
        ({"definitions": EARLIER}, None, False),
        ({"definitions": None}, None, True),
        # it was revoked already
        ({"revoked_at": AS_OF - DAY, "revoked_reason": "why"}, None, False),
    ],
)
def test_what_undone_definitions_granted_and_nothing_reaches_is_revoked(
    connection: psycopg.Connection,
    unlock: dict[str, Any],
    progress: dict[str, float] | None,
    is_revoked: bool,
) -> None:
    put_unlock(connection, **unlock)
    if progress is not None:
        put_progress(connection, **progress)
    assert bool(revoke(connection)) == is_revoked


def test_of_several_unlocks_of_a_tier_the_one_that_was_granted_wrongly_is_revoked(
    connection: psycopg.Connection,
) -> None:
    earlier = AS_OF - 9 * DAY
    put_unlock(connection, unlocked_at=earlier, revoked_at=AS_OF - 8 * DAY, run_id=BEFORE)
    put_unlock(connection)
    put_unlock(connection, kind="FOUNDERS_MARK", run_id=BEFORE)
    assert revoke(connection) == [("TIER", AS_OF - 2 * DAY)]


def test_the_list_of_an_undo_is_what_it_may_revoke(connection: psycopg.Connection) -> None:
    """By challenge in their order, each cluster once; a challenge that is gone has its key."""
    for cluster, tier, kind in (
        ("busy", "BASIC", "TIER"),
        ("busy", "ELITE", "TIER"),
        ("busy", "MYTHIC", "FOUNDERS_MARK"),
        ("idle", "BASIC", "TIER"),
    ):
        put_unlock(connection, cluster_id=cluster, tier_code=tier, kind=kind)
    put_unlock(connection, challenge_key="gone", definitions=None, run_id=LATER)
    for cluster, other in (
        ("of before", {"run_id": BEFORE}),
        ("of others", {"definitions": EARLIER}),
        ("revoked", {"revoked_at": AS_OF}),
    ):
        put_unlock(connection, cluster_id=cluster, **other)
    found = connection.execute(query("undo_unlocks"), PARAMETERS).fetchall()
    assert found == [("arena", "The arena", 3, 1, 2), ("gone", "gone", 1, 0, 1)]


def test_a_full_run_must_not_be_before_the_runs_that_it_replaces(
    connection: psycopg.Connection,
) -> None:
    def latest() -> tuple[int, datetime] | None:
        return connection.execute(query("undo_latest"), PARAMETERS).fetchone()

    assert latest() == (LATER, AS_OF - DAY)
    # neither a deploy, which writes no rows, nor what is restored
    put_run(connection, 201, kind="DEPLOY", as_of=AS_OF + DAY)
    put_run(connection, 202, definitions=SAME, as_of=AS_OF + DAY)
    assert latest() == (LATER, AS_OF - DAY)
    connection.execute("delete from app.etl_runs where run_id = %s", [LATER])
    assert latest() == (SINCE, AS_OF - 2 * DAY)
    put_run(connection, 90, as_of=AS_OF + DAY)
    assert latest() == (SINCE, AS_OF - 2 * DAY)


def test_the_full_run_may_be_as_of_the_instant_of_the_newest_of_them(
    connection: psycopg.Connection,
) -> None:
    plan = SimpleNamespace(since_run=SINCE, undone_names=PARAMETERS["undone"])
    undo.require_latest(connection, plan, AS_OF - DAY)
    with pytest.raises(UsageError, match=f"run {LATER} was as of .*: its rows would stay"):
        undo.require_latest(connection, plan, AS_OF - DAY - MICRO)


def test_a_full_run_that_left_something_out_revokes_nothing(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it kept would be taken for what the restored definitions compute."""
    run = SimpleNamespace(state="PARTIAL", error="onchain_pvp cannot be computed", run_id=FULL)
    monkeypatch.setattr(undo.kinds, "full", lambda *_: run)
    monkeypatch.setattr(undo, "query", lambda name: pytest.fail(f"{name} is executed"))
    with pytest.raises(HedgeError, match="nothing was revoked: onchain_pvp cannot be computed"):
        undo.end(connection, SimpleNamespace(), 1, FULL, None, None)


def test_board_runs_since_then_that_readers_see_are_marked(connection: psycopg.Connection) -> None:
    """Of each period the one that readers see, also one that finished as the first run began."""
    connection.execute(
        "insert into app.leaderboard_defs"
        " (key, name, category_key, metric_source, metric_key, time_window)"
        " values ('b', 'B', 'pvp', 'onchain_pvp', 'wins', 'DAILY')"
    )
    began = AS_OF - 2 * DAY
    ids = []
    for day, status, finished_at, stale_since in (
        (1, "COMPLETE", began - MICRO, None),
        (2, "COMPLETE", began, None),
        (3, "COMPLETE", AS_OF, None),
        (4, "COMPLETE", AS_OF, AS_OF),
        (5, "FAILED", AS_OF, None),
    ):
        ids += connection.execute(
            "insert into app.leaderboard_runs (leaderboard_key, status, period_start, period_end,"
            " as_of, row_count, finished_at, stale_since, error)"
            " values ('b', %s, %s, %s, %s, 0, %s, %s, %s) returning id",
            [
                *(status, AS_OF - (10 - day) * DAY, AS_OF - (9 - day) * DAY, AS_OF),
                *(finished_at, stale_since, "why" if status == "FAILED" else None),
            ],
        ).fetchone()
    found = [number for (number,) in connection.execute(query("undo_boards"), PARAMETERS)]
    assert found == ids[1:3]
    connection.execute(query("undo_mark_boards"), {"runs": found})
    marked = connection.execute(
        "select id from app.leaderboard_runs where stale_since > %s order by id", [AS_OF]
    )
    assert [number for (number,) in marked] == found


@pytest.mark.parametrize(("restored", "is_finished"), [(SAME, True), (EARLIER, False)])
def test_an_undo_is_finished_by_a_full_run_with_what_it_restores(
    connection: psycopg.Connection, restored: str, is_finished: bool
) -> None:
    numbers = [
        database.value(
            connection,
            "insert into app.undos (restored, returned_to, undone, since_run, until_run, begun_by,"
            " finished_at) values (%s, 1, '{}', 2, 2, 'ada', %s) returning undo_id",
            [restored, finished_at],
        )
        for finished_at in (AS_OF, None)
    ]
    parameters = PARAMETERS | {"undo": numbers[1], "revoked": 7}
    finished = database.value(connection, query("undo_finish"), parameters)
    assert finished == (numbers[1] if is_finished else None)
    rows = connection.execute(
        "select full_run, revoked, finished_at is null from app.undos order by undo_id"
    )
    assert rows.fetchall() == [
        (None, None, False),
        (FULL, 7, False) if is_finished else (None, None, True),
    ]


def test_the_undo_that_is_open_is_one_that_has_not_finished(
    connection: psycopg.Connection,
) -> None:
    """One that begins ends another that was interrupted, and changes none that has finished."""

    def begin(restored: str) -> int:
        parameters = {"restored": restored, "returned_to": BEFORE, "begun_by": "ada"}
        return database.value(connection, query("undo_begin"), PARAMETERS | parameters)

    def is_open() -> list[int]:
        return [row[0] for row in connection.execute(query("undo_open")).fetchall()]

    def finished_at(number: int) -> datetime | None:
        text = "select finished_at from app.undos where undo_id = %s"
        return connection.execute(text, [number]).fetchone()[0]

    put_run(connection, 100, kind="DEPLOY", definitions=SAME)
    assert is_open() == []
    first = begin(SAME)
    assert is_open() == [first]
    connection.execute("update app.undos set finished_at = %s", [AS_OF])
    assert is_open() == []
    second = begin(SAME)
    third = begin(EARLIER)
    assert is_open() == [third]
    assert finished_at(first) == AS_OF < finished_at(second)
