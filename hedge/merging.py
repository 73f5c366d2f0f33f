"""Merges of accounts: two accounts of one player become one, and an undo within a term.

The functions app.merge_clusters and app.split_clusters do both, each in one transaction; runs carry
out in the marts what follows (app.follow_merges).
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from hedge import database, known_names, settings
from hedge.errors import StateError
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


@dataclass(frozen=True)
class MovedReward:
    """A reward that a merge moves or takes back: in which state and of which cluster it is before
    and after."""

    reward_id: int
    season_id: str
    name: str
    quantity: Decimal
    cluster_before: str
    cluster_after: str
    state_before: str
    state_after: str


@dataclass(frozen=True)
class MergePreview:
    """What goes to the account `kept` when `absorbed` is merged into it.

    wallets are addresses; name is the shown name that becomes free, None where there is none;
    sessions is in how many browsers the player is signed out. Of the tiers of the absorbed account,
    tiers_gained are those that the kept one has not, and tiers_earlier those that it has later,
    whose earlier date it gets. exclusions of the absorbed account concern the kept one from then
    on. Values, points and ranks follow with the run that the merge requests.
    """

    kept: str
    absorbed: str
    wallets: list[str]
    name: str | None
    sessions: int
    tiers_gained: int
    tiers_earlier: int
    exclusions: int
    rewards: list[MovedReward]


def preview(connection: psycopg.Connection, kept: str, absorbed: str) -> MergePreview:
    """What a merge would move: the merge is done in a transaction that is rolled back. Raises
    HedgeError as merge does."""
    asked = {"kept": kept, "absorbed": absorbed}
    with (
        refusals(),
        connection.transaction(force_rollback=True),
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        moves = database.one_row(cursor.execute(query("clusters_merge_moves"), asked))
        before = cursor.execute(query("clusters_merge_rewards"), asked).fetchall()
        who = {"who": "preview", "days": undo_days()}
        cursor.execute(query("clusters_merge"), asked | who)
        after = cursor.execute(query("clusters_merge_rewards"), asked).fetchall()
    was = {one["reward_id"]: one for one in before}
    rewards = [
        MovedReward(
            reward_id=one["reward_id"],
            season_id=one["season_id"],
            name=one["name"],
            quantity=one["quantity"],
            cluster_before=was[one["reward_id"]]["cluster_id"],
            cluster_after=one["cluster_id"],
            state_before=was[one["reward_id"]]["state"],
            state_after=one["state"],
        )
        for one in after
        if one != was[one["reward_id"]]
    ]
    return MergePreview(kept, absorbed, rewards=rewards, **moves)


def merge(connection: psycopg.Connection, kept: str, absorbed: str, who: str) -> Merge:
    """Merge an account into another, and request the run after which values follow.

    Raises UsageError where there is no such cluster, and StateError where both are the same, and
    where one of them was merged already.
    """
    for cluster in (kept, absorbed):
        known_names.require_cluster(connection, cluster)
    parameters = {"kept": kept, "absorbed": absorbed, "who": who, "days": undo_days()}
    return _one(connection, "clusters_merge", parameters)


def split(connection: psycopg.Connection, absorbed: str, who: str) -> Merge:
    """Undo the merge that has absorbed an account: its wallets that are still linked, its name and
    its unlocks are its own again.

    Raises UsageError where there is no such cluster, and StateError where it was not merged, where
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
    """Turn what the functions refuse, in a sentence, into a StateError."""
    try:
        yield
    except psycopg.errors.RaiseException as error:
        raise StateError(error.diag.message_primary or str(error)) from None


def _one(connection: psycopg.Connection, name: str, parameters: dict[str, Any]) -> Merge:
    with refusals(), connection.transaction():
        # what a function has changed is seen by the next statement
        number = database.value(connection, query(name), parameters)
        with connection.cursor(row_factory=class_row(Merge)) as cursor:
            found = cursor.execute(query("clusters_merges"), {"cluster": None, "merge": number})
            return database.one_row(found)
