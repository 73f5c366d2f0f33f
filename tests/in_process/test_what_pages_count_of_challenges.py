"""The numbers of challenges and clusters on pages: boundaries, order, and what is left out.

The named queries of pages are executed as the service executes them (tests/in_process/queries.py).
"""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from tests.in_process.queries import DAY, WALLET, found, now, pick
from tests.in_process.rows import (
    AS_OF,
    put,
    put_progress,
    put_unlock,
)
from tests.support import discord_interaction, hunt, pvp_match, set_discord_id
from tests.support import put as put_facts


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
        assert pick(row, "tier", "tier_name", "value") == (tier, tier_name, value)
        assert float(row["length"]) == length
        assert pick(row, "next_tier", "next_name", "next_threshold", "missing") == following
        assert pick(row, "key", "unit", "rolling_value") == ("arena_victor", "matches", 7)
    assert found(connection, "page_challenges", cluster="busy", challenge="hero_riser") == []
    assert found(connection, "page_challenges", cluster="rival", challenge=None) == []
    (row,) = found(connection, "cluster_progress", cluster="busy", held=[])
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
        # before the tier, as the tier may have been revoked and reached again
        ("BASIC", "FOUNDERS_MARK", 0.5, None),
        ("EXALTED", "FOUNDERS_MARK", 5, None),
        ("ELITE", "FOUNDERS_MARK", 0, AS_OF),
    ):
        at = AS_OF + days * DAY
        columns = {"unlocked_at": at, "revoked_at": revoked}
        put_unlock(connection, "busy", "arena_victor", tier, kind, **columns)
    put_unlock(connection, "rival", "arena_victor", "EXALTED", unlocked_at=AS_OF - DAY)
    put_unlock(connection, "busy", "hunters_triumph", "EXALTED", unlocked_at=AS_OF - DAY)
    (row,) = found(connection, "cluster_progress", cluster="busy", held=[])
    # the earliest unlock, and the highest tier that was ever reached
    assert pick(row, "unlocked_at", "founders_mark_at", "tier", "best_tier") == (
        AS_OF + DAY,
        AS_OF + DAY / 2,
        "BASIC",
        "ADVANCED",
    )
    (row,) = found(connection, "page_challenges", cluster="busy", challenge=None)
    # the unlock of the tier that the value has now
    assert pick(row, "unlocked_at", "founders_mark_at") == (AS_OF + DAY, AS_OF + DAY / 2)
    connection.execute("update analytics.challenge_progress set tier = 'ADVANCED', value = 16")
    (row,) = found(connection, "page_challenges", cluster="busy", challenge=None)
    assert row["unlocked_at"] == AS_OF + 2 * DAY
    ladder = found(connection, "page_tiers", cluster="busy", challenge="arena_victor")
    assert [one["unlocked_at"] for one in ladder] == [AS_OF + DAY, AS_OF + 2 * DAY, None, None]
    # without an unlock, the best tier is that of the value
    connection.execute("delete from analytics.tier_unlocks")
    (row,) = found(connection, "cluster_progress", cluster="busy", held=[])
    assert pick(row, "unlocked_at", "best_tier") == (None, "ADVANCED")


def test_challenges_are_in_the_order_of_the_catalogue(connection: psycopg.Connection) -> None:
    every = [
        key
        for (key,) in connection.execute(
            "select challenges.key from analytics.challenges join analytics.categories"
            " on category_key = categories.key where challenges.state = 'live'"
            " order by categories.sort_order, challenges.sort_order"
        )
    ]
    assert len(every) > 40
    for key in sorted(every):
        put_progress(connection, "busy", key, 0)
    shown = found(connection, "page_challenges", cluster="busy", challenge=None)
    assert [one["key"] for one in shown] == every
    listed = found(connection, "cluster_progress", cluster="busy", held=[])
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
        "update analytics.challenges set state = 'retired'"
        " where key = 'arena_victor' or category_key = 'hero_progression'"
    )
    after = listed()
    assert set(before) - set(after) == {"hero_progression"}
    assert "arena_victor" not in {one["key"] for one in after["pvp_competition"]}
    assert len(after["pvp_competition"]) == len(before["pvp_competition"]) - 1
    (catalogue,) = found(connection, "page_catalogue")
    assert "arena_victor" not in {one["key"] for one in catalogue["challenges"]}


def test_a_cluster_is_as_old_as_its_newest_challenge_and_waits_or_is_parked(
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
    assert head() == (AS_OF + DAY, False, False)
    put(connection, "app.etl_requests", cluster_id="busy", **request)
    assert head() == (AS_OF + DAY, True, False)
    connection.execute("update app.etl_requests set parked_at = now()")
    assert head() == (AS_OF + DAY, False, True)
    put(connection, "app.etl_requests", cluster_id="busy", **request)
    assert head() == (AS_OF + DAY, True, True)
    assert found(connection, "page_cluster", cluster="nobody") == []


def test_a_challenge_that_a_run_left_out_is_out_of_date(connection: psycopg.Connection) -> None:
    instants = {"arena_victor": AS_OF + DAY, "hero_riser": AS_OF, "hunters_triumph": AS_OF + DAY}
    for key, instant in instants.items():
        put_progress(connection, "busy", key, 1, last_computed_at=instant)
    # what another cluster has does not matter
    put_progress(connection, "rival", "arena_victor", 1, last_computed_at=AS_OF)
    for query, name in (("cluster_progress", "challenge_key"), ("page_challenges", "key")):
        rows = found(connection, query, cluster="busy", held=[], challenge=None)
        assert {row[name]: row["as_of"] for row in rows} == instants
        late = {row[name] for row in rows if row["is_out_of_date"]}
        assert late == {"hero_riser"}
        (other,) = found(connection, query, cluster="rival", held=[], challenge=None)
        assert not other["is_out_of_date"]
    # also on the page of the challenge alone
    (row,) = found(connection, "page_challenges", cluster="busy", challenge="hero_riser")
    assert row["is_out_of_date"]


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
    days = found(connection, "page_activity", cluster="busy", sees_private=True)
    assert [one["number"] for one in days] == list(range(180))
    assert (days[0]["day"], days[-1]["day"]) == ((today - 179 * DAY).date(), today.date())
    actions = {one["number"]: one["actions"] for one in days if one["actions"]}
    assert actions == {0: 1, 1: 1, 178: 1, 179: 3}
    assert pick(days[5], "total", "active_days", "most", "height") == (6, 4, 3, 0)
    assert (days[179]["height"], days[1]["height"]) == (60, 20)
    idle = found(connection, "page_activity", cluster="rival", sees_private=True)
    assert pick(idle[-1], "actions", "total", "active_days") == (0, None, 0)


def test_others_see_no_activity_on_discord(connection: psycopg.Connection) -> None:
    """Neither a day on which nothing else happened, nor an action of another day."""
    today = now(connection).replace(hour=0, minute=0, second=0, microsecond=0)
    set_discord_id(connection, "busy", "77")
    put_facts(
        connection,
        hunt(WALLET, at=today),
        discord_interaction("77", at=today),
        discord_interaction("77", at=today - DAY),
    )
    for sees_private, counts in ((True, (3, 2, 2)), (False, (1, 1, 1))):
        days = found(connection, "page_activity", cluster="busy", sees_private=sees_private)
        assert pick(days[0], "total", "active_days", "most") == counts
