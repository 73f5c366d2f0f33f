"""The model tier_unlocks: what a run adds to the unlocks that it finds, and what it revokes.

The model is rendered without dbt and executed over a few rows of progress, in a transaction that
is rolled back. What first_wins then writes is in test_what_a_run_writes_of_revoked_unlocks.py.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests import PROJECT
from tests.prepared_server import OpenTransaction
from tests.rendering import Relation, render
from tests.support import AS_OF, DAY

OLDER, NEWER = AS_OF - DAY, AS_OF + DAY
MICRO = timedelta(microseconds=1)
MODEL = PROJECT / "models" / "progress" / "tier_unlocks.sql"


@pytest.fixture(scope="module")
def database_of_unlocks(template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a database with two ladders, of which one is a feat."""
    url = new_database("unlocks", template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """
            truncate analytics.challenges, analytics.challenge_tiers;
            insert into analytics.challenges (key, metric_source, metric_key, is_active)
            values ('arena', 'onchain_pvp', 'wins', true),
            ('flawless', 'epic_feats', 'flawless_victory', true);
            insert into analytics.challenge_tiers
            (challenge_key, tier_code, threshold_value, sort_order)
            values ('arena', 'BASIC', 5, 1), ('arena', 'ELITE', 25, 2),
            ('arena', 'MYTHIC', 100, 3), ('flawless', 'DONE', 1, 1)
            """
        )
    return url


@pytest.fixture
def connection(
    database_of_unlocks: str, rolled_back: OpenTransaction
) -> Iterator[psycopg.Connection]:
    """A transaction in that database, which is rolled back."""
    with rolled_back(database_of_unlocks) as connection:
        yield connection


def put_progress(
    connection: psycopg.Connection,
    value: float,
    rolling: float = 0,
    challenge: str = "arena",
    cluster: str = "busy",
    at: datetime = AS_OF,
) -> None:
    connection.execute(
        "insert into analytics.challenge_progress (cluster_id, challenge_key, value, unlocked,"
        " tier, rolling_value, rolling_tier, last_computed_at)"
        " values (%s, %s, %s, false, 'NONE', %s, 'NONE', %s)",
        [cluster, challenge, value, rolling, at],
    )


def put_unlock(
    connection: psycopg.Connection,
    at: datetime,
    revoked_at: datetime | None = None,
    tier: str = "BASIC",
    kind: str = "TIER",
    cluster: str = "busy",
    challenge: str = "arena",
    fell_at: datetime | None = None,
) -> None:
    connection.execute(
        "insert into analytics.tier_unlocks (cluster_id, challenge_key, tier_code, kind,"
        " unlocked_at, revoked_at, fell_at) values (%s, %s, %s, %s, %s, %s, %s)",
        [cluster, challenge, tier, kind, at, revoked_at, fell_at],
    )


def put_move(
    connection: psycopg.Connection,
    at: datetime = AS_OF,
    tier: str = "BASIC",
    kind: str = "TIER",
    cluster: str = "busy",
    challenge: str = "arena",
) -> None:
    connection.execute(
        "insert into app.wallet_moves"
        " (cluster_id, address, challenge_key, tier_code, kind, moved_at)"
        " values (%s, 'a wallet', %s, %s, %s, %s)",
        [cluster, challenge, tier, kind, at],
    )


def computed(
    connection: psycopg.Connection,
    clusters: list[str] | None = None,
    materialized: str = "incremental",
) -> list[tuple]:
    """The unlocks that are new or revoked: cluster, tier, kind, when unlocked and revoked."""
    return sorted(
        (row["cluster_id"], row["tier_code"], row["kind"], row["unlocked_at"], row["revoked_at"])
        for row in selected(connection, clusters, materialized)
        if row["fell_at"] is None or row["revoked_at"]
    )


