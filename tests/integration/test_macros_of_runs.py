"""What a run writes into the run ledger: its hooks are rendered without dbt, and executed in a
transaction that is rolled back."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from hedge import database
from tests.rendering import render
from tests.support import AS_OF, BUSY, IDLE, add_cluster

QUOTED = "o'neil"


@pytest.fixture
def connection(
    module_database: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[psycopg.Connection]:
    """A transaction in that database, which is rolled back."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", module_database)
    with database.connect(autocommit=False) as connection:
        yield connection
        connection.rollback()


def start(connection: psycopg.Connection, invocation: str = "mine", **variables: Any) -> dict:
    """Start a run, and return its row of the ledger."""
    text = render("{{ start_run() }}", variables, invocation_id=invocation)
    connection.execute(text)
    return ledger(connection)[invocation]


def ledger(connection: psycopg.Connection) -> dict[str, dict[str, Any]]:
    """The rows of the run ledger by invocation, without deploys."""
    cursor = connection.cursor(row_factory=dict_row)
    cursor.execute("select *, now() as begun from app.etl_runs where invocation_id <> ''")
    return {row["invocation_id"]: row for row in cursor}


def test_a_run_without_variables_is_as_of_now_for_every_cluster(
    connection: psycopg.Connection,
) -> None:
    row = start(connection, run_kind="FULL")
    assert row["as_of"] > row["started_at"] == row["begun"]
    expected = {
        "kind": "FULL",
        "state": "RUNNING",
        "scope_size": None,
        "windows": None,
        "caused_by": [],
        "definitions": None,
        "finished_at": None,
        "error": None,
        "models": [],
    }
    assert {key: row[key] for key in expected} == expected


def test_the_variables_of_a_run_are_in_its_row(connection: psycopg.Connection) -> None:
    row = start(
        connection,
        run_kind="CLUSTER",
        clusters=["busy", "idle"],
        windows=["all_time", QUOTED],
        caused_by=["request", QUOTED],
        as_of=AS_OF.isoformat(),
        definitions="a-hash",
    )
    expected = {
        "kind": "CLUSTER",
        "scope_size": 2,
        "windows": ["all_time", QUOTED],
        "caused_by": ["request", QUOTED],
        "as_of": AS_OF,
        "definitions": "a-hash",
    }
    assert {key: row[key] for key in expected} == expected


def test_a_run_over_all_changes_is_caused_by_the_requests_that_it_covers(
    connection: psycopg.Connection,
) -> None:
    # of another run, without a cause, and parked, which no run covers
    for cluster, covered_by, cause, parked in (
        ("one", "mine", "request-1", False),
        ("two", "another", "request-2", False),
        ("three", "mine", None, False),
        ("four", None, "request-3", True),
    ):
        add_cluster(connection, cluster)
        connection.execute(
            "insert into app.etl_requests (cluster_id, reason, caused_by, covered_by, parked_at)"
            " values (%s, 'asked', %s, %s, case when %s then now() end)",
            [cluster, cause, covered_by, parked],
        )
    variables = {"run_kind": "INCREMENTAL", "changes_taken_by": "mine", "caused_by": ["command"]}
    assert start(connection, **variables)["caused_by"] == ["command", "request-1"]


def test_a_run_for_no_cluster_has_a_scope_of_none(connection: psycopg.Connection) -> None:
    assert start(connection, run_kind="INCREMENTAL", clusters=[])["scope_size"] == 0


@pytest.mark.parametrize(
    ("command", "is_recorded"),
    [("run", True), ("build", True), ("seed", True), ("test", False), ("compile", False)],
)
def test_only_what_writes_is_recorded(
    connection: psycopg.Connection, command: str, is_recorded: bool
) -> None:
    flags = {"WHICH": command, "EMPTY": False}
    for macro in ("start_run()", "finish_run([])"):
        text = render(f"{{{{ {macro} }}}}", {"run_kind": "FULL"}, flags=flags).strip()
        assert bool(text) == is_recorded
        text = render(f"{{{{ {macro} }}}}", {"run_kind": "FULL"}, flags=flags, execute=False)
        assert text.strip() == ""


