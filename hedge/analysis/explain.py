"""Why a value is what it is: the facts that count, and how many were passed over and why.

Everything is read from the view metric_evidence, as of the instant of the value and in its
window; nothing is computed here.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

from hedge.errors import HedgeError, UsageError
from hedge.queries import query


@dataclass(frozen=True)
class Rung:
    """A tier of the ladder, in the unit of the metric."""

    tier: str
    threshold: Decimal
    is_reached: bool


@dataclass(frozen=True)
class Fact:
    """A row that counts: when, what it is, the columns that name it, what it gives."""

    occurred_at: datetime | None
    what: str
    natural_key: dict[str, Any]
    contribution: Decimal


@dataclass(frozen=True)
class PassedOver:
    """How many rows of the cluster do not count, and why."""

    reason: str
    rows: int


@dataclass(frozen=True)
class Explanation:
    """A value with its ladder and its facts, newest first and cut to a limit.

    fact_count is how many count and contributed what all of them give, cut or not. Unless
    is_described nobody has said on which facts the metric rests. Unless is_complete the facts
    from Discord are left out. Unless adds_up the facts have changed since the value was
    computed. missing is what the next rung asks for, None on the last.
    """

    cluster_id: str
    challenge_key: str
    challenge: str
    metric_source: str
    metric_key: str
    definition: str
    unit: str
    window: str
    as_of: datetime
    value: Decimal
    ladder: list[Rung]
    next_tier: str | None
    next_threshold: Decimal | None
    missing: Decimal | None
    is_described: bool
    is_complete: bool
    adds_up: bool
    fact_count: int
    contributed: Decimal
    facts: list[Fact]
    passed_over: list[PassedOver]


def of_cluster(
    connection: psycopg.Connection,
    cluster: str,
    challenge: str,
    window: str = "all_time",
    limit: int = 20,
) -> Explanation:
    """Explain the value that a cluster has of a challenge, with all of its facts.

    UsageError where there is no such cluster, challenge or window.
    """
    if connection.execute("select to_regclass('analytics.metric_evidence')").fetchone()[0] is None:
        raise HedgeError("the views are not there yet: run hedge etl deploy first")
    asked = {"cluster": cluster, "challenge": challenge, "window": window}
    with connection.cursor(row_factory=dict_row) as cursor, connection.transaction():
        set_json_loads(partial(json.loads, parse_float=Decimal), cursor)
        unknown = cursor.execute(query("unknown_clusters"), {"clusters": [cluster]}).fetchone()
        head = cursor.execute(query("explain_challenge"), asked).fetchone()
        windows = [row["window_key"] for row in cursor.execute(query("explain_windows"), asked)]
        check(asked, is_known=unknown is None, head=head, windows=windows)
        cursor.execute(query("explain_session"), asked | {"as_of": head["as_of"]})
        scope = asked | head | {"limit": limit, "sees_private": True}
        parts = cursor.execute(query("explain_facts"), scope).fetchall()
    return explanation(asked, head, parts)


def check(
    asked: dict[str, str], *, is_known: bool, head: dict[str, Any] | None, windows: Sequence[str]
) -> None:
    """Say what of a question does not exist: a UsageError, or a HedgeError where there is
    nothing yet."""
    cluster, window = asked["cluster"], asked["window"]
    if not is_known:
        raise UsageError(f"no cluster {cluster}")
    if head is None:
        raise UsageError(f"no challenge {asked['challenge']}")
    if not windows:
        raise HedgeError(f"cluster {cluster} was not computed yet: run hedge etl cluster {cluster}")
    if window not in windows:
        raise UsageError(f"'{window}' is not a window of {cluster}: {', '.join(windows)}")


def explanation(
    asked: dict[str, str], head: dict[str, Any], parts: Sequence[dict[str, Any]]
) -> Explanation:
    """What the rows of explain_challenge and explain_facts say."""
    (of_all,) = [part for part in parts if part["part"] == "all"]
    return Explanation(
        **head | {"ladder": [Rung(**rung) for rung in head["ladder"]]},
        cluster_id=asked["cluster"],
        window=asked["window"],
        is_complete=of_all["is_all"],
        adds_up=of_all["adds_up"],
        fact_count=of_all["number"],
        contributed=of_all["contribution"],
        facts=[
            Fact(part["occurred_at"], part["what"], part["natural_key"], part["contribution"])
            for part in parts
            if part["part"] == "fact"
        ],
        passed_over=[
            PassedOver(part["reason"], part["number"])
            for part in parts
            if part["part"] == "passed over"
        ],
    )
