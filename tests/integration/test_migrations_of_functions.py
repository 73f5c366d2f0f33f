"""What the functions and triggers of the migrations do; the list of them is complete."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests import (
    rules_of_buckets,
    rules_of_definitions,
    rules_of_exclusions,
    rules_of_merged_accounts,
    rules_of_rewards,
    rules_of_the_events,
    tested_elsewhere,
)
from tests.prepared_server import OpenTransaction
from tests.support import AS_OF, DAY

#: Modules that name functions and triggers which have tests beside them.
RULES = (rules_of_the_events, rules_of_rewards, rules_of_merged_accounts, rules_of_exclusions)
RULES += (rules_of_definitions, rules_of_buckets)
FUNCTIONS = {name for rules in RULES for name in rules.FUNCTIONS}
TRIGGERS = {trigger for rules in RULES for trigger in rules.TRIGGERS}
WALLETS = [f"0x{number:040x}" for number in range(4)]


@pytest.fixture(scope="module")
def database_of_functions(template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a database with two clusters."""
    url = new_database("functions", template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """
            delete from app.etl_runs;
            insert into app.players (discord_id) values ('1'), ('2');
            insert into app.wallet_clusters (cluster_id, player_id)
            select case discord_id when '1' then 'busy' else 'idle' end, player_id
            from app.players
            """
        )
    return url


@pytest.fixture
def connection(
    database_of_functions: str, rolled_back: OpenTransaction
) -> Iterator[psycopg.Connection]:
    """A transaction in that database, which is rolled back."""
    with rolled_back(database_of_functions) as connection:
        yield connection


def test_every_function_and_trigger_has_a_test(connection: psycopg.Connection) -> None:
    functions = connection.execute(  # but those that app.watch_facts has created
        "select proname from pg_proc where pronamespace = 'app'::regnamespace"
        " and proname not like 'note_changes_of_%' order by 1"
    ).fetchall()
    # and of those that decoders call, chain/test_decoders_read_what_eth_abi_reads.py has values
    found = {name for (name,) in functions if not name.startswith("abi_")}
    assert found - FUNCTIONS == tested_elsewhere.FUNCTIONS
    assert {name for (name,) in functions} >= FUNCTIONS
    triggers = connection.execute(
        "select tgrelid::regclass::text, tgname from pg_trigger"
        " inner join pg_class on tgrelid = pg_class.oid"
        " where not tgisinternal and relnamespace = any(%s::regnamespace[]) order by 2",
        [["app", "analytics"]],
    ).fetchall()
    assert set(triggers) >= TRIGGERS
    assert set(triggers) - TRIGGERS == tested_elsewhere.TRIGGERS
    views = connection.execute("select viewname from pg_views where schemaname = 'app' order by 1")
    assert " ".join(name for (name,) in views) == (
        "board_metrics board_ordering_keys chain_gaps fact_tables last_good_runs latest_board_runs"
        " latest_runs_of_periods live_definitions living_workers public_boards public_seasons"
        " regular_runs reward_sums shown_names stale_board_runs suspect_rules valid_exclusions"
    )


def test_what_a_function_does_with_the_rights_of_its_owner_is_for_some_roles_only(
    connection: psycopg.Connection,
) -> None:
    """hedge/sql/rights_grants.sql grants every function that is no security definer."""
    found = connection.execute(
        "select proname, prosecdef from pg_proc"
        " where pronamespace = 'app'::regnamespace and prorettype <> 'trigger'::regtype"
        " and prosecdef <> not has_function_privilege('public', oid, 'execute')"
        " and (provolatile = 'v' or not prosecdef) order by 1"
    ).fetchall()
    assert found == []


# -- instants and windows of a session ----------------------------------------------------


@pytest.mark.parametrize("setting", [None, ""], ids=["never set", "reset"])
def test_without_a_run_the_as_of_instant_is_the_start_of_the_transaction(
    connection: psycopg.Connection, setting: str | None
) -> None:
    if setting is not None:
        connection.execute("select set_config('hedge.as_of', %s, true)", [setting])
        connection.execute("select set_config('hedge.windows', %s, true)", [setting])
    connection.execute("select pg_sleep(0.001)")
    found = connection.execute("select app.as_of() = now(), app.windows() is null").fetchone()
    assert found == (True, True)


def test_a_run_sets_the_as_of_instant_and_the_windows_of_its_session(
    connection: psycopg.Connection,
) -> None:
    connection.execute("select set_config('hedge.as_of', '2026-06-01 12:00Z', true)")
    connection.execute("select set_config('hedge.windows', '{all_time,run:1}', true)")
    found = connection.execute("select app.as_of(), app.windows()").fetchone()
    assert found == (AS_OF, ["all_time", "run:1"])


