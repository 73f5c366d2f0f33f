"""What becomes of board runs, and which of them readers see."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from hedge import boards, runs, seasons
from hedge.errors import HedgeError
from hedge.seasons import Season
from tests.integration.boards import MAY, a_board, listed, ranked, wins
from tests.support import (
    AS_OF,
    BUSY,
    DAY,
    break_view,
    days_ago,
    discord_interaction,
    mend_view,
    put,
    pvp_match,
)


def test_several_boards_are_one_run_of_dbt(town: psycopg.Connection) -> None:
    wins(town, 3, 2, 1)
    put(town, discord_interaction("1", at=days_ago(6)))
    for key, metric in (
        ("wins", "onchain_pvp.wins"),
        ("streak", "onchain_pvp.best_win_streak"),
        ("days", "behavior_events.active_days"),
        ("mastery", "meta_profile.pvp_mastery_score"),
    ):
        boards.add(town, a_board(metric, key=key))
    before = len(runs.ledger(town, 100))
    found = boards.run(["wins", "streak", "days", "mastery"], mode="PREVIOUS", as_of=AS_OF)
    assert len(runs.ledger(town, 100)) == before + 1
    assert runs.ledger(town, 1)[0].kind == "BOARD"
    scores = {run.leaderboard_key: [row[1:] for row in listed(town, run)] for run in found}
    assert scores == {
        "wins": [("busy", 3), ("idle", 2), ("rival", 1)],
        "streak": [("busy", 3), ("idle", 2), ("rival", 1)],
        "days": [("busy", 2), ("idle", 1), ("rival", 1)],
        # 0.1 per win and 2 per win in a row, rounded half up
        "mastery": [("busy", 6), ("idle", 4), ("rival", 2)],
    }


@pytest.mark.parametrize(
    ("metric", "unit"),
    [
        ("onchain_pvp.wins", "matches"),
        ("challenge_progress.total_score", "ladders"),
        ("onchain_pvp.flawless_victory", "true as 1"),
    ],
)
def test_a_board_has_the_unit_of_its_metric(
    installed: psycopg.Connection, metric: str, unit: str
) -> None:
    boards.add(installed, a_board(metric, "ALL_TIME", key="empty"))
    assert boards.unit(installed, boards.board(installed, "empty")) == unit
    installed.execute("delete from analytics.metrics")
    is_of_no_metric = metric.startswith("challenge_progress")
    left = boards.unit(installed, boards.board(installed, "empty"))
    assert left == (unit if is_of_no_metric else None)


def test_due_is_what_has_a_new_complete_period_once(town: psycopg.Connection) -> None:
    for window in ("DAILY", "MONTHLY", "ALL_TIME", "SEASON"):
        boards.add(town, a_board(window=window, key=window.lower()))
    boards.add(town, a_board(key="retired", is_active=False))
    wins(town, 1, 0, 0)

    def due(as_of: datetime) -> set[str]:
        return {run.leaderboard_key for run in boards.run(mode="DUE", as_of=as_of)}

    assert due(AS_OF) == {"daily", "monthly", "all_time"}
    assert due(AS_OF + timedelta(hours=11)) == set()
    assert due(AS_OF + timedelta(hours=12)) == {"daily", "all_time"}
    # a run of the period before it was over does not make it complete
    boards.run(["daily", "monthly"], as_of=AS_OF + DAY)
    assert due(AS_OF + 2 * DAY) == {"daily", "all_time"}
    assert due(AS_OF + 30 * DAY) == {"daily", "monthly", "all_time"}
    seasons.add(town, Season("june", "June", days_ago(-1), days_ago(-34), True, "SEASON"))
    assert due(AS_OF + 32 * DAY) == {"daily", "all_time", "season"}
    assert due(AS_OF + 34 * DAY) == {"daily", "all_time", "season"}
    assert due(AS_OF + 35 * DAY) == {"daily", "all_time"}


def test_a_board_that_cannot_be_computed_fails_and_the_others_are(
    own_town: psycopg.Connection,
) -> None:
    boards.add(own_town, a_board())
    boards.add(own_town, a_board("onchain_pvp.matches_played", key="played"))
    wins(own_town, 1, 0, 0)
    ranked(own_town, "played")
    own_town.execute("delete from analytics.metrics where metric_key = 'matches_played'")
    with pytest.raises(HedgeError, match=r"board played: no metric onchain_pvp\.matches_played"):
        boards.run(["wins", "played"], mode="PREVIOUS", as_of=AS_OF)
    newest = boards.newest_runs(own_town)
    assert newest["wins"].status == "COMPLETE"
    assert newest["played"].status == "FAILED"
    assert newest["played"].error == "no metric onchain_pvp.matches_played"
    # readers still see the last complete one
    assert listed(own_town, boards.complete_run(own_town, "played")) == [(1, "busy", 1)]


def test_a_failed_run_says_why_and_the_next_one_is_good(own_town: psycopg.Connection) -> None:
    wins(own_town, 5, 0, 0)
    runs.full(AS_OF)
    sound = break_view(own_town, "total_scores", "total_score")
    boards.add(own_town, a_board("challenge_progress.total_score", "ALL_TIME", key="total"))
    with pytest.raises(HedgeError, match="division by zero"):
        boards.run(["total"], as_of=AS_OF)
    failed = boards.newest_runs(own_town)["total"]
    assert failed.status == "FAILED"
    assert "division by zero" in failed.error
    with pytest.raises(HedgeError, match="was not computed yet"):
        boards.complete_run(own_town, "total")
    mend_view(own_town, "total_scores", sound)
    assert ranked(own_town, "total", mode="CURRENT")[0][1] == "busy"


@pytest.mark.parametrize("others", [[], ["levels"]], ids=["alone", "with another"])
def test_a_metric_that_its_source_lacks_fails_the_run(
    own_town: psycopg.Connection, others: list[str]
) -> None:
    boards.add(own_town, a_board("onchain_pvp.wins", "ALL_TIME", key="wins"))
    boards.add(own_town, a_board("onchain_heroes.total_levels", "ALL_TIME", key="levels"))
    own_town.execute("alter view analytics.onchain_pvp rename column wins to draws")
    with pytest.raises(HedgeError, match='column "wins" does not exist'):
        boards.run(["wins", *others], as_of=AS_OF)
    assert boards.newest_runs(own_town)["wins"].status == "FAILED"


def test_readers_see_the_latest_period_however_old_ones_are_run_again(
    town: psycopg.Connection,
) -> None:
    boards.add(town, a_board())
    wins(town, 1, 0, 0)
    (may,) = boards.run(["wins"], mode="PREVIOUS", as_of=AS_OF)
    april = (datetime(2026, 4, 1, tzinfo=UTC), MAY[0])
    boards.run(["wins"], span=april, as_of=AS_OF)
    assert boards.complete_run(town, "wins").id == may.id
    # as it was seen in the middle of the month
    boards.run(["wins"], as_of=days_ago(10))
    assert boards.complete_run(town, "wins").id == may.id
    (again,) = boards.run(["wins"], mode="PREVIOUS", as_of=AS_OF)
    assert boards.complete_run(town, "wins").id == again.id


def test_pruning_keeps_the_newest_and_what_readers_see(town: psycopg.Connection) -> None:
    boards.add(town, a_board())
    boards.add(town, a_board(key="other"))
    wins(town, 1, 0, 0)
    (seen,) = boards.run(["wins"], mode="PREVIOUS", as_of=AS_OF)
    (other,) = boards.run(["other"], mode="PREVIOUS", as_of=AS_OF)
    april = (datetime(2026, 4, 1, tzinfo=UTC), MAY[0])
    older = [boards.run(["wins"], span=april, as_of=AS_OF)[0].id for _ in range(3)]
    put(town, pvp_match(BUSY, at=april[0]))
    newest = boards.run(["wins"], span=april, as_of=AS_OF)[0].id
    assert boards.prune(town, keep=2) == 2
    ids = {id for (id,) in town.execute("select id from app.leaderboard_runs")}
    assert ids == {seen.id, other.id, older[2], newest}
    assert boards.prune(town, keep=0) == 2
    ids = {id for (id,) in town.execute("select id from app.leaderboard_runs")}
    assert ids == {seen.id, other.id}
    left = town.execute("select distinct run_id from analytics.leaderboard_entries").fetchall()
    assert {run for (run,) in left} == {seen.id, other.id}
