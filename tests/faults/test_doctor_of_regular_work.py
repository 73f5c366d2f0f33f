"""hedge doctor finds what a server, a queue or a board suffers from, and nothing in a demo world
that nobody computes regularly."""

from datetime import timedelta

import psycopg
import pytest

from hedge import board_periods, doctor
from hedge.doctor import surroundings
from tests.faults.examining import each_of, findings, is_found_until_it_is_mended
from tests.faults.test_doctor import BOARD
from tests.support import pet, put

CLUSTER = (
    "insert into app.players (discord_id) values ('1');"
    "insert into app.wallet_clusters select 'c', player_id from app.players;"
    "delete from app.change_notes; delete from app.etl_requests;"
)
SETTINGS = (
    "set local search_path = pg_temp, pg_catalog;"
    " create or replace temporary view pg_settings as select '{}' as name, '{}' as setting;"
)
COUNTED = (
    "set local search_path = pg_temp, pg_catalog;"
    " create or replace temporary view pg_stat_user_tables as select '{}' as schemaname,"
    " '{}' as relname, {} as n_live_tup, 'app.etl_runs'::regclass::oid as relid;"
)
#: A database whose oldest transaction id is so much older than the one of now.
AGED = (
    "set local search_path = pg_temp, pg_catalog;"
    " create or replace temporary view pg_database as select current_catalog as datname,"
    " (mod(pg_current_xact_id()::text::bigint - {} + (1::bigint << 32), 1::bigint << 32)"
    ")::text::xid as datfrozenxid;"
)
HIDDEN = (
    "set local search_path = pg_temp, pg_catalog;"
    " create or replace temporary view pg_stat_activity as select current_catalog as datname,"
    " 'ada' as usename, 'client backend' as backend_type, {}::timestamptz as backend_start"
    " from generate_series(1, 2);"
)
FAILED = (
    "insert into app.leaderboard_runs (id, leaderboard_key, status, as_of, row_count, error)"
    " overriding system value values ({}, 'b', '{}', now(), 0, E'no room\\nfor it');"
)
FOLLOWED = (
    "insert into app.chain_followers (chain_id, asked_at, head_number) values (5, {}, 9);"
    "insert into app.chain_cursors (chain_id, block_number, block_hash, block_time)"
    " values (5, 8, sha256(''), {});"
)
#: Checks by a query: their name, a fault, what of it is found, and what mends it.
FAULTS = [
    (
        "server",
        SETTINGS.format("track_counts", "off"),
        "track_counts is off",
        SETTINGS.format("a", "off"),
    ),
    (
        "server",
        SETTINGS.format("autovacuum", "off"),
        "autovacuum is off",
        SETTINGS.format("jit", "off"),
    ),
    (
        "server",
        AGED.format(1_000_000_001),
        "transaction ids are used up soon: the oldest one is 1000000001 old",
        AGED.format(1_000_000_000),
    ),
    (
        "hidden-sessions",
        HIDDEN.format("null"),
        "what 2 sessions of the role ada do is hidden",
        HIDDEN.format("now()"),
    ),
    (
        "growth",
        COUNTED.format("procrastinate", "procrastinate_jobs", 10_001),
        "procrastinate.procrastinate_jobs has 10001 rows, ",
        COUNTED.format("procrastinate", "procrastinate_jobs", 10_000),
    ),
    (
        "growth",
        COUNTED.format("app", "etl_runs", 200_001),
        "app.etl_runs has 200001 rows, ",
        COUNTED.format("raw", "pets", 10**9),
    ),
    (
        "failed-boards",
        BOARD + FAILED.format(70, "COMPLETE") + FAILED.format(71, "FAILED"),
        "run 71 of board b failed: no room",
        FAILED.format(72, "COMPLETE"),
    ),
    (
        "failed-boards",
        BOARD + FAILED.format(71, "FAILED"),
        "run 71 of board b failed: no room",
        "update app.leaderboard_defs set is_active = false",
    ),
    (
        "chains",
        FOLLOWED.format("now() - interval '301 seconds'", "now()"),
        "chain 5 was last followed at ",
        "update app.chain_followers set asked_at = now() - interval '299 seconds'",
    ),
    (
        "chains",
        FOLLOWED.format("now()", "now() - interval '16 minutes'"),
        "chain 5 is 1 blocks behind its head, at a block of ",
        "update app.chain_cursors set block_number = 9",
    ),
    (
        "chains",
        FOLLOWED.format("now()", "now()")
        + "update app.chain_followers set error = 'no', failing_since = now() - interval '1 hour';",
        "chain 5 fails since ",
        "update app.chain_followers set failing_since = now() - interval '299 seconds'",
    ),
    (
        "chains",
        FOLLOWED.format("now()", "now()")
        + "update app.chain_followers set error = 'deep', failing_since = now(), is_halted = true;",
        "chain 5 is not followed any more: deep",
        "delete from app.chain_followers",
    ),
    (
        "chain-gaps",
        FOLLOWED.format("now()", "now()")
        + "insert into app.chain_coverage values (5, substr(sha256(''), 1, 20), 'c', 2, null,"
        " '{[2,5),[6,9)}'), (5, substr(sha256('a'), 1, 20), 'd', 2, 4, '{[2,5)}');",
        "chain 5 lacks the logs of c in 1 blocks, from block 5 to 5",
        "update app.chain_coverage set covered = covered + '{[5,6)}'",
    ),
    (
        "due-boards",
        CLUSTER + BOARD,
        "board b is overdue: the period from ",
        "insert into app.leaderboard_runs (leaderboard_key, status, period_start, period_end,"
        " as_of, row_count) select 'b', 'COMPLETE', day - interval '1 day', day, now(), 0"
        " from (select date_trunc('day', now() - interval '2 hours')) as d (day)",
    ),
    (
        "due-boards",
        CLUSTER + BOARD,
        "board b is overdue: the period from ",
        "insert into app.made_up_world (clusters, seed) values (1, 1)",
    ),
]