def test_a_worker_of_citus_without_the_as_of_instant_is_refused(
    connection: psycopg.Connection,
) -> None:
    connection.execute("set local application_name = 'citus_internal gpid=10000000042'")
    connection.execute("select set_config('hedge.as_of', '2026-06-01 12:00Z', true)")
    assert connection.execute("select app.as_of()").fetchone() == (AS_OF,)
    connection.execute("select set_config('hedge.as_of', '', true)")
    with pytest.raises(
        psycopg.errors.ObjectNotInPrerequisiteState,
        match="a session of a worker was not given the as-of instant",
    ):
        connection.execute("select app.as_of()")


def run(connection: psycopg.Connection, state: str, windows: list[str] | None) -> None:
    connection.execute(
        "insert into app.etl_runs (invocation_id, kind, as_of, state, windows)"
        " values (gen_random_uuid(), 'BOARD', now(), %s, %s)",
        [state, windows],
    )


def test_running_windows_are_those_that_running_runs_name(connection: psycopg.Connection) -> None:
    running = "select array(select unnest(app.running_windows()) order by 1)"
    assert connection.execute(running).fetchone() == ([],)
    run(connection, "RUNNING", ["run:1", "run:2"])
    run(connection, "RUNNING", ["season:spring"])
    run(connection, "RUNNING", None)
    run(connection, "SUCCESS", ["run:3"])
    run(connection, "FAILED", ["run:4"])
    assert connection.execute(running).fetchone() == (["run:1", "run:2", "season:spring"],)


@pytest.mark.parametrize(
    ("of_the_run", "window", "running", "is_removable"),
    [
        # a run that names its windows removes rows of those, whoever else computes them
        ("{run:1}", "run:1", ["run:1"], True),
        ("{run:1}", "run:2", [], False),
        ("{run:1}", "all_time", [], False),
        # any other run spares the windows of running runs
        ("", "run:1", [], True),
        ("", "run:1", ["run:2"], True),
        ("", "run:1", ["run:2", "run:1"], False),
        ("", "all_time", ["run:2"], True),
    ],
)
def test_a_run_removes_rows_of_its_own_windows_and_not_of_running_runs(
    connection: psycopg.Connection,
    of_the_run: str,
    window: str,
    running: list[str],
    is_removable: bool,
) -> None:
    connection.execute("select set_config('hedge.windows', %s, true)", [of_the_run])
    found = connection.execute("select app.is_removable_window(%s, %s)", [window, running])
    assert found.fetchone() == (is_removable,)


# -- jobs that wake workers ---------------------------------------------------------------


def jobs(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """The queue and the task of the jobs since the last call."""
    connection.execute("set local search_path to procrastinate")
    found = connection.execute(
        "delete from procrastinate_jobs returning queue_name, task_name, status, args"
    ).fetchall()
    connection.execute("set local search_path to default")
    assert all((status, arguments) == ("todo", {}) for _, _, status, arguments in found)
    return sorted((queue, task) for queue, task, _, _ in found)


CLUSTERS = ("clusters", "hedge.worker.serve_clusters")
RUNS = ("runs", "hedge.worker.serve_runs")
BOARDS = ("runs", "hedge.worker.serve_boards")


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        ("('CLUSTER', 'busy')", [CLUSTERS]),
        ("('CLUSTER', 'busy'), ('CLUSTER', 'idle')", [CLUSTERS]),
        ("('ENDS', 'busy')", [CLUSTERS]),
        ("('FULL', null)", [RUNS]),
        ("('INCREMENTAL', null)", [RUNS]),
        ("('INCREMENTAL', null), ('CLUSTER', 'busy')", [CLUSTERS, RUNS]),
    ],
)
def test_a_request_wakes_the_workers_of_its_queue_once(
    connection: psycopg.Connection, requests: str, expected: list[tuple[str, str]]
) -> None:
    assert jobs(connection) == []
    insert = "insert into app.etl_requests (kind, cluster_id, reason) select *, 'why' from "
    connection.execute(f"{insert} (values {requests}) as requests")
    assert jobs(connection) == expected
    connection.execute("update app.etl_requests set attempts = 1")
    connection.execute(f"{insert} (values ('FULL', null)) as requests where false")
    assert jobs(connection) == []


def test_only_a_pending_board_run_wakes_a_worker(connection: psycopg.Connection) -> None:
    add_board(connection, "pvp")
    for status, expected in (("PROCESSING", []), ("PENDING", [BOARDS])):
        connection.execute(
            "insert into app.leaderboard_runs (leaderboard_key, status) values ('pvp', %s)",
            [status],
        )
        assert jobs(connection) == expected


# -- requests that changed wallet links make ----------------------------------------------


def requests(connection: psycopg.Connection) -> list[tuple[str, str, str | None]]:
    """Cluster, reason and cause of the requests since the last call."""
    found = connection.execute(
        "delete from app.etl_requests returning kind, cluster_id, reason, caused_by"
    ).fetchall()
    assert all(kind == "CLUSTER" for kind, *_ in found)
    return sorted((cluster, reason, cause) for _, cluster, reason, cause in found)


