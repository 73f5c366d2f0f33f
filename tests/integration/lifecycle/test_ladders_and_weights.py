"""Tiers that are added, moved and removed, and weights that change while a season goes on."""

from pathlib import Path

import psycopg
import pytest

from hedge import runs
from tests import Hedge
from tests.integration.lifecycle.conftest import Rows
from tests.support import AS_OF, edit

UNLOCKS = (
    "select cluster_id, tier_code from analytics.tier_unlocks where challenge_key = 'win_streak'"
    " and kind = 'TIER' and revoked_at is null order by 1, 2"
)
#: Another ladder of Win Streak: BASIC is away, ADVANCED is too far, and EPIC is new.
BEFORE = "win_streak,BASIC,Basic,2,1,false\nwin_streak,ADVANCED,Advanced,5,2,false\n"
AFTER = "win_streak,ADVANCED,Advanced,9,2,false\n"


@pytest.mark.ci
def test_unlocks_stay_with_their_tiers_and_points_follow_the_weights_of_today(
    town: psycopg.Connection, rows: Rows, project: Path, hedge: Hedge, tmp_path: Path
) -> None:
    kept = [("busy", "ADVANCED"), ("busy", "BASIC"), ("rival", "BASIC")]
    assert rows(UNLOCKS) == kept
    ladder = project / "seeds" / "challenge_tiers.csv"
    edit(ladder, BEFORE, AFTER)
    status, told, _ = hedge("preview", "--fail-if", "tiers_lost = 0")
    assert status == 0, told
    assert "tier win_streak.BASIC is removed: the 2 unlocks of 2 clusters stay as history" in told
    assert "unlocks that stand are not reached with the edit; they stay" in told
    assert hedge("etl", "deploy", "--yes")[0] == 0
    runs.full(AS_OF)
    assert rows(UNLOCKS) == kept
    assert rows(
        "select cluster_id, tier from analytics.challenge_progress"
        " where challenge_key = 'win_streak' order by 1"
    ) == [("busy", "NONE"), ("rival", "NONE")]
    # back, with a new tier between: what is reached is unlocked, once
    edit(ladder, AFTER, BEFORE.replace("5,2", "5,3") + "win_streak,EPIC,Epic,4,2,false\n")
    for code, place in (("ELITE", 3), ("EXALTED", 4)):
        text = ladder.read_text()
        line = next(one for one in text.splitlines() if one.startswith(f"win_streak,{code},"))
        cells = line.split(",")
        assert cells[4] == str(place)
        cells[4] = str(place + 1)
        ladder.write_text(text.replace(line, ",".join(cells)))
    status, told, _ = hedge("preview", "--json")
    assert '"unlocks_won": 1' in told, told
    assert hedge("etl", "deploy", "--yes")[0] == 0
    weights = tmp_path / "weights.csv"
    weights.write_text("challenge_key,weight\nwin_streak,2.5\n")
    assert hedge("seasons", "weights", "spring", str(weights), "--only")[0] == 0
    assert hedge("etl", "incremental", "--as-of", AS_OF.isoformat())[0] == 0
    assert rows(UNLOCKS) == sorted([*kept, ("busy", "EPIC")])
    # the whole season by the weights of today
    assert rows(
        "select cluster_id, points, points_by_challenge from analytics.season_progress order by 1"
    ) == [("busy", 15, {"win_streak": 15}), ("rival", 5, {"win_streak": 5})]
