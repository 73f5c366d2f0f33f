"""Requested board runs, dead ones, and those that readers see, without a run of dbt."""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from hedge import boards, database, runs, seasons
from hedge.boards import BOARD_LOCK
from hedge.errors import HedgeError, UsageError
from hedge.seasons import Season
from tests.integration.boards import MAY, MICROSECOND, a_board
from tests.support import AS_OF, DAY, days_ago

APRIL = (datetime(2026, 4, 1, tzinfo=UTC), MAY[0])


class Computed:
    """Stands in for a run of dbt that writes no entries."""

    def __init__(self) -> None:
        self.batches: list[list[dict[str, Any]]] = []

    def __call__(
        self,
        connection: psycopg.Connection,
        board_runs: Sequence[dict[str, Any]],
        as_of: datetime,
        report: object,
    ) -> None:
        self.batches.append(list(board_runs))
        # whoever computes a board holds its lock
        with database.connect() as other:
            for row in board_runs:
                key = database.value(
                    other,
                    "select leaderboard_key from app.leaderboard_runs where id = %s",
                    [row["run_id"]],
                )
                assert not try_lock(other, key)
        connection.execute(
            "update app.leaderboard_runs set status = 'COMPLETE', as_of = %s, row_count = 0"
            " where id = any(%s)",
            [as_of, [row["run_id"] for row in board_runs]],
        )


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> Computed:
    """The batches of boards that are computed."""
    found = Computed()
    monkeypatch.setattr(runs, "boards", found)
    return found


def try_lock(connection: psycopg.Connection, key: str) -> bool:
    attempt = "select pg_try_advisory_lock(%s, hashtext(%s))"
    return database.value(connection, attempt, [BOARD_LOCK, key])


def statuses(connection: psycopg.Connection) -> dict[int, str]:
    return dict(connection.execute("select id, status from app.leaderboard_runs").fetchall())


def add_run(connection: psycopg.Connection, status: str, key: str = "wins", **columns: Any) -> int:
    """A board run as if it had been computed; returns its id."""
    row = {"leaderboard_key": key, "status": status}
    row |= {"period_start": MAY[0], "period_end": MAY[1]}
    row |= {"as_of": AS_OF, "row_count": 0} if status == "COMPLETE" else {}
    row |= {"error": "why"} if status == "FAILED" else {}
    row |= columns
    return database.value(
        connection,
        f"insert into app.leaderboard_runs ({', '.join(row)})"
        f" values ({', '.join(['%s'] * len(row))}) returning id",
        list(row.values()),
    )


# -- requests --------------------------------------------------------------------------------


def test_a_request_is_of_the_period_of_now_or_of_the_one_that_is_named(
    town: psycopg.Connection,
) -> None:
    boards.add(town, a_board())
    assert not boards.is_pending(town)
    with town.transaction():
        # the same instant for the request and for when it was created
        first = boards.request(town, "wins")
    assert boards.is_pending(town)
    second = boards.request(town, "wins", APRIL)
    found = boards.any_run(town, "wins", first)
    # the month of the server's clock when it was requested
    (start, end) = town.execute(
        "select date_trunc('month', created_at, 'UTC'),"
        " date_trunc('month', created_at, 'UTC') + interval '1 month'"
        " from app.leaderboard_runs where id = %s",
        [first],
    ).fetchone()
    assert (found.status, found.period_start, found.period_end) == ("PENDING", start, end)
    found = boards.any_run(town, "wins", second)
    assert (found.period_start, found.period_end) == APRIL
    for key, span, words in (
        ("chess", None, "no board chess"),
        ("wins", APRIL[::-1], "does not end after it starts"),
        ("wins", (datetime(2999, 1, 1, tzinfo=UTC), datetime(2999, 2, 1, tzinfo=UTC)), "to come"),
    ):
        with pytest.raises(UsageError, match=words):
            boards.request(town, key, span)
    assert set(statuses(town)) == {first, second}


def test_requests_are_computed_together_and_of_one_board_one_after_the_other(
    town: psycopg.Connection, computed: Computed
) -> None:
    for key in ("wins", "others"):
        boards.add(town, a_board(key=key))
    first, second = boards.request(town, "wins", APRIL), boards.request(town, "wins", MAY)
    other = boards.request(town, "others", APRIL)
    failed = add_run(town, "FAILED")
    found = boards.run_pending()
    assert [run.id for run in found] == [first, other, second]
    assert [[row["run_id"] for row in batch] for batch in computed.batches] == [
        [first, other],
        [second],
    ]
    # runs of one period share a window, so that its metrics are computed once
    assert {row["window_key"] for row in computed.batches[0]} == {f"run:{first}"}
    assert statuses(town) == {
        **dict.fromkeys((first, second, other), "COMPLETE"),
        failed: "FAILED",
    }
    assert boards.run_pending() == []
    for key in ("wins", "others"):
        assert try_lock(town, key)
    town.execute("select pg_advisory_unlock_all()")


