"""Boards: who is ranked how, for which period, and what becomes of their runs."""

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from cli.options import parse_instant
from hedge import boards, database, runs, seasons
from hedge.boards import Board, BoardRun
from hedge.errors import HedgeError, UsageError
from hedge.runs.dbt_errors import paragraph
from hedge.seasons import Season
from tests import PROJECT, support
from tests.support import (
    AS_OF,
    BUSY,
    BUSY_TOO,
    DAY,
    IDLE,
    RIVAL,
    STRANGER,
    Process,
    add_cluster,
    days_ago,
    dbt,
    discord_interaction,
    hero,
    hunt,
    lp_move,
    lp_price,
    put,
    pvp_match,
    wait_until_held,
    wait_until_no_session_is_left,
)

#: The month before the as-of instant of the stories.
MAY = (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
IN_MAY = days_ago(5)
MICROSECOND = timedelta(microseconds=1)


def a_board(metric: str = "onchain_pvp.wins", window: str = "MONTHLY", **fields: Any) -> Board:
    """A board of ranked wins, by month."""
    source, key = metric.split(".")
    standard = {
        "key": "wins",
        "name": "Wins",
        "description": "",
        "category_key": "pvp_competition",
        "metric_source": source,
        "metric_key": key,
        "fallback_metric_source": None,
        "fallback_metric_key": None,
        "time_window": window,
        "is_active": True,
        "is_public": True,
        "verified_only": False,
        "max_entries": 1000,
    }
    return Board(**standard | fields)


@pytest.fixture
def town(connection: psycopg.Connection) -> psycopg.Connection:
    """Three clusters, one of them with two wallets, and no facts."""
    add_cluster(connection, "busy", BUSY, BUSY_TOO, discord_id="1")
    add_cluster(connection, "idle", IDLE)
    add_cluster(connection, "rival", RIVAL)
    return connection


def wins(connection: psycopg.Connection, *amounts: int, at: datetime = IN_MAY) -> None:
    """So many won matches of busy, idle and rival."""
    for wallet, amount in zip((BUSY, IDLE, RIVAL), amounts, strict=True):
        put(connection, *(pvp_match(wallet, at=at) for _ in range(amount)))


def ranked(
    connection: psycopg.Connection, key: str = "wins", **period: Any
) -> list[tuple[int, str, Decimal]]:
    """Run a board for the last month, unless told otherwise, and read it."""
    (run,) = boards.run([key], **{"mode": "PREVIOUS", "as_of": AS_OF} | period)
    return listed(connection, run)


def listed(connection: psycopg.Connection, run: BoardRun) -> list[tuple[int, str, Decimal]]:
    entries = boards.entries(connection, run.id)
    assert run.row_count == len(entries)
    return [(entry.rank, entry.cluster_id, entry.score) for entry in entries]


# -- who is ranked how -------------------------------------------------------------------


def test_equals_share_a_rank_and_are_listed_by_cluster(town: psycopg.Connection) -> None:
    boards.add(town, a_board())
    add_cluster(town, "novice", STRANGER)
    wins(town, 2, 1, 2)
    put(town, pvp_match(STRANGER, outcome="LOSS", at=days_ago(5)))
    assert ranked(town) == [(1, "busy", 2), (1, "rival", 2), (2, "idle", 1)]


def test_the_tiebreaker_decides_in_the_same_period(town: psycopg.Connection) -> None:
    boards.add(town, a_board(fallback_metric_key="matches_played"))
    wins(town, 2, 1, 2)
    put(town, pvp_match(RIVAL, outcome="LOSS", at=days_ago(5)))
    # of another month, so it breaks no tie of May
    put(town, *(pvp_match(BUSY, outcome="LOSS", at=days_ago(40)) for _ in range(9)))
    assert ranked(town) == [(1, "rival", 2), (2, "busy", 2), (3, "idle", 1)]


def test_the_tiebreaker_may_be_of_another_source(town: psycopg.Connection) -> None:
    boards.add(town, a_board(fallback_metric_source="onchain_hunting", fallback_metric_key="wins"))
    wins(town, 1, 1, 1)
    put(town, hunt(IDLE, at=days_ago(5)))
    (run,) = boards.run(["wins"], mode="PREVIOUS", as_of=AS_OF)
    entries = boards.entries(town, run.id)
    assert [(entry.rank, entry.cluster_id, entry.tiebreaker) for entry in entries] == [
        (1, "idle", 1),
        (2, "busy", 0),
        (2, "rival", 0),
    ]


@pytest.mark.parametrize(
    ("amounts", "kept"),
    [
        ((3, 2, 2), [(1, "busy", 3), (2, "idle", 2), (2, "rival", 2)]),
        ((3, 3, 2), [(1, "busy", 3), (1, "idle", 3)]),
    ],
)
def test_a_board_is_cut_after_its_entries_and_keeps_the_last_shared_rank_whole(
    town: psycopg.Connection, amounts: tuple[int, ...], kept: list[tuple]
) -> None:
    boards.add(town, a_board(max_entries=2))
    add_cluster(town, "novice", STRANGER)
    wins(town, *amounts)
    put(town, pvp_match(STRANGER, at=IN_MAY))
    assert ranked(town) == kept


def test_a_board_for_verified_wallets_ranks_no_others(town: psycopg.Connection) -> None:
    boards.add(town, a_board(verified_only=True))
    wins(town, 3, 2, 1)
    verify = "update app.wallet_links set verified_at = now() where address = any(%s)"
    # busy has a second wallet, which is not verified
    town.execute(verify, [[BUSY, RIVAL]])
    assert ranked(town) == [(1, "rival", 1)]
    town.execute(verify, [[BUSY_TOO]])
    assert ranked(town) == [(1, "busy", 3), (2, "rival", 1)]


def test_a_score_in_usd_keeps_its_fraction(town: psycopg.Connection) -> None:
    boards.add(town, a_board("onchain_lp.lp_usd_value", "ALL_TIME"))
    put(town, lp_price(2, usd_per_lp=Decimal("1.5")))
    put(town, lp_move(3, at=days_ago(3)), lp_move(10**18, wallet=RIVAL, at=days_ago(3)))
    assert ranked(town, mode="CURRENT") == [
        (1, "rival", Decimal(15) * 10**17),
        (2, "busy", Decimal("4.5")),
    ]


def test_the_payload_says_metric_unit_and_period(town: psycopg.Connection) -> None:
    boards.add(town, a_board())
    wins(town, 1, 0, 0)
    (run,) = boards.run(["wins"], mode="PREVIOUS", as_of=AS_OF)
    (entry,) = boards.entries(town, run.id)
    assert entry.payload == {
        "metric": "onchain_pvp.wins",
        "unit": "matches",
        "periodStart": "2026-05-01T00:00:00+00:00",
        "periodEnd": "2026-06-01T00:00:00+00:00",
    }


# -- for which period --------------------------------------------------------------------


def test_a_period_is_half_open_to_the_microsecond(town: psycopg.Connection) -> None:
    boards.add(town, a_board())
    start, end = MAY
    put(town, pvp_match(BUSY, at=start), pvp_match(BUSY, at=end - MICROSECOND))
    put(town, pvp_match(IDLE, at=start - MICROSECOND), pvp_match(RIVAL, at=end))
    assert ranked(town) == [(1, "busy", 2)]
    assert ranked(town, mode="CURRENT") == [(1, "rival", 1)]
    assert ranked(town, mode="CURRENT", span=(start - DAY, start)) == [(1, "idle", 1)]


def test_state_is_as_of_the_end_of_the_period(town: psycopg.Connection) -> None:
    boards.add(town, a_board("onchain_heroes.total_levels"))
    start, end = MAY
    put(town, hero(1, BUSY, at=start - DAY, level=10), hero(1, BUSY, at=end, level=90))
    put(town, hero(2, RIVAL, at=end - MICROSECOND, level=7))
    assert ranked(town) == [(1, "busy", 10), (2, "rival", 7)]


@pytest.mark.parametrize(
    "metric", ["onchain_pvp.best_win_streak", "meta_profile.pvp_mastery_score"]
)
def test_streaks_and_scores_are_of_the_period_alone(town: psycopg.Connection, metric: str) -> None:
    boards.add(town, a_board(metric))
    start, _ = MAY
    put(town, *(pvp_match(BUSY, at=start - MICROSECOND * n) for n in range(1, 50)))
    put(town, pvp_match(BUSY, at=start), pvp_match(BUSY, at=start + DAY))
    # two wins in a row: 0.1 x 2 + 2 x 2 = 4.2
    score = {"onchain_pvp": 2, "meta_profile": 4}[metric.split(".")[0]]
    assert ranked(town) == [(1, "busy", score)]


def test_a_late_fact_and_a_wallet_linked_later_change_the_next_run(
    town: psycopg.Connection,
) -> None:
    boards.add(town, a_board())
    wins(town, 1, 0, 2)
    assert ranked(town) == [(1, "rival", 2), (2, "busy", 1)]
    put(town, pvp_match(IDLE, at=days_ago(5)))
    put(town, *(pvp_match(STRANGER, at=days_ago(5)) for _ in range(2)))
    assert ranked(town) == [(1, "rival", 2), (2, "busy", 1), (2, "idle", 1)]
    support.link(town, "busy", STRANGER)
    assert ranked(town) == [(1, "busy", 3), (2, "rival", 2), (3, "idle", 1)]


def test_a_closed_period_run_twice_gives_identical_entries(town: psycopg.Connection) -> None:
    boards.add(town, a_board("onchain_lp.lp_usd_value"))
    put(town, lp_price(2, day=days_ago(20).date()), lp_move(3, at=days_ago(9)))
    first, second = (
        boards.run(["wins"], span=MAY, as_of=as_of)[0] for as_of in (days_ago(0), days_ago(-30))
    )
    assert first.id != second.id
    put(town, lp_price(9, day=AS_OF.date()), lp_move(-3, at=AS_OF))
    (third,) = boards.run(["wins"], span=MAY, as_of=days_ago(-40))
    found = [boards.entries(town, run.id) for run in (first, second, third)]
    assert found[0] == found[1] == found[2] != []


@pytest.mark.parametrize(
    ("window", "as_of", "current", "previous"),
    [
        ("DAILY", "2026-03-01T00:00", ("2026-03-01", "2026-03-02"), ("2026-02-28", "2026-03-01")),
        ("DAILY", "2026-02-28T23:59", ("2026-02-28", "2026-03-01"), ("2026-02-27", "2026-02-28")),
        ("WEEKLY", "2026-01-01T09:00", ("2025-12-29", "2026-01-05"), ("2025-12-22", "2025-12-29")),
        ("WEEKLY", "2026-01-05T00:00", ("2026-01-05", "2026-01-12"), ("2025-12-29", "2026-01-05")),
        ("MONTHLY", "2024-02-29T12:00", ("2024-02-01", "2024-03-01"), ("2024-01-01", "2024-02-01")),
        ("MONTHLY", "2026-01-31T12:00", ("2026-01-01", "2026-02-01"), ("2025-12-01", "2026-01-01")),
        ("ALL_TIME", "2026-01-31T12:00", (None, None), None),
    ],
)
def test_periods_follow_the_calendar_of_utc(
    town: psycopg.Connection, window: str, as_of: str, current: tuple, previous: tuple | None
) -> None:
    boards.add(town, a_board(window=window))
    for mode, wanted in (("CURRENT", current), ("PREVIOUS", previous)):
        if wanted is None:
            with pytest.raises(UsageError, match="is of all time"):
                boards.run(["wins"], mode=mode, as_of=parse_instant(as_of))
            continue
        (run,) = boards.run(["wins"], mode=mode, as_of=parse_instant(as_of))
        assert (run.period_start, run.period_end) == tuple(
            day and parse_instant(day) for day in wanted
        )


def test_a_season_board_takes_the_span_of_the_active_season(town: psycopg.Connection) -> None:
    boards.add(town, a_board(window="SEASON"))
    with pytest.raises(UsageError, match="no season goes on"):
        boards.run(["wins"], as_of=AS_OF)
    seasons.add(town, Season("spring", "Spring", days_ago(60), days_ago(30), True, "SEASON"))
    seasons.add(town, Season("summer", "Summer", days_ago(30), days_ago(-30), True, "SEASON"))
    wins(town, 1, 0, 0, at=days_ago(40))
    wins(town, 0, 2, 1, at=days_ago(5))
    assert ranked(town, mode="CURRENT") == [(1, "idle", 2), (2, "rival", 1)]
    assert ranked(town, mode="PREVIOUS") == [(1, "busy", 1)]


def test_a_board_of_season_points_ranks_that_season(town: psycopg.Connection) -> None:
    seasons.add(town, Season("summer", "Summer", days_ago(30), days_ago(-30), True, "SEASON"))
    seasons.put_weights(town, "summer", [{"challenge_key": "arena_victor", "weight": "2.5"}])
    wins(town, 1, 3, 0)
    put(town, *(pvp_match(RIVAL, at=days_ago(50)) for _ in range(9)))
    runs.full(AS_OF)
    boards.add(town, a_board("season_progress.summer", "SEASON"))
    assert ranked(town, mode="CURRENT") == [
        (1, "idle", Decimal("7.5")),
        (2, "busy", Decimal("2.5")),
    ]


def test_a_board_of_the_total_score_adds_up_shares_of_ladders(town: psycopg.Connection) -> None:
    # 5 matches and wins: 1 of 4 tiers each; a streak of 5: 2 of 4; one active day: none
    wins(town, 5, 0, 1)
    runs.full(AS_OF)
    boards.add(town, a_board("challenge_progress.total_score", "ALL_TIME"))
    tiers = dict(
        town.execute(
            """
            select progress.challenge_key, (
                select count(*) filter (where threshold_value <= progress.value)::numeric
                    / count(*)
                from analytics.challenge_tiers as tiers
                where tiers.challenge_key = progress.challenge_key
            )
            from analytics.challenge_progress as progress
            where cluster_id = 'busy' and value > 0
            """
        ).fetchall()
    )
    assert tiers["arena_victor"] == Decimal("0.25")
    (first, *_) = ranked(town, mode="CURRENT")
    assert first == (1, "busy", round(sum(tiers.values()), 6))


# -- what becomes of runs ----------------------------------------------------------------


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
    town: psycopg.Connection,
) -> None:
    boards.add(town, a_board())
    boards.add(town, a_board("onchain_pvp.matches_played", key="played"))
    wins(town, 1, 0, 0)
    ranked(town, "played")
    town.execute("delete from analytics.metrics where metric_key = 'matches_played'")
    with pytest.raises(HedgeError, match=r"board played: no metric onchain_pvp\.matches_played"):
        boards.run(["wins", "played"], mode="PREVIOUS", as_of=AS_OF)
    newest = boards.newest_runs(town)
    assert newest["wins"].status == "COMPLETE"
    assert newest["played"].status == "FAILED"
    assert newest["played"].error == "no metric onchain_pvp.matches_played"
    # readers still see the last complete one
    assert listed(town, boards.complete_run(town, "played")) == [(1, "busy", 1)]


