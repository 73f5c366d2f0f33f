"""A corrected fact changes the points of a season until a week after its end."""

from datetime import datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from hedge import runs, seasons
from hedge.seasons import Season
from tests.integration.boards import MICROSECOND, wins
from tests.support import AS_OF, BUSY, DAY, days_ago


@pytest.mark.parametrize(
    ("corrected", "points"),
    [(7 * DAY - MICROSECOND, None), (7 * DAY, Decimal("2"))],
    ids=["in the week after its end", "after that week"],
)
def test_a_removed_fact_changes_the_points_of_an_ended_season_for_a_week(
    town: psycopg.Connection, corrected: timedelta, points: Decimal | None
) -> None:
    start, end = days_ago(20), AS_OF
    seasons.add(town, Season("may", "May", start, end, True, "SEASON"))
    seasons.put_weights(town, "may", [{"challenge_key": "arena_victor", "weight": "2"}])
    wins(town, 1, 1, 0, at=days_ago(5))
    runs.full(end)
    assert _points(town) == {"busy": 2, "idle": 2}
    town.execute("delete from raw.pvp_matches where wallet_address = %s", [BUSY])
    at: datetime = end + corrected
    runs.incremental(at)
    assert _points(town) == {"idle": 2} | ({} if points is None else {"busy": points})


def _points(connection: psycopg.Connection) -> dict[str, Decimal]:
    found = connection.execute(
        "select cluster_id, points from analytics.season_progress"
        " where season_id = 'may' and points > 0"
    )
    return dict(found.fetchall())