def selected(
    connection: psycopg.Connection,
    clusters: list[str] | None = None,
    materialized: str = "incremental",
) -> list[dict[str, Any]]:
    """All rows that the model selects."""
    text = render(
        MODEL.read_text(),
        {"clusters": clusters},
        model={"config": {"materialized": materialized}},
        this=Relation("tier_unlocks"),
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(text).fetchall()


def unlocks(*tiers: str, at: datetime = AS_OF, cluster: str = "busy") -> list[tuple]:
    """Unlocks as the model selects them; a tier with a star is a Founder's Mark."""
    kinds = {True: "FOUNDERS_MARK", False: "TIER"}
    return sorted(
        (cluster, tier.rstrip("*"), kinds[tier.endswith("*")], at, None) for tier in tiers
    )


@pytest.mark.parametrize(
    ("value", "rolling", "expected"),
    [
        (0, 0, []),
        (4.999999, 4.999999, []),
        # a threshold that is met exactly is reached
        (5, 0, ["BASIC"]),
        (24.999999, 5, ["BASIC"]),
        (25, 25, ["BASIC", "ELITE"]),
        # a Founder's Mark is the last tier within the last 180 days
        (100, 99.999999, ["BASIC", "ELITE", "MYTHIC"]),
        (100, 100, ["BASIC", "ELITE", "MYTHIC", "MYTHIC*"]),
        # a state can have been more lately than it is
        (0, 100, ["MYTHIC*"]),
    ],
)
def test_the_tiers_that_a_value_reaches_are_unlocked(
    connection: psycopg.Connection, value: float, rolling: float, expected: list[str]
) -> None:
    put_progress(connection, value, rolling)
    assert computed(connection) == unlocks(*expected)
    # a preview builds a plain table
    assert computed(connection, materialized="table") == unlocks(*expected)


def test_a_feat_has_no_founders_mark(connection: psycopg.Connection) -> None:
    put_progress(connection, 1, 1, "flawless")
    assert computed(connection) == unlocks("DONE")


def test_only_clusters_in_the_scope_are_read(connection: psycopg.Connection) -> None:
    put_progress(connection, 5)
    put_progress(connection, 5, cluster="idle", at=NEWER)
    both = [*unlocks("BASIC"), *unlocks("BASIC", at=NEWER, cluster="idle")]
    assert computed(connection) == both
    assert computed(connection, ["idle"]) == both[1:]
    assert computed(connection, []) == []
    for cluster in ("busy", "idle"):
        put_unlock(connection, OLDER, cluster=cluster, tier="ELITE")
        put_move(connection, cluster=cluster, tier="ELITE")
    revoked = [(cluster, "ELITE", "TIER", OLDER, AS_OF) for cluster in ("busy", "idle")]
    assert computed(connection) == sorted([*both, *revoked])
    assert computed(connection, ["busy"]) == sorted([both[0], revoked[0]])


@pytest.mark.parametrize(
    ("seen", "is_new"),
    [
        ({"at": OLDER}, False),
        ({"at": AS_OF}, False),
        # as of an earlier instant it was reached already
        ({"at": NEWER}, True),
        # one that was revoked does not count; first_wins compares the instants
        ({"at": OLDER, "revoked_at": AS_OF - MICRO}, True),
        # another unlock is not this one
        ({"at": OLDER, "tier": "ELITE"}, True),
        ({"at": OLDER, "kind": "FOUNDERS_MARK"}, True),
        ({"at": OLDER, "cluster": "idle"}, True),
    ],
)
def test_an_unlock_that_was_seen_before_is_not_new(
    connection: psycopg.Connection, seen: dict, is_new: bool
) -> None:
    put_progress(connection, 5)
    put_unlock(connection, **seen)
    assert computed(connection) == (unlocks("BASIC") if is_new else [])


@pytest.mark.parametrize(
    ("change", "is_revoked"),
    [
        ({}, True),
        # the value without the wallet still reaches the tier, or just does not
        ({"value": 5}, False),
        ({"value": 4.999999}, True),
        # of a tier the last 180 days do not matter
        ({"value": 4, "rolling": 100}, True),
        ({"value": 100, "rolling": 0}, False),
        # the wallet moved when the tier was unlocked, or before it was
        ({"unlocked": AS_OF}, True),
        ({"unlocked": AS_OF + MICRO}, False),
        # progress has to be as of the move or later
        ({"computed": AS_OF}, True),
        ({"computed": AS_OF - MICRO}, False),
        ({"computed": NEWER}, True),
        # it is revoked once
        ({"revoked": OLDER}, False),
        # a move of another tier, kind, cluster or challenge
        ({"move": {"tier": "ELITE"}}, False),
        ({"move": {"kind": "FOUNDERS_MARK"}}, False),
        ({"move": {"cluster": "idle"}}, False),
        ({"move": {"challenge": "flawless", "tier": "BASIC"}}, False),
    ],
)
def test_an_unlock_is_revoked_when_the_value_without_a_lost_wallet_is_below_the_threshold(
    connection: psycopg.Connection, change: dict, is_revoked: bool
) -> None:
    unlocked = change.get("unlocked", OLDER)
    put_progress(
        connection,
        change.get("value", 0),
        change.get("rolling", 0),
        at=change.get("computed", AS_OF),
    )
    # of another cluster and another challenge, which reach everything
    put_progress(connection, 1000, 0, cluster="rival", at=NEWER)
    put_progress(connection, 0, 0, challenge="flawless", at=NEWER)
    put_unlock(connection, unlocked, change.get("revoked"))
    put_move(connection, **change.get("move", {}))
    revoked = [row for row in computed(connection) if row[-1] is not None]
    assert revoked == ([("busy", "BASIC", "TIER", unlocked, AS_OF)] if is_revoked else [])


@pytest.mark.parametrize(
    ("value", "rolling", "is_revoked"),
    [(1000, 99, True), (0, 100, False), (0, 0, True)],
)
def test_a_founders_mark_is_revoked_by_the_last_180_days(
    connection: psycopg.Connection, value: float, rolling: float, is_revoked: bool
) -> None:
    put_progress(connection, value, rolling)
    put_unlock(connection, OLDER, tier="MYTHIC", kind="FOUNDERS_MARK")
    put_move(connection, tier="MYTHIC", kind="FOUNDERS_MARK")
    revoked = [row for row in computed(connection) if row[-1] is not None]
    mark = ("busy", "MYTHIC", "FOUNDERS_MARK", OLDER, AS_OF)
    assert revoked == ([mark] if is_revoked else [])


def test_of_several_moves_the_latest_revokes(connection: psycopg.Connection) -> None:
    put_progress(connection, 0, at=NEWER)
    put_unlock(connection, OLDER)
    for at in (AS_OF - MICRO, AS_OF, OLDER - DAY):
        put_move(connection, at)
    assert computed(connection) == [("busy", "BASIC", "TIER", OLDER, AS_OF)]


# -- a value that falls -------------------------------------------------------------------

GIVEN = AS_OF - 9 * DAY
#: The run over all changes before the one that reads.
PREVIOUS = AS_OF - 2 * DAY


def begin_run(
    connection: psycopg.Connection,
    definitions: str | None = "same",
    previous: str | None = "same",
    kind: str = "INCREMENTAL",
) -> int:
    """The run of the session, after another one over all changes; returns its id."""
    runs = [
        ("FULL", PREVIOUS - DAY, "SUCCESS", "older"),
        (kind, PREVIOUS, "SUCCESS", previous),
        ("INCREMENTAL", AS_OF - DAY, "FAILED", "failed"),
        ("CLUSTER", AS_OF - DAY, "SUCCESS", "of some clusters"),
        ("INCREMENTAL", AS_OF, "RUNNING", definitions),
        # one that began later
        ("FULL", AS_OF, "SUCCESS", "later"),
    ]
    ids = [
        connection.execute(
            "insert into app.etl_runs"
            " (invocation_id, kind, as_of, state, definitions, started_at, finished_at)"
            " values (gen_random_uuid(), %s, %s, %s, %s, %s, now()) returning run_id",
            [run_kind, as_of, state, hash_of, as_of],
        ).fetchone()[0]
        for run_kind, as_of, state, hash_of in runs
    ]
    connection.execute("select set_config('hedge.run_id', %s, true)", [str(ids[4])])
    return ids[4]


def put_correction(
    connection: psycopg.Connection,
    table: str = "pvp_matches",
    at: datetime = AS_OF,
    cluster: str = "busy",
) -> None:
    connection.execute(
        "insert into app.cluster_corrections values (%s, %s, %s)", [cluster, table, at]
    )


REMOVED = "facts were removed or corrected"


@pytest.mark.parametrize(
    ("change", "is_revoked"),
    [
        ({}, True),
        ({"value": 4.999999}, True),
        # the facts that are left reach the tier, or just do not
        ({"value": 5}, None),
        # facts of another table, cluster or run
        ({"correction": {"table": "hunting_encounters"}}, False),
        ({"correction": {"cluster": "rival"}}, False),
        ({"correction": {"at": AS_OF - MICRO}}, False),
        ({"correction": {"at": AS_OF + MICRO}}, True),
        # a deploy may have lowered it, too
        ({"run": {"previous": "other"}}, False),
        ({"run": {"previous": None}}, False),
        ({"run": {"definitions": None, "previous": None}}, True),
        # the runs over all changes are full and incremental ones
        ({"run": {"kind": "FULL"}}, True),
        ({"run": {"kind": "CLUSTER"}}, False),
        # it had fallen for another reason before the previous run, or only after it
        ({"unlock": {"fell_at": PREVIOUS}}, None),
        ({"unlock": {"fell_at": PREVIOUS + MICRO}}, True),
        # it was revoked already
        ({"unlock": {"revoked_at": AS_OF - DAY}}, None),
    ],
)
def test_an_unlock_is_revoked_when_removed_facts_took_the_value_below_the_threshold(
    connection: psycopg.Connection, change: dict, is_revoked: bool | None
) -> None:
    begin_run(connection, **change.get("run", {}))
    put_progress(connection, change.get("value", 0), rolling=0)
    put_unlock(connection, GIVEN, **change.get("unlock", {}))
    put_correction(connection, **change.get("correction", {}))
    rows = selected(connection)
    if is_revoked is None:
        assert rows == []
        return
    (row,) = rows
    assert (row["cluster_id"], row["tier_code"], row["unlocked_at"]) == ("busy", "BASIC", GIVEN)
    if is_revoked:
        assert (row["revoked_at"], row["revoked_reason"]) == (AS_OF, REMOVED)
        assert row["fell_at"] == change.get("unlock", {}).get("fell_at")
    else:
        assert (row["fell_at"], row["revoked_at"], row["revoked_reason"]) == (AS_OF, None, None)


@pytest.mark.parametrize(
    ("value", "rolling", "is_revoked"),
    [(99, 0, True), (99, 100, None), (100, 0, False)],
)
def test_a_founders_mark_is_revoked_when_not_even_all_time_reaches_the_tier(
    connection: psycopg.Connection, value: float, rolling: float, is_revoked: bool | None
) -> None:
    begin_run(connection)
    put_progress(connection, value, rolling)
    put_unlock(connection, GIVEN, tier="MYTHIC", kind="FOUNDERS_MARK")
    put_correction(connection)
    rows = [row for row in selected(connection) if row["kind"] == "FOUNDERS_MARK"]
    assert [row["revoked_reason"] for row in rows] == ([REMOVED] if is_revoked else [])


def test_a_metric_that_play_can_lower_is_no_proof(connection: psycopg.Connection) -> None:
    connection.execute(
        "update analytics.challenges set metric_source = 'onchain_heroes',"
        " metric_key = 'hero_count' where key = 'arena'"
    )
    begin_run(connection)
    put_progress(connection, 0)
    put_unlock(connection, GIVEN)
    put_correction(connection)
    (row,) = selected(connection)
    assert (row["fell_at"], row["revoked_at"]) == (AS_OF, None)


def test_a_wallet_that_moved_is_the_reason_before_removed_facts(
    connection: psycopg.Connection,
) -> None:
    begin_run(connection)
    put_progress(connection, 0)
    put_unlock(connection, GIVEN)
    put_correction(connection)
    put_move(connection, AS_OF - DAY)
    (row,) = selected(connection)
    assert row["revoked_at"] == AS_OF - DAY
    assert row["revoked_reason"] == "a wallet was verified by another player"


def test_a_new_unlock_names_its_run_and_definitions_and_a_change_keeps_those_of_the_unlock(
    connection: psycopg.Connection,
) -> None:
    run = begin_run(connection)
    put_progress(connection, 25)
    put_unlock(connection, GIVEN, tier="ELITE", fell_at=PREVIOUS)
    connection.execute("update analytics.tier_unlocks set run_id = 7, definitions = 'old'")
    rows = {row["tier_code"]: row for row in selected(connection)}
    assert {tier: (row["run_id"], row["definitions"]) for tier, row in rows.items()} == {
        "BASIC": (run, "same"),
        "ELITE": (7, "old"),
    }
    # the tier that is reached again has not fallen any more
    assert (rows["ELITE"]["unlocked_at"], rows["ELITE"]["fell_at"]) == (GIVEN, None)


@pytest.mark.parametrize(
    ("fell_at", "is_cleared"), [(AS_OF - MICRO, True), (AS_OF, False), (NEWER, False)]
)
def test_a_run_as_of_before_a_fall_does_not_undo_it(
    connection: psycopg.Connection, fell_at: datetime, is_cleared: bool
) -> None:
    put_progress(connection, 5)
    put_unlock(connection, GIVEN, fell_at=fell_at)
    assert [row["fell_at"] for row in selected(connection)] == ([None] if is_cleared else [])


def test_a_tier_or_challenge_that_is_no_more_keeps_its_unlocks(
    connection: psycopg.Connection,
) -> None:
    begin_run(connection)
    put_progress(connection, 0)
    put_correction(connection)
    put_unlock(connection, GIVEN, tier="RENAMED")
    put_unlock(connection, GIVEN, challenge="renamed")
    assert selected(connection) == []