def test_a_failed_run_says_why_and_the_next_one_is_good(town: psycopg.Connection) -> None:
    wins(town, 5, 0, 0)
    runs.full(AS_OF)
    town.execute(
        "create or replace view analytics.total_scores as"
        " select cluster_id, (value / 0)::numeric(60, 6) as total_score"
        " from analytics.challenge_progress"
    )
    boards.add(town, a_board("challenge_progress.total_score", "ALL_TIME", key="total"))
    with pytest.raises(HedgeError, match="division by zero"):
        boards.run(["total"], as_of=AS_OF)
    failed = boards.newest_runs(town)["total"]
    assert failed.status == "FAILED"
    assert "division by zero" in failed.error
    with pytest.raises(HedgeError, match="was not computed yet"):
        boards.complete_run(town, "total")
    runs.deploy()
    assert ranked(town, "total", mode="CURRENT")[0][1] == "busy"


@pytest.mark.parametrize("others", [[], ["levels"]], ids=["alone", "with another"])
def test_a_metric_that_its_source_lacks_fails_the_run(
    town: psycopg.Connection, others: list[str]
) -> None:
    boards.add(town, a_board("onchain_pvp.wins", "ALL_TIME", key="wins"))
    boards.add(town, a_board("onchain_heroes.total_levels", "ALL_TIME", key="levels"))
    town.execute("alter view analytics.onchain_pvp rename column wins to draws")
    with pytest.raises(HedgeError, match='column "wins" does not exist'):
        boards.run(["wins", *others], as_of=AS_OF)
    assert boards.newest_runs(town)["wins"].status == "FAILED"


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


