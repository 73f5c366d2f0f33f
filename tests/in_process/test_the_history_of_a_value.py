"""The history of a value on the page of a challenge: points, their bound, what is hidden."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.in_process import HTML, Site
from tests.in_process.queries import DAY, HOUR, found
from tests.in_process.rows import AS_OF, put, put_metrics, put_progress, put_unlock
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("the_history_of_a_value")

#: A Monday and the first of a month, in UTC.
MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
KEY = "arena_victor"


def put_change(connection: psycopg.Connection, at: datetime, value: float) -> None:
    """Insert what a run has found."""
    put(
        connection,
        "analytics.progress_history",
        cluster_id="busy",
        challenge_key=KEY,
        as_of=at,
        value=value,
        tier="NONE",
    )


def put_end(connection: psycopg.Connection, at: datetime, value: str) -> None:
    """Insert a computed end of a period."""
    end = {"cluster_id": "busy", "ends_at": at, "run_id": 1, "computed_changes": 0}
    put(connection, "app.past_ends", **end, progress=Jsonb({KEY: [value, "NONE"]}))


def shown(connection: psycopg.Connection, *, shows_days: bool = True) -> dict[str, Any]:
    """The history of busy."""
    asked = {"cluster": "busy", "challenge": KEY, "shows_days": shows_days}
    (row,) = found(connection, "page_history", **asked)
    return row


@pytest.fixture
def known(connection: psycopg.Connection) -> psycopg.Connection:
    """A database that knows two changes, two ends and a tier before the first, and later ones."""
    put_progress(connection, "busy", KEY, 40, last_computed_at=MONDAY + 80 * DAY)
    # what the trigger has written
    connection.execute("delete from analytics.progress_history")
    put_end(connection, MONDAY, "2")
    put_end(connection, MONDAY + 9 * DAY, "8")
    put_unlock(connection, "busy", KEY, "ADVANCED", reached_at=MONDAY + 12 * DAY + HOUR)
    put_change(connection, MONDAY + 40 * DAY, 20)
    put_change(connection, MONDAY + 60 * DAY, 40)
    # the changes tell what was then
    put_end(connection, MONDAY + 50 * DAY, "999")
    return connection


def test_facts_tell_what_was_before_the_first_run_and_runs_what_came_then(
    known: psycopg.Connection,
) -> None:
    history = shown(known)
    points = [(one["at"], one["value"], one["source"]) for one in history["points"]]
    assert [(datetime.fromisoformat(at), *rest) for at, *rest in points] == [
        (MONDAY, 2, "end"),
        (MONDAY + 9 * DAY, 8, "end"),
        # of a tier the day, because the page tells no more of it
        (MONDAY + 12 * DAY, 15, "tier"),
        (MONDAY + 40 * DAY, 20, "run"),
        (MONDAY + 60 * DAY, 40, "run"),
    ]
    # 80 days are 720 wide, and 50, the next threshold, is on top
    assert [one["x"] for one in history["points"]] == [0, 81, 108, 360, 540]
    assert [float(one["y"]) for one in history["points"]] == [188.5, 165.9, 139.6, 120.8, 45.6]
    lines = [(one["code"], one["threshold"], float(one["y"])) for one in history["thresholds"]]
    assert lines == [("ELITE", 50, 8), ("ADVANCED", 15, 139.6), ("BASIC", 3, 184.7)]
    assert history["ends_at"] == MONDAY + 80 * DAY


def test_a_revoked_tier_and_hidden_days_are_left_out(known: psycopg.Connection) -> None:
    known.execute("update analytics.tier_unlocks set revoked_at = now()")
    sources = [one["source"] for one in shown(known, shows_days=False)["points"]]
    # the first end is that of a week and of a month, the second of a Tuesday
    assert sources == ["end", "run", "run"]
    put_end(known, MONDAY + 7 * DAY, "5")
    put_end(known, MONDAY + 30 * DAY, "9")
    values = [one["value"] for one in shown(known, shows_days=False)["points"]]
    assert values == [2, 5, 9, 20, 40]


def test_a_long_history_has_as_many_points_as_stretches(known: psycopg.Connection) -> None:
    for number in range(500):
        put_change(known, MONDAY + 61 * DAY + number * timedelta(hours=4), 41 + number)
    points = shown(known)["points"]
    assert 20 < len(points) <= 61
    # the last of each stretch, so the newest is there
    assert points[-1]["value"] == 540
    assert [one["x"] for one in points] == sorted(one["x"] for one in points)


def test_nothing_known_and_a_single_value_are_no_line(connection: psycopg.Connection) -> None:
    connection.execute("delete from analytics.progress_history")
    assert shown(connection)["points"] is None
    put_progress(connection, "busy", KEY, 0)
    put_change(connection, AS_OF, 0)
    (point,) = shown(connection)["points"]
    assert (point["value"], point["x"], point["y"]) == (0, None, None)


def test_the_page_draws_it_and_has_it_as_a_table(rows: psycopg.Connection, site: Site) -> None:
    add_cluster(rows, "busy", "0x" + "b1" * 20)
    put_progress(rows, "busy", KEY, 40, last_computed_at=MONDAY + 80 * DAY)
    put_metrics(rows, "busy", {"onchain_pvp": {"wins": 40}})
    rows.execute("delete from analytics.progress_history")
    path = f"/clusters/busy/challenges/{KEY}"
    assert "Over time" not in site.browser().get(path, headers=HTML).text
    put_change(rows, MONDAY, 10)
    put_change(rows, MONDAY + 40 * DAY, 40)
    page = site.browser().get(path, headers=HTML).text
    assert "From 10 on" in page
    assert 'd="M0 158.4H360V45.6H720"' in page
    assert page.count('<td class="soft">seen by a run</td>') == 2
