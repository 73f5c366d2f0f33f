"""The run ledger: which runs are dead, which are kept, and what the next run reads of them."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from hedge import database, runs, seasons
from hedge.runs.ledger import Model, sweep
from hedge.seasons import Season
from tests.support import AS_OF, BUSY, DAY, add_crowd, days_ago, put, pvp_match

MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def empty(deployed: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The same with an empty ledger, in a transaction that is undone: now() stands still."""
    with deployed.transaction(force_rollback=True):
        deployed.execute("delete from app.etl_runs; delete from app.change_notes")
        yield deployed


def now_of(connection: psycopg.Connection) -> datetime:
    (now,) = connection.execute("select now()").fetchone()
    return now


def add_run(
    connection: psycopg.Connection, kind: str = "FULL", state: str = "SUCCESS", **columns: Any
) -> int:
    """Insert a run; returns its run_id."""
    row = {
        "kind": kind,
        "state": state,
        "invocation_id": str(uuid.uuid4()),
        "as_of": AS_OF,
        "definitions": "these",
    } | columns
    (number,) = connection.execute(
        f"insert into app.etl_runs ({', '.join(row)})"
        f" values ({', '.join(['%s'] * len(row))}) returning run_id",
        list(row.values()),
    ).fetchone()
    return number


def states(connection: psycopg.Connection) -> dict[int, str]:
    return dict(connection.execute("select run_id, state from app.etl_runs").fetchall())


# -- dead runs -------------------------------------------------------------------------------


def test_a_run_without_a_session_is_dead_after_ten_seconds(empty: psycopg.Connection) -> None:
    now = now_of(empty)
    ten_seconds = timedelta(seconds=10)
    young = add_run(empty, state="RUNNING", started_at=now - ten_seconds)
    old = add_run(empty, state="RUNNING", started_at=now - ten_seconds - MICROSECOND)
    done = add_run(empty, started_at=now - HOUR)
    failed = add_run(empty, state="FAILED", started_at=now - HOUR, error="why")
    sweep(empty)
    assert states(empty) == {young: "RUNNING", old: "FAILED", done: "SUCCESS", failed: "FAILED"}
    found = empty.execute("select error, finished_at from app.etl_runs order by run_id").fetchall()
    assert found == [
        (None, None),
        ("the process ended before the run did", now),
        (None, None),
        ("why", None),
    ]


@pytest.mark.parametrize(
    ("application", "is_elsewhere", "state"),
    [
        ("hedge-dbt", False, "RUNNING"),
        ("hedge-dbt", True, "FAILED"),
        ("hedge", False, "FAILED"),
    ],
)
def test_a_living_run_is_not_swept(
    empty: psycopg.Connection, application: str, is_elsewhere: bool, state: str
) -> None:
    """A run lives as long as a session of dbt is connected to its database."""
    number = add_run(empty, state="RUNNING", started_at=now_of(empty) - HOUR)
    name = "postgres" if is_elsewhere else empty.info.dbname
    with psycopg.connect(database.url(), dbname=name, application_name=application):
        sweep(empty)
    assert states(empty) == {number: state}


@pytest.mark.parametrize("how", ["list", "run"])
def test_dead_runs_are_swept_before_the_ledger_is_read(
    deployed: psycopg.Connection, how: str
) -> None:
    number = add_run(deployed, state="RUNNING", started_at=datetime(2026, 1, 1, tzinfo=UTC))
    if how == "list":
        (newest,) = runs.ledger(deployed, limit=1)
        assert (newest.run_id, newest.state) == (number, "FAILED")
    with runs.ready():
        assert states(deployed)[number] == "FAILED"


# -- what is listed and kept -----------------------------------------------------------------


def test_runs_are_listed_newest_first_in_pages(empty: psycopg.Connection) -> None:
    now = now_of(empty)
    model = {"name": "cluster_metrics", "state": "success", "rows": 3, "seconds": 0.5}
    first = add_run(
        empty, started_at=now, finished_at=now + 90 * timedelta(seconds=1), scope_size=7
    )
    second = add_run(empty, "CLUSTER", "RUNNING", started_at=now)
    third = add_run(empty, "DEPLOY", models=Jsonb([model]))
    assert [run.run_id for run in runs.ledger(empty)] == [third, second, first]
    assert [run.run_id for run in runs.ledger(empty, limit=2)] == [third, second]
    assert [run.run_id for run in runs.ledger(empty, before=third, limit=1)] == [second]
    newest, running, oldest = runs.ledger(empty)
    assert newest.models == [Model("cluster_metrics", "success", 3, 0.5, None)]
    assert (running.kind, running.seconds) == ("CLUSTER", None)
    assert (oldest.seconds, oldest.scope_size) == (90, 7)


