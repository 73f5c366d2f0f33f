"""What a cluster has reached: read from the marts, never computed here."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import psycopg
from psycopg.rows import class_row

from hedge.errors import HedgeError, UsageError
from hedge.queries import query


@dataclass(frozen=True)
class ChallengeProgress:
    """One challenge of one cluster. Values are in the metric's unit; next_threshold is None
    on the last rung."""

    category: str
    challenge_key: str
    challenge: str
    value: Decimal
    unit: str
    tier: str
    unlocked: bool
    next_tier: str | None
    next_threshold: Decimal | None
    rolling_value: Decimal
    rolling_tier: str
    last_computed_at: datetime


def of_cluster(connection: psycopg.Connection, cluster_id: str) -> list[ChallengeProgress]:
    """All active challenges of a cluster, in the order of the catalogue."""
    known = connection.execute(query("unknown_clusters"), {"clusters": [cluster_id]})
    if known.fetchone() is not None:
        raise UsageError(f"no cluster {cluster_id}")
    if (
        connection.execute("select to_regclass('analytics.challenge_progress')").fetchone()[0]
        is None
    ):
        raise HedgeError("nothing was computed yet: run hedge etl deploy first")
    with connection.cursor(row_factory=class_row(ChallengeProgress)) as cursor:
        found = cursor.execute(query("progress_of_cluster"), {"cluster_id": cluster_id}).fetchall()
    if not found:
        raise HedgeError(
            f"cluster {cluster_id} was not computed yet: run hedge etl cluster {cluster_id}"
        )
    return found


def legendary_classes(connection: psycopg.Connection, cluster_id: str) -> dict[str, bool]:
    """The four classes of Summoner of Legends, and whether the cluster summoned each."""
    return dict(
        connection.execute(query("legendary_classes"), {"cluster_id": cluster_id}).fetchall()
    )


def is_made_up(cluster_id: str) -> bool:
    """Whether a cluster belongs to the made-up world of `hedge demo`."""
    return cluster_id.startswith("demo-")
