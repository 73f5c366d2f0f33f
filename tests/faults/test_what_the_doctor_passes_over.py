"""The checks of the doctor at their boundaries: what is right, or has another explanation, is no
fault."""

import threading

import psycopg
import pytest

from hedge import database, doctor
from tests.support import wait_for

CLUSTER = """
insert into app.players (discord_id) values ('1');
insert into app.wallet_clusters select 'c', player_id from app.players;
delete from app.change_notes; delete from app.etl_requests;
"""
LEFT_OVER = """
insert into analytics.cluster_metrics values ('gone', 'all_time', '{}', now());
"""
BOARD = """
insert into app.leaderboard_defs
(key, name, category_key, metric_source, metric_key, time_window)
values ('b', 'B', 'pvp', 'onchain_pvp', 'wins', 'DAILY');
insert into app.leaderboard_runs
(leaderboard_key, status, period_start, period_end, as_of, row_count, stale_since)
select
    'b', 'COMPLETE', day, day + interval '1 day', day + interval '1 day', 0,
    now() - interval '121 minutes'
from (select date_trunc('day', now()) - interval '1 day') as d (day);
"""


def note(hours: float, due_hours: float = 999, kind: str = "wallet", key: str = "c") -> str:
    return (
        "insert into app.change_notes (table_name, operation, kind, key, noted_at, due_at) values"
        f" ('pets', 'INSERT', '{kind}', '{key}', now() - interval '{hours} hours',"
        f" now() - interval '{due_hours} hours');"
    )


def request(columns: str, values: str) -> str:
    return f"insert into app.etl_requests (reason, {columns}) values ('', {values});"


def run(kind: str, state: str, hours: float, started: str = "now()") -> str:
    return (
        "insert into app.etl_runs (invocation_id, kind, state, as_of, started_at, error) values"
        f" (gen_random_uuid(), '{kind}', '{state}', now() - interval '{hours} hours', {started},"
        " 'why');"
    )


def full_run(
    kind: str = "FULL", state: str = "SUCCESS", as_of: str = "59 minutes", ended: str = "61 minutes"
) -> str:
    """A run that ended some time ago, as of some time before it began."""
    return (
        "insert into app.etl_runs (invocation_id, kind, state, as_of, started_at, finished_at)"
        f" select gen_random_uuid(), '{kind}', '{state}', began - interval '{as_of}', began,"
        f" now() - interval '{ended}' from (select now() - interval '2 hours') as a (began);"
    )


