"""The plans of every metric view and of what it rests on look into raw tables by an index."""

import json
from collections.abc import Callable, Iterator

import psycopg
import pytest

from hedge import runs, world
from tests import prepared_server
from tests.house.test_the_rules_of_the_house import VARIABLES, catalogue
from tests.prepared_server import OpenTransaction
from tests.support import compiled, lp_move, put

#: Small, and read whole: the lowest price of each pool, and the days a price lasts.
READ_WHOLE = {"lp_prices_daily"}


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in a database that is shared, in which a setting lasts as long as the test."""
    return transaction


@pytest.fixture(scope="module")
def shared_demo_world(
    server: str, demo_world_template: str, new_database: Callable[[str, str], str]
) -> Iterator[str]:
    """The URL of a database with the demo world that the tests of this module share. Its plans rest
    on what was counted here, and not on what autovacuum has come to by the time."""
    url = new_database("scope_of_demo", demo_world_template)
    with psycopg.connect(url, autocommit=True) as connection:
        # in the demo world they are so few that reading all of them is best
        connection.execute(
            "insert into raw.shell_raffle_results"
            " (raffle_id, winner_wallet, prize_token, prize_amount, drawn_at)"
            " select 1000000 + number, '0x' || lpad(to_hex(number), 40, '0'), 'JEWEL', 1, now()"
            " from generate_series(1, 5000) as number"
        )
        connection.execute("analyze")
    yield url
    prepared_server.drop_database(server, "scope_of_demo")


@pytest.fixture
def demo_world(
    shared_demo_world: str, rolled_back: OpenTransaction
) -> Iterator[psycopg.Connection]:
    """A transaction in it."""
    with rolled_back(shared_demo_world) as connection:
        yield connection


def nodes(plan: dict) -> Iterator[dict]:
    """All nodes of a plan, save those that are never executed."""
    if plan.get("One-Time Filter") == "false":
        return
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def compares(plan: dict) -> bool:
    """Whether the index condition of a node, or of the bitmap below it, compares with anything:
    that a column is not null would hold for the whole table."""
    condition = plan.get("Index Cond", "").replace("IS NOT NULL", "")
    return any(sign in condition for sign in "=<>") or any(
        compares(child) for child in plan.get("Plans", [])
    )


@pytest.mark.parametrize("metric_source", VARIABLES["metric_sources"])
def test_every_raw_scan_has_an_index_condition(
    demo_world: psycopg.Connection, metric_source: str
) -> None:
    assert_index_conditions(
        demo_world,
        f"select * from analytics.{metric_source}"
        " where cluster_id = any(array['demo-busy', 'demo-rival'])",
    )


@pytest.mark.parametrize(
    "metric",
    catalogue(),
    ids=lambda metric: f"{metric['metric_source']}.{metric['metric_key']}",
)
def test_every_raw_scan_of_an_explanation_has_an_index_condition(
    demo_world: psycopg.Connection, metric: dict[str, str]
) -> None:
    derived = metric["metric_source"] in VARIABLES["derived_metric_sources"]
    described = demo_world.execute(
        "select metric_source, metric_key from analytics.metrics_with_evidence"
    ).fetchall()
    is_described = (metric["metric_source"], metric["metric_key"]) in described
    assert_index_conditions(
        demo_world,
        "select * from analytics.metric_evidence where cluster_id = 'demo-busy'"
        f" and window_key = 'all_time' and metric_source = '{metric['metric_source']}'"
        f" and metric_key = '{metric['metric_key']}'",
        reads_raw=is_described and not derived,
    )


def assert_index_conditions(
    connection: psycopg.Connection, question: str, *, reads_raw: bool = True
) -> None:
    """Every raw table that a question reads is looked into by an index."""
    # as in the sessions of runs and explanations, but for the scans of whole tables
    connection.execute("set random_page_cost = 1.1")
    connection.execute("set enable_seqscan = off")
    found = [node for node in plan_of(connection, question) if node.get("Schema") == "raw"]
    assert bool(found) == reads_raw
    for scan in found:
        if scan["Relation Name"] not in READ_WHOLE:
            assert compares(scan), json.dumps(scan, indent=1)[:800]


def test_the_windows_are_read_through_their_function(connection: psycopg.Connection) -> None:
    plan = list(plan_of(connection, "select * from analytics.onchain_summoning"))
    functions = {node["Function Name"] for node in plan if node["Node Type"] == "Function Scan"}
    assert "window_spans_rows" in functions
    # which the windows are made of
    assert not {node.get("Relation Name") for node in plan} & {"seasons", "leaderboard_runs"}


@pytest.mark.parametrize("variables", ['{"clusters": null}', '{"clusters": ["busy"]}'])
def test_two_processes_share_the_metric_sources(
    connection: psycopg.Connection, variables: str
) -> None:
    # as in the session of a mart
    connection.execute("set max_parallel_workers_per_gather = 2")
    plan = list(plan_of(connection, compiled("cluster_metrics", variables)))
    (shared,) = [node for node in plan if node["Node Type"] == "Append"]
    assert shared["Parallel Aware"]
    assert {node["Function Name"] for node in nodes(shared) if "Function Name" in node} == {
        "window_spans_rows",
        *(f"{source}_rows" for source in VARIABLES["metric_sources"]),
    }


@pytest.mark.parametrize("metric_source", VARIABLES["metric_sources"])
def test_a_metric_source_read_through_its_function_reads_no_more_than_its_view(
    demo_world: psycopg.Connection, metric_source: str
) -> None:
    # what a process of its own reads is counted only when it ends
    demo_world.execute("set max_parallel_workers_per_gather = 0")
    # a small table would be read whole for one cluster, too
    demo_world.execute("set enable_seqscan = off")
    view = f"analytics.{metric_source}"

    def reads_of(question: str) -> dict[str, tuple[int, int]]:
        return reads(demo_world, lambda: demo_world.execute(question))

    seen = reads_of(f"select * from {view} where cluster_id = any(array['demo-0100'])")
    everything = reads_of(f"select * from {view}")
    assert reads_of(f"select * from {view}_rows(null, array['demo-0100'])") == seen
    assert reads_of(f"select * from {view}_rows(null, null)") == everything != seen


def test_who_was_touched_is_found_among_what_is_new(demo_world: psycopg.Connection) -> None:
    # tables of so few rows would be read whole, to be hashed
    for method in ("seqscan", "hashjoin", "mergejoin"):
        demo_world.execute(f"set enable_{method} = off")
    # of facts after the last run
    demo_world.execute("delete from app.change_notes")
    (wallet,) = demo_world.execute(
        "select min(address) from app.wallet_links where cluster_id = 'demo-0100'"
    ).fetchone()
    put(demo_world, lp_move(1, wallet))
    taken_by = runs.take_changes(demo_world, world.AS_OF)
    demo_world.execute("analyze")

    def touched() -> None:
        # as of an instant at which the season of the demo world goes on: its end concerns everybody
        found = runs.changed_clusters(demo_world, world.AS_OF, taken_by)
        assert found == ["demo-0100"]

    # the planner itself looks at the first and the last row of an index
    assert max(map(sum, reads(demo_world, touched).values()), default=0) < 10


def reads(connection: psycopg.Connection, do: Callable[[], object]) -> dict[str, tuple[int, int]]:
    """How many rows of each raw table something reads, by scans and by indexes."""

    def counts() -> dict[str, tuple[int, int]]:
        counted = connection.execute(
            "select relname, coalesce(seq_tup_read, 0), coalesce(idx_tup_fetch, 0)"
            " from pg_stat_xact_user_tables where schemaname = 'raw'"
        )
        return {table: (scanned, fetched) for table, scanned, fetched in counted}

    with connection.transaction():
        before = counts()
        do()
        return {
            table: (scanned - before[table][0], fetched - before[table][1])
            for table, (scanned, fetched) in counts().items()
            if (scanned, fetched) != before[table]
        }


def plan_of(connection: psycopg.Connection, question: str) -> Iterator[dict]:
    """The nodes of the plan of a question."""
    (plan,) = connection.execute(f"explain (verbose, format json) {question}").fetchone()[0]
    return nodes(plan["Plan"])
