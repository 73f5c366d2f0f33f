"""Tokens of admins and services, and the progress of a cluster as commands read it."""

from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest

from hedge import progress, tokens
from hedge.errors import HedgeError, UsageError
from tests.in_process.rows import AS_OF, put_metrics, put_progress
from tests.support import add_cluster


def test_a_token_is_kept_as_its_hash_and_can_be_revoked(connection: psycopg.Connection) -> None:
    first, token = tokens.create(connection, "admin", "first")
    second, other = tokens.create(connection, "service", "second")
    assert token != other
    assert token.startswith("hedge_")
    assert len(token) > 45
    kept = connection.execute("select token_hash from app.api_tokens order by token_id").fetchall()
    assert kept == [(tokens.hashed(token),), (tokens.hashed(other),)]
    stored = connection.execute("select kept::text from app.api_tokens as kept").fetchall()
    assert token not in str(stored)

    newest, oldest = tokens.listed(connection)
    assert (newest.token_id, newest.name, newest.role) == (second, "second", "service")
    assert (oldest.token_id, oldest.name, oldest.role) == (first, "first", "admin")
    assert (oldest.last_used_at, oldest.revoked_at) == (None, None)
    tokens.revoke(connection, first)
    newest, oldest = tokens.listed(connection)
    assert newest.revoked_at is None
    assert oldest.revoked_at is not None
    # the time of the first revocation is kept
    connection.execute(
        "update app.api_tokens set revoked_at = %s where token_id = %s", [AS_OF, first]
    )
    tokens.revoke(connection, first)
    assert tokens.listed(connection)[1].revoked_at == AS_OF
    with pytest.raises(UsageError, match=f"no token {second + 1}"):
        tokens.revoke(connection, second + 1)


def test_the_hash_of_a_token_never_changes() -> None:
    """Else no token that was given to anybody would be known any more."""
    assert tokens.hashed("hedge_a-token").hex() == (
        "e27807a86a6e074fcca1710bc20695993a7d86f3bab4317b4dcdcdeb16eeacfb"
    )


@pytest.mark.parametrize(
    ("role", "name", "rule"),
    [
        ("admin", "", "the name is not empty"),
        ("player", "a test", "role is admin or service"),
        ("ADMIN", "a test", "role is admin or service"),
    ],
)
def test_a_token_has_a_name_and_one_of_two_roles(
    connection: psycopg.Connection, role: str, name: str, rule: str
) -> None:
    with pytest.raises(UsageError, match=rule):
        tokens.create(connection, role, name)
    assert tokens.listed(connection) == []


def test_progress_is_verified_up_to_the_later_of_two_instants(
    connection: psycopg.Connection,
) -> None:
    """Of its own computation, and of a run that found all rows of its portion unchanged."""
    day = timedelta(days=1)
    add_cluster(connection, "busy")
    for key, at in (("arena_victor", AS_OF), ("hero_riser", AS_OF + 2 * day)):
        put_progress(connection, "busy", key, 1)
        connection.execute(
            "update analytics.challenge_progress set last_computed_at = %s"
            " where challenge_key = %s",
            [at, key],
        )
    connection.execute(
        "insert into app.verified (mart, part, portion, verified_to)"
        " values ('analytics.challenge_progress', '', app.portion_of('busy'), %s)"
        " on conflict (mart, part, portion) do update set verified_to = excluded.verified_to",
        [AS_OF + day],
    )
    found = {
        one.challenge_key: (one.last_computed_at, one.verified_to, one.is_out_of_date)
        for one in progress.of_cluster(connection, "busy")
    }
    assert found == {
        "arena_victor": (AS_OF, AS_OF + day, True),
        "hero_riser": (AS_OF + 2 * day, AS_OF + 2 * day, False),
    }


def test_progress_is_every_challenge_of_the_cluster_in_order(
    connection: psycopg.Connection,
) -> None:
    for cluster in ("busy", "rival", "idle"):
        add_cluster(connection, cluster)
    every = connection.execute(
        "select challenges.key, categories.name from analytics.challenges"
        " join analytics.categories on category_key = categories.key"
        " where challenges.state = 'live' order by categories.sort_order, challenges.sort_order"
    ).fetchall()
    assert len(every) > 40
    for key, _ in sorted(every):
        put_progress(connection, "busy", key, 0)
    put_progress(connection, "rival", "arena_victor", 7)
    columns = {"tier": "BASIC", "unlocked": True, "rolling_value": 3.25, "rolling_tier": "BASIC"}
    connection.execute(
        "update analytics.challenge_progress set value = 14.5, unlocked = true, tier = 'BASIC',"
        " rolling_value = 3.25, rolling_tier = 'BASIC', last_computed_at = %s"
        " where cluster_id = 'busy' and challenge_key = 'arena_victor'",
        [AS_OF + timedelta(days=1)],
    )
    found = progress.of_cluster(connection, "busy")
    assert [(one.challenge_key, one.category) for one in found] == every
    (victor,) = (one for one in found if one.challenge_key == "arena_victor")
    assert (victor.value, victor.unit, victor.challenge) == (
        Decimal("14.5"),
        "matches",
        "Arena Victor",
    )
    assert (victor.tier, victor.unlocked, victor.next_tier) == ("BASIC", True, "ADVANCED")
    assert (victor.rolling_value, victor.rolling_tier) == (Decimal("3.25"), columns["rolling_tier"])
    assert (str(victor.next_threshold), str(victor.value)) == ("15", "14.5")
    assert victor.last_computed_at == AS_OF + timedelta(days=1)
    with pytest.raises(HedgeError, match="idle was not computed yet: run hedge etl cluster idle"):
        progress.of_cluster(connection, "idle")
    with pytest.raises(UsageError, match="no cluster nobody"):
        progress.of_cluster(connection, "nobody")
    connection.execute("drop table analytics.challenge_progress cascade")
    with pytest.raises(HedgeError, match="run hedge etl deploy first"):
        progress.of_cluster(connection, "busy")


def test_the_classes_of_summoner_of_legends_are_those_of_all_time(
    connection: psycopg.Connection,
) -> None:
    assert progress.legendary_classes(connection, "busy") == {}
    summoning = {"has_dragoon": 1, "has_spellbow": True, "has_sage": False}
    metrics = {"onchain_summoning": {key: bool(value) for key, value in summoning.items()}}
    put_metrics(connection, "busy", metrics)
    every = {"has_dragoon": True, "has_sage": True, "has_spellbow": True, "has_dreadknight": True}
    put_metrics(connection, "busy", {"onchain_summoning": every}, "rolling_180d")
    put_metrics(connection, "rival", {"onchain_summoning": every})
    found = progress.legendary_classes(connection, "busy")
    assert list(found.items()) == [
        ("Dragoon", True),
        ("Sage", False),
        ("Spellbow", True),
        ("DreadKnight", False),
    ]


def test_clusters_of_the_demo_world_are_known_by_their_names() -> None:
    for cluster, is_demo in (("demo-busy", True), ("demo", False), ("a-demo-", False)):
        assert progress.is_made_up(cluster) is is_demo
