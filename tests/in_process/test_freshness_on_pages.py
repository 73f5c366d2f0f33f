"""What the pages of an admin say of freshness: thresholds, limits, and what to do."""

import math
import re
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.types.json import Jsonb

from tests.in_process import HTML, URL, Site
from tests.in_process.queries import DAY, HOUR, found, now
from tests.in_process.rows import put
from tests.support import put as put_facts
from tests.support import pvp_match
from tests.support.alerts import RULES

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("freshness_on_pages")

MOMENT = timedelta(microseconds=1)
LIMITS = {"pvp_matches": {"warn_after": 86_400, "error_after": 259_200}}


def states(connection: psycopg.Connection, limits: dict[str, Any]) -> dict[str, str]:
    """The states of raw tables."""
    rows = found(connection, "page_freshness_states", thresholds=Jsonb(limits))
    return {one["table_name"]: one["state"] for one in rows}


@pytest.mark.parametrize(
    ("age", "limits", "state"),
    [
        (DAY, LIMITS, "fresh"),
        (DAY + MOMENT, LIMITS, "late"),
        (3 * DAY, LIMITS, "late"),
        (3 * DAY + MOMENT, LIMITS, "stale"),
        (300 * DAY, {"pvp_matches": {"warn_after": 86_400}}, "late"),
        (3 * DAY + MOMENT, {"pvp_matches": {"error_after": 259_200}}, "stale"),
        (300 * DAY, {"heroes": LIMITS["pvp_matches"]}, "unwatched"),
    ],
)
def test_a_table_is_late_and_stale_behind_its_thresholds(
    connection: psycopg.Connection, age: timedelta, limits: dict[str, Any], state: str
) -> None:
    assert set(states(connection, limits).values()) == {"empty"}
    at = now(connection) - age
    put_facts(connection, pvp_match("0x" + "a1" * 20, at=at, loaded_at=at))
    assert states(connection, limits)["pvp_matches"] == state
    # what came with a demo world has no indexer
    put(connection, "app.made_up_world", clusters=300, seed=1, loaded_at=at)
    assert states(connection, limits)["pvp_matches"] == "demo"


def put_run(connection: psycopg.Connection, kind: str, age: timedelta) -> None:
    """Insert a run that has succeeded, as of so long before now."""
    at = now(connection) - age
    run = {"kind": kind, "state": "SUCCESS", "as_of": at, "started_at": at, "finished_at": at}
    put(connection, "app.etl_runs", invocation_id=f"a {kind}", **run)


def health(connection: psycopg.Connection) -> dict[str, str]:
    """The state of each thing that keeps numbers fresh."""
    return {one["what"]: one["state"] for one in found(connection, "page_health")}


@pytest.mark.parametrize(
    ("full", "incremental", "expected"),
    [
        (None, None, ("bad", "bad")),
        (36 * HOUR, HOUR * 0.75, ("good", "good")),
        (36 * HOUR + MOMENT, HOUR * 0.75 + MOMENT, ("late", "late")),
        (48 * HOUR + MOMENT, HOUR + MOMENT, ("bad", "bad")),
        # a full run counts all changes, too
        (HOUR / 2, None, ("good", "good")),
        (None, HOUR / 2, ("bad", "good")),
    ],
)
def test_runs_are_late_at_three_quarters_of_what_the_doctor_allows(
    connection: psycopg.Connection,
    full: timedelta | None,
    incremental: timedelta | None,
    expected: tuple[str, str],
) -> None:
    connection.execute("delete from app.etl_runs")
    for kind, age in (("FULL", full), ("INCREMENTAL", incremental)):
        if age is not None:
            put_run(connection, kind, age)
    assert (health(connection)["full"], health(connection)["changes"]) == expected


def test_a_demo_world_that_rests_is_good(connection: psycopg.Connection) -> None:
    connection.execute("delete from app.etl_runs")
    put(connection, "app.made_up_world", clusters=3, seed=1, loaded_at=now(connection) - 9 * DAY)
    put_run(connection, "FULL", 30 * DAY)
    assert (health(connection)["full"], health(connection)["changes"]) == ("good", "good")
    # somebody has run it since
    put_run(connection, "INCREMENTAL", HOUR / 2)
    assert (health(connection)["full"], health(connection)["changes"]) == ("bad", "good")


def test_alerts_fire_behind_the_same_limits(connection: psycopg.Connection) -> None:
    limits = dict(connection.execute("select what, longest from app.regular_runs").fetchall())
    rules = {
        one["alert"]: " ".join(one["expr"].split())
        for group in yaml.safe_load(RULES.read_text())["groups"]
        for one in group["rules"]
        if "alert" in one
    }
    for what, alert in (("changes", "HedgeIncrementalRunOld"), ("full", "HedgeFullRunOld")):
        (limit,) = re.findall(r"> ((?:\d+ \* )?\d+)", rules[alert])
        seconds = math.prod(int(part) for part in limit.split(" * "))
        assert timedelta(seconds=seconds) == limits[what], alert


def test_requests_and_workers_are_counted(connection: psycopg.Connection) -> None:
    connection.execute("delete from app.etl_requests")
    assert health(connection) | {"full": "", "changes": ""} == {
        **{"full": "", "changes": "", "requests": "good", "parked": "good", "workers": "bad"}
    }
    minute = timedelta(minutes=1)
    for age, state in ((11 * minute, "good"), (12 * minute, "late"), (16 * minute, "bad")):
        connection.execute("delete from app.etl_requests")
        asked = {"kind": "FULL", "reason": "test", "requested_at": now(connection) - age}
        put(connection, "app.etl_requests", **asked)
        assert health(connection)["requests"] == state
    connection.execute("update app.etl_requests set parked_at = now(), attempts = 5, error = 'x'")
    assert (health(connection)["requests"], health(connection)["parked"]) == ("good", "bad")


def test_the_pages_say_what_to_do(rows: psycopg.Connection, site: Site, admin: str) -> None:
    ruler = site.browser()
    ruler.post("/admin/sign-in", data={"token": admin}, headers={"Origin": URL})
    old = now(rows) - 9 * DAY
    put_facts(rows, pvp_match("0x" + "a2" * 20, at=old, loaded_at=old))
    limits = LIMITS["pvp_matches"]
    site.litestar.state.deployed.warn_after = {"pvp_matches": limits["warn_after"]}
    site.litestar.state.deployed.error_after = {"pvp_matches": limits["error_after"]}
    page = ruler.get("/admin/tables", headers=HTML).text
    assert 'stale</span><span class="key">late after 1 day, stale after 3 days</span>' in page
    assert "pvp_matches: nothing was loaded for longer than the threshold." in page
    page = ruler.get("/admin", headers=HTML).text
    assert "1 stale, 0 late, 0 fresh" in page
    assert "start one with <code>hedge worker</code>" in page