@pytest.fixture
def process() -> Iterator[Process]:
    """A process beside this one."""
    other = Process()
    yield other
    other.stop()


def start_board(process: Process, **arguments: Any):
    """Begin a run of the board in another process."""
    return process.call(_run_board, arguments)


def _run_board(arguments: dict[str, Any]) -> list[BoardRun]:
    return boards.run(["wins"], **arguments)


def hold_entries(connection: psycopg.Connection) -> None:
    """Let whoever writes entries wait until this transaction ends."""
    connection.execute("lock table analytics.leaderboard_entries in share mode")


def test_two_runs_of_one_board_are_one_after_the_other(
    town: psycopg.Connection, process: Process
) -> None:
    boards.add(town, a_board())
    wins(town, 1, 0, 0)
    with database.connect(autocommit=False) as holder:
        hold_entries(holder)
        first = start_board(process, span=MAY, as_of=AS_OF)
        wait_until_held(town)
        second = Process()
        waiting = start_board(second, mode="DUE", as_of=AS_OF)
        support.wait_for(
            town,
            "select count(*) = 1 from pg_locks where locktype = 'advisory' and not granted",
        )
        held = town.execute("select status from app.leaderboard_runs").fetchall()
        assert held == [("PROCESSING",)]
        holder.rollback()
    (run,) = first.result()
    # the second found that nothing was due any more
    assert waiting.result() == []
    second.stop()
    assert run.status == "COMPLETE"
    assert listed(town, run) == [(1, "busy", 1)]


