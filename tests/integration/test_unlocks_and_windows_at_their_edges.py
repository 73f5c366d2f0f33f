"""Which unlocks are new or revoked, and which windows there are, at every edge of their rules."""

from datetime import datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from tests import support
from tests.against_the_oracle import CATALOGUE, set_windows
from tests.oracle import World
from tests.oracle.instants import AS_OF, DAY, TICK

(LADDER,) = (one for one in CATALOGUE.challenges if one.key == "hunters_triumph")
FIRST, *_, LAST = LADDER.tiers
#: Another challenge with a tier of the same code.
OTHER = next(
    one
    for one in CATALOGUE.challenges
    if one is not LADDER and FIRST.tier_code in {tier.tier_code for tier in one.tiers}
)
LEAST = Decimal("0.000001")


def put_progress(
    connection: psycopg.Connection, value: Decimal, rolling: Decimal | int = 0
) -> None:
    """A value of one challenge; another cluster, and another challenge, have reached nothing."""
    support.set_as_of(connection, AS_OF)
    support.put_world(connection, World(clusters=["one", "other"]))
    connection.cursor().executemany(
        "insert into analytics.challenge_progress (cluster_id, challenge_key, value, rolling_value,"
        " unlocked, tier, rolling_tier, last_computed_at)"
        " values (%s, %s, %s, %s, false, 'NONE', 'NONE', %s)",
        [
            ["one", LADDER.key, value, rolling, AS_OF],
            ["other", LADDER.key, 0, 0, AS_OF],
            ["one", OTHER.key, 0, 0, AS_OF],
        ],
    )


def put_unlock(
    connection: psycopg.Connection,
    unlocked_at: datetime,
    revoked_at: datetime | None = None,
    tier: str = FIRST.tier_code,
    kind: str = "TIER",
    key: tuple[str, str] = ("one", LADDER.key),
) -> None:
    """An unlock that an earlier run found."""
    connection.execute(
        "insert into analytics.tier_unlocks"
        " (cluster_id, challenge_key, tier_code, kind, unlocked_at, revoked_at)"
        " values (%s, %s, %s, %s, %s, %s)",
        [*key, tier, kind, unlocked_at, revoked_at],
    )


def put_move(connection: psycopg.Connection, moved_at: datetime, **columns: str) -> None:
    """A wallet of the cluster went to another player when the cluster had a tier."""
    move = {
        "cluster_id": "one",
        "challenge_key": LADDER.key,
        "tier_code": FIRST.tier_code,
        "kind": "TIER",
    } | columns
    connection.execute(
        "insert into app.wallet_moves"
        " (address, cluster_id, challenge_key, tier_code, kind, moved_at)"
        " values ('', %(cluster_id)s, %(challenge_key)s, %(tier_code)s, %(kind)s, %(at)s)",
        move | {"at": moved_at},
    )


def computed(connection: psycopg.Connection) -> list[tuple]:
    """The unlocks that a run finds new or revoked: tier, kind, unlocked at, revoked at."""
    return connection.execute(
        "select tier_code, kind, unlocked_at, revoked_at"
        f" from ({support.compiled('tier_unlocks')}) as computed"
        " where fell_at is null or revoked_at is not null order by tier_code, kind"
    ).fetchall()


@pytest.mark.parametrize(
    ("unlocked_at", "revoked_at", "is_new"),
    [
        (AS_OF - DAY, None, False),
        (AS_OF, None, False),
        # a run as of an earlier instant found it earlier
        (AS_OF + TICK, None, True),
        # one that was revoked does not count; first_wins compares the instants
        (AS_OF - DAY, AS_OF - TICK, True),
        (AS_OF - DAY, AS_OF + TICK, True),
    ],
)
def test_an_unlock_is_new_if_none_as_early_stands(
    connection: psycopg.Connection,
    unlocked_at: datetime,
    revoked_at: datetime | None,
    is_new: bool,
) -> None:
    put_progress(connection, FIRST.threshold)
    put_unlock(connection, unlocked_at, revoked_at)
    # those of another tier, kind, cluster or challenge do not count
    put_unlock(connection, AS_OF - DAY, tier=LAST.tier_code)
    put_unlock(connection, AS_OF - DAY, kind="FOUNDERS_MARK")
    put_unlock(connection, AS_OF - DAY, key=("other", LADDER.key))
    put_unlock(connection, AS_OF - DAY, key=("one", OTHER.key))
    assert computed(connection) == ([(FIRST.tier_code, "TIER", AS_OF, None)] if is_new else [])


