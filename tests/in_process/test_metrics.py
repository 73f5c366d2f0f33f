"""GET /metrics: the state of the run ledger and of data tests beside what the process counts; and
the page that shows data tests."""

import math
import secrets
import threading
import time
from datetime import UTC, datetime

import psycopg
import pytest

from api import metrics
from api.metric_families import FAMILIES
from tests.in_process import HTML, Site
from tests.in_process.rows import AS_OF, put, put_board
from tests.support import pet, wait_for
from tests.support import put as put_facts

# one site for all of them, so one process
pytestmark = pytest.mark.xdist_group("metrics")


@pytest.fixture(autouse=True)
def at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that was read before is sent again."""
    monkeypatch.setattr(site.litestar.state.metrics, "seconds", 0)


def test_the_metrics_have_the_runs_of_the_ledger_by_kind_and_state(
    site: Site, rows: psycopg.Connection
) -> None:
    rows.execute("delete from app.etl_runs where kind <> 'DEPLOY'")
    for number, (kind, state) in enumerate(
        [("FULL", "SUCCESS"), ("FULL", "PARTIAL"), ("FULL", "PARTIAL"), ("BOARD", "FAILED")]
    ):
        put(
            rows,
            "app.etl_runs",
            invocation_id=f"run {number}",
            kind=kind,
            state=state,
            as_of=AS_OF,
            started_at=datetime.fromtimestamp(1000 + number, UTC),
        )
    for name, state in (("a", "FAIL"), ("b", "PASS"), ("c", "PASS")):
        put(
            rows,
            "app.data_test_results",
            name=name,
            reads=[],
            state=state,
            failures=int(state == "FAIL"),
            seconds=0,
            checked_at=datetime.fromtimestamp(2000, UTC),
        )
    for cluster in ("busy", "busy", "idle", "sound"):
        put(
            rows,
            "analytics.cluster_metrics",
            cluster_id=cluster,
            window_key=secrets.token_hex(4),
            metrics="{}",
            last_computed_at=AS_OF,
            left_out=None if cluster == "sound" else '{"onchain_pvp": null}',
        )
    text = site.browser().get("/metrics").text
    for line in (
        'hedge_runs{kind="FULL",state="SUCCESS"} 1.0',
        'hedge_runs{kind="FULL",state="PARTIAL"} 2.0',
        'hedge_runs{kind="BOARD",state="FAILED"} 1.0',
        'hedge_last_run_started_seconds{kind="FULL",state="PARTIAL"} 1002.0',
        "hedge_clusters_out_of_date 2.0",
        'hedge_data_tests{state="PASS"} 2.0',
        'hedge_data_tests{state="FAIL"} 1.0',
        'hedge_data_tests{state="ERROR"} 0.0',
        "hedge_data_tests_passed_seconds 2000.0",
        # and what the process counts
        "# TYPE hedge_answers_given_again_total counter",
    ):
        assert f"{line}\n" in text
    rows.execute(
        "delete from app.etl_runs where kind <> 'DEPLOY'; delete from analytics.cluster_metrics;"
        " delete from app.data_test_results"
    )
    # there is no instant at which they were passed
    assert "hedge_data_tests" not in site.browser().get("/metrics").text


def test_the_page_of_runs_shows_what_data_tests_have_found(
    site: Site, rows: psycopg.Connection, admin: str
) -> None:
    browser = site.browser()
    browser.post("/admin/sign-in", data={"token": admin})
    rows.execute("delete from app.data_test_results")
    page = browser.get("/admin", headers=HTML).text
    assert "No data test was passed yet" in page
    rows.execute(
        "insert into app.data_test_results (name, reads, state, failures, sample, message, seconds)"
        " values ('all_is_well', '{a}', 'PASS', 0, '[]', null, 0),"
        " ('a_rank_falls', '{a,b}', 'FAIL', 1200, '[{\"of\": \"<b>\"}]', null, 0),"
        " ('no_such_table', '{a}', 'ERROR', 0, '[]', 'there is none', 0)"
    )
    page = browser.get("/admin", headers=HTML).text
    assert "3 tests were passed" in page
    assert "2 found something" in page
    assert page.index("no_such_table") < page.index("a_rank_falls")
    assert "there is none" in page
    assert "<b>" not in page
    assert "all_is_well" not in page
    rows.execute("delete from app.data_test_results")


def lines(site: Site) -> set[str]:
    """The samples of a scrape."""
    return set(site.browser().get("/metrics").text.splitlines())


def test_what_is_due_waits_or_is_late_is_told(site: Site, rows: psycopg.Connection) -> None:
    """Every family that is read from the database, by its boundary where it has one."""
    rows.execute(
        """
        delete from app.etl_requests; delete from procrastinate.procrastinate_workers;
        insert into app.players (discord_id) values ('900');
        insert into app.wallet_clusters
        select 'c', player_id from app.players where discord_id = '900';
        delete from app.etl_requests; delete from app.etl_runs where kind <> 'DEPLOY';
        insert into app.etl_runs
        (invocation_id, kind, state, as_of, started_at, finished_at, models, definitions) values
        ('1', 'FULL', 'SUCCESS', '1970-01-01 01:00Z', '1970-01-01 02:00Z', '1970-01-01 02:01:30Z',
        '[{"name": "m", "rows": 7, "state": "success", "seconds": 2.5}]', 'x'),
        ('2', 'FULL', 'FAILED', '1970-01-01 03:00Z', '1970-01-01 03:00Z', now(), '[]', 'x'),
        ('3', 'FULL', 'RUNNING', '1970-01-01 04:00Z', '1970-01-01 04:00Z', null, '[]', 'x');
        insert into app.etl_requests (kind, cluster_id, reason, requested_at, parked_at, error)
        values ('CLUSTER', 'c', '', '1970-01-01 00:05Z', null, null),
        ('CLUSTER', 'd', '', '1970-01-01 00:06Z', null, null),
        ('FULL', null, '', '1970-01-01 00:07Z', now(), 'why');
        insert into procrastinate.procrastinate_workers (last_heartbeat)
        values (now()), (now()), (now() - interval '21 seconds');
        insert into app.backups (began_at, ended_at, host_name) values
        ('1970-01-01 00:08Z', '1970-01-01 00:09Z', 'h');
        insert into raw.rejected_rows (table_name, file, line, row_text, reason, rejected_at)
        values ('pets', 'f', 1, '', 'why', now() - interval '23 hours'),
        ('pets', 'f', 2, '', 'why', now() - interval '25 hours');
        insert into app.chain_followers
        (chain_id, asked_at, head_number, failing_since, error, is_halted)
        values (5, '1970-01-01 00:02Z', 20, '1970-01-01 00:03Z', 'deep', true);
        insert into app.chain_cursors (chain_id, block_number, block_hash, block_time)
        values (5, 8, sha256(''), '1970-01-01 00:01Z');
        insert into app.chain_coverage (chain_id, address, contract, from_block, covered)
        values (5, substr(sha256(''), 1, 20), 'c', 2, '{[2,5),[6,9)}'),
        (5, substr(sha256('d'), 1, 20), 'd', 4, '{[4,6),[8,9)}');
        insert into app.chain_reorganizations (chain_id, ancestor_number, lost_number, lost_logs)
        values (5, 3, 4, 0);
        insert into raw.chain_blocks (chain_id, block_number, block_hash, block_time, removed_at)
        values (5, 6, sha256('6'), '1970-01-01 00:11Z', null),
        (5, 7, sha256('7'), '1970-01-01 00:12Z', null),
        (5, 7, sha256('8'), '1970-01-01 00:13Z', now()),
        (5, 8, sha256('8'), '1970-01-01 00:14Z', null);
        insert into raw.undecoded_logs
        (chain_id, block_number, contract, address, topic0, reason, number_of_logs)
        values (5, 6, 'c', '', 'a', 'unknown event', 9), (5, 7, 'c', '', 'b', 'unknown event', 1),
        (5, 7, 'c', '', null, 'unknown event', 1), (5, 8, 'c', '', 'a', 'unknown event', 1),
        (5, 6, 'c', '', 'c', 'malformed data', 1), (5, 9, 'd', '', 'c', 'malformed data', 1);
        insert into raw.pending_facts (table_name, key, fact, missing, chain_id, block_number)
        values ('pets', '[1]', '{}', '{family}', 5, 6), ('pets', '[2]', '{}', '{family}', 5, 6);
        delete from app.undecoded_spans;
        """
    )
    put_board(rows, "late", time_window="DAILY")
    put_board(rows, "in_time", time_window="DAILY")
    put_board(rows, "no_season", time_window="SEASON")
    for board, hours in (("late", 48), ("in_time", 24)):
        rows.execute(
            "insert into app.leaderboard_runs (leaderboard_key, status, period_start, period_end,"
            " as_of, row_count, stale_since) select %s, 'COMPLETE', day - interval '1 day', day,"
            " now(), 0, '1970-01-01 00:10Z' from (select date_trunc('day', now()"
            " - interval '2 hours' - make_interval(hours => %s) + interval '1 day')) as d (day)",
            [board, hours],
        )
    rows.execute("insert into app.leaderboard_runs (leaderboard_key) values ('late')")
    put_facts(rows, pet(1))
    told = lines(site)
    expected = {
        'hedge_chain_head_block{chain="5"} 20.0',
        'hedge_chain_followed_block{chain="5"} 8.0',
        'hedge_chain_followed_block_seconds{chain="5"} 60.0',
        'hedge_chain_lag_blocks{chain="5"} 12.0',
        'hedge_chain_asked_seconds{chain="5"} 120.0',
        'hedge_chain_failing_seconds{chain="5"} 180.0',
        'hedge_chain_halted{chain="5"} 1.0',
        'hedge_chain_gap_blocks{chain="5"} 3.0',
        'hedge_chain_undecoded_blocks{chain="5"} 0.0',
        'hedge_chain_reorganizations{chain="5"} 1.0',
        'hedge_chain_undecoded_topics{chain="5",contract="c",reason="unknown event"} 3.0',
        'hedge_chain_undecoded_topics{chain="5",contract="c",reason="malformed data"} 1.0',
        'hedge_chain_undecoded_topics{chain="5",contract="d",reason="malformed data"} 1.0',
        'hedge_chain_newest_undecoded_topic_seconds{chain="5",contract="c",reason="unknown event"}'
        " 720.0",
        'hedge_chain_newest_undecoded_topic_seconds{chain="5",contract="c",reason="malformed data"}'
        " 660.0",
        'hedge_pending_facts{table="pets",waits_for="file"} 2.0',
        'hedge_newest_run{kind="FULL",state="FAILED"} 1.0',
        'hedge_newest_run{kind="FULL",state="SUCCESS"} 0.0',
        'hedge_last_good_run_seconds{kind="FULL"} 3600.0',
        'hedge_last_good_run_duration_seconds{kind="FULL"} 90.0',
        'hedge_model_rows{kind="FULL",model="m"} 7.0',
        'hedge_model_duration_seconds{kind="FULL",model="m"} 2.5',
        'hedge_queued_runs{kind="CLUSTER",state="WAITING"} 2.0',
        'hedge_oldest_queued_run_seconds{kind="CLUSTER",state="WAITING"} 300.0',
        'hedge_queued_runs{kind="FULL",state="PARKED"} 1.0',
        'hedge_queued_runs{kind="FULL",state="WAITING"} 0.0',
        'hedge_queued_runs{kind="BOARD",state="WAITING"} 1.0',
        'hedge_board_overdue{board="late"} 1.0',
        'hedge_board_overdue{board="in_time"} 0.0',
        'hedge_board_stale_seconds{board="late"} 600.0',
        'hedge_rejected_rows{table="pets"} 1.0',
        'hedge_rejected_rows{table="heroes"} 0.0',
        'hedge_raw_table_error_after_seconds{table="pets"} 604800.0',
        "hedge_workers_alive 1.0",
        "hedge_last_backup_seconds 540.0",
        "hedge_clusters 1.0",
        "hedge_expects_regular_runs 1.0",
        "hedge_newest_stamp_seconds 3600.0",
        "hedge_database_up 1.0",
        "hedge_metrics_complete 1.0",
    }
    assert expected <= told, expected - told
    names = {line.split("{")[0].split(" ")[0] for line in told}
    unseen = {family.name for family in FAMILIES} - names
    # nothing of these is the case
    assert unseen <= {"hedge_data_tests", "hedge_data_tests_passed_seconds"} | {
        "hedge_oldest_transaction_seconds",
        "hedge_oldest_lock_wait_seconds",
    }
    # a board that has no period is not due, and a table that never had a row has no threshold
    assert not [line for line in told if 'board="no_season"' in line]
    assert 'hedge_raw_table_error_after_seconds{table="heroes"} 259200.0' not in told


def test_an_open_transaction_and_a_wait_for_a_lock_are_told(
    site: Site, rows: psycopg.Connection
) -> None:
    waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    dsn = {"conninfo": rows.info.dsn, "password": rows.info.password}
    with psycopg.connect(**dsn) as holder, psycopg.connect(**dsn) as waiting:
        # so that a failure of this test ends it
        waiting.execute("set lock_timeout = '5s'")
        holder.execute("lock table app.backups in access exclusive mode")
        thread = threading.Thread(target=waiting.execute, args=["lock table app.backups"])
        thread.start()
        wait_for(rows, f"select ({waits}) = 1")
        # what reads the table is cancelled after a while, and the others are told all the same
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("api.metrics.LONGEST_STATEMENT", 100)
            told = lines(site)
        assert "hedge_metrics_complete 0.0" in told
        assert "hedge_database_up 1.0" in told
        assert any(line.startswith("hedge_rejected_rows") for line in told)
        holder.rollback()
        thread.join()
        # another table, which is not read here
        waiting.rollback()
        holder.execute("lock table app.webhooks in access exclusive mode")
        thread = threading.Thread(target=waiting.execute, args=["lock table app.webhooks"])
        thread.start()
        wait_for(rows, f"select ({waits}) = 1")
        began = {
            line.split(" ")[0]: float(line.split(" ")[1])
            for line in lines(site)
            if line.startswith("hedge_oldest") and "{" not in line
        }
        now = time.time()
        assert now - 60 < began["hedge_oldest_transaction_seconds"] <= now
        assert now - 60 < began["hedge_oldest_lock_wait_seconds"] <= now
        holder.rollback()
        thread.join()


def test_many_scrapes_ask_the_database_once_in_five_seconds(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    read = metrics._rows

    async def count(database: object) -> object:
        asked.append(1)
        return await read(database)

    monkeypatch.setattr(metrics, "_rows", count)
    monkeypatch.setattr(site.litestar.state.metrics, "seconds", metrics.LIFETIME)
    monkeypatch.setattr(site.litestar.state.metrics, "_read_at", -math.inf)
    texts = [site.browser().get("/metrics").text for _ in range(5)]
    assert len(asked) == 1
    assert all("hedge_database_up 1.0" in text for text in texts)