@each_of(FAULTS)
def test_a_fault_of_regular_work_is_found_and_what_is_mended_is_not(
    transaction: psycopg.Connection, name: str, fault: str, sentence: str, cure: str
) -> None:
    is_found_until_it_is_mended(transaction, name, fault, sentence, cure)


def test_a_board_that_was_computed_for_a_newer_period_is_not_overdue(
    transaction: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was made or run for the first time when the period that was due before had passed."""
    monkeypatch.setattr(board_periods, "OVERDUE_AFTER", timedelta(hours=26))
    transaction.execute(CLUSTER + BOARD)
    (sentence,) = findings(transaction, "due-boards")
    assert sentence.startswith("board b is overdue: the period from ")
    transaction.execute(
        "insert into app.leaderboard_runs (leaderboard_key, status, period_start, period_end,"
        " as_of, row_count) select 'b', 'COMPLETE', day - interval '1 day', day, now(), 0"
        " from (select date_trunc('day', now())) as d (day)"
    )
    assert findings(transaction, "due-boards") == []


def test_a_server_with_few_free_connections_is_told(transaction: psycopg.Connection) -> None:
    """More than nine in ten of those that it allows are in use."""
    (most,) = transaction.execute("select current_setting('max_connections')::int").fetchone()

    def connect(number: int) -> None:
        transaction.execute(
            "set local search_path = pg_temp, pg_catalog; create or replace temporary view"
            " pg_stat_activity as select 'client backend' as backend_type"
            f" from generate_series(1, {number})"
        )

    connect(most * 9 // 10)
    assert findings(transaction, "server") == []
    connect(most * 9 // 10 + 1)
    (sentence,) = findings(transaction, "server")
    assert sentence == f"{most * 9 // 10 + 1} of {most} connections are in use"


def test_an_old_server_is_told(
    transaction: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings.database, "OLDEST_SERVER", 99)
    (sentence,) = surroundings.server(transaction, 0)
    assert sentence.endswith(", and 99 is the oldest that is supported")


def test_a_demo_world_that_nobody_computes_regularly_has_no_fault(
    transaction: psycopg.Connection,
) -> None:
    """Until it is computed as of a later instant than its own."""
    names = ["regular-runs", "freshness", "worker", "due-boards"]
    transaction.execute(CLUSTER + BOARD)
    put(transaction, pet(1))
    transaction.execute(
        "alter table raw.pets disable trigger user;"
        "update raw.pets set loaded_at = now() - interval '9 days';"
        "insert into app.made_up_world (clusters, seed, loaded_at)"
        " values (1, 1, now() - interval '9 days');"
        "insert into app.etl_requests (cluster_id, reason, requested_at, next_attempt_at)"
        " values ('c', '', now() - interval '9 days', now() - interval '9 days');"
        "insert into app.etl_runs (invocation_id, kind, state, as_of, started_at, definitions)"
        " values ('i', 'FULL', 'SUCCESS', now() - interval '10 days', now(), 'x')"
    )
    for result in doctor.examine(transaction, names):
        assert (result.state, result.findings) == ("OK", []), result.name
    # somebody goes on with it
    transaction.execute(
        "insert into app.etl_runs (invocation_id, kind, state, as_of, started_at, definitions)"
        " values ('j', 'INCREMENTAL', 'SUCCESS', now() - interval '8 days', now(), 'x');"
        "update raw.pets set loaded_at = now() - interval '8 days'"
    )
    for result in doctor.examine(transaction, names):
        assert result.state == "WRONG", result.name
