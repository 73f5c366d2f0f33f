"""Suspects: what the rules of models/suspects propose, and what admins decide about it.

A rule is a view suspects_of_RULE of the live schema, which SQL finds by its name
(hedge/migrations/0114-suspects.sql).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from hedge import database
from hedge.errors import UsageError
from hedge.exclusions.records import MANY, NewExclusion, add
from hedge.ids import LARGEST
from hedge.queries import query
from hedge.suggestions import did_you_mean

Verdict = Literal["ACCEPTED", "DISMISSED"]


@dataclass(frozen=True)
class Suspect:
    """A proposal that waits for a decision. proposal names it: the same rule and clusters have the
    same one.

    metric (SOURCE.METRIC) is what the rule would take from the clusters, None for everything. facts
    is how many facts it rests on, which happened from first_at to last_at; reason is why, without
    the names of others, and details is what an admin needs to decide. dismissed_at and
    dismissed_because tell of an earlier dismissal, since which there are new facts.
    """

    proposal: str
    rule: str
    cluster_ids: list[str]
    metric: str | None
    facts: int
    first_at: datetime
    last_at: datetime
    reason: str
    details: dict[str, Any]
    dismissed_at: datetime | None
    dismissed_because: str | None

    @property
    def in_words(self) -> str:
        """The rule and what it says, which is the reason of an exclusion."""
        return f"{self.rule.replace('_', ' ')}: {self.reason}"


@dataclass(frozen=True)
class Decided:
    """What was decided about a proposal: accepted, which made exclusions, or dismissed. reason is
    that of the admin, found_reason what the rule said."""

    decision_id: int
    proposal: str
    rule: str
    cluster_ids: list[str]
    facts: int
    last_at: datetime
    found_reason: str
    decision: Verdict
    exclusion_ids: list[int]
    reason: str
    decided_at: datetime
    decided_by: str


def rules(connection: psycopg.Connection) -> list[str]:
    """The rules that are deployed, in the order of their names."""
    return [rule for (rule,) in connection.execute(query("suspects_rules"))]


def proposed(
    connection: psycopg.Connection,
    rule: str | None = None,
    proposal: str | None = None,
    limit: int = MANY,
) -> list[Suspect]:
    """The proposals that wait for a decision, the most facts first; a UsageError for a rule that
    is not deployed."""
    if rule is not None:
        known = rules(connection)
        if rule not in known:
            raise UsageError(f"no rule {rule}{did_you_mean(rule, known)}")
    asked = {"rule": rule, "proposal": proposal, "limit": limit}
    with connection.cursor(row_factory=class_row(Suspect)) as cursor:
        return cursor.execute(query("suspects_open"), asked).fetchall()


def decisions(
    connection: psycopg.Connection, before: int = LARGEST, limit: int = MANY
) -> list[Decided]:
    """What was decided, the newest first."""
    asked = {"before": before, "limit": limit}
    with connection.cursor(row_factory=class_row(Decided)) as cursor:
        return cursor.execute(query("suspects_decisions"), asked).fetchall()


def one(connection: psycopg.Connection, proposal: str) -> Suspect:
    """The proposal of a name; a UsageError where it does not wait for a decision."""
    found = proposed(connection, proposal=proposal)
    if not found:
        raise UsageError(f"no proposal {proposal} waits for a decision")
    return found[0]


def accept(
    connection: psycopg.Connection,
    proposal: str,
    by: str,
    target: NewExclusion | None = None,
    clusters: Sequence[str] = (),
) -> list[int]:
    """Exclude the clusters of a proposal, in one transaction; returns the numbers of the
    exclusions.

    target says from what (metric, board or season; everything where it names none), from when to
    when, and why; without it they are excluded from the metric of the rule from now on. An empty
    reason is the rule and what it says. clusters are some of those that are proposed; by default
    it is all of them. A UsageError says what does not fit.
    """
    with connection.transaction():
        _alone(connection)
        found = one(connection, proposal)
        wanted, every = chosen(found, target, clusters)
        numbers = [add(connection, replace(wanted, cluster_id=cluster), by) for cluster in every]
        _decide(connection, found, "ACCEPTED", wanted.reason, by, numbers)
    return numbers


def chosen(
    found: Suspect, target: NewExclusion | None, clusters: Sequence[str]
) -> tuple[NewExclusion, list[str]]:
    """What accept makes of each cluster, and of which: see there. The cluster of the exclusion is
    the first one."""
    every = list(clusters) or found.cluster_ids
    for cluster in every:
        if cluster not in found.cluster_ids:
            raise UsageError(f"proposal {found.proposal} does not name cluster {cluster}")
    wanted = target or NewExclusion(reason="", metric=found.metric)
    return replace(wanted, reason=wanted.reason or found.in_words, cluster_id=every[0]), every


def dismiss(connection: psycopg.Connection, proposal: str, by: str, reason: str) -> Suspect:
    """Dismiss a proposal: it is proposed again where new facts come. Returns it; a UsageError where
    it does not wait for a decision, or the reason is empty."""
    with connection.transaction():
        _alone(connection)
        found = one(connection, proposal)
        _decide(connection, found, "DISMISSED", reason, by, [])
    return found


def _alone(connection: psycopg.Connection) -> None:
    """Let one decide at a time: of two, the second finds the decision of the first."""
    connection.execute("select pg_advisory_xact_lock(hashtext('app.suspect_decisions'))")


def _decide(
    connection: psycopg.Connection,
    found: Suspect,
    verdict: Verdict,
    reason: str,
    by: str,
    numbers: list[int],
) -> None:
    given = vars(found) | {
        "found_reason": found.reason,
        "decision": verdict,
        "exclusion_ids": numbers,
        "reason": reason,
        "by": by,
    }
    with database.constraint_errors("the decision"):
        connection.execute(query("suspects_decide"), given)
