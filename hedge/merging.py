"""Merges of accounts: two accounts of one player become one, and an undo within a term.

The functions app.merge_clusters and app.split_clusters do both, each in one transaction; runs carry
out in the marts what follows (app.follow_merges).
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from hedge import database, known_names, settings
from hedge.errors import HedgeError
from hedge.queries import query


@dataclass(frozen=True)
class Merge:
    """A merge of the account `absorbed` into `kept`.

    `merged_by` and `undone_by` say who did it, `undo_until` until when it can be undone. `wallets`
    is the number of wallets that went to the kept account.
    """

    merge_id: int
    kept: str
    absorbed: str
    merged_at: datetime
    merged_by: str
    undo_until: datetime
    undone_at: datetime | None
    undone_by: str | None
    wallets: int


def merge(connection: psycopg.Connection, kept: str, absorbed: str, who: str) -> Merge:
    """Merge an account into another, and request the run after which values follow.

    Raises UsageError where there is no such cluster, and HedgeError where both are the same, and
    where one of them was merged already.
    """
    for cluster in (kept, absorbed):
        known_names.require_cluster(connection, cluster)
    parameters = {"kept": kept, "absorbed": absorbed, "who": who, "days": undo_days()}
    return _one(connection, "clusters_merge", parameters)


def split(connection: psycopg.Connection, absorbed: str, who: str) -> Merge:
    """Undo the merge that has absorbed an account: its wallets that are still linked, its name and
    its unlocks are its own again.

    Raises UsageError where there is no such cluster, and HedgeError where it was not merged, where
    the term is over, and where a later merge has to be undone first.
    """
    known_names.require_cluster(connection, absorbed)
    return _one(connection, "clusters_split", {"absorbed": absorbed, "who": who})


def merges(connection: psycopg.Connection, cluster: str | None = None) -> list[Merge]:
    """The merges, the latest first; with a cluster those that concern it. An unknown cluster is a
    UsageError."""
    if cluster is not None:
        known_names.require_cluster(connection, cluster)
    with connection.cursor(row_factory=class_row(Merge)) as cursor:
        return cursor.execute(
            query("clusters_merges"), {"cluster": cluster, "merge": None}
        ).fetchall()


def undo_days() -> int:
    """For how many days a merge can be undone: HEDGE_MERGE_UNDO_DAYS."""
    days: int = settings.value("HEDGE_MERGE_UNDO_DAYS")
    return days


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Turn what the functions refuse, in a sentence, into a HedgeError."""
    try:
        yield
    except psycopg.errors.RaiseException as error:
        raise HedgeError(error.diag.message_primary or str(error)) from None


def _one(connection: psycopg.Connection, name: str, parameters: dict[str, Any]) -> Merge:
    with refusals(), connection.transaction():
        # what a function has changed is seen by the next statement
        number = database.value(connection, query(name), parameters)
        with connection.cursor(row_factory=class_row(Merge)) as cursor:
            found = cursor.execute(query("clusters_merges"), {"cluster": None, "merge": number})
            return database.one_row(found)
