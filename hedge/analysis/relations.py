"""What a calibration reads: live values and deployed ladders, or those of the edited project."""

import re
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

from hedge.queries import query


@dataclass(frozen=True)
class Relations:
    """What a calibration reads: the values, and the seeds of the ladder. Without has_ladder the
    name of a metric stands for a challenge; is_edited says that the edited project, which is not
    deployed, was computed."""

    population: str = "analytics.challenge_population"
    challenges: str = "analytics.challenges"
    challenge_tiers: str = "analytics.challenge_tiers"
    metrics: str = "analytics.metrics"
    has_ladder: bool = True
    is_edited: bool = False


#: The temporary table of put_population.
POPULATION = "metric_population"
#: The live values and the deployed ladders.
DEPLOYED = Relations()


def reading(name: str, relations: Relations) -> str:
    """A named query that reads these relations instead of the deployed ones."""
    text = query(name)
    for field in ("population", "challenges", "challenge_tiers", "metrics"):
        pattern = rf"\b{re.escape(getattr(DEPLOYED, field))}\b"
        text = re.sub(pattern, getattr(relations, field), text)
    return text


def put_population(
    connection: psycopg.Connection, name: str, metric: sql.Composable, as_of: datetime
) -> None:
    """Create the temporary table POPULATION, for the rest of the transaction, with the values of a
    metric as of an instant. name stands for its challenge, and metric is a query of cluster_id,
    window_key and the value as jsonb."""
    connection.execute(query("explain_session"), {"as_of": as_of, "window": "all_time"})
    connection.execute(sql.SQL("create temporary view calibrated_metric as ") + metric)
    connection.execute(query("calibration_of_metric"), {"challenge": name})