REVOKED = FIRST.threshold - LEAST


@pytest.mark.parametrize(
    ("value", "moved_at", "is_revoked"),
    [
        (REVOKED, AS_OF - DAY, True),
        # the tier is reached without the wallet
        (FIRST.threshold, AS_OF - DAY, False),
        # the cluster reached it when the wallet had gone
        (REVOKED, AS_OF - 2 * DAY, True),
        (REVOKED, AS_OF - 2 * DAY - TICK, False),
        # the value is of an instant before the wallet went
        (REVOKED, AS_OF, True),
        (REVOKED, AS_OF + TICK, False),
    ],
)
def test_an_unlock_is_revoked_if_the_value_without_the_wallet_is_below_the_tier(
    connection: psycopg.Connection, value: Decimal, moved_at: datetime, is_revoked: bool
) -> None:
    put_progress(connection, value, rolling=LAST.threshold)
    unlocked_at = AS_OF - 2 * DAY
    put_unlock(connection, unlocked_at)
    put_unlock(connection, unlocked_at, kind="FOUNDERS_MARK", tier=LAST.tier_code)
    put_move(connection, moved_at)
    revoked = [(FIRST.tier_code, "TIER", unlocked_at, moved_at)] if is_revoked else []
    assert computed(connection) == revoked


def test_a_founders_mark_is_revoked_by_the_value_of_the_last_180_days(
    connection: psycopg.Connection,
) -> None:
    put_progress(connection, LAST.threshold, rolling=LAST.threshold - LEAST)
    for tier in LADDER.tiers:
        put_unlock(connection, AS_OF - 2 * DAY, tier=tier.tier_code)
    put_unlock(connection, AS_OF - 2 * DAY, kind="FOUNDERS_MARK", tier=LAST.tier_code)
    for kind in ("TIER", "FOUNDERS_MARK"):
        put_move(connection, AS_OF - DAY, kind=kind, tier_code=LAST.tier_code)
    marked = (LAST.tier_code, "FOUNDERS_MARK", AS_OF - 2 * DAY, AS_OF - DAY)
    assert computed(connection) == [marked]


def test_of_several_moves_the_last_one_revokes_and_only_once(
    connection: psycopg.Connection,
) -> None:
    put_progress(connection, REVOKED)
    put_unlock(connection, AS_OF - 9 * DAY)
    for days in (3, 1, 2):
        put_move(connection, AS_OF - days * DAY)
    revoked = (FIRST.tier_code, "TIER", AS_OF - 9 * DAY, AS_OF - DAY)
    assert computed(connection) == [revoked]
    connection.execute("update analytics.tier_unlocks set revoked_at = %s", [AS_OF - 3 * DAY])
    assert computed(connection) == []


@pytest.mark.parametrize(
    "columns",
    [
        {"cluster_id": "other"},
        {"challenge_key": OTHER.key},
        {"tier_code": LAST.tier_code},
        {"kind": "FOUNDERS_MARK"},
    ],
)
def test_a_move_revokes_no_unlock_of_another_key(
    connection: psycopg.Connection, columns: dict[str, str]
) -> None:
    put_progress(connection, REVOKED)
    put_unlock(connection, AS_OF - 9 * DAY)
    put_move(connection, AS_OF - DAY, **columns)
    assert computed(connection) == []
    put_move(connection, AS_OF - DAY)
    assert len(computed(connection)) == 1


START = AS_OF - 400 * DAY
STANDING = {
    ("all_time", None, AS_OF),
    # 180 times 24 hours, also where the clock has changed meanwhile
    ("rolling_180d", AS_OF - timedelta(hours=180 * 24), AS_OF),
}


