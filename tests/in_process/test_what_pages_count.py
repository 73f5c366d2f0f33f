"""The numbers of pages and of progress: their boundaries, their order, and what is left out.

They are computed by named queries, which are executed here as the service executes them, within
one transaction: there, now() stands still, so that also an instant is tried that is exactly now.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from api.database import NumberLoader, query
from tests import support
from tests.in_process.rows import (
    AS_OF,
    put,
    put_board,
    put_board_run,
    put_points,
    put_progress,
    put_unlock,
)
from tests.support import add_cluster, hunt, pvp_match
from tests.support import put as put_facts

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("what_pages_count")

WALLET = "0x" + "a1" * 20
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def connection(rows: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A connection in a transaction that is rolled back, with the cluster busy."""
    rows.adapters.register_loader("numeric", NumberLoader)
    with rows.transaction(force_rollback=True):
        add_cluster(rows, "busy", WALLET)
        yield rows


def found(connection: psycopg.Connection, name: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a named query."""
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute(query(name), parameters).fetchall()


def now(connection: psycopg.Connection) -> datetime:
    """The instant of the transaction."""
    (instant,) = connection.execute("select now()").fetchone()
    return instant


def pick(row: dict[str, Any], *names: str) -> tuple:
    """Some values of a row."""
    return tuple(row[name] for name in names)


# -- challenges --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "tier", "tier_name", "following", "length"),
    [
        (-1, "NONE", "No tier yet", ("BASIC", "Basic", 3, 4), 0),
        (0, "NONE", "No tier yet", ("BASIC", "Basic", 3, 3), 0),
        (2, "NONE", "No tier yet", ("BASIC", "Basic", 3, 1), 66.7),
        (3, "BASIC", "Basic", ("ADVANCED", "Advanced", 15, 12), 20),
        (14, "BASIC", "Basic", ("ADVANCED", "Advanced", 15, 1), 93.3),
        (15, "ADVANCED", "Advanced", ("ELITE", "Elite", 50, 35), 30),
        (149, "ELITE", "Elite", ("EXALTED", "Exalted", 150, 1), 99.3),
        (150, "EXALTED", "Exalted", (None, None, None, None), 100),
        (999, "EXALTED", "Exalted", (None, None, None, None), 100),
    ],
)
def test_a_challenge_shows_its_tier_and_what_is_missing_to_the_next(
    connection: psycopg.Connection,
    value: int,
    tier: str,
    tier_name: str,
    following: tuple,
    length: float,
) -> None:
    put_progress(connection, "busy", "arena_victor", value, tier=tier, rolling_value=7)
    for challenge in (None, "arena_victor"):
        (row,) = found(connection, "page_challenges", cluster="busy", challenge=challenge)
        assert pick(row, "tier", "tier_name", "value", "length") == (tier, tier_name, value, length)
        assert pick(row, "next_tier", "next_name", "next_threshold", "missing") == following
        assert pick(row, "key", "unit", "rolling_value") == ("arena_victor", "matches", 7)
    assert found(connection, "page_challenges", cluster="busy", challenge="hero_riser") == []
    assert found(connection, "page_challenges", cluster="rival", challenge=None) == []
    (row,) = found(connection, "cluster_progress", cluster="busy")
    assert pick(row, "value", "tier", "next_tier", "next_threshold") == (
        value,
        tier,
        following[0],
        following[2],
    )
    ladder = found(connection, "page_tiers", cluster="busy", challenge="arena_victor")
    thresholds = [("BASIC", 3), ("ADVANCED", 15), ("ELITE", 50), ("EXALTED", 150)]
    assert [pick(one, "tier_code", "threshold") for one in ladder] == thresholds
    for one, (_, threshold) in zip(ladder, thresholds, strict=True):
        assert one["is_reached"] == (value >= threshold)
        assert one["missing"] == max(threshold - value, 0)
        share = min(max(value, 0), threshold) * 100 / threshold
        assert float(one["length"]) == pytest.approx(share, abs=0.051)


def test_unlocks_count_by_kind_and_tier_until_they_are_revoked(
    connection: psycopg.Connection,
) -> None:
    put_progress(connection, "busy", "arena_victor", 4, tier="BASIC")
    for tier, kind, days, revoked in (
        ("ADVANCED", "TIER", 2, None),
        ("BASIC", "TIER", 1, None),
        ("ELITE", "TIER", 0, AS_OF),
        ("BASIC", "FOUNDERS_MARK", 4, None),
        ("EXALTED", "FOUNDERS_MARK", 5, None),
        ("ELITE", "FOUNDERS_MARK", 3, AS_OF),
    ):
        at = AS_OF + days * DAY
        columns = {"unlocked_at": at, "revoked_at": revoked}
        put_unlock(connection, "busy", "arena_victor", tier, kind, **columns)
    put_unlock(connection, "rival", "arena_victor", "EXALTED", unlocked_at=AS_OF - DAY)
    put_unlock(connection, "busy", "hunters_triumph", "EXALTED", unlocked_at=AS_OF - DAY)
    (row,) = found(connection, "cluster_progress", cluster="busy")
    # the earliest unlock, and the highest tier that was ever reached
    assert pick(row, "unlocked_at", "founders_mark_at", "tier", "best_tier") == (
        AS_OF + DAY,
        AS_OF + 4 * DAY,
        "BASIC",
        "ADVANCED",
    )
    (row,) = found(connection, "page_challenges", cluster="busy", challenge=None)
    # the unlock of the tier that the value has now
    assert pick(row, "unlocked_at", "founders_mark_at") == (AS_OF + DAY, AS_OF + 4 * DAY)
    connection.execute("update analytics.challenge_progress set tier = 'ADVANCED', value = 16")
    (row,) = found(connection, "page_challenges", cluster="busy", challenge=None)
    assert row["unlocked_at"] == AS_OF + 2 * DAY
    ladder = found(connection, "page_tiers", cluster="busy", challenge="arena_victor")
    assert [one["unlocked_at"] for one in ladder] == [AS_OF + DAY, AS_OF + 2 * DAY, None, None]
    # without an unlock, the best tier is that of the value
    connection.execute("delete from analytics.tier_unlocks")
    (row,) = found(connection, "cluster_progress", cluster="busy")
    assert pick(row, "unlocked_at", "best_tier") == (None, "ADVANCED")


def test_challenges_are_in_the_order_of_the_catalogue(connection: psycopg.Connection) -> None:
    every = [
        key
        for (key,) in connection.execute(
            "select challenges.key from analytics.challenges join analytics.categories"
            " on category_key = categories.key where challenges.is_active"
            " order by categories.sort_order, challenges.sort_order"
        )
    ]
    assert len(every) > 40
    for key in sorted(every):
        put_progress(connection, "busy", key, 0)
    shown = found(connection, "page_challenges", cluster="busy", challenge=None)
    assert [one["key"] for one in shown] == every
    listed = found(connection, "cluster_progress", cluster="busy")
    assert [one["challenge_key"] for one in listed] == every
    categories = found(connection, "challenges")
    assert [one["key"] for category in categories for one in category["challenges"]] == every
    (catalogue,) = found(connection, "page_catalogue")
    assert [one["key"] for one in catalogue["challenges"]] == every
    assert catalogue["categories"] == [one["key"] for one in categories]
    assert "onchain_pvp.wins" in catalogue["metrics"]


def test_a_catalogue_has_only_what_is_active_with_its_ladder(
    connection: psycopg.Connection,
) -> None:
    def listed() -> dict[str, list[dict[str, Any]]]:
        return {one["key"]: one["challenges"] for one in found(connection, "challenges")}

    before = listed()
    (victor,) = (one for one in before["pvp_competition"] if one["key"] == "arena_victor")
    ladder = [(one["tierCode"], one["name"], one["threshold"]) for one in victor["ladder"]]
    assert ladder == [
        ("BASIC", "Basic", 3),
        ("ADVANCED", "Advanced", 15),
        ("ELITE", "Elite", 50),
        ("EXALTED", "Exalted", 150),
    ]
    assert (victor["unit"], set(victor)) == (
        "matches",
        {"key", "name", "description", "metricType", "unit", "ladder"},
    )
    connection.execute(
        "update analytics.challenges set is_active = false"
        " where key = 'arena_victor' or category_key = 'hero_progression'"
    )
    after = listed()
    assert set(before) - set(after) == {"hero_progression"}
    assert "arena_victor" not in {one["key"] for one in after["pvp_competition"]}
    assert len(after["pvp_competition"]) == len(before["pvp_competition"]) - 1
    (catalogue,) = found(connection, "page_catalogue")
    assert "arena_victor" not in {one["key"] for one in catalogue["challenges"]}


def test_a_cluster_is_as_old_as_its_oldest_challenge_and_waits_or_is_parked(
    connection: psycopg.Connection,
) -> None:
    def head() -> tuple:
        (row,) = found(connection, "page_cluster", cluster="busy")
        return pick(row, "as_of", "is_waiting", "is_parked")

    connection.execute("delete from app.etl_requests")
    assert head() == (None, False, False)
    for number, key in enumerate(["arena_victor", "hero_riser"]):
        put_progress(connection, "busy", key, 1, last_computed_at=AS_OF + number * DAY)
    put_progress(connection, "rival", "arena_victor", 1, last_computed_at=AS_OF - DAY)
    request = {"kind": "CLUSTER", "reason": "a test"}
    put(connection, "app.etl_requests", cluster_id="rival", **request)
    assert head() == (AS_OF, False, False)
    put(connection, "app.etl_requests", cluster_id="busy", **request)
    assert head() == (AS_OF, True, False)
    connection.execute("update app.etl_requests set parked_at = now()")
    assert head() == (AS_OF, False, True)
    put(connection, "app.etl_requests", cluster_id="busy", **request)
    assert head() == (AS_OF, True, True)
    assert found(connection, "page_cluster", cluster="nobody") == []


def test_activity_is_that_of_the_last_180_days_of_utc(connection: psycopg.Connection) -> None:
    instant = now(connection)
    today = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    put_facts(
        connection,
        *(pvp_match(WALLET, at=today) for _ in range(3)),
        hunt(WALLET, at=today - timedelta(microseconds=1)),
        hunt(WALLET, at=today - 178 * DAY),
        hunt(WALLET, at=today - 179 * DAY + timedelta(microseconds=1)),
        hunt(WALLET, at=today - 181 * DAY),
        hunt("0x" + "a2" * 20, at=today),
    )
    days = found(connection, "page_activity", cluster="busy")
    assert [one["number"] for one in days] == list(range(180))
    assert (days[0]["day"], days[-1]["day"]) == ((today - 179 * DAY).date(), today.date())
    actions = {one["number"]: one["actions"] for one in days if one["actions"]}
    assert actions == {0: 1, 1: 1, 178: 1, 179: 3}
    assert pick(days[5], "total", "active_days", "most", "height") == (6, 4, 3, 0)
    assert (days[179]["height"], days[1]["height"]) == (60, 20)
    idle = found(connection, "page_activity", cluster="rival")
    assert pick(idle[-1], "actions", "total", "active_days") == (0, None, 0)


# -- seasons -----------------------------------------------------------------------------


def put_season(connection: psycopg.Connection, begin: timedelta, end: timedelta) -> None:
    """Replace all seasons by an active one that begins and ends so long after now."""
    instant = now(connection)
    connection.execute("delete from app.seasons")
    span = {"starts_at": instant + begin, "ends_at": instant + end}
    put(connection, "app.seasons", id="spring", name="Spring", is_active=True, **span)


@pytest.mark.parametrize(
    ("begin", "end", "is_current"),
    [
        (timedelta(0), HOUR, True),
        (timedelta(microseconds=1), HOUR, False),
        (-HOUR, timedelta(microseconds=1), True),
        (-HOUR, timedelta(0), False),
    ],
)
def test_the_current_season_contains_now_and_is_active(
    connection: psycopg.Connection, begin: timedelta, end: timedelta, is_current: bool
) -> None:
    put_season(connection, begin, end)
    put_points(connection, "spring", "busy", 60, 2)

    def shown() -> set[bool]:
        return {
            bool(found(connection, "season_active")),
            bool(found(connection, "page_season")),
            bool(found(connection, "page_season_track", cluster="busy")),
        }

    assert shown() == {is_current}
    connection.execute("update app.seasons set is_active = false")
    assert shown() == {False}


@pytest.mark.parametrize(
    ("points", "level", "lengths", "missing", "following"),
    [
        (0, 1, [0, 0, 0], [0, 50, 150], 50),
        (25, 1, [50, 0, 0], [0, 25, 125], 50),
        (50, 2, [100, 0, 0], [0, 0, 100], 150),
        (60, 2, [100, 10, 0], [0, 0, 90], 150),
        (4000, 10, [100, 100, 100], [0, 0, 0], None),
    ],
)
def test_a_track_shows_each_level_and_what_is_missing_to_it(
    connection: psycopg.Connection,
    points: int,
    level: int,
    lengths: list[int],
    missing: list[int],
    following: int | None,
) -> None:
    put_season(connection, -HOUR, HOUR)
    put_points(connection, "spring", "busy", points, level)
    put_points(connection, "spring", "rival", 700, 5)
    put_points(connection, "winter", "busy", 700, 5)
    track = found(connection, "page_season_track", cluster="busy")
    assert [one["step"] for one in track] == list(range(1, 11))
    assert {pick(one, "points", "level", "name") for one in track} == {(points, level, "Spring")}
    assert [one["length"] for one in track[:3]] == lengths
    assert [one["missing"] for one in track[:3]] == missing
    assert [one["is_reached"] for one in track] == [step < level for step in range(10)]
    # the last level has no next one: it is full or empty
    assert track[-1]["length"] == (100 if level == 10 else 0)
    (row,) = found(connection, "seasons_of_cluster", season="spring", cluster="busy")
    assert pick(row, "points", "level", "next_level_threshold") == (points, level, following)
    assert found(connection, "seasons_of_cluster", season="spring", cluster="nobody") == []


def test_five_lead_the_season_and_equals_share_a_rank(connection: psycopg.Connection) -> None:
    put_season(connection, -HOUR, 3 * HOUR)
    assert found(connection, "page_season")[0]["leaders"] is None
    for cluster, points in (("f", 1), ("e", 0), ("d", 7), ("c", 9), ("b", 7), ("a", 7), ("g", 2)):
        add_cluster(connection, cluster)
        put_points(connection, "spring", cluster, points, 1)
    # who has left, and another season
    put_points(connection, "spring", "gone", 99, 1)
    put_points(connection, "winter", "e", 99, 1)
    (season,) = found(connection, "page_season")
    assert pick(season, "id", "length") == ("spring", 25)
    leaders = [(one["rank"], one["cluster_id"], one["points"]) for one in season["leaders"]]
    assert leaders == [(1, "c", 9), (2, "a", 7), (2, "b", 7), (2, "d", 7), (5, "g", 2)]
    connection.execute("delete from analytics.season_progress where points > 0")
    assert found(connection, "page_season")[0]["leaders"] is None


# -- boards ------------------------------------------------------------------------------


def test_boards_of_readers_are_active_and_public_with_their_leaders(
    connection: psycopg.Connection,
) -> None:
    season = {"metric_source": "season_progress", "metric_key": "points"}
    put_board(connection, "z-first", name="Alpha", category_key="hero_progression")
    put_board(connection, "b-equal", name="Beta")
    put_board(connection, "a-equal", name="Beta")
    put_board(connection, "points", name="Gamma", **season)
    put_board(connection, "ladders", name="Omega", metric_source="other", metric_key="x")
    put_board(connection, "inactive", is_active=False)
    put_board(connection, "private", is_public=False)
    entries = [(2, "y", 8), (1, "x", 9), (4, "a", 6), (2, "b", 8)]
    old = put_board_run(connection, "a-equal", [(1, "old", 1)], as_of=AS_OF - DAY)
    new = put_board_run(connection, "a-equal", entries)
    put_board_run(connection, "b-equal", status="PENDING", as_of=None, row_count=None)
    assert old < new
    boards = found(connection, "page_boards")
    order = connection.execute(
        "select sort_order from analytics.categories"
        " where key in ('hero_progression', 'pvp_competition') order by key"
    ).fetchall()
    by_category = ["a-equal", "b-equal", "points", "ladders"]
    wanted = ["z-first", *by_category] if order[0] < order[1] else [*by_category, "z-first"]
    assert [one["key"] for one in boards] == wanted
    by_key = {one["key"]: one for one in boards}
    assert [one["cluster_id"] for one in by_key["a-equal"]["leaders"]] == ["x", "b", "y"]
    assert pick(by_key["a-equal"], "row_count", "unit", "as_of") == (4, "matches", AS_OF)
    assert pick(by_key["b-equal"], "leaders", "as_of") == (None, None)
    assert (by_key["points"]["unit"], by_key["ladders"]["unit"]) == ("points", "ladders")
    listed = found(connection, "boards", key=None, after="", limit=100)
    assert [pick(one, "key", "unit") for one in listed] == [
        ("a-equal", "matches"),
        ("b-equal", "matches"),
        ("ladders", "ladders"),
        ("points", "points"),
        ("z-first", "matches"),
    ]
    for hidden in ("inactive", "private"):
        put_board_run(connection, hidden, entries)
        assert found(connection, "boards", key=hidden, after="", limit=1) == []
        assert found(connection, "board_latest_run", key=hidden) == []
        asked = {"run": None, "before": 2**62, "limit": 9}
        assert found(connection, "board_runs", key=hidden, **asked) == []


@pytest.mark.parametrize(
    ("scores", "lengths"),
    [([200, 50, 1, 0, -7], [100, 25, 0.5, 0, 0]), ([0, 0], [0, 0]), ([-1, -2], [0, 0])],
)
def test_a_bar_is_as_long_as_the_score_beside_the_best(
    connection: psycopg.Connection, scores: list[int], lengths: list[float]
) -> None:
    put_board(connection, "wins")
    entries = [(place, f"c{place}", score) for place, score in enumerate(scores, 1)]
    run = put_board_run(connection, "wins", entries)
    put_board_run(connection, "wins", [(1, "other", 10**6)])
    shown = found(connection, "page_board_entries", run=run, first=1, rows=50, cluster=None)
    assert [one["length"] for one in shown] == lengths
    assert {one["is_shared"] for one in shown} == {False}


def test_a_rank_is_shared_by_two_or_more(connection: psycopg.Connection) -> None:
    put_board(connection, "wins")
    entries = [(1, "a", 9), (2, "b", 8), (2, "c", 8), (4, "d", 7), (4, "e", 7), (4, "f", 7)]
    run = put_board_run(connection, "wins", entries)
    put_board_run(connection, "wins", [(1, "other", 9)])
    shown = found(connection, "page_board_entries", run=run, first=1, rows=50, cluster=None)
    assert [one["is_shared"] for one in shown] == [False, *[True] * 5]


# -- runs and tables ---------------------------------------------------------------------


def test_a_run_is_as_long_as_it_took_beside_the_longest(connection: psycopg.Connection) -> None:
    instant = now(connection)
    connection.execute("delete from app.etl_runs")
    models = [
        {"name": "first", "state": "SUCCESS", "rows": 7, "seconds": 1.0},
        {"name": "second", "state": "FAILED", "rows": None, "seconds": 2.5},
    ]
    for number, (seconds, is_running) in enumerate([(10, False), (5, False), (4, True)]):
        connection.execute(
            "insert into app.etl_runs (invocation_id, kind, as_of, seen_until, state, started_at,"
            " finished_at, models) values (%s, 'FULL', %s, %s, 'RUNNING', %s, %s, %s)",
            [
                f"run {number}",
                *[AS_OF] * 2,
                instant - seconds * timedelta(seconds=1),
                None if is_running else instant,
                psycopg.types.json.Jsonb(models if number == 1 else []),
            ],
        )
    shown = found(connection, "page_runs", run=None)
    assert [pick(one, "seconds", "length") for one in shown] == [(4, 40), (5, 50), (10, 100)]
    parts = [(one["name"], one["x"], one["length"], one["rows"]) for one in shown[1]["models"]]
    assert parts == [("first", 0, 10, 7), ("second", 10, 25, None)]
    (one,) = found(connection, "page_runs", run=shown[1]["run_id"])
    assert [(part["x"], part["length"]) for part in one["models"]] == [(0, 20), (20, 50)]
    assert one["length"] == 100
    assert found(connection, "page_runs", run=0) == []


def test_the_newest_rejected_rows_are_shown_and_all_are_counted(
    connection: psycopg.Connection,
) -> None:
    files = [("b.csv", 0, range(30)), ("a.csv", 1, range(30, 60)), ("z.csv", 1, range(2))]
    for file, day, lines in files:
        for line in lines:
            put(
                connection,
                "raw.rejected_rows",
                table_name="pvp_matches" if line % 2 else "heroes",
                file=file,
                line=line,
                row_text="x" * 400,
                reason="a test",
                rejected_at=AS_OF + day * DAY,
            )
    shown = found(connection, "page_rejected")
    assert [(one["file"], one["line"]) for one in shown] == [
        *(("a.csv", line) for line in range(30, 60)),
        *(("z.csv", line) for line in range(2)),
        *(("b.csv", line) for line in range(18)),
    ]
    assert {(one["total"], len(one["row_text"])) for one in shown} == {(62, 300)}
    counts = {one["table_name"]: one["rejected"] for one in found(connection, "page_freshness")}
    assert {name: count for name, count in counts.items() if count} == {
        "heroes": 31,
        "pvp_matches": 31,
    }


def test_a_table_shows_when_its_last_row_was_loaded_and_its_last_event(
    connection: psycopg.Connection,
) -> None:
    instant = now(connection)
    today = instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    loads = [
        (today, AS_OF),
        (today, AS_OF + HOUR),
        (today - timedelta(microseconds=1), AS_OF - HOUR),
        (today - 13 * DAY, AS_OF - HOUR),
        # its event is the latest, but it was loaded 14 days before the last row
        (today - 14 * DAY, AS_OF + 9 * DAY),
    ]
    for loaded, event in loads:
        put_facts(connection, pvp_match(WALLET, at=event, loaded_at=loaded))
    (table,) = (
        one for one in found(connection, "page_freshness") if one["table_name"] == "pvp_matches"
    )
    assert pick(table, "loaded_at", "event_at") == (today, AS_OF + HOUR)
    assert [one["rows"] for one in table["days"]] == [1, *[0] * 11, 1, 2]
    assert [one["x"] for one in table["days"]] == list(range(14))
    assert table["days"][-1]["day"] == str(today.date())
    assert [one["height"] for one in table["days"]] == [10, *[0] * 11, 10, 20]


#: A fact of each raw table whose event is at an instant; a price is of a day.
FACTS: dict[str, Callable[[datetime], support.Fact]] = {
    "discord_interactions": lambda at: support.discord_interaction("1", at=at),
    "hero_summons": lambda at: support.summon(at.toordinal(), at=at),
    "heroes": lambda at: support.hero(1, at=at),
    "hunting_drops": lambda at: support.hunt_drop(at=at),
    "hunting_encounters": lambda at: support.hunt(at=at),
    "influence_predictions": lambda at: support.vote(1, at=at),
    "jeweler_events": lambda at: support.jeweler_move(1, at=at),
    "lp_harvest_events": lambda at: support.lp_harvest(at=at),
    "lp_prices_daily": lambda at: support.lp_price(1, day=at.date()),
    "lp_stake_events": lambda at: support.lp_move(1, at=at),
    "metis_battles": lambda at: support.battle(at.toordinal(), at=at),
    "metis_patrol_events": lambda at: support.patrol(at=at),
    "pets": lambda at: support.pet(1, at=at),
    "pvp_matches": lambda at: support.pvp_match(at=at),
    "quest_completions": lambda at: support.quest(at=at),
    "seasonal_event_actions": lambda at: support.seasonal_action(at=at),
    "shell_events": lambda at: support.shells(1, at=at),
    "shell_raffle_entries": lambda at: support.raffle_entry(at=at),
    "shell_raffle_results": lambda at: support.raffle_win(at=at),
    "token_prices_daily": lambda at: support.token_price(1, day=at.date()),
    "tournament_entries": lambda at: support.tournament_entry(at.toordinal(), at=at),
    "tournament_matches": lambda at: support.tournament_match(at=at),
    "vendor_transactions": lambda at: support.purchase(1, at=at),
    "wallet_first_seen": lambda at: support.first_seen(f"0x{at.toordinal():040x}", at=at),
}


def test_each_table_shows_its_own_events_of_the_last_14_days(
    connection: psycopg.Connection,
) -> None:
    today = now(connection).replace(hour=0, minute=0, second=0, microsecond=0)
    first = datetime(2026, 1, 1, tzinfo=UTC)
    events = {table: first + place * DAY for place, table in enumerate(FACTS)}
    for table, fact in FACTS.items():
        for loaded, event in (
            (today, events[table]),
            (today - 13 * DAY, events[table] - 90 * DAY),
            # its event is the latest, but it was loaded 14 days before the last row
            (today - 14 * DAY, events[table] + 90 * DAY),
        ):
            made = fact(event)
            assert made.table == table
            put_facts(connection, made._replace(row=made.row | {"loaded_at": loaded}))
    shown = {one["table_name"]: one for one in found(connection, "page_freshness")}
    assert {table: one["event_at"] for table, one in shown.items()} == events
    for table, one in shown.items():
        assert one["loaded_at"] == today, table
        assert [day["rows"] for day in one["days"]] == [1, *[0] * 12, 1], table
