"""hedge doctor finds what is wrong and says what to do, and finds nothing where all is well."""

import itertools
import json
import time
from collections.abc import Callable

import psycopg
import pytest

from hedge import doctor, runs, versions
from hedge.boards import BOARD_LOCK
from hedge.doctor import checks
from hedge.errors import HedgeError, UsageError
from tests import Hedge
from tests.faults import add_busy_and_idle
from tests.faults.examining import each_of, findings, is_found_until_it_is_mended
from tests.support import BUSY, IDLE, put, pvp_match

BOARD = """
insert into app.leaderboard_defs
(key, name, category_key, metric_source, metric_key, time_window)
values ('b', 'B', 'pvp', 'onchain_pvp', 'wins', 'DAILY');
"""
RUN = "insert into app.etl_runs (invocation_id, kind, state, as_of, started_at, error) values "


# -- each check ------------------------------------------------------------------------------

#: Checks by a query: their name, a fault, what of it is found, and what mends it.
FAULTS = [
    (
        "stamps",
        RUN + "('i', 'FULL', 'FAILED', '2126-01-01Z', now(), 'why')",
        "1 in app.etl_runs.as_of, up to 2126-01-01T00:00:00+00:00",
        "select app.repair_later_stamps()",
    ),
    (
        "triggers",
        "alter table raw.pets disable trigger note_updated",
        "raw.pets has not the triggers that note its changes",
        "alter table raw.pets enable always trigger note_updated",
    ),
    (
        "triggers",
        "create table raw.visits (at timestamptz)",
        "raw.visits has not the triggers that note its changes",
        "drop table raw.visits",
    ),
    (
        "triggers",
        "alter table app.wallet_links disable trigger request_runs_of_new_links",
        "the trigger request_runs_of_new_links of app.wallet_links is switched off",
        "alter table app.wallet_links enable trigger request_runs_of_new_links",
    ),
    (
        "indexes",
        "update pg_index set indisvalid = false where indexrelid = 'raw.pets_pkey'::regclass",
        "raw.pets_pkey on raw.pets is invalid",
        "update pg_index set indisvalid = true where indexrelid = 'raw.pets_pkey'::regclass",
    ),
    (
        "undo",
        "insert into app.undos"
        " (restored, returned_to, undone, since_run, until_run, begun_by, begun_at)"
        " values ('a', 1, '{b}', 2, 2, 'ada@host', '2026-01-01 10:00Z')",
        "the undo that ada@host began at 2026-01-01 10:00 has not finished",
        "update app.undos set finished_at = now()",
    ),
    (
        "regular-runs",
        RUN + "('i', 'INCREMENTAL', 'FAILED', now(), now(), E'no room\\nfor it')",
        "the newest incremental run, {newest_run}, failed: no room",
        RUN + "('j', 'INCREMENTAL', 'SUCCESS', now(), now(), null)",
    ),
    (
        "regular-runs",
        RUN + "('i', 'FULL', 'PARTIAL', now(), now(), E'pvp fails\\nhere')",
        "the newest full run, {newest_run}, left something out: pvp fails",
        # the run after it has computed what it left out
        RUN + "('j', 'INCREMENTAL', 'SUCCESS', now(), now(), null)",
    ),
    (
        "regular-runs",
        RUN + "('j', 'INCREMENTAL', 'SUCCESS', now(), now(), null);"
        "insert into app.players (discord_id) values ('1');"
        "insert into app.wallet_clusters select 'c', player_id from app.players",
        "the newest full run that succeeded is none",
        RUN + "('k', 'FULL', 'SUCCESS', now() - interval '47 hours', now(), null)",
    ),
    (
        "regular-runs",
        RUN + "('j', 'FULL', 'SUCCESS', now() - interval '25 hours', now(), null);"
        "insert into app.players (discord_id) values ('1');"
        "insert into app.wallet_clusters select 'c', player_id from app.players",
        "the newest run over all changes that succeeded is as of ",
        RUN + "('k', 'INCREMENTAL', 'SUCCESS', now() - interval '59 minutes', now(), null)",
    ),
    (
        "data-tests",
        "insert into app.data_test_results (name, reads, state, failures, sample, message, seconds)"
        " values ('a_tier_is', '{a}', 'FAIL', 2, '[{\"tier\": 1}, {\"tier\": 2}]', null, 0),"
        " ('a_value_is', '{a}', 'WARN', 9, '[{}]', null, 0)",
        'a_tier_is finds 2 rows, for example {"tier": 1}',
        "delete from app.data_test_results",
    ),
    (
        "dead-runs",
        RUN + "('i', 'FULL', 'RUNNING', now(), '2026-01-01 10:00Z', null)",
        "run {newest_run} (FULL) is RUNNING since 2026-01-01 10:00, and no session of dbt is"
        " connected",
        "update app.etl_runs set state = 'FAILED' where state = 'RUNNING'",
    ),
    (
        "dead-runs",
        BOARD + "insert into app.leaderboard_runs (id, leaderboard_key, status, started_at)"
        " overriding system value values (77, 'b', 'PROCESSING', '2026-01-01 10:00Z')",
        "run 77 of board b is PROCESSING since 2026-01-01 10:00, and no process computes it",
        "update app.leaderboard_runs set status = 'FAILED', error = 'why'",
    ),
    (
        "change-notes",
        "insert into app.change_notes (table_name, operation, kind, key, noted_at)"
        " select 'pets', 'INSERT', 'wallet', n, '2026-01-01 10:00Z' from generate_series(1, 3) n;"
        # it waits rightly, for the time of its fact
        "insert into app.change_notes (table_name, operation, kind, key, noted_at, due_at)"
        " values ('pets', 'INSERT', 'wallet', '4', '2025-01-01Z', now() + interval '1 day')",
        "3 changes wait for a run over all changes, the oldest since 2026-01-01 10:00",
        "update app.change_notes set noted_at = now()",
    ),
    (
        "parked-requests",
        "insert into app.etl_requests (request_id, cluster_id, reason, parked_at, error)"
        " overriding system value values (7, 'c', '', '2026-01-01 10:00Z', E'too large\\nfor it'),"
        " (8, 'd', '', null, null)",
        "request 7 (CLUSTER c) is parked since 2026-01-01 10:00: too large",
        "update app.etl_requests set parked_at = null",
    ),
    (
        "worker",
        "insert into app.etl_requests (cluster_id, reason, next_attempt_at)"
        " values ('c', '', '2026-01-01 10:00Z'), ('d', '', now())",
        "requests wait for a worker: 1, the oldest since 2026-01-01 10:00; no worker is known",
        "update app.etl_requests set next_attempt_at = now() - interval '14 minutes'",
    ),
    (
        "worker",
        BOARD + "insert into app.leaderboard_runs (leaderboard_key, created_at)"
        " values ('b', '2026-01-01 10:00Z');"
        "insert into procrastinate.procrastinate_workers (last_heartbeat)"
        " values ('2026-01-01 10:00:30Z')",
        "board runs wait for a worker: 1, the oldest since 2026-01-01 10:00;"
        " a worker was last alive at 2026-01-01 10:00:30",
        "update app.leaderboard_runs set status = 'PROCESSING'",
    ),
    (
        "stale-boards",
        BOARD + "insert into app.leaderboard_runs (leaderboard_key, status, period_start,"
        " period_end, as_of, row_count, stale_since)"
        " select 'b', 'COMPLETE', day, day + interval '1 day', day + interval '1 day', 0,"
        " now() - interval '3 hours'"
        " from (select date_trunc('day', now()) - interval '1 day') as d (day)",
        "board b, the period from ",
        "update app.leaderboard_defs set is_frozen = true",
    ),
    (
        "clusters",
        "insert into app.players (discord_id) values ('1');"
        "insert into app.wallet_clusters select 'c', player_id from app.players;"
        "delete from app.change_notes; delete from app.etl_requests",
        "cluster c has no metrics",
        "insert into app.change_notes (table_name, operation, kind, key)"
        " values ('wallet_clusters', 'INSERT', 'cluster', 'c')",
    ),
    (
        "clusters",
        "insert into app.players (discord_id) values ('1'), ('2');"
        "insert into app.wallet_clusters select discord_id, player_id from app.players;"
        "insert into analytics.cluster_metrics (cluster_id, window_key, metrics, last_computed_at)"
        " values ('1', 'all_time', '{}', now());"
        "delete from app.change_notes; delete from app.etl_requests",
        "cluster 2 has no metrics",
        "insert into app.cluster_merges (kept, absorbed, merged_by, undo_until, given_back)"
        " values ('1', '2', 'a test', now(), '{}'); delete from app.etl_requests;"
        "delete from app.change_notes",
    ),
    (
        "clusters",
        "insert into analytics.challenge_progress values"
        " ('gone', 'x', 0, false, 'NONE', 0, 'NONE', now())",
        "the marts have rows of cluster gone, which does not exist",
        "delete from analytics.challenge_progress",
    ),
]