def put_season(
    connection: psycopg.Connection,
    starts_at: datetime,
    ends_at: datetime,
    is_active: bool = True,
    scoring: str = "SEASON",
) -> None:
    """The only season there is."""
    connection.execute("delete from app.seasons")
    connection.execute(
        "insert into app.seasons (id, name, starts_at, ends_at, is_active, scoring)"
        " values ('spring', 'Spring', %s, %s, %s, %s)",
        [starts_at, ends_at, is_active, scoring],
    )


def windows(connection: psycopg.Connection) -> set[tuple[str, datetime | None, datetime]]:
    """The windows of the session, with None for the beginning of time."""
    rows = connection.execute(
        "select window_key, nullif(starts_at, '-infinity'), ends_at, starts_at is null"
        " from analytics.windows"
    ).fetchall()
    assert len(rows) == len({row[0] for row in rows})
    assert not any(row[3] for row in rows)
    return {row[:3] for row in rows}


def of_season(start: datetime, end: datetime) -> set[tuple[str, datetime | None, datetime]]:
    """The window of a season and its baseline."""
    return {("season:spring", start, end), ("season:spring:baseline", start, start)}


def test_the_windows_of_a_season_begin_and_end_with_it(connection: psycopg.Connection) -> None:
    support.set_as_of(connection, AS_OF)
    connection.execute("set timezone = 'America/New_York'")
    assert windows(connection) == STANDING
    week = timedelta(hours=7 * 24)
    for starts_at, ends_at, expected in (
        # it begins at this instant, or a microsecond later
        (AS_OF, AS_OF + DAY, of_season(AS_OF, AS_OF)),
        (AS_OF + TICK, AS_OF + DAY, set()),
        # it goes on, ends now, has just ended
        (START, AS_OF + TICK, of_season(START, AS_OF)),
        (START, AS_OF, of_season(START, AS_OF)),
        (START, AS_OF - TICK, of_season(START, AS_OF - TICK)),
        # a week after its end it is computed no more
        (START, AS_OF - week + TICK, of_season(START, AS_OF - week + TICK)),
        (START, AS_OF - week, set()),
    ):
        put_season(connection, starts_at, ends_at)
        assert windows(connection) == STANDING | expected, (starts_at, ends_at)
        put_season(connection, starts_at, ends_at, is_active=False)
        assert windows(connection) == STANDING

    put_season(connection, START, AS_OF + DAY, scoring="LIFETIME")
    assert windows(connection) == STANDING | {("season:spring", None, AS_OF)}

    # named windows and no others, whether or not the season is active and recent
    put_season(connection, START, START + DAY, is_active=False)
    set_windows(connection, "season:spring", "season:spring:baseline")
    assert windows(connection) == of_season(START, START + DAY)
    set_windows(connection, "season:spring", "rolling_180d", "season:other")
    assert {key for key, *_ in windows(connection)} == {"season:spring", "rolling_180d"}


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "COMPLETE", "FAILED"])
def test_only_board_runs_that_are_computed_have_windows(
    connection: psycopg.Connection, status: str
) -> None:
    support.set_as_of(connection, AS_OF)
    for start, end in ((START, START + DAY), (START, AS_OF), (START, AS_OF + TICK), (None, None)):
        connection.execute(
            """
            with board as (
                insert into app.leaderboard_defs
                (key, name, category_key, time_window, max_entries, metric_source, metric_key)
                select 'b' || count(*), 'b', '', 'DAILY', 3, 'onchain_pvp', 'wins'
                from app.leaderboard_defs
                returning key
            )
            insert into app.leaderboard_runs
            (leaderboard_key, status, period_start, period_end, as_of, row_count, error)
            select key, %s, %s, %s, now(), 0, '' from board
            """,
            [status, start, end],
        )
    assert windows(connection) == STANDING
    set_windows(connection, "run:1", "run:2", "run:3", "run:4")
    expected = {
        ("run:1", START, START + DAY),
        ("run:2", START, AS_OF),
        ("run:3", START, AS_OF),
        ("run:4", None, AS_OF),
    }
    assert windows(connection) == (expected if status == "PROCESSING" else set())