#: A data test that was passed now: its state, how many rows it has found, and its error.
DATA_TEST = (
    "insert into app.data_test_results (name, reads, state, failures, sample, message, seconds)"
    " values ('t', '{{}}', '{}', {}, '[{{\"a\": 1}}]', {}, 0);"
)
#: Names of checks, what is there, and how many things are found, or a part of what is found.
CASES: list[tuple[str, str, int | str]] = [
    # a day after a change was noted, and after it is due
    ("change-notes", note(23.9), 0),
    ("change-notes", note(24.1), 1),
    ("change-notes", note(24.1, due_hours=23.9), 0),
    ("change-notes", note(24.1, due_hours=24.1) + note(25) + note(23), "2 changes wait"),
    # a run that will compute the cluster explains that it has no rows, and rows without a cluster
    ("clusters", CLUSTER, 1),
    ("clusters", CLUSTER + request("cluster_id", "'c'"), 0),
    ("clusters", CLUSTER + note(1, kind="cluster"), 0),
    ("clusters", CLUSTER + note(1, kind="wallet"), 1),
    (
        "clusters",
        CLUSTER + "insert into analytics.cluster_metrics values ('c', 'all_time', '{}', now())",
        0,
    ),
    ("clusters", LEFT_OVER, "the marts have rows of cluster gone, which does not exist"),
    ("clusters", LEFT_OVER + request("cluster_id", "'gone'"), 0),
    ("clusters", LEFT_OVER + note(1, kind="cluster", key="gone"), 0),
    # an index that exists and is not kept up to date is not used either
    (
        "indexes",
        "update pg_index set indisready = false where indexrelid = 'raw.pets_pkey'::regclass",
        1,
    ),
    (
        "indexes",
        "create table public.mine (a int primary key);"
        "update pg_index set indisvalid = false"
        " where indexrelid = 'public.mine_pkey'::regclass",
        0,
    ),
    # a data test that warns is for others, and one whose query fails has an error and no rows
    ("data-tests", DATA_TEST.format("PASS", 0, "null"), 0),
    ("data-tests", DATA_TEST.format("WARN", 2, "null"), 0),
    ("data-tests", DATA_TEST.format("FAIL", 1, "null"), 't finds 1 row, {"a": 1}'),
    ("data-tests", DATA_TEST.format("ERROR", 0, "'no such'"), "t cannot be passed: no such"),
    # they are passed within the hour after a full run, unless that was as of the past
    ("data-tests", full_run(ended="59 minutes"), 0),
    ("data-tests", full_run(ended="61 minutes"), 1),
    ("data-tests", full_run(state="PARTIAL"), 1),
    ("data-tests", full_run(state="FAILED"), 0),
    ("data-tests", full_run(kind="INCREMENTAL"), 0),
    ("data-tests", full_run(as_of="61 minutes"), 0),
    ("data-tests", full_run() + DATA_TEST.format("PASS", 0, "null"), 0),
    # without clusters nobody misses a run
    ("regular-runs", "", 0),
    ("regular-runs", CLUSTER, 2),
    ("regular-runs", CLUSTER + run("FULL", "SUCCESS", 0.9), 0),
    ("regular-runs", CLUSTER + run("FULL", "SUCCESS", 1.1), 1),
    (
        "regular-runs",
        CLUSTER + run("FULL", "SUCCESS", 24 * 1.9) + run("INCREMENTAL", "SUCCESS", 0.9),
        0,
    ),
    (
        "regular-runs",
        CLUSTER + run("FULL", "SUCCESS", 24 * 2.1) + run("INCREMENTAL", "SUCCESS", 0.9),
        1,
    ),
    # a demo world is computed as of the past, and is as old as its load
    *(
        (
            "regular-runs",
            CLUSTER + "insert into app.made_up_world (clusters, seed, loaded_at)"
            f" values (3, 1, now() - interval '{loaded} hours');"
            + (run("FULL", "SUCCESS", 24 * 28) + run("INCREMENTAL", "SUCCESS", 0.5)),
            findings,
        )
        for loaded, findings in ((47, 0), (49, 1))
    ),
    # of others: neither a run that left something out, nor one of some clusters
    ("regular-runs", CLUSTER + run("FULL", "PARTIAL", 1) + run("CLUSTER", "SUCCESS", 1), 1),
    ("regular-runs", CLUSTER + run("FULL", "FAILED", 1), 3),
    # the newest of a kind counts, and one in progress has not failed yet
    ("regular-runs", run("FULL", "FAILED", 1) + run("FULL", "SUCCESS", 1), 0),
    ("regular-runs", run("FULL", "SUCCESS", 2) + run("FULL", "FAILED", 1), 1),
    ("regular-runs", run("FULL", "FAILED", 1) + run("FULL", "RUNNING", 1), 1),
    ("regular-runs", run("FULL", "FAILED", 1) + run("INCREMENTAL", "FAILED", 1), 2),
    ("regular-runs", run("SEASON", "FAILED", 1) + run("FULL", "CANCELLED", 1), 0),
    # a run of the last seconds may not have connected yet
    ("dead-runs", run("FULL", "RUNNING", 1, "now() - interval '9 seconds'"), 0),
    ("dead-runs", run("FULL", "RUNNING", 1, "now() - interval '11 seconds'"), 1),
    (
        "undo",
        "insert into app.undos"
        " (restored, returned_to, undone, since_run, until_run, begun_by, begun_at)"
        " values ('a', 1, '{b}', 2, 2, 'ada', now() - interval '59 minutes')",
        0,
    ),
    # two hours after its facts have changed, unless nothing will compute the board again
    ("stale-boards", BOARD, 1),
    (
        "stale-boards",
        BOARD + "update app.leaderboard_runs set stale_since = now() - interval '119 minutes'",
        0,
    ),
    ("stale-boards", BOARD + "update app.leaderboard_defs set is_active = false", 0),
    ("stale-boards", BOARD + "update app.leaderboard_defs set corrected_for_days = 0", 0),
    # what a worker has in hand, and what it will not try, does not wait for one
    (
        "worker",
        request(
            "cluster_id, next_attempt_at, taken_by, taken_since",
            "'c', now() - interval '1 day', 1, now()",
        ),
        0,
    ),
    (
        "worker",
        request(
            "cluster_id, next_attempt_at, parked_at, error",
            "'c', now() - interval '1 day', now(), 'why'",
        ),
        0,
    ),
    ("worker", request("cluster_id, next_attempt_at", "'c', now() - interval '14.9 minutes'"), 0),
    ("worker", request("cluster_id, next_attempt_at", "'c', now() - interval '15.1 minutes'"), 1),
    (
        "worker",
        request("cluster_id, next_attempt_at", "'c', '2026-01-02 10:00Z'")
        + request("cluster_id, next_attempt_at", "'d', '2026-01-01 10:00Z'")
        + "insert into procrastinate.procrastinate_workers (last_heartbeat)"
        " values ('2026-01-03 10:00:30Z'), ('2026-01-02 10:00:30Z')",
        "requests wait for a worker: 2, the oldest since 2026-01-01 10:00; a worker was last alive"
        " at 2026-01-03 10:00:30",
    ),
    # every partition has triggers of its own
    (
        "triggers",
        "create table raw.visits (at timestamptz) partition by range (at);"
        "create table raw.visits_1 partition of raw.visits"
        " for values from ('2026-01-01Z') to ('2027-01-01Z')",
        2,
    ),
    # tables to which no facts are loaded
    ("triggers", "alter table raw.removed_facts add column more text", 0),
    ("triggers", "delete from app.watched_tables where table_name = 'pets'", 1),
]