@each_of(FAULTS)
def test_a_fault_is_found_and_what_is_mended_is_not(
    transaction: psycopg.Connection, name: str, fault: str, sentence: str, cure: str
) -> None:
    transaction.execute("delete from app.etl_runs where kind <> 'DEPLOY'")
    is_found_until_it_is_mended(transaction, name, fault, sentence, cure)


def test_a_board_run_is_not_dead_while_a_session_holds_the_lock_of_its_board(
    transaction: psycopg.Connection,
) -> None:
    transaction.execute(
        BOARD + "insert into app.leaderboard_runs (leaderboard_key, status)"
        " values ('b', 'PROCESSING')"
    )
    with psycopg.connect(transaction.info.dsn) as computing:
        computing.execute("select pg_advisory_xact_lock(%s, hashtext('b'))", [BOARD_LOCK])
        assert findings(transaction, "dead-runs") == []
    assert len(findings(transaction, "dead-runs")) == 1


def test_a_backup_that_is_old_or_missing_is_told(transaction: psycopg.Connection) -> None:
    insert = (
        "insert into app.backups (began_at, ended_at, host_name)"
        " values ('2026-01-01 09:59Z', {}, 'host')"
    )
    # of a clock that ran ahead
    transaction.execute(insert.format("now() + interval '1 day'"))
    (result,) = doctor.examine(transaction, ["backup"])
    assert result.state == "NOT CHECKED"
    assert result.findings == ["hedge db backup has made none, and does not know of others"]
    transaction.execute(insert.format("'2026-01-01 10:00Z'"))
    assert findings(transaction, "backup") == ["the last backup is of 2026-01-01 10:00"]
    transaction.execute(insert.format("now() - interval '47 hours'"))
    assert findings(transaction, "backup") == []


