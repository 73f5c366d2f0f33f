"""Rewards without runs of dbt: points as a run would store them, and what its end does."""

from datetime import datetime, timedelta
from typing import Any

import psycopg

from tests.in_process.rows import put

DAY = timedelta(days=1)
SEASON = "yield"


def now(connection: psycopg.Connection) -> datetime:
    return connection.execute("select clock_timestamp()").fetchone()[0]


def put_season(
    connection: psycopg.Connection, key: str = SEASON, begin: int = -20, end: int = 10
) -> None:
    """Insert a season from so many days after now until so many."""
    at = now(connection)
    span = {"starts_at": at + begin * DAY, "ends_at": at + end * DAY}
    put(connection, "app.seasons", id=key, name=key.title(), scoring="SEASON", **span)


def give(connection: psycopg.Connection, key: str, season: str = SEASON, **columns: Any) -> None:
    """Insert a definition, of kind LEVEL where it names a level."""
    row = {"season_id": season, "reward_key": key, "name": f"The {key}", "quantity": 1}
    kind = "LEVEL" if "level" in columns else "RANK"
    put(connection, "app.reward_definitions", kind=kind, **row | columns)


def reach(
    connection: psycopg.Connection, cluster: str, level: int, points: int = 0, season: str = SEASON
) -> None:
    """Store points and level as of now."""
    connection.execute(
        """
        insert into analytics.season_progress
            (season_id, cluster_id, points, level, points_by_challenge, updated_at)
        values (%s, %s, %s, %s, '{}', clock_timestamp())
        on conflict (season_id, cluster_id) do update
        set (points, level, updated_at) = (excluded.points, excluded.level, excluded.updated_at)
        """,
        [season, cluster, points, level],
    )


def settle(
    connection: psycopg.Connection,
    kind: str = "INCREMENTAL",
    scope: list[str] | None = None,
    *,
    as_of: datetime | None = None,
    state: str = "SUCCESS",
    **columns: Any,
) -> int:
    """What the end of a run does; the number of the run."""
    (run,) = connection.execute(
        """
        insert into app.etl_runs
            (invocation_id, kind, as_of, state, finished_at, definitions, windows, caused_by)
        values (
            gen_random_uuid()::text, %s, coalesce(%s, clock_timestamp()), %s, clock_timestamp(),
            coalesce(%s, (select definitions from app.etl_runs order by run_id desc limit 1)),
            %s, '{}'
        )
        returning run_id
        """,
        [kind, as_of, state, columns.get("definitions"), columns.get("windows")],
    ).fetchone()
    connection.execute("select app.settle_rewards(%s, %s)", [run, scope])
    return int(run)


def claim_all(connection: psycopg.Connection) -> None:
    """Claim what is open."""
    connection.execute(
        "update app.rewards set state = 'CLAIMED', claimed_at = now(), changed_by = 'the player'"
        " where state = 'OPEN'"
    )


def rewards(connection: psycopg.Connection, season: str = SEASON) -> list[tuple[str, str, str]]:
    """Cluster, reward and state of every reward, in this order."""
    return connection.execute(
        "select cluster_id, reward_key, state from app.rewards where season_id = %s"
        " order by cluster_id, reward_key, reward_id",
        [season],
    ).fetchall()


def require_sums(connection: psycopg.Connection) -> int:
    """Entitled is the sum of the states, and the state of each reward is that of its last change;
    how many there are."""
    sums = connection.execute("select * from app.reward_sums").fetchall()
    for season, entitled, *states in sums:
        assert entitled == sum(states), (season, entitled, states)
    wrong = connection.execute(
        """
        select rewards.reward_id
        from app.rewards
        left join lateral (
            select changes.state from app.reward_changes as changes
            where changes.reward_id = rewards.reward_id
            order by changes.change_id desc limit 1
        ) as last on true
        where last.state is distinct from rewards.state
        """
    ).fetchall()
    assert wrong == []
    return sum(one[1] for one in sums)
