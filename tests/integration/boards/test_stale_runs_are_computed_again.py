"""Which stale runs are due, and what becomes of them."""

from datetime import datetime, timedelta

import psycopg
import pytest

from hedge import boards, runs
from hedge.board_periods import PlannedRun, period_parameters, planned_runs, rounds
from hedge.errors import UsageError
from tests.integration.boards import MAY, MICROSECOND, a_board, listed, wins
from tests.support import BUSY, DAY

START, END = MAY
CLOSED = END + DAY


def put_run(connection: psycopg.Connection, key: str = "wins", **columns: object) -> None:
    """A complete run for May whose facts have changed since."""
    row = {
        "leaderboard_key": key,
        "period_start": START,
        "period_end": END,
        "status": "COMPLETE",
        "as_of": CLOSED,
        "row_count": 0,
        "stale_since": CLOSED,
    } | columns
    connection.execute(
        f"insert into app.leaderboard_runs ({', '.join(row)})"
        f" values ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )


def due(connection: psycopg.Connection, as_of: datetime, *keys: str) -> list[tuple]:
    """The boards and periods that `boards run --due` computes."""
    parameters = period_parameters(connection, keys or None, "DUE", None, as_of)
    found = planned_runs(connection, parameters)
    return [(run.leaderboard_key, run.period_start, run.period_end) for run in found]


@pytest.mark.parametrize(
    ("fields", "age", "again"),
    [
        ({}, 2 * DAY, True),
        ({}, 7 * DAY - MICROSECOND, True),
        ({}, 7 * DAY, False),
        ({"corrected_for_days": 20}, 20 * DAY - MICROSECOND, True),
        ({"corrected_for_days": 20}, 20 * DAY, False),
        ({"corrected_for_days": 0}, DAY, False),
        ({"is_frozen": True}, 2 * DAY, False),
        ({"is_active": False}, 2 * DAY, False),
        # the new run would not be the one that readers see
        ({}, DAY - MICROSECOND, False),
    ],
)
def test_a_stale_run_is_due_for_some_days_unless_the_board_is_frozen(
    transaction: psycopg.Connection, fields: dict, age: timedelta, again: bool
) -> None:
    boards.add(transaction, a_board(**fields))
    put_run(transaction)
    assert due(transaction, END + age) == ([("wins", START, END)] if again else [])


def test_only_the_run_that_counts_for_a_period_is_due(transaction: psycopg.Connection) -> None:
    boards.add(transaction, a_board())
    boards.add(transaction, a_board(key="other", window="WEEKLY"))
    put_run(transaction)
    put_run(transaction, as_of=CLOSED + MICROSECOND, stale_since=None)
    assert due(transaction, CLOSED + DAY, "wins") == []
    put_run(transaction, period_start=END - DAY)
    assert due(transaction, CLOSED + DAY, "wins") == [("wins", END - DAY, END)]
    # what is due because it was never computed comes with it, once
    weeks = due(transaction, CLOSED + DAY)
    assert weeks == [("other", END - 7 * DAY, END), ("wins", END - DAY, END)]


def test_a_frozen_board_is_computed_until_its_period_is_closed(
    transaction: psycopg.Connection,
) -> None:
    boards.add(transaction, a_board(is_frozen=True))
    put_run(transaction, as_of=END - DAY)
    assert due(transaction, END) == [("wins", START, END)]
    put_run(transaction, as_of=END, stale_since=None)
    parameters = period_parameters(transaction, ["wins"], "PREVIOUS", None, CLOSED)
    with pytest.raises(UsageError, match=r"board wins is frozen, and its run \d+ of this period"):
        planned_runs(transaction, parameters)
    with pytest.raises(UsageError, match="board wins is frozen"):
        boards.request(transaction, "wins", MAY)
    (newest,) = boards.newest_runs(transaction).values()
    assert (newest.is_final, newest.stale_since) == (True, None)
    # the next period is another
    assert boards.request(transaction, "wins", (END, END + DAY))
    boards.edit(transaction, "wins", is_frozen=False)
    assert len(planned_runs(transaction, parameters)) == 1


def test_a_run_is_final_some_days_after_its_period(transaction: psycopg.Connection) -> None:
    boards.add(transaction, a_board(corrected_for_days=1))
    boards.add(transaction, a_board(key="total", window="ALL_TIME", is_frozen=True))
    (now,) = transaction.execute("select now()").fetchone()
    for end, is_final in ((now - DAY, True), (now - DAY + MICROSECOND, False)):
        put_run(transaction, period_end=end, as_of=now)
        assert boards.newest_runs(transaction)["wins"].is_final == is_final
    put_run(transaction, "total", period_start=None, period_end=None)
    assert not boards.newest_runs(transaction)["total"].is_final


def test_a_board_is_once_in_a_round_and_a_period_in_one() -> None:
    def planned(key: str, day: int) -> PlannedRun:
        return PlannedRun(None, key, START + day * DAY, START + (day + 1) * DAY)

    a6, a5, b5, a4, c4 = (
        planned(*one) for one in (("a", 6), ("a", 5), ("b", 5), ("a", 4), ("c", 4))
    )
    assert rounds([a6, a5, b5, a4, c4]) == [[a6], [a5, b5], [a4, c4]]
    assert rounds([a6, b5, c4]) == [[a6, b5, c4]]
    assert rounds([]) == []


@pytest.mark.ci
def test_a_removed_win_is_off_the_board_after_the_next_due_run(
    own_town: psycopg.Connection,
) -> None:
    """Two closed days of one board, one of which loses a win."""
    today = own_town.execute("select date_trunc('day', now(), 'UTC')").fetchone()[0]
    boards.add(own_town, a_board(window="DAILY"))
    boards.add(own_town, a_board(key="prized", window="DAILY", is_frozen=True))
    wins(own_town, 2, 1, 0, at=today - 2 * DAY)
    wins(own_town, 1, 0, 0, at=today - DAY)
    runs.incremental()
    for days in (2, 1):
        boards.run(["wins", "prized"], span=(today - days * DAY, today - (days - 1) * DAY))
    runs.incremental()
    assert boards.run(mode="DUE") == []
    own_town.execute(
        "delete from raw.pvp_matches where wallet_address = %s and matched_at < %s",
        [BUSY, today - DAY],
    )
    assert boards.run(mode="DUE") == []
    runs.incremental()
    stale = own_town.execute(
        "select leaderboard_key, period_start from app.leaderboard_runs"
        " where stale_since is not null order by leaderboard_key"
    ).fetchall()
    assert stale == [("prized", today - 2 * DAY), ("wins", today - 2 * DAY)]
    (again,) = boards.run(mode="DUE")
    assert (again.leaderboard_key, again.period_start) == ("wins", today - 2 * DAY)
    assert (again.stale_since, listed(own_town, again)) == (None, [(1, "idle", 1)])
    assert boards.run(mode="DUE") == []
