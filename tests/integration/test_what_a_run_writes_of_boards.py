"""Which board runs the strategy completes_runs completes, and which entries it writes."""

import psycopg
import pytest

from tests.rendering import render
from tests.support import AS_OF, set_as_of


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in the session of a run; it is rolled back."""
    set_as_of(transaction, AS_OF)
    return transaction


@pytest.fixture
def board_runs(connection: psycopg.Connection) -> dict[str, int]:
    """Board runs by name: two that this run is to complete, one that failed meanwhile, and one
    that is computed by somebody else; each has computed entries."""
    found = {}
    for name, status in (
        ("two entries", "PROCESSING"),
        ("no entry", "PROCESSING"),
        ("failed", "FAILED"),
        ("of another run", "PROCESSING"),
    ):
        connection.execute(
            "insert into app.leaderboard_defs"
            " (key, name, category_key, metric_source, metric_key, time_window)"
            " values (%s, 'A board', 'pvp', 'onchain_pvp', 'wins', 'ALL_TIME')",
            [name.replace(" ", "_")],
        )
        (found[name],) = connection.execute(
            "insert into app.leaderboard_runs (leaderboard_key, status, error)"
            " values (%s, %s, 'why') returning id",
            [name.replace(" ", "_"), status],
        ).fetchone()
    connection.execute(
        "create temporary table entries__tmp on commit drop as"
        " select * from analytics.leaderboard_entries with no data"
    )
    for name, clusters in (
        ("two entries", ["rival", "busy"]),
        ("failed", ["busy"]),
        ("of another run", ["busy"]),
    ):
        for rank, cluster in enumerate(clusters, 1):
            connection.execute(
                "insert into entries__tmp (run_id, cluster_id, score, rank, payload, created_at)"
                " values (%s, %s, 1, %s, '{}', %s)",
                [found[name], cluster, rank, AS_OF],
            )
    return found


def complete(connection: psycopg.Connection, boards: list[int]) -> str:
    """The statement that completes board runs, which is executed if it is one."""
    columns = ["run_id", "cluster_id", "score", "tiebreaker", "rank", "payload", "created_at"]
    text = render(
        "{{ completes_runs_write(mart) }}",
        {"boards": [{"run_id": run} for run in boards]},
        mart={
            "target": "analytics.leaderboard_entries",
            "computed": "entries__tmp",
            "key": ["run_id", "cluster_id"],
            "columns": columns,
            "batch": 1,
            "batches": 1,
            "as_of": "app.as_of()",
        },
    ).strip()
    if text:
        connection.execute(text)
    return text


def test_only_board_runs_of_this_run_that_are_still_processing_become_complete_and_get_entries(
    connection: psycopg.Connection, board_runs: dict[str, int]
) -> None:
    asked = [board_runs[name] for name in ("two entries", "no entry", "failed")]
    assert complete(connection, asked)
    found = connection.execute(
        "select id, status, as_of, row_count, finished_at > now() from app.leaderboard_runs"
    ).fetchall()
    names = {run: name for name, run in board_runs.items()}
    assert {names[run]: rest for run, *rest in found} == {
        "two entries": ["COMPLETE", AS_OF, 2, True],
        "no entry": ["COMPLETE", AS_OF, 0, True],
        "failed": ["FAILED", None, None, None],
        "of another run": ["PROCESSING", None, None, None],
    }
    entries = connection.execute(
        "select run_id, cluster_id, rank from analytics.leaderboard_entries order by ctid"
    ).fetchall()
    run = board_runs["two entries"]
    # in the order of the key
    assert entries == [(run, "busy", 2), (run, "rival", 1)]


def test_without_boards_nothing_is_written(
    connection: psycopg.Connection, board_runs: dict[str, int]
) -> None:
    assert complete(connection, []) == ""