@pytest.mark.parametrize(
    ("name", "setup", "found"), CASES, ids=[f"{case[0]} {n}" for n, case in enumerate(CASES)]
)
def test_a_fault_begins_where_it_is_said_to(
    transaction: psycopg.Connection, name: str, setup: str, found: int | str
) -> None:
    transaction.execute("delete from app.etl_runs where kind <> 'DEPLOY'")
    transaction.execute("delete from app.change_notes")
    if setup:
        transaction.execute(setup)
    (result,) = doctor.examine(transaction, [name])
    assert result.state != "NOT CHECKED", result
    if isinstance(found, str):
        (sentence,) = result.findings
        assert sentence.startswith(found)
    else:
        assert len(result.findings) == found, result.findings


def test_the_newest_of_two_full_runs_is_the_one_without_data_tests(
    transaction: psycopg.Connection,
) -> None:
    transaction.execute("delete from app.etl_runs where kind <> 'DEPLOY'")
    transaction.execute(full_run(ended="70 minutes"))
    transaction.execute(full_run())
    run_id = database.value(transaction, "select max(run_id) from app.etl_runs")
    (result,) = doctor.examine(transaction, ["data-tests"])
    assert result.findings == [f"no data test was passed since the full run {run_id} has ended"]


def test_an_index_that_is_being_created_is_no_fault(connection: psycopg.Connection) -> None:
    dsn = {"conninfo": connection.info.dsn, "password": connection.info.password}

    def create() -> None:
        with psycopg.connect(**dsn, autocommit=True) as creating:
            creating.execute("create index concurrently more on raw.pets (updated_at)")

    with psycopg.connect(**dsn) as writing:
        # the index waits for this transaction
        writing.execute("lock table raw.pets in row exclusive mode")
        thread = threading.Thread(target=create)
        thread.start()
        wait_for(connection, "select exists (select from pg_index where not indisvalid)")
        (result,) = doctor.examine(connection, ["indexes"])
        writing.rollback()
        thread.join()
    assert (result.state, result.findings) == ("OK", [])
