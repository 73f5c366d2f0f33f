"""For which period a board ranks."""

from decimal import Decimal

import psycopg
import pytest

from cli.options import parse_instant
from hedge import boards, runs, seasons
from hedge.errors import UsageError
from hedge.seasons import Season
from tests import support
from tests.integration.boards import MAY, MICROSECOND, a_board, ranked, wins
from tests.support import (
    AS_OF,
    BUSY,
    DAY,
    IDLE,
    RIVAL,
    STRANGER,
    days_ago,
    hero,
    lp_move,
    lp_price,
    put,
    pvp_match,
)


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
    summer = Season("summer", "Summer", days_ago(30), days_ago(-30), True, "SEASON")
    seasons.add(town, summer)
    # it is over at its end, and not a microsecond earlier
    for as_of in (days_ago(30) - MICROSECOND, days_ago(60)):
        with pytest.raises(UsageError, match="no season is over that board wins could rank"):
            boards.run(["wins"], mode="PREVIOUS", as_of=as_of)
    (run,) = boards.run(["wins"], mode="PREVIOUS", as_of=days_ago(30))
    assert (run.period_start, run.period_end) == (days_ago(60), days_ago(30))
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