def test_every_check_by_a_query_has_a_fault() -> None:
    others = {"version", "clock", "deployed-project", "backup", "marts"}
    # tests/faults/test_doctor_of_the_surroundings.py has these
    others |= {"settings", "rights", "disk", "freshness"}
    others |= {"sessions", "dead-rows", "pruning", "rejected-rows"}
    # and test_doctor_of_regular_work.py these
    others |= {"server", "hidden-sessions", "growth", "due-boards", "failed-boards"}
    others |= {"chains", "chain-gaps"}
    # and test_doctor_of_rewards.py this one
    others |= {"rewards"}
    names = [check.name for check in doctor.CHECKS]
    assert len(set(names)) == len(names)
    assert set(names) == {name for name, *_ in FAULTS} | others


@pytest.mark.parametrize(
    ("ahead", "sentence"),
    [(60, None), (-60, None), (61, "61 s behind"), (-3600, "3600 s ahead of")],
)
def test_the_clocks_of_server_and_host_are_compared(
    transaction: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    ahead: int,
    sentence: str | None,
) -> None:
    # of whole seconds, so that the difference is exact
    of_server = transaction.execute("select floor(extract(epoch from now()))::float8").fetchone()
    monkeypatch.setattr(checks.database, "value", lambda *_: of_server[0])
    # the answer takes 20 seconds, and is of their middle
    instants = itertools.cycle([of_server[0] + ahead - 10, of_server[0] + ahead + 10])
    monkeypatch.setattr(time, "time", lambda: next(instants))
    expected = f"the clock of the server is {sentence} that of this host"
    assert findings(transaction, "clock") == ([expected] if sentence else [])


def test_a_view_that_is_missing_and_files_that_are_damaged_are_found(
    transaction: psycopg.Connection,
) -> None:
    assert findings(transaction, "deployed-project") == []
    transaction.execute("drop view analytics.metric_evidence cascade")
    missing = findings(transaction, "deployed-project")
    assert "model metric_evidence is not in the database" in missing
    transaction.execute("delete from app.deployed_projects")
    transaction.execute("update app.etl_runs set definitions = repeat('0', 64)")
    (sentence,) = findings(transaction, "deployed-project")
    assert (
        "the database does not hold the files of the definitions 000000000000, because an older"
        " version of Hedge deployed them or they were pruned: run hedge etl deploy in the project"
        " that is to be live ("
    ) in sentence


