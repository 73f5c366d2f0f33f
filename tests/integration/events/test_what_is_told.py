"""Which events are told, by the triggers on what they tell of."""

import uuid
from decimal import Decimal

import psycopg
import pytest

from hedge import seasons
from hedge.seasons import Season
from tests.integration.events import AT, put_progress, told
from tests.support import AS_OF, days_ago


@pytest.fixture
def spring(connection: psycopg.Connection) -> None:
    """A season of which everybody may know."""
    seasons.add(connection, Season("spring", "Spring", days_ago(90), days_ago(-90), True, "SEASON"))


# -- what is told -------------------------------------------------------------------------


def test_a_value_or_tier_that_changed_is_told_and_one_computed_again_is_not(
    connection: psycopg.Connection,
) -> None:
    put_progress(
        connection,
        ("busy", "arena", 5, "BASIC"),
        ("busy", "never", 0, "NONE"),
        ("idle", "arena", 4, "NONE"),
    )
    put_progress(connection, ("busy", "arena", 5, "BASIC"), at="2026-06-02Z")
    connection.execute("update analytics.challenge_progress set rolling_value = 7")
    put_progress(connection, ("busy", "arena", 5, "ELITE"), at="2026-06-03Z")
    put_progress(connection, ("busy", "arena", "9007199254741993.001", "ELITE"), at="2026-06-04Z")
    found = told(connection)
    assert [(cluster, one["challengeKey"], one["tier"]) for _, cluster, one in found] == [
        ("busy", "arena", "BASIC"),
        ("idle", "arena", "NONE"),
        ("busy", "arena", "ELITE"),
        ("busy", "arena", "ELITE"),
    ]
    assert found[0][2] | {"asOf": AT} == found[0][2]
    assert (found[0][2]["previousValue"], found[0][2]["previousTier"]) == (0, "NONE")
    # every digit, the instant in UTC, and what was before
    assert found[3] == (
        "progress.changed",
        "busy",
        {
            "challengeKey": "arena",
            "value": Decimal("9007199254741993.001"),
            "valueText": "9007199254741993.001",
            "previousValue": 5,
            "previousValueText": "5",
            "tier": "ELITE",
            "previousTier": "ELITE",
            "asOf": "2026-06-04T00:00:00.000000Z",
        },
    )


def unlock(connection: psycopg.Connection, tier: str, revoked_at: str | None = None) -> None:
    connection.execute(
        "insert into analytics.tier_unlocks"
        " (cluster_id, challenge_key, tier_code, kind, unlocked_at, revoked_at)"
        " values ('busy', 'arena', %s, 'TIER', %s, %s)",
        [tier, AT, revoked_at],
    )


def test_a_tier_is_told_when_it_is_reached_and_when_it_is_revoked(
    connection: psycopg.Connection,
) -> None:
    unlock(connection, "BASIC")
    unlock(connection, "ELITE", revoked_at="2026-06-02Z")
    # earlier than was known, fallen, reached_at found out: nothing is new
    for change in ("unlocked_at = '2026-05-31Z'", "fell_at = now()", "reached_at = now()"):
        connection.execute(f"update analytics.tier_unlocks set {change}")
    assert told(connection) == [
        (
            "tier.reached",
            "busy",
            {"challengeKey": "arena", "tier": "BASIC", "kind": "TIER", "unlockedAt": AT},
        )
    ]
    connection.execute("delete from app.events")
    for _ in range(2):
        connection.execute(
            "update analytics.tier_unlocks set revoked_at = '2026-06-02Z', revoked_reason = 'why'"
        )
    # why is shown on no public page
    assert told(connection) == [
        (
            "tier.revoked",
            "busy",
            {
                "challengeKey": "arena",
                "tier": "BASIC",
                "kind": "TIER",
                "unlockedAt": "2026-05-31T00:00:00.000000Z",
                "revokedAt": "2026-06-02T00:00:00.000000Z",
            },
        )
    ]


@pytest.mark.usefixtures("spring")
def test_a_season_level_is_told_where_it_is_higher(connection: psycopg.Connection) -> None:
    for cluster, level in (("busy", 2), ("idle", 0)):
        connection.execute(
            "insert into analytics.season_progress (season_id, cluster_id, points, level,"
            " points_by_challenge, updated_at) values ('spring', %s, %s, %s, '{}', %s)",
            [cluster, 100.5 * level, level, AT],
        )
    for level in (1, 1, 3):
        connection.execute(
            "update analytics.season_progress set level = %s where cluster_id = 'busy'", [level]
        )
    assert [
        (kind, cluster, one["previousLevel"], one["level"], one["pointsText"])
        for kind, cluster, one in told(connection)
    ] == [
        ("season.level_reached", "busy", 0, 2, "201"),
        ("season.level_reached", "busy", 1, 3, "201"),
    ]


