"""The model tier_unlocks: what a run adds to the unlocks that it finds, and what it revokes.

The model is rendered without dbt and executed over a few rows of progress, in a transaction that
is rolled back. What first_wins then writes is in test_what_a_run_writes_of_revoked_unlocks.py.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

import psycopg
import pytest

from tests.prepared_server import OpenTransaction
from tests.support import AS_OF, DAY
from tests.unlocks import LADDERS, MICRO, NEWER, OLDER, computed, put_move, put_progress, put_unlock


@pytest.fixture(scope="module")
def database_of_unlocks(template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a database with two ladders, of which one is a feat."""
    url = new_database("unlocks", template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(LADDERS)
    return url


@pytest.fixture
def connection(
    database_of_unlocks: str, rolled_back: OpenTransaction
) -> Iterator[psycopg.Connection]:
    """A transaction in that database, which is rolled back."""
    with rolled_back(database_of_unlocks) as connection:
        yield connection


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
