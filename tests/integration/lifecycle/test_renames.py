"""What becomes of history, unlocks, boards and seasons when definitions are renamed."""

from pathlib import Path

import psycopg
import pytest

from hedge import boards, deploying, runs
from tests import Hedge
from tests.integration.lifecycle import rename_all
from tests.integration.lifecycle.conftest import Rows
from tests.support import AS_OF, marts, without_runs

#: What a rename of all three kinds at once is called before and after.
NAMES = {"win_streak": "winning_streak", "BASIC": "STARTER", "best_win_streak": "longest_run"}


def history(town: psycopg.Connection) -> list[tuple]:
    """The unlocks of the challenge, with when and by which run they were granted."""
    return town.execute(
        "select cluster_id, challenge_key, tier_code, kind, unlocked_at, run_id, definitions"
        " from analytics.tier_unlocks where challenge_key in ('win_streak', 'winning_streak')"
        " order by 1, 2, 3, 4"
    ).fetchall()


def follow(rows: list[tuple]) -> list[tuple]:
    """The rows with the names after the renames."""
    return sorted(
        (tuple(NAMES.get(value, value) if isinstance(value, str) else value for value in row))
        for row in rows
    )


@pytest.mark.full
def test_history_follows_a_challenge_a_tier_and_a_metric_and_an_undo_goes_back(
    town: psycopg.Connection, rows: Rows, project: Path, hedge: Hedge
) -> None:
    before, unlocks = without_runs(marts(town)), history(town)
    assert len(unlocks) == 3
    rename_all(project)
    status, told, _ = hedge("preview", "--fail-if", "clusters_changed > 0")
    assert status == 0, told
    assert "challenge win_streak is renamed to winning_streak: its progress" in told
    assert "tier winning_streak.BASIC is renamed to winning_streak.STARTER" in told
    assert "metric onchain_pvp.best_win_streak is renamed to onchain_pvp.longest_run" in told
    assert "no other number changes" in told
    status, _, error = hedge("etl", "deploy")
    assert (status, error) == (0, ""), error
    # before any run: nothing is missing for a moment
    assert history(town) == follow(unlocks)
    assert rows(
        "select cluster_id, challenge_key, value, tier from analytics.challenge_progress"
        " where challenge_key like 'win%%streak' order by 1"
    ) == [("busy", "winning_streak", 6, "ADVANCED"), ("rival", "winning_streak", 2, "STARTER")]
    assert rows(
        "select distinct jsonb_object_keys(points_by_challenge), points"
        " from analytics.season_progress where cluster_id = 'busy' order by 1"
    ) == [("arena_victor", 66), ("winning_streak", 66)]
    assert rows("select challenge_code, weight from app.season_challenge_weights order by 1") == [
        ("arena_victor", 1),
        ("winning_streak", 10),
    ]
    assert rows(
        "select key, metric_source, metric_key, fallback_metric_key from app.leaderboard_defs"
    ) == [
        ("streaks", "onchain_pvp", "longest_run", None),
        ("wins", "onchain_pvp", "wins", "longest_run"),
    ]
    assert rows(
        "select distinct metrics -> 'onchain_pvp' ->> 'longest_run',"
        " metrics -> 'onchain_pvp' ? 'best_win_streak' from analytics.cluster_metrics"
        " where window_key = 'all_time' order by 1"
    ) == [("2", False), ("6", False)]
    runs.full(AS_OF)
    after = without_runs(marts(town))
    for mart, found in before.items():
        assert len(after[mart]) == len(found)
    assert history(town) == follow(unlocks)
    boards.run(mode="CURRENT", as_of=AS_OF)
    assert rows(
        "select cluster_id, score, payload ->> 'metric' from app.latest_board_runs as runs"
        " inner join analytics.leaderboard_entries as entries on runs.id = entries.run_id"
        " where leaderboard_key = 'streaks' order by rank"
    ) == [("busy", 6, "onchain_pvp.longest_run"), ("rival", 2, "onchain_pvp.longest_run")]
    status, _, error = hedge("explain", "busy", "win_streak")
    assert (status, "win_streak is called winning_streak now" in error) == (2, True), error

    deploying.undo(runs.plan_undo(), AS_OF)
    assert without_runs(marts(town)) == before
    assert history(town) == unlocks
    assert rows("select metric_key from app.leaderboard_defs where key = 'streaks'") == [
        ("best_win_streak",)
    ]
    assert rows("select challenge_code from app.season_challenge_weights order by 1") == [
        ("arena_victor",),
        ("win_streak",),
    ]