@pytest.mark.parametrize(
    ("runs_of_board", "expected"),
    [
        # period_end and as_of as days of June; None is all time
        ([(2, 3)], ["completed"]),
        ([(2, 2)], ["completed"]),
        ([(2, 1)], []),
        ([(2, 1), (2, 3)], ["completed"]),
        ([(2, 3), (2, 4)], ["completed", "corrected"]),
        ([(2, 3), (3, 4)], ["completed", "completed"]),
        ([(None, 3), (None, 4)], ["completed", "completed"]),
    ],
)
def test_a_board_is_told_when_a_period_is_complete_and_when_it_is_corrected(
    connection: psycopg.Connection,
    runs_of_board: list[tuple[int | None, int]],
    expected: list[str],
) -> None:
    connection.execute(
        "insert into app.leaderboard_defs"
        " (key, name, category_key, metric_source, metric_key, time_window)"
        " values ('wins', 'Wins', 'pvp', 'onchain_pvp', 'wins', 'DAILY')"
    )
    for end, as_of in runs_of_board:
        begin = None if end is None else f"2026-06-0{end - 1}Z"
        connection.execute(
            "insert into app.leaderboard_runs (leaderboard_key, period_start, period_end, status)"
            " values ('wins', %s, %s, 'PROCESSING')",
            [begin, end and f"2026-06-0{end}Z"],
        )
        connection.execute(
            "update app.leaderboard_runs set status = 'COMPLETE', row_count = 7, as_of = %s"
            " where status = 'PROCESSING'",
            [f"2026-06-0{as_of}Z"],
        )
        # found to be stale: nothing new is complete
        connection.execute("update app.leaderboard_runs set stale_since = now()")
    found = told(connection)
    assert [(kind, board) for kind, board, _ in found] == [
        (f"board.{word}", "wins") for word in expected
    ]
    if expected:
        assert found[-1][2]["rowCount"] == 7
        assert found[-1][2]["asOf"] == f"2026-06-0{runs_of_board[-1][1]}T00:00:00.000000Z"


# -- summaries ----------------------------------------------------------------------------


def add_run(connection: psycopg.Connection, kind: str, definitions: str, state: str) -> int:
    (number,) = connection.execute(
        "insert into app.etl_runs (invocation_id, kind, as_of, definitions, state)"
        " values (%s, %s, %s, %s, %s) returning run_id",
        [str(uuid.uuid4()), kind, AS_OF, definitions, state],
    ).fetchone()
    return number


@pytest.mark.usefixtures("spring")
@pytest.mark.parametrize(
    ("before", "kind", "how"),
    [
        ([], "FULL", "FIRST_RUN"),
        ([], "CLUSTER", None),
        ([("FULL", "old", "SUCCESS")], "FULL", "DEPLOY"),
        ([("FULL", "old", "SUCCESS")], "INCREMENTAL", "DEPLOY"),
        ([("FULL", "old", "SUCCESS")], "CLUSTER", None),
        ([("FULL", "old", "SUCCESS")], "SEASON", None),
        ([("FULL", "new", "SUCCESS")], "FULL", None),
        ([("FULL", "new", "PARTIAL")], "FULL", None),
        ([("FULL", "new", "FAILED")], "FULL", "FIRST_RUN"),
        ([("FULL", "old", "SUCCESS"), ("INCREMENTAL", "new", "SUCCESS")], "FULL", None),
        ([("FULL", "old", "SUCCESS"), ("CLUSTER", "new", "SUCCESS")], "FULL", "DEPLOY"),
        ([("FULL", "new", "SUCCESS"), ("FULL", "old", "SUCCESS")], "FULL", "DEPLOY"),
    ],
)
def test_a_run_after_a_deploy_tells_all_in_one_event(
    connection: psycopg.Connection, before: list[tuple], kind: str, how: str | None
) -> None:
    connection.execute("delete from app.etl_runs")
    for row in before:
        add_run(connection, *row)
    run = add_run(connection, kind, "new", "RUNNING")
    (answer,) = connection.execute("select app.how_to_tell(%s)", [run]).fetchone()
    assert answer == ("summary" if how else "each")
    connection.execute("select set_config('hedge.events', %s, true)", [answer])
    put_progress(connection, ("busy", "arena", 5, "BASIC"))
    put_progress(connection, ("busy", "arena", 6, "BASIC"))
    unlock(connection, "BASIC")
    connection.execute("update analytics.tier_unlocks set revoked_at = now()")
    connection.execute(
        "insert into analytics.season_progress (season_id, cluster_id, points, level,"
        " points_by_challenge, updated_at) values ('spring', 'busy', 1, 1, '{}', %s)",
        [AT],
    )
    connection.execute("select app.tell_of_run(%s)", [run])
    found = told(connection)
    if how is None:
        assert [name for name, _, _ in found] == [
            *("progress.changed", "progress.changed", "tier.reached", "tier.revoked"),
            "season.level_reached",
        ]
    else:
        details = {"reason": how, "runId": run, "asOf": AT}
        assert found == [("everything.changed", None, details)]


@pytest.mark.parametrize(
    ("finished", "restored", "tells"),
    [(False, "new", False), (False, "other", True), (True, "new", True)],
)
def test_an_undo_tells_once_and_not_in_its_full_run(
    connection: psycopg.Connection, finished: bool, restored: str, tells: bool
) -> None:
    connection.execute("delete from app.etl_runs")
    add_run(connection, "FULL", "old", "SUCCESS")
    deploy = add_run(connection, "DEPLOY", "new", "SUCCESS")
    run = add_run(connection, "FULL", "new", "RUNNING")
    (undo,) = connection.execute(
        "insert into app.undos (restored, returned_to, undone, since_run, until_run, begun_by,"
        " deploy_run, finished_at) values (%s, 1, '{old}', 1, 1, 'ada', %s,"
        " case when %s then now() end) returning undo_id",
        [restored, deploy, finished],
    ).fetchone()
    connection.execute("select app.tell_of_run(%s)", [run])
    assert len(told(connection)) == tells
    connection.execute("delete from app.events")
    connection.execute("update app.undos set full_run = %s, finished_at = now()", [run])
    connection.execute("select app.tell_of_undo(%s)", [undo])
    assert told(connection) == [
        ("everything.changed", None, {"reason": "UNDO", "runId": run, "asOf": AT})
    ]
