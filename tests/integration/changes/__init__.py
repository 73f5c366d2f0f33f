"""Changes: what is noted of them, and which clusters the next incremental run computes."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from hedge import runs
from hedge.queries import query
from tests.support import AS_OF, DAY

MICRO = timedelta(microseconds=1)
#: When the last run over all changes started.
STARTED = AS_OF - DAY + timedelta(minutes=1)


def put_run(connection: psycopg.Connection, kind: str, **columns: Any) -> None:
    """A run that succeeded as of the last run over all changes."""
    row = {
        "kind": kind,
        "state": "SUCCESS",
        "as_of": AS_OF - DAY,
        "started_at": STARTED,
        "finished_at": STARTED + timedelta(minutes=1),
    } | columns
    connection.execute(
        f"insert into app.etl_runs (invocation_id, {', '.join(row)})"
        f" values (gen_random_uuid(), {', '.join(['%s'] * len(row))})",
        list(row.values()),
    )


def scope(
    connection: psycopg.Connection,
    largest_share: float = 0.05,
    as_of: datetime | None = AS_OF,
) -> list[str] | None:
    """The clusters that an incremental run computes, which does not succeed; None is every
    cluster."""
    taken_by = runs.take_changes(connection, as_of)
    assert taken_by is not None
    every_cluster, clusters = connection.execute(
        query("runs_changed_clusters"),
        {"taken_by": taken_by, "largest_share": largest_share, "as_of": as_of, "others": []},
    ).fetchone()
    assert every_cluster == (clusters is None)
    return clusters


def in_tiers(stories: Iterable[Any]) -> Iterator[Any]:
    """Stories of facts that arrive; of those of the same raw table, the first one is of the first
    tier."""
    seen: set[str] = set()
    for story in stories:
        yield pytest.param(story, marks=pytest.mark.ci if story.arrives.table in seen else ())
        seen.add(story.arrives.table)