@pytest.mark.parametrize("how", ["kill -9", "terminate"])
def test_a_run_that_was_killed_is_failed_and_the_next_one_is_good(
    town: psycopg.Connection, process: Process, how: str
) -> None:
    boards.add(town, a_board())
    wins(town, 1, 0, 0)
    before = ranked(town)
    put(town, pvp_match(BUSY, at=days_ago(6)))
    with database.connect(autocommit=False) as holder:
        hold_entries(holder)
        run = start_board(process, span=MAY, as_of=AS_OF)
        wait_until_held(town)
        if how == "kill -9":
            os.kill(process.pid, signal.SIGKILL)
            with pytest.raises(BrokenProcessPool):
                run.result()
        else:
            town.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and application_name = 'hedge-dbt'"
            )
            with pytest.raises(HedgeError):
                run.result()
        holder.rollback()
    wait_until_no_session_is_left(town)
    killed = boards.newest_runs(town)["wins"]
    if how == "kill -9" and killed.status == "COMPLETE":
        # the server had the last statement already, and finished it
        assert len(boards.entries(town, killed.id)) == 1
    else:
        assert killed.status == "FAILED"
        assert killed.error
        assert boards.entries(town, killed.id) == []
        assert listed(town, boards.complete_run(town, "wins")) == before
    assert ranked(town) == [(1, "busy", 2)]


