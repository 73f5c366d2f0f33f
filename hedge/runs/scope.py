"""The scope of an incremental run: taking the change notes, and the clusters that they concern."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import psycopg

from hedge import database
from hedge.queries import query

#: Above this share of all clusters, computing every cluster costs less than naming some.
LARGEST_SHARE = 0.05


def take_changes(connection: psycopg.Connection, as_of: datetime | None = None) -> str | None:
    """Take the change notes for a run as of an instant (None: now), and return the name under
    which they are taken; None where another run has a later as-of instant, over whose rows this
    one cannot write."""
    name = str(uuid.uuid4())
    took = database.value(connection, "select app.take_changes(%s, %s::timestamptz)", [name, as_of])
    return name if took else None


def complete_to(connection: psycopg.Connection, as_of: datetime | None = None) -> str:
    """Up to which block of each followed chain the facts are there that a run as of an instant
    (None: now) counts, as JSON for the variable complete_to of dbt_project.yml. It is asked before
    the change notes are taken: what is decoded in between is known to the next run only."""
    found: str = database.value(
        connection,
        "select app.complete_to(null, coalesce(%s::timestamptz, clock_timestamp()))::text",
        [as_of],
    )
    return found


def changed_clusters(
    connection: psycopg.Connection,
    as_of: datetime | None = None,
    taken_by: str | None = None,
    others: Sequence[str] = (),
) -> list[str] | None:
    """The clusters that an incremental run has to compute (None: every cluster), by the change
    notes that were taken under a name (None: by all notes), and others."""
    every_cluster, clusters = database.one_row(
        connection.execute(
            query("runs_changed_clusters"),
            {
                "taken_by": taken_by,
                "largest_share": LARGEST_SHARE,
                "as_of": as_of,
                "others": list(others),
            },
        )
    )
    return None if every_cluster else clusters
