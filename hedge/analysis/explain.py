"""Explanations of values: the facts that count, and how many rows are excluded for which reason.

Everything is read from the view metric_evidence, as of the instant and in the window of the
value.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

from hedge import database, known_names
from hedge.errors import HedgeError, UsageError
from hedge.queries import query


@dataclass(frozen=True)
class Tier:
    """A tier of the ladder; threshold is in the unit of the metric."""

    tier: str
    threshold: Decimal
    is_reached: bool


@dataclass(frozen=True)
class Log:
    """A log of a chain: the hash of its transaction with 0x, its place in the block, and where an
    explorer shows the transaction, or None where the seed chains names no explorer."""

    chain_id: int
    chain: str | None
    block_number: int
    tx_hash: str
    log_index: int
    url: str | None


@dataclass(frozen=True)
class Call:
    """A call of a contract whose answer supplied values that logs do not give: the contract by its
    name in the seed chain_contracts, the function with the types of its argument, the argument, the
    block at whose end it was so, and the columns that have the values."""

    chain_id: int
    chain: str | None
    contract: str
    called_function: str
    argument: str
    block_number: int
    columns: list[str]


@dataclass(frozen=True)
class Fact:
    """A fact that counts. natural_key holds the columns that identify it, without those that name
    wallets and transactions where the reader may not see them; contribution is what it adds to the
    value. occurred_at is None for state, such as a held hero.

    origin says where it came from: `log`, `file` where no log of it is known, `several` where it
    is made of several facts, as the goal of a feat is; None where the reader may not see it. log is
    the log that it names, and further_logs the number of others that state it: None and 0 of facts
    without logs, and where the logs are in partitions that were detached. calls are those that
    supplied values of it.
    """

    occurred_at: datetime | None
    what: str
    natural_key: dict[str, Any]
    contribution: Decimal
    origin: Literal["log", "file", "several"] | None = None
    log: Log | None = None
    further_logs: int = 0
    calls: list[Call] = field(default_factory=list)


@dataclass(frozen=True)
class ExcludedRows:
    """How many rows of the cluster do not count, for one reason."""

    reason: str
    rows: int


@dataclass(frozen=True)
class Explanation:
    """The value of a challenge with its ladder and its facts, newest first, up to a limit.

    fact_count and contributed are the number and the sum of all facts that count, also of those
    beyond the limit; rounding is what the rounding of the value adds to that sum. state is that of
    the challenge: a retired one is explained as of the last run that computed it. is_described
    says whether the metric has evidence; is_complete is False where facts from Discord are hidden;
    adds_up is False where facts or links have changed since the value was computed. missing is the
    difference to the next tier, None on the last tier. passed_over holds the excluded rows; the
    field keeps its published name.
    """

    cluster_id: str
    challenge_key: str
    challenge: str
    metric_source: str
    metric_key: str
    definition: str
    unit: str
    state: str
    window: str
    as_of: datetime
    value: Decimal
    ladder: list[Tier]
    next_tier: str | None
    next_threshold: Decimal | None
    missing: Decimal | None
    is_described: bool
    is_complete: bool
    adds_up: bool
    fact_count: int
    contributed: Decimal
    rounding: Decimal
    facts: list[Fact]
    passed_over: list[ExcludedRows]


def of_cluster(
    connection: psycopg.Connection,
    cluster: str,
    challenge: str,
    window: str = "all_time",
    limit: int = 20,
) -> Explanation:
    """Explain the value that a cluster has of a challenge, private facts included.

    An unknown cluster, challenge or window is a UsageError.
    """
    if not database.exists(connection, "analytics.metric_evidence"):
        raise HedgeError("the views are not there yet: run hedge etl deploy first")
    asked = {"cluster": cluster, "challenge": challenge, "window": window}
    with connection.cursor(row_factory=dict_row) as cursor, connection.transaction():
        set_json_loads(partial(json.loads, parse_float=Decimal), cursor)
        unknown = cursor.execute(query("unknown_clusters"), {"clusters": [cluster]}).fetchone()
        head = cursor.execute(query("explain_challenge"), asked).fetchone()
        found = cursor.execute(query("explain_windows"), asked | {"drafts": True})
        windows = [row["window_key"] for row in found]
        if unknown is not None:
            raise known_names.unknown(connection, "cluster", cluster)
        if head is None:
            raise known_names.unknown(connection, "challenge", challenge)
        if not windows:
            raise known_names.not_computed(connection, cluster)
        head = check(asked, is_known=True, head=head, windows=windows)
        cursor.execute(query("explain_session"), asked | {"as_of": head["as_of"]})
        everything = {"sees_private": True, "sees_wallets": True}
        parameters = asked | head | {"limit": limit, "offset": 0} | everything
        parts = cursor.execute(query("explain_facts"), parameters).fetchall()
    return explanation(asked, head, parts)


def check(
    asked: dict[str, str], *, is_known: bool, head: dict[str, Any] | None, windows: Sequence[str]
) -> dict[str, Any]:
    """Return head, the row of explain_challenge, if what was asked for exists.

    A cluster, challenge or window that does not exist is a UsageError; a cluster that was not
    computed yet is a HedgeError.
    """
    cluster, window = asked["cluster"], asked["window"]
    if not is_known:
        raise UsageError(f"no cluster {cluster}")
    if head is None:
        raise UsageError(f"no challenge {asked['challenge']}")
    if not windows:
        raise HedgeError(f"cluster {cluster} was not computed yet")
    if window not in windows:
        raise UsageError(f"'{window}' is not a window of {cluster}: {', '.join(windows)}")
    return head


def explanation(
    asked: dict[str, str], head: dict[str, Any], parts: Sequence[dict[str, Any]]
) -> Explanation:
    """The explanation from the rows of explain_challenge and explain_facts."""
    (of_all,) = [part for part in parts if part["part"] == "all"]
    shown = {name: value for name, value in head.items() if name not in ("raw_tables", "is_sum")}
    return Explanation(
        **shown | {"ladder": [Tier(**tier) for tier in head["ladder"]]},
        cluster_id=asked["cluster"],
        window=asked["window"],
        is_complete=of_all["is_all"],
        adds_up=of_all["adds_up"],
        fact_count=of_all["number"],
        contributed=of_all["contribution"],
        rounding=of_all["rounding"],
        facts=[
            Fact(
                part["occurred_at"],
                part["what"],
                part["natural_key"],
                part["contribution"],
                part["origin"],
                Log(**part["first_log"]) if part["first_log"] else None,
                part["further_logs"] or 0,
                [Call(**call) for call in part["calls"] or ()],
            )
            for part in parts
            if part["part"] == "fact"
        ],
        passed_over=[
            ExcludedRows(part["reason"], part["number"])
            for part in parts
            if part["part"] == "excluded"
        ],
    )