def test_a_run_that_was_declared_dead_writes_nothing_any_more(
    town: psycopg.Connection, process: Process
) -> None:
    boards.add(town, a_board())
    wins(town, 1, 0, 0)
    with database.connect(autocommit=False) as holder:
        hold_entries(holder)
        run = start_board(process, span=MAY, as_of=AS_OF)
        wait_until_held(town)
        with database.connect() as sweeper:
            sweeper.execute(
                "update app.leaderboard_runs set status = 'FAILED', error = 'declared dead'"
            )
        holder.rollback()
    (found,) = run.result()
    assert (found.status, found.error) == ("FAILED", "declared dead")
    assert town.execute("select count(*) from analytics.leaderboard_entries").fetchone() == (0,)


def test_a_full_run_leaves_the_windows_of_a_board_that_is_computed(
    town: psycopg.Connection, process: Process
) -> None:
    """A board on meta_profile keeps the metrics of its period in cluster_metrics meanwhile."""
    boards.add(town, a_board("meta_profile.pvp_mastery_score"))
    wins(town, 1, 0, 0)
    with database.connect(autocommit=False) as holder:
        hold_entries(holder)
        run = start_board(process, span=MAY, as_of=AS_OF)
        wait_until_held(town)
        runs.full()
        windows = "select count(*) from analytics.cluster_metrics where window_key like 'run:%'"
        assert town.execute(windows).fetchone() == (3,)
        holder.rollback()
    (found,) = run.result()
    assert listed(town, found) == [(1, "busy", 2)]
    runs.full()
    assert town.execute(windows).fetchone() == (0,)