def test_marts_that_do_not_follow_from_the_facts_are_found(
    connection: psycopg.Connection,
) -> None:
    """Three runs of dbt, so some seconds; test_what_the_doctor_passes_over.py has every kind of
    difference."""
    (nothing,) = doctor.examine(connection, ["marts"])
    assert (nothing.state, nothing.findings) == (
        "NOT CHECKED",
        ["the next incremental run has every cluster to compute: run hedge etl incremental"],
    )
    add_busy_and_idle(connection)
    connection.execute(
        "insert into app.seasons (id, name, starts_at, ends_at, is_active)"
        " values ('s', 'S', '2026-05-01Z', now() + interval '1 day', true);"
        "insert into app.season_challenge_weights values ('s', 'arena_victor', 2)"
    )
    runs.full()
    assert findings(connection, "marts") == []
    schemas = "select count(*) from pg_namespace where nspname like 'preview%'"
    assert connection.execute(schemas).fetchone() == (0,)
    # the session reads as of now again
    assert connection.execute("select app.as_of() = now()").fetchone() == (True,)

    # a fact that vanishes unnoticed, and one that arrives and is noticed
    connection.execute("alter table raw.pvp_matches disable trigger note_deleted")
    connection.execute("delete from raw.pvp_matches where wallet_address = %s", [BUSY])
    connection.execute("alter table raw.pvp_matches enable always trigger note_deleted")
    put(connection, pvp_match(IDLE))
    found = findings(connection, "marts")
    assert "cluster busy, challenge arena_victor: 1 (NONE), and anew 0 (NONE)" in found
    assert [sentence for sentence in found if "window all_time" in sentence]
    assert [sentence for sentence in found if "season s: " in sentence]
    assert all(sentence.startswith("cluster busy, ") for sentence in found)


# -- the command -----------------------------------------------------------------------------


def test_the_command_says_what_is_wrong_and_exits_with_1(
    connection: psycopg.Connection, hedge: Hedge
) -> None:
    status, out, _ = hedge("doctor", "parked-requests", "undo")
    assert (status, [line[:2] for line in out.splitlines()]) == (0, ["OK", "OK"])
    connection.execute(
        "insert into app.etl_requests (cluster_id, reason, parked_at, error)"
        " select 'c' || n, '', now(), 'why' from generate_series(1, 12) n"
    )
    status, out, _ = hedge("doctor", "parked-requests", "undo")
    lines = out.splitlines()
    assert status == 1
    assert lines[0].startswith("WRONG        parked-requests: requests that could not")
    assert len(lines) == 1 + 10 + 1 + 1 + 1
    assert lines[11].strip() == "and 2 more"
    assert lines[12].strip().startswith("what to do: see to the error, then run hedge requests")
    status, out, _ = hedge("doctor", "parked-requests", "undo", "--json")
    first, second = json.loads(out)
    assert status == 1
    assert (first["state"], len(first["findings"]), second["state"]) == ("WRONG", 12, "OK")


def test_the_command_lists_its_checks_and_refuses_others(hedge: Hedge) -> None:
    status, out, _ = hedge("doctor", "--list", "--json")
    assert status == 0
    assert [check["name"] for check in json.loads(out)] == [each.name for each in doctor.CHECKS]
    assert "stale-boards" in hedge("doctor", "--list")[1]
    status, _, err = hedge("doctor", "knees")
    assert status == 2
    assert err.startswith("hedge: there is no check 'knees': they are version, stamps, ")
    with pytest.raises(UsageError):
        doctor.chosen(["knees"])


def test_what_cannot_be_checked_is_no_failure_and_stops_no_other_check(
    transaction: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raising(error: Exception) -> Callable[..., list[str]]:
        def find(*_: object) -> list[str]:
            raise error

        return find

    failing = [
        doctor.Check("a", "", raising(HedgeError("not now")), ""),
        doctor.Check("b", "", raising(psycopg.errors.UndefinedTable("no table\nline 1")), ""),
        doctor.Check("c", "", lambda *_: [], ""),
    ]
    monkeypatch.setattr(doctor, "CHECKS", failing)
    results = doctor.examine(transaction)
    assert [(each.state, each.findings) for each in results] == [
        ("NOT CHECKED", ["not now"]),
        ("NOT CHECKED", ["the database says: no table"]),
        ("OK", []),
    ]


def test_without_the_right_tables_nothing_else_is_checked(
    transaction: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "fault", lambda _: "the database is older")
    first, *others = doctor.examine(transaction)
    assert (first.name, first.state, first.findings) == (
        "version",
        "WRONG",
        ["the database is older"],
    )
    assert others
    assert {(each.state, *each.findings) for each in others} == {
        ("NOT CHECKED", "version has to be well first")
    }
