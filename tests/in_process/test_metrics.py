"""GET /metrics: the state of the run ledger and of data tests beside what the process counts; and
the page that shows data tests."""

import secrets
from datetime import UTC, datetime

import psycopg

from tests.in_process import HTML, Site
from tests.in_process.rows import AS_OF, put


def test_the_metrics_have_the_runs_of_the_ledger_by_kind_and_state(
    site: Site, rows: psycopg.Connection
) -> None:
    rows.execute("delete from app.etl_runs")
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
        "delete from app.etl_runs; delete from analytics.cluster_metrics;"
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
    assert "3 tests were passed at" in page
    assert "2 found something" in page
    assert page.index("no_such_table") < page.index("a_rank_falls")
    assert "there is none" in page
    assert "<b>" not in page
    assert "all_is_well" not in page
    rows.execute("delete from app.data_test_results")