def test_pruning_keeps_a_number_of_days_and_what_the_next_run_reads(
    empty: psycopg.Connection,
) -> None:
    now = now_of(empty)
    edge = now - 30 * DAY
    old = {"started_at": edge - MICROSECOND}
    kept = {
        add_run(empty, "CLUSTER", started_at=edge),
        add_run(empty, "CLUSTER", "RUNNING", started_at=edge - MICROSECOND),
    }
    gone = {
        add_run(empty, "CLUSTER", **old),
        add_run(empty, "PARTIAL", "FAILED", **old),
        add_run(empty, "FULL", "FAILED", as_of=days_ago(0), **old),
    }
    # the newest two by their as-of instant, however they were inserted
    for kind, scope_size in (("FULL", None), ("INCREMENTAL", None), ("INCREMENTAL", 5)):
        for days, goes in ((2, False), (3, True), (1, False)):
            number = add_run(empty, kind, as_of=days_ago(days), scope_size=scope_size, **old)
            (gone if goes else kept).add(number)
    deploys = [add_run(empty, "DEPLOY", scope_size=0, **old) for _ in range(3)]
    gone.add(deploys.pop(0))
    for line, rejected_at in ((1, edge), (2, edge - MICROSECOND)):
        empty.execute(
            "insert into raw.rejected_rows values ('t', 'f', %s, '', '', %s)", [line, rejected_at]
        )
    assert runs.prune(empty, 30) == {
        "runs": len(gone),
        "rejected_rows": 1,
        "projects": 0,
        "events": 0,
        "environments": [],
    }
    assert set(states(empty)) == {*kept, *deploys}
    assert empty.execute("select line from raw.rejected_rows").fetchall() == [(1,)]


def test_what_an_undo_can_go_back_to_is_kept_with_its_run(empty: psycopg.Connection) -> None:
    now = now_of(empty)
    edge = now - 30 * DAY
    old = {"started_at": edge - MICROSECOND}

    def add_project(definitions: str, deployed_at: datetime) -> None:
        empty.execute(
            "insert into app.deployed_projects"
            " (definitions, archive, hedge_version, deployed_by, deployed_at)"
            " values (%s, '', '0', 'ada', %s)",
            [definitions, deployed_at],
        )

    empty.execute("delete from app.deployed_projects")
    granted, gone, failed, *last = [f"{number:064d}" for number in range(13)]
    young = "f" * 64
    runs_of = {}
    for definitions in (granted, gone, *last):
        runs_of[definitions] = add_run(empty, "DEPLOY", definitions=definitions, **old)
        # the same once more changes nothing of what is live
        add_run(empty, "DEPLOY", definitions=definitions, **old)
    by_hand = add_run(empty, "PARTIAL", definitions=None, **old)
    for definitions in (granted, gone, failed, *last):
        add_project(definitions, edge - MICROSECOND)
    add_project(young, edge)
    for number, (definitions, unlocked_at) in enumerate(
        ((granted, edge), (gone, edge - MICROSECOND))
    ):
        empty.execute(
            "insert into analytics.tier_unlocks"
            " (cluster_id, challenge_key, tier_code, kind, unlocked_at, definitions)"
            " values (%s, 'x', 'BASIC', 'TIER', %s, %s)",
            [f"c{number}", unlocked_at, definitions],
        )
    assert runs.prune(empty, 30)["projects"] == 2
    kept = {name for (name,) in empty.execute("select definitions from app.deployed_projects")}
    assert kept == {granted, young, *last}
    del runs_of[gone]
    # the newest two of all deploys are kept in any case
    assert {*runs_of.values(), by_hand} <= set(states(empty))
    assert len(states(empty)) == len(runs_of) + 2
    empty.execute("update app.deployed_projects set deployed_at = %s", [edge - MICROSECOND])
    empty.execute(
        "insert into app.undos (restored, returned_to, undone, since_run, until_run, begun_by)"
        " values (%s, 1, '{}', 1, 1, 'ada')",
        [young],
    )
    assert runs.prune(empty, 30)["projects"] == 0
    empty.execute("update app.undos set finished_at = now()")
    assert runs.prune(empty, 30)["projects"] == 1


# -- what the next run reads -----------------------------------------------------------------


def test_the_deployed_definitions_are_those_of_the_last_deploy_unless_dbt_was_called_by_hand(
    empty: psycopg.Connection,
) -> None:
    def definitions() -> str | None:
        return runs.deployed_definitions(empty)

    assert definitions() is None
    add_run(empty, "DEPLOY", definitions="first")
    add_run(empty, "PARTIAL", definitions=None)
    assert definitions() is None
    add_run(empty, "DEPLOY", definitions="second")
    add_run(empty, "DEPLOY", "FAILED", definitions="third")
    add_run(empty, "FULL", definitions="fourth")
    assert definitions() == "second"
    add_run(empty, "DEPLOY", definitions=None)
    assert definitions() is None


def changed(connection: psycopg.Connection, as_of: datetime | None = None) -> list[str] | None:
    """The clusters of the next incremental run; None is every cluster."""
    return runs.changed_clusters(connection, as_of, runs.take_changes(connection, as_of))


