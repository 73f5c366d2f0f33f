"""A challenge that is retired keeps what players have of it, and gives nothing more."""

import re
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from hedge import boards, deploying, runs
from tests import Hedge
from tests.integration.lifecycle.conftest import Rows
from tests.support import AS_OF, BUSY, DAY, RIVAL, add_cluster, put, pvp_match

LATER = AS_OF + DAY
UNLOCKS = (
    "select cluster_id, tier_code, kind, unlocked_at, run_id from analytics.tier_unlocks"
    " where challenge_key = 'win_streak' and revoked_at is null and fell_at is null order by 1, 2"
)
PROGRESS = (
    "select cluster_id, value, tier, last_computed_at from analytics.challenge_progress"
    " where challenge_key = 'win_streak' order by 1"
)
POINTS = (
    "select cluster_id, points_by_challenge -> 'win_streak', points from analytics.season_progress"
    " where season_id = %s order by 1"
)


def set_state(project: Path, state: str) -> None:
    """Give Win Streak a state."""
    file = project / "seeds" / "challenges.csv"
    text, count = re.subn(
        r"(best_win_streak),(draft|live|retired),", rf"\1,{state},", file.read_text()
    )
    assert count == 1
    file.write_text(text)


@pytest.mark.ci
def test_a_retired_challenge_keeps_history_and_points_and_an_undo_brings_it_back(
    town: psycopg.Connection, rows: Rows, project: Path, hedge: Hedge
) -> None:
    unlocks, progress = rows(UNLOCKS), rows(PROGRESS)
    assert [row[:3] for row in progress] == [("busy", 6, "ADVANCED"), ("rival", 2, "BASIC")]
    set_state(project, "retired")
    status, told, _ = hedge("preview", "--fail-if", "points_lost > 0")
    assert status == 0, told
    assert (
        "challenge win_streak is retired: the 3 unlocks of 2 clusters and the 80 points that it "
        "gave in active seasons stay, and it gives no more"
    ) in told
    assert "no other number changes" in told
    assert hedge("etl", "deploy")[0] == 0
    # longer streaks, a cluster that was not there, and a fact that goes away
    put(town, *(pvp_match(BUSY, at=AS_OF + timedelta(minutes=one)) for one in range(1, 20)))
    add_cluster(town, "late", "0x" + "ab" * 20)
    put(town, *(pvp_match("0x" + "ab" * 20, at=AS_OF + DAY / 2) for _ in range(9)))
    town.execute("delete from raw.pvp_matches where wallet_address = %s", [RIVAL])
    status, _, error = hedge("etl", "full", "--as-of", LATER.isoformat())
    assert status == 0, error
    assert (rows(UNLOCKS), rows(PROGRESS)) == (unlocks, progress)
    assert rows(POINTS, "spring") == [
        ("busy", 60, 60 + 25),
        ("late", None, 9),
        # the wins are gone, and what was earned of the retired one stays
        ("rival", 20, 20),
    ]
    # the metric goes on, with its boards
    boards.run(["streaks"], mode="CURRENT", as_of=LATER)
    assert rows(
        "select cluster_id, score from app.latest_board_runs as runs"
        " inner join analytics.leaderboard_entries as entries on runs.id = entries.run_id"
        " where leaderboard_key = 'streaks' order by rank"
    ) == [("busy", 25), ("late", 9)]
    status, told, error = hedge("explain", "busy", "win_streak")
    assert status == 0, error
    assert "Win Streak is retired: this is what the last run that computed it has found" in told
    assert re.search(r"Advanced +5 +reached\nElite +10 *\n", told)
    assert "6 rows count and contribute 6" in told
    assert "win_streak" not in hedge("progress", "busy", "--json")[1]
    assert "is retired, so no run computes" in hedge("tiers", "calibrate", "win_streak")[2]
    status, told, error = hedge("doctor", "marts", "--sample", "3")
    assert status == 0, told + error
    # a season that begins after it gets none
    town.execute(
        "insert into app.seasons (id, name, starts_at, ends_at) values ('autumn', 'A', %s, %s)",
        [AS_OF - DAY, AS_OF + DAY / 2],
    )
    town.execute(
        "insert into app.season_challenge_weights (season_id, challenge_code, weight)"
        " values ('autumn', 'win_streak', 10), ('autumn', 'arena_victor', 1)"
    )
    assert hedge("seasons", "run", "autumn", "--as-of", LATER.isoformat())[0] == 0
    assert rows(POINTS, "autumn")[0][:2] == ("busy", None)
    # the weight of a season is its rule: without it the points go
    town.execute(
        "delete from app.season_challenge_weights"
        " where (season_id, challenge_code) = ('spring', 'win_streak')"
    )
    runs.full(LATER)
    assert rows(POINTS, "spring")[0] == ("busy", None, 25)
    deploying.undo(runs.plan_undo(), LATER)
    assert [row[:3] for row in rows(PROGRESS)] == [
        ("busy", 25, "EXALTED"),
        ("late", 9, "ADVANCED"),
        ("rival", 0, "NONE"),
    ]