def result(
    name: str, status: str, materialized: str, rows: int = 0, message: str | None = None
) -> SimpleNamespace:
    """A node's result, as dbt passes it to its hooks."""
    return SimpleNamespace(
        node=SimpleNamespace(name=name, config=SimpleNamespace(materialized=materialized)),
        status=status,
        message=message,
        adapter_response={"rows_affected": rows},
        execution_time=1.23456,
    )


def finish(connection: psycopg.Connection, *results: SimpleNamespace) -> dict[str, Any]:
    """Finish the run `mine`, and return its row of the ledger."""
    start(connection, "another", run_kind="FULL")
    start(connection, run_kind="FULL")
    text = render(
        "{{ finish_run(results) }}",
        {"run_kind": "FULL"},
        results=list(results),
        invocation_id="mine",
    )
    connection.execute(text)
    found = ledger(connection)
    assert found["another"]["state"] == "RUNNING"
    # by the clock, and not as of the start of the transaction
    assert found["mine"]["finished_at"] > found["mine"]["begun"]
    return found["mine"]


def test_a_run_succeeds_when_nothing_failed_and_tells_what_it_wrote(
    connection: psycopg.Connection,
) -> None:
    row = finish(
        connection,
        result("challenges", "success", "seed", 52),
        result("windows", "success", "view"),
        result("cluster_metrics", "success", "incremental", 7),
        result("season_progress", "skipped", "incremental"),
        result("a_data_test", "warn", "test"),
    )
    assert (row["state"], row["error"]) == ("SUCCESS", None)
    assert row["models"] == [
        {"name": name, "state": state, "rows": rows, "seconds": 1.235, "began": 0}
        for name, state, rows in (
            ("challenges", "success", 52),
            ("cluster_metrics", "success", 7),
            ("season_progress", "skipped", 0),
        )
    ]


def test_a_run_that_wrote_nothing_has_an_empty_list(connection: psycopg.Connection) -> None:
    row = finish(connection, result("windows", "success", "view"))
    assert (row["state"], row["models"]) == ("SUCCESS", [])


@pytest.mark.parametrize("status", ["error", "fail", "runtime error"])
@pytest.mark.parametrize("materialized", ["view", "incremental"])
def test_a_run_fails_with_its_first_error(
    connection: psycopg.Connection, status: str, materialized: str
) -> None:
    row = finish(
        connection,
        result("windows", "success", "view"),
        result("cluster_metrics", status, materialized, message=f"  no {QUOTED}  "),
        result("season_progress", "error", "incremental", message="the second"),
    )
    assert (row["state"], row["error"]) == ("FAILED", f"cluster_metrics: no {QUOTED}")


def test_the_first_line_of_an_error_is_its_sentence(connection: psycopg.Connection) -> None:
    """dbt begins with the kind of error and the file, which name no cause."""
    said = (
        "Database Error in model cluster_metrics (models/progress/cluster_metrics.sql)\n"
        "  division by zero\n"
        '  CONTEXT:  SQL statement "select 1 / 0"\n'
        "  PL/pgSQL function f() line 1 at PERFORM"
    )
    row = finish(connection, result("cluster_metrics", "error", "incremental", message=said))
    assert row["error"].splitlines() == [
        "cluster_metrics: division by zero",
        'CONTEXT:  SQL statement "select 1 / 0"',
        "PL/pgSQL function f() line 1 at PERFORM",
    ]