@pytest.mark.parametrize(
    ("changes", "others", "named"),
    [(200, 0, True), (201, 0, False), (201, 3819, True), (201, 3818, False)],
)
def test_every_cluster_is_computed_where_over_200_and_a_twentieth_of_all_have_changed(
    empty: psycopg.Connection, changes: int, others: int, named: bool
) -> None:
    add_crowd(empty, changes + others, matches=0)
    empty.execute(
        "delete from app.change_notes where key > 'crowd' || to_char(%s, 'FM00000')", [changes]
    )
    add_run(empty)
    found = changed(empty)
    assert (found is not None) is named
    if found is not None:
        assert found == [f"crowd{number:05}" for number in range(1, changes + 1)]


@pytest.mark.parametrize(
    ("deploy", "everybody"),
    [
        ({"definitions": "these"}, False),
        ({"definitions": "others"}, True),
        ({"definitions": None}, True),
        ({"definitions": "others", "state": "FAILED"}, False),
        ({"definitions": "others", "kind": "CLUSTER"}, False),
        ({"definitions": "others", "finished_at": AS_OF}, False),
        ({"definitions": "others", "finished_at": AS_OF + MICROSECOND}, True),
    ],
)
def test_other_definitions_than_those_of_the_last_full_run_make_the_next_one_full(
    empty: psycopg.Connection, deploy: dict[str, Any], everybody: bool
) -> None:
    add_run(empty, "DEPLOY", finished_at=days_ago(9))
    add_run(empty, started_at=AS_OF)
    add_run(empty, **{"kind": "DEPLOY", "finished_at": AS_OF + HOUR} | deploy)
    assert changed(empty) == (None if everybody else [])
    # a run for a few clusters does not make good for everybody, one for all does
    add_run(empty, "INCREMENTAL", scope_size=3, started_at=AS_OF + DAY, as_of=AS_OF + DAY)
    assert changed(empty) == (None if everybody else [])
    add_run(
        empty,
        "INCREMENTAL",
        scope_size=None,
        started_at=AS_OF + DAY,
        as_of=AS_OF + DAY,
    )
    assert changed(empty) == []


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "columns", "everybody"),
    [
        (days_ago(9), days_ago(-9), {}, False),
        # it has begun or ended after the last full run, and not after this one
        (AS_OF, days_ago(-9), {}, False),
        (AS_OF + MICROSECOND, days_ago(-9), {}, True),
        (AS_OF + DAY, days_ago(-9), {}, True),
        (AS_OF + DAY + MICROSECOND, days_ago(-9), {}, False),
        (days_ago(9), AS_OF, {}, False),
        (days_ago(9), AS_OF + MICROSECOND, {}, True),
        (days_ago(9), AS_OF + DAY, {}, True),
        (days_ago(9), AS_OF + DAY + MICROSECOND, {}, False),
        (AS_OF + DAY, days_ago(-9), {"is_active": False}, False),
    ],
)
def test_a_season_that_begins_or_ends_makes_the_next_run_full(
    empty: psycopg.Connection,
    starts_at: datetime,
    ends_at: datetime,
    columns: dict[str, Any],
    everybody: bool,
) -> None:
    seasons.add(empty, Season("spring", "Spring", starts_at, ends_at, is_active=True))
    for name, value in columns.items():
        empty.execute(f"update app.seasons set {name} = %s", [value])
    add_run(empty, as_of=AS_OF, started_at=AS_OF)
    empty.execute("delete from app.change_notes")
    assert changed(empty, AS_OF + DAY) == (None if everybody else [])


def test_a_full_run_can_be_used_again_while_nothing_that_it_reads_has_changed(
    empty: psycopg.Connection,
) -> None:
    add_run(empty, "DEPLOY")

    def reusable(as_of: datetime = AS_OF, definitions: str = "these") -> int | None:
        found = runs.reusable_full_run(empty, as_of, definitions)
        return found and found.run_id

    older = add_run(empty)
    assert reusable() == older
    number = add_run(empty)
    add_run(empty, "FULL", "FAILED")
    add_run(empty, "INCREMENTAL", scope_size=0)
    add_run(empty, "BOARD")
    assert reusable() == number
    assert reusable(definitions="others") is None
    assert reusable(as_of=AS_OF + MICROSECOND) is None
    with empty.transaction(force_rollback=True):
        add_run(empty, "DEPLOY", "FAILED", definitions="others")
        assert reusable() == number
        add_run(empty, "DEPLOY", definitions="others")
        assert reusable() is None
    for kind, scope_size in (("INCREMENTAL", 1), ("INCREMENTAL", None), ("CLUSTER", 1)):
        with empty.transaction(force_rollback=True):
            # it has computed a change, of which no note is left
            add_run(empty, kind, scope_size=scope_size)
            assert reusable() is None
    with empty.transaction(force_rollback=True):
        seasons.add(empty, Season("spring", "Spring", AS_OF, AS_OF + DAY))
        assert reusable() == number
        empty.execute("update app.seasons set is_active = true")
        assert reusable() is None
    with empty.transaction(force_rollback=True):
        put(empty, pvp_match(BUSY))
        assert reusable() is None
        # of facts at the instant or later, or one that counts from then on
        for column in ("from_at", "due_at"):
            with empty.transaction(force_rollback=True):
                empty.execute(f"update app.change_notes set {column} = %s", [AS_OF])
                assert reusable() == number
