"""The progress of a cluster in every challenge, read from the marts."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import psycopg
from psycopg.rows import class_row

from hedge import database, known_names
from hedge.errors import HedgeError
from hedge.queries import query


@dataclass(frozen=True)
class ChallengeProgress:
    """One challenge of one cluster. Values and thresholds are in the unit of the metric;
    next_tier and next_threshold are None on the last tier. They have held since last_computed_at,
    and a run as of verified_to has found them so; is_out_of_date says that verified_to is before
    that of other challenges of the cluster."""

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
    verified_to: datetime
    is_out_of_date: bool


def of_cluster(connection: psycopg.Connection, cluster_id: str) -> list[ChallengeProgress]:
    """All active challenges of a cluster, in the order of the catalogue."""
    known_names.require_cluster(connection, cluster_id)
    if not database.exists(connection, "analytics.challenge_progress"):
        raise HedgeError("nothing was computed yet: run hedge etl deploy first")
    with connection.cursor(row_factory=class_row(ChallengeProgress)) as cursor:
        found = cursor.execute(query("progress_of_cluster"), {"cluster_id": cluster_id}).fetchall()
    if not found:
        raise known_names.not_computed(connection, cluster_id)
    return found


def legendary_classes(connection: psycopg.Connection, cluster_id: str) -> dict[str, bool]:
    """The four classes of the challenge Summoner of Legends, and whether the cluster has summoned
    each."""
    found = connection.execute(query("progress_legendary_classes"), {"cluster_id": cluster_id})
    return dict(found.fetchall())


def is_made_up(cluster_id: str) -> bool:
    """Whether a cluster belongs to the demo world."""
    return cluster_id.startswith("demo-")
