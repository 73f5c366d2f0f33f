"""A board run whose facts have changed since says so, and whether it is computed again."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.in_process import HTML, Site
from tests.in_process.rows import put_board, put_board_run

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("board", "age", "becomes"),
    [
        ({}, DAY, "It will be computed again."),
        ({}, 8 * DAY, "The board is final for this period."),
        ({"corrected_for_days": 9}, 8 * DAY, "It will be computed again."),
        ({"is_frozen": True}, DAY, "The board is final for this period."),
    ],
)
def test_a_stale_run_says_what_becomes_of_it(
    rows: psycopg.Connection, site: Site, board: dict, age: timedelta, becomes: str
) -> None:
    rows.execute("delete from app.leaderboard_defs where key = 'stale'")
    put_board(rows, "stale", time_window="DAILY", **board)
    end = NOW - age
    period = {"period_start": end - DAY, "period_end": end, "as_of": end + DAY / 2}
    run = put_board_run(rows, "stale", **period)
    client = site.browser()
    path = f"/leaderboards/stale/runs/{run}"
    assert client.get(path).json()["run"]["staleSince"] is None
    assert "have changed" not in client.get("/boards/stale", headers=HTML).text
    rows.execute("update app.leaderboard_runs set stale_since = %s where id = %s", [NOW, run])
    shown = client.get(path).json()["run"]
    assert datetime.fromisoformat(shown["staleSince"]) == NOW
    assert shown["isFinal"] == ("final" in becomes)
    page = client.get("/boards/stale", headers=HTML).text
    assert "Facts of this period were found to have changed" in page
    assert becomes in page
    put_board_run(rows, "stale", **period | {"as_of": NOW})
    assert "A later run counts them." in client.get(f"/boards/stale?run={run}", headers=HTML).text
    assert "have changed" not in client.get("/boards/stale", headers=HTML).text
