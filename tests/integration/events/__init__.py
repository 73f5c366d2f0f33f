"""Events: what is told, in which order, and to whom it is delivered."""

import psycopg

AT = "2026-06-01T12:00:00.000000Z"


def told(connection: psycopg.Connection) -> list[tuple]:
    """The events that the transaction tells, as if it ended here."""
    connection.execute("set constraints all immediate; set constraints all deferred")
    return connection.execute(
        "select event_type, coalesce(cluster_id, leaderboard_key), details"
        " from app.events order by event_id"
    ).fetchall()


def put_progress(
    connection: psycopg.Connection, *rows: tuple[str, str, float | str, str], at: str = AT
) -> None:
    """Upsert values and tiers as a run does."""
    for cluster, challenge, value, tier in rows:
        connection.execute(
            "insert into analytics.challenge_progress values"
            " (%s, %s, %s, false, %s, 0, 'NONE', %s)"
            " on conflict (cluster_id, challenge_key) do update set value = excluded.value,"
            " tier = excluded.tier, last_computed_at = excluded.last_computed_at",
            [cluster, challenge, value, tier, at],
        )


def ids(connection: psycopg.Connection) -> dict[str, int]:
    """The ids of events by their challenge."""
    return dict(
        connection.execute("select details ->> 'challengeKey', event_id from app.events").fetchall()
    )