@pytest.mark.parametrize("cause", [None, "", "a-request"])
def test_links_that_begin_change_or_go_request_a_run_of_their_cluster(
    connection: psycopg.Connection, cause: str | None
) -> None:
    if cause is not None:
        connection.execute("select set_config('hedge.request_id', %s, true)", [cause])
    caused_by = cause or None
    insert = "insert into app.wallet_links (cluster_id, address, unlinked_at) values "
    one, two, three, ended = WALLETS
    connection.execute(
        f"{insert} ('busy', '{one}', null), ('busy', '{two}', null), ('idle', '{three}', null)"
    )
    assert requests(connection) == [
        ("busy", "wallet linked", caused_by),
        ("idle", "wallet linked", caused_by),
    ]
    # a link that has ended already changes nothing
    connection.execute(f"{insert} ('busy', '{ended}', now())")
    assert requests(connection) == []
    # neither does a proof, or another primary wallet
    connection.execute("update app.wallet_links set verified_at = now(), is_primary = false")
    assert requests(connection) == []
    connection.execute("update app.wallet_links set unlinked_at = now() where cluster_id = 'busy'")
    assert requests(connection) == [("busy", "wallet unlinked", caused_by)]
    connection.execute(f"update app.wallet_links set unlinked_at = null where address = '{one}'")
    assert requests(connection) == [("busy", "wallet unlinked", caused_by)]
    # a link that is deleted, also one that has ended, while its cluster stays
    connection.execute(f"delete from app.wallet_links where address in ('{two}', '{ended}')")
    assert requests(connection) == [("busy", "wallet unlinked", caused_by)]
    # an account that is deleted takes its links along; the marts have rows of it without any link
    connection.execute("delete from app.wallet_links")
    assert [reason for _, reason, _ in requests(connection)] == ["wallet unlinked"] * 2
    connection.execute("delete from app.wallet_clusters")
    assert requests(connection) == [
        ("busy", "account deleted", caused_by),
        ("idle", "account deleted", caused_by),
    ]


# -- the board run that readers see -------------------------------------------------------


def add_board(connection: psycopg.Connection, key: str) -> None:
    connection.execute(
        "insert into app.leaderboard_defs"
        " (key, name, category_key, metric_source, metric_key, time_window)"
        " values (%s, 'A board', 'pvp', 'onchain_pvp', 'wins', 'WEEKLY')",
        [key],
    )


#: Runs of a board: status, days of the end of the period (None: all time), days of the as-of.
@pytest.mark.parametrize(
    ("runs", "latest"),
    [
        ([], None),
        ([("PENDING", 1, None), ("PROCESSING", 1, None), ("FAILED", 1, 1)], None),
        ([("COMPLETE", 1, 1), ("FAILED", 2, 2), ("PENDING", 3, None)], 0),
        # the latest period, though an earlier one was computed later
        ([("COMPLETE", 2, 1), ("COMPLETE", 1, 9)], 0),
        # of one period the latest instant
        ([("COMPLETE", 2, 9), ("COMPLETE", 2, 8)], 0),
        # of one instant the latest run
        ([("COMPLETE", 2, 9), ("COMPLETE", 2, 9)], 1),
        # all time is the latest period
        ([("COMPLETE", None, 1), ("COMPLETE", 5, 9)], 0),
    ],
)
def test_readers_see_the_complete_run_of_the_latest_period_and_instant(
    connection: psycopg.Connection,
    runs: list[tuple[str, int | None, int | None]],
    latest: int | None,
) -> None:
    add_board(connection, "pvp")
    add_board(connection, "another")
    ids = [
        connection.execute(
            "insert into app.leaderboard_runs (leaderboard_key, status, period_start, period_end,"
            " as_of, row_count, error, finished_at) values ('pvp', %s, %s, %s, %s, 7, 'why', %s)"
            " returning id",
            [
                status,
                None if end is None else AS_OF + (end - 1) * DAY,
                None if end is None else AS_OF + end * DAY,
                None if as_of is None else AS_OF + as_of * DAY,
                AS_OF,
            ],
        ).fetchone()[0]
        for status, end, as_of in runs
    ]
    found = connection.execute(
        "select leaderboard_key, id, period_start, period_end, as_of, row_count, finished_at"
        " from app.latest_board_runs"
    ).fetchall()
    if latest is None:
        assert found == []
    else:
        _, end, as_of = runs[latest]
        assert found == [
            (
                "pvp",
                ids[latest],
                None if end is None else AS_OF + (end - 1) * DAY,
                None if end is None else AS_OF + end * DAY,
                AS_OF + as_of * DAY,
                7,
                AS_OF,
            )
        ]