def test_boards_of_different_periods_have_windows_of_their_own(
    town: psycopg.Connection, computed: Computed
) -> None:
    boards.add(town, a_board(key="monthly"))
    boards.add(town, a_board(key="daily", window="DAILY", fallback_metric_key="matches_played"))
    boards.run(["monthly", "daily"], as_of=AS_OF)
    (batch,) = computed.batches
    assert len({row["window_key"] for row in batch}) == 2
    ties = {row["fallback_metric_key"]: row["fallback_metric_source"] for row in batch}
    assert ties == {None: None, "matches_played": "onchain_pvp"}


def test_a_requested_run_that_cannot_be_computed_fails_and_the_others_are(
    town: psycopg.Connection, computed: Computed
) -> None:
    boards.add(town, a_board())
    boards.add(town, a_board(key="broken"))
    town.execute(
        "update app.leaderboard_defs set metric_key = 'x', category_key = 'y' where key = 'broken'"
    )
    good, bad = boards.request(town, "wins", MAY), boards.request(town, "broken", MAY)
    with pytest.raises(HedgeError, match="1 board was computed, and not board broken: no categ"):
        boards.run_pending()
    assert statuses(town) == {good: "COMPLETE", bad: "FAILED"}
    found = boards.any_run(town, "broken", bad)
    # of several faults the first
    assert (found.error, found.row_count) == ("no category y", None)
    assert None not in (found.started_at, found.finished_at)


def test_a_run_of_dbt_that_fails_fails_its_board_runs_and_frees_the_boards(
    town: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards.add(town, a_board())
    older = add_run(town, "COMPLETE")

    def fail(*_: Any) -> None:
        raise HedgeError("the board run failed: why")

    monkeypatch.setattr(runs, "boards", fail)
    with pytest.raises(HedgeError, match="the board run failed: why"):
        boards.run(["wins"], as_of=AS_OF)
    newest = boards.newest_runs(town)["wins"]
    assert (newest.status, newest.error) == ("FAILED", "the board run failed: why")
    assert newest.finished_at is not None
    assert statuses(town)[older] == "COMPLETE"
    assert try_lock(town, "wins")
    town.execute("select pg_advisory_unlock_all()")


# -- dead runs -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locked", "status"),
    [
        (None, "FAILED"),
        ((BOARD_LOCK, "wins", False), "PROCESSING"),
        ((BOARD_LOCK, "others", False), "FAILED"),
        ((BOARD_LOCK + 1, "wins", False), "FAILED"),
        # in another database
        ((BOARD_LOCK, "wins", True), "FAILED"),
    ],
)
def test_a_board_run_is_dead_when_nobody_holds_the_lock_of_its_board(
    town: psycopg.Connection, locked: tuple[int, str, bool] | None, status: str
) -> None:
    boards.add(town, a_board())
    number = add_run(town, "PROCESSING")
    pending = add_run(town, "PENDING")
    name = "postgres" if locked and locked[2] else town.info.dbname
    with psycopg.connect(database.url(), dbname=name) as holder:
        if locked:
            holder.execute("select pg_advisory_lock(%s, hashtext(%s))", locked[:2])
        found = boards.any_run(town, "wins", number)
    assert found.status == status
    assert found.error == ("the process ended before the run did" if status == "FAILED" else None)
    assert statuses(town)[pending] == "PENDING"


@pytest.mark.parametrize(
    "read", ["any_run", "complete_run", "newest_runs", "prune", "run", "run_pending"]
)
def test_dead_board_runs_are_swept_before_they_are_read_and_before_the_next_one_begins(
    town: psycopg.Connection, computed: Computed, read: str
) -> None:
    """A board whose process died can be run again at once, though nobody has looked at it."""
    boards.add(town, a_board())
    number = add_run(town, "PROCESSING")
    match read:
        case "any_run":
            boards.any_run(town, "wins", number)
        case "complete_run":
            with pytest.raises(HedgeError, match="is FAILED: the process ended before the run did"):
                boards.complete_run(town, "wins", number)
        case "newest_runs":
            boards.newest_runs(town)
        case "prune":
            assert boards.prune(town, keep=1) == 0
        case "run":
            assert [run.status for run in boards.run(["wins"], as_of=AS_OF)] == ["COMPLETE"]
        case "run_pending":
            boards.request(town, "wins")
            assert [run.status for run in boards.run_pending()] == ["COMPLETE"]
    assert statuses(town)[number] == "FAILED"


# -- what readers see ------------------------------------------------------------------------


def test_the_run_that_is_named_must_be_complete_and_of_the_board(
    town: psycopg.Connection,
) -> None:
    for key in ("wins", "others"):
        boards.add(town, a_board(key=key))
    with pytest.raises(HedgeError, match="board wins was not computed yet: run hedge boards run"):
        boards.complete_run(town, "wins")
    complete, failed = add_run(town, "COMPLETE"), add_run(town, "FAILED")
    pending, other = add_run(town, "PENDING"), add_run(town, "COMPLETE", "others")
    assert boards.complete_run(town, "wins").id == complete
    assert boards.complete_run(town, "wins", complete).id == complete
    for number, words in (
        (failed, f"run {failed} of board wins is FAILED: why$"),
        (pending, f"run {pending} of board wins is PENDING$"),
        (other, f"board wins has no run {other}"),
    ):
        with pytest.raises(HedgeError, match=words):
            boards.complete_run(town, "wins", number)
    newest = boards.newest_runs(town)
    assert {key: run.id for key, run in newest.items()} == {"wins": pending, "others": other}
    listed = {board.key: board.newest_run for board in boards.listed_boards(town)}
    assert listed == newest