@pytest.mark.parametrize(
    ("kind", "variables", "succeeds", "left"),
    [
        ("FULL", {}, True, ["later"]),
        ("FULL", {}, False, ["earlier", "later"]),
        ("INCREMENTAL", {"changes_taken_by": "some-name"}, True, ["later"]),
        ("INCREMENTAL", {"changes_taken_by": "some-name"}, False, ["earlier", "later"]),
        # one that could take none
        ("INCREMENTAL", {}, True, ["earlier", "later"]),
        ("CLUSTER", {}, True, ["earlier", "later"]),
        ("DEPLOY", {}, True, ["earlier", "later"]),
    ],
)
def test_a_run_over_all_changes_that_succeeds_deletes_the_notes_that_it_took(
    connection: psycopg.Connection,
    kind: str,
    variables: dict[str, Any],
    succeeds: bool,
    left: list[str],
) -> None:
    def note(cluster: str) -> None:
        connection.execute(
            "insert into app.change_notes (table_name, operation, kind, key)"
            " values ('players', 'UPDATE', 'cluster', %s)",
            [cluster],
        )

    connection.execute("delete from app.etl_runs; delete from app.change_notes")
    note("earlier")
    if name := variables.get("changes_taken_by"):
        connection.execute("select app.take_changes(%s, null)", [name])
    start(connection, run_kind=kind, **variables)
    note("later")
    results = [result("one", "success" if succeeds else "error", "incremental")]
    text = render(
        "{{ finish_run(results) }}",
        {"run_kind": kind, **variables},
        results=results,
        invocation_id="mine",
    )
    connection.execute(text)
    notes = connection.execute("select key from app.change_notes order by noted_at")
    assert [key for (key,) in notes] == left


@pytest.mark.parametrize("operation", ["UPDATE", "DELETE", "INSERT", "TRUNCATE"])
def test_a_run_records_the_corrections_of_the_notes_that_it_took(
    connection: psycopg.Connection, operation: str
) -> None:
    """Those that another run took are recorded by that run, as of its own time."""
    connection.execute("delete from app.etl_runs; delete from app.change_notes")
    add_cluster(connection, "busy", BUSY)
    add_cluster(connection, "idle", IDLE)
    connection.execute("delete from app.change_notes")
    for cluster, table, taker in (
        ("busy", "hunting_encounters", "mine"),
        ("idle", "pvp_matches", "another"),
        # a table whose facts no metric counts
        ("idle", "players", "mine"),
    ):
        kind, key = ("everything", "") if operation == "TRUNCATE" else ("cluster", cluster)
        connection.execute(
            "insert into app.change_notes (table_name, operation, kind, key, taken_by)"
            " values (%s, %s, %s, %s, %s)",
            [table, operation, kind, key, taker],
        )
    connection.execute(render("{{ record_corrections() }}", {}, invocation_id="mine"))
    found = connection.execute(
        "select cluster_id, table_name, corrected_at = now() from app.cluster_corrections"
        " order by cluster_id, table_name"
    )
    expected = {
        "INSERT": [],
        # every cluster could have lost a fact
        "TRUNCATE": [
            ("busy", "hunting_encounters", True),
            ("busy", "players", True),
            ("idle", "hunting_encounters", True),
            ("idle", "players", True),
        ],
    }
    assert found.fetchall() == expected.get(operation, [("busy", "hunting_encounters", True)])


def test_an_error_without_a_message_is_one(connection: psycopg.Connection) -> None:
    row = finish(connection, result("cluster_metrics", "error", "incremental"))
    assert (row["state"], row["error"]) == ("FAILED", "cluster_metrics:")


MART_IDS = ["model.hedge.one", "model.hedge.two"]


@pytest.mark.parametrize(
    ("selected", "variables", "kind"),
    [
        (MART_IDS, {"run_kind": "SEASON"}, "SEASON"),
        (["model.hedge.a_view"], {}, "DEPLOY"),
        (["model.hedge.a_view", *MART_IDS], {}, "FULL"),
        (MART_IDS, {"clusters": ["busy"]}, "CLUSTER"),
        (MART_IDS, {"clusters": []}, "CLUSTER"),
        (MART_IDS[:1], {}, "PARTIAL"),
        (MART_IDS, {"windows": ["all_time"]}, "PARTIAL"),
    ],
)
def test_a_run_by_dbt_is_full_only_if_it_computes_all_marts_for_every_cluster(
    selected: list[str], variables: dict[str, Any], kind: str
) -> None:
    """The next incremental run starts at the watermark of a full run."""
    nodes = {
        name: {"unique_id": name, "config": {"materialized": materialized}}
        for name, materialized in (
            *((mart, "incremental") for mart in MART_IDS),
            ("model.hedge.a_view", "view"),
        )
    }
    found = render(
        "{{ run_kind() }}", variables, graph={"nodes": nodes}, selected_resources=selected
    )
    assert found.strip() == kind