# -- what is refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"metric_key": "winz"}, "no metric onchain_pvp.winz"),
        ({"metric_source": "onchain_chess"}, "no metric onchain_chess.wins"),
        ({"fallback_metric_key": "winz"}, "no metric onchain_pvp.winz"),
        ({"category_key": "chess"}, "no category chess"),
        ({"time_window": "YEARLY"}, "YEARLY"),
        ({"max_entries": 0}, "max_entries is 1 to 100000"),
        ({"name": ""}, "the name is not empty"),
        ({"key": "no spaces"}, "board no spaces: the key is"),
        ({"metric_source": "season_progress", "metric_key": "x"}, "the window is SEASON"),
        (
            {"metric_source": "season_progress", "metric_key": "x", "time_window": "SEASON"},
            "no season x",
        ),
        ({"metric_source": "challenge_progress", "metric_key": "total_score"}, "ALL_TIME"),
    ],
)
def test_a_board_that_makes_no_sense_is_refused(
    town: psycopg.Connection, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        boards.add(town, a_board(**fields))
    assert boards.all_boards(town) == []


def test_a_board_that_stands_is_not_made_again(town: psycopg.Connection) -> None:
    boards.add(town, a_board())
    with pytest.raises(UsageError, match="there is a board wins already"):
        boards.add(town, a_board(name="Others"))
    assert boards.board(town, "wins").name == "Wins"
    boards.edit(town, "wins", name="Others", fallback_metric_key="matches_played")
    assert boards.board(town, "wins") == a_board(
        name="Others", fallback_metric_key="matches_played"
    )
    with pytest.raises(UsageError, match="no metric onchain_pvp"):
        boards.edit(town, "wins", metric_key="winz")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"keys": ["wins", "chess"]}, "no board chess"),
        ({"keys": ["wins"], "span": (AS_OF, AS_OF)}, "ends before it starts"),
        ({"keys": ["wins"], "span": (days_ago(-1), days_ago(-2))}, "is still to come"),
        ({"keys": ["wins"], "as_of": datetime(2999, 1, 1, tzinfo=UTC)}, "lies in the future"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused(
    town: psycopg.Connection, arguments: dict[str, Any], words: str
) -> None:
    boards.add(town, a_board())
    with pytest.raises(UsageError, match=words):
        boards.run(**{"as_of": AS_OF} | arguments)
    assert town.execute("select count(*) from app.leaderboard_runs").fetchone() == (0,)


@pytest.mark.parametrize(
    ("passed", "missing"), [([], "onchain_pvp"), (["onchain_pvp"], "onchain_quests")]
)
def test_boards_without_their_metric_sources_are_refused(
    town: psycopg.Connection, passed: list[str], missing: str
) -> None:
    board = {
        "run_id": 1,
        "window_key": "run:1",
        "metric_source": "onchain_pvp",
        "metric_key": "wins",
        "fallback_metric_source": "onchain_quests",
        "fallback_metric_key": "mining_quests",
    }
    sources = [
        {"metric_source": source, "metric_keys": ["wins"], "window_keys": ["run:1"]}
        for source in passed
    ]
    variables = json.dumps({"boards": [board], "board_sources": sources})
    result = dbt("run", "--select", "leaderboard_entries", "--vars", variables)
    assert not result.success
    assert f"board_sources lacks {missing}" in paragraph(result, PROJECT)
