"""A worker that starts computes the boards that are due."""

from datetime import UTC, datetime, timedelta

import pytest

from hedge import boards, database, runs, wallets
from hedge.boards import Board
from tests.acceptance.conftest import Service
from tests.support import put, pvp_match

pytestmark = pytest.mark.ci


def test_boards_that_are_due_are_computed_when_a_worker_starts(service: Service) -> None:
    wallet = "0x" + "b0" * 20
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with database.connect() as connection:
        put(connection, pvp_match(wallet, at=today - timedelta(hours=1)))
        wallets.link(connection, "yesterday", [wallet])
        metric = {"metric_source": "onchain_pvp", "metric_key": "wins"}
        about = {"name": "Daily", "category_key": "pvp_competition", "time_window": "DAILY"}
        boards.add(connection, Board(key="daily", **about, **metric))
        runs.full()
        service.start_worker()

        def computed() -> list[tuple]:
            return connection.execute(
                "select period_end, row_count from app.latest_board_runs"
                " where leaderboard_key = 'daily'"
            ).fetchall()

        service.wait_for(computed)
        assert computed() == [(today, 1)]