def test_entries_are_by_rank_and_then_by_cluster(town: psycopg.Connection) -> None:
    boards.add(town, a_board())
    number, other = add_run(town, "COMPLETE"), add_run(town, "COMPLETE")
    for run, rank, cluster in (
        (number, 2, "a"),
        (number, 1, "c"),
        (number, 1, "b"),
        (other, 1, "x"),
    ):
        town.execute(
            "insert into analytics.leaderboard_entries"
            " (run_id, rank, cluster_id, score, tiebreaker, payload, created_at)"
            " values (%s, %s, %s, 2.50, 1, '{}', now())",
            [run, rank, cluster],
        )
    found = boards.entries(town, number)
    assert [entry.cluster_id for entry in found] == ["b", "c", "a"]
    assert (str(found[0].score), str(found[0].tiebreaker)) == ("2.5", "1")
    assert [entry.cluster_id for entry in boards.entries(town, number, 1)] == ["b"]


# -- what is due -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "period", "as_of", "status", "is_due"),
    [
        ("MONTHLY", APRIL, MAY[0], "COMPLETE", True),
        ("MONTHLY", MAY, MAY[1], "COMPLETE", False),
        ("MONTHLY", MAY, MAY[1] - MICROSECOND, "COMPLETE", True),
        ("MONTHLY", MAY, MAY[1], "FAILED", True),
        ("MONTHLY", MAY, MAY[1], "PENDING", True),
        # of all time once a UTC day
        ("ALL_TIME", (None, None), AS_OF.replace(hour=0), "COMPLETE", False),
        ("ALL_TIME", (None, None), AS_OF.replace(hour=0) - MICROSECOND, "COMPLETE", True),
    ],
)
def test_a_board_is_due_without_a_complete_run_of_its_newest_period(
    town: psycopg.Connection,
    computed: Computed,
    window: str,
    period: tuple,
    as_of: datetime,
    status: str,
    is_due: bool,
) -> None:
    boards.add(town, a_board(window=window))
    add_run(town, status, as_of=as_of, row_count=0, period_start=period[0], period_end=period[1])
    assert bool(boards.run(mode="DUE", as_of=AS_OF)) is is_due
    assert len(computed.batches) == int(is_due)


def test_only_active_boards_are_due_and_any_board_can_be_named(
    town: psycopg.Connection, computed: Computed
) -> None:
    boards.add(town, a_board(key="retired", is_active=False))
    boards.add(town, a_board(key="season", window="SEASON"))
    assert boards.run(mode="DUE", as_of=AS_OF) == []
    assert [run.leaderboard_key for run in boards.run(["retired"], as_of=AS_OF)] == ["retired"]
    seasons.add(town, Season("s", "S", AS_OF, AS_OF + DAY, is_active=True))
    (run,) = boards.run(mode="DUE", as_of=AS_OF)
    assert (run.leaderboard_key, run.period_start, run.period_end) == ("season", AS_OF, AS_OF + DAY)


@pytest.mark.parametrize(
    ("mode", "as_of", "season"),
    [
        ("CURRENT", days_ago(10), "first"),
        ("CURRENT", days_ago(5) - MICROSECOND, "first"),
        ("CURRENT", days_ago(5), "second"),
        ("PREVIOUS", days_ago(5), "first"),
        ("PREVIOUS", days_ago(5) - MICROSECOND, None),
        ("PREVIOUS", days_ago(0), "second"),
        ("CURRENT", days_ago(0), None),
    ],
)
def test_a_season_begins_with_its_first_instant_and_is_over_with_its_last(
    town: psycopg.Connection,
    computed: Computed,
    mode: Any,
    as_of: datetime,
    season: str | None,
) -> None:
    spans = {"first": (days_ago(10), days_ago(5)), "second": (days_ago(5), days_ago(0))}
    for name, span in spans.items():
        seasons.add(town, Season(name, name, *span, is_active=True))
    # neither an inactive one nor one of points that are not ranked is meant
    seasons.add(town, Season("draft", "Draft", days_ago(5) - timedelta(hours=1), days_ago(-9)))
    boards.add(town, a_board(window="SEASON"))
    if season is None:
        with pytest.raises(UsageError, match="no season"):
            boards.run(["wins"], mode=mode, as_of=as_of)
        return
    (run,) = boards.run(["wins"], mode=mode, as_of=as_of)
    assert (run.period_start, run.period_end) == spans[season]


def test_an_edit_keeps_what_is_not_given(town: psycopg.Connection) -> None:
    before = a_board(description="Who wins.", verified_only=True, max_entries=5)
    boards.add(town, before)
    assert boards.edit(town, "wins", name="Others") == dataclasses.replace(before, name="Others")
    assert boards.board(town, "wins") == dataclasses.replace(before, name="Others")
