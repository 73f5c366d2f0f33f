"""Webhooks: addresses to which a worker sends the events that are told.

targets     which addresses may be called
connections connections to these alone
signing     what is sent, signed as Standard Webhooks describe it
delivering  the worker's part: sending, trying again, giving up

This module makes, lists and removes webhooks, and has deliveries replayed.
"""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import psycopg
from psycopg.rows import class_row

from hedge import database
from hedge.errors import UsageError
from hedge.ids import LARGEST, is_id
from hedge.queries import query
from hedge.suggestions import did_you_mean
from hedge.webhooks import targets

State = Literal["WAITING", "DELIVERED", "FAILED"]
#: The types of events, as the constraint of app.events has them.
EventType = Literal[
    "progress.changed",
    "tier.reached",
    "tier.revoked",
    "board.completed",
    "board.corrected",
    "season.level_reached",
    "everything.changed",
    "reward.entitled",
    "reward.claimed",
    "reward.fulfilled",
    "reward.refused",
    "reward.lapsed",
    "reward.taken_back",
    "cluster.merged",
    "cluster.split",
]
#: How a secret is written for a person; the bytes follow in base64.
PREFIX = "whsec_"


@dataclass(frozen=True)
class Webhook:
    """A webhook without its secret, and how many of its deliveries are in each state. event_types
    is None where it gets every type; last_error is that of a delivery that has not arrived."""

    webhook_id: int
    url: str
    description: str
    event_types: list[EventType] | None
    created_at: datetime
    waiting: int
    delivered: int
    failed: int
    last_error: str | None


@dataclass(frozen=True)
class Delivery:
    """An event on its way to a webhook. http_status and error are of the last attempt, None before
    it; error is None where the event has arrived."""

    delivery_id: int
    event_id: int
    event_type: EventType
    cluster_id: str | None
    leaderboard_key: str | None
    state: State
    attempts: int
    next_attempt_at: datetime
    attempted_at: datetime | None
    http_status: int | None
    error: str | None


def create(
    connection: psycopg.Connection,
    url: str,
    description: str = "",
    event_types: Sequence[str] | None = None,
) -> tuple[int, str]:
    """Make a webhook, which gets the events that are told from now on; returns its number and its
    secret, which is not shown again.

    A UsageError names an address that may not be called, and an unknown type of event.
    """
    targets.require_allowed(url)
    known = get_args(EventType)
    if event_types is not None and not event_types:
        raise UsageError(
            f"no types of events are named: leave them out, or name {', '.join(known)}"
        )
    for one in event_types or ():
        if one not in known:
            raise UsageError(
                f"no type of event '{one[:80]}': one of {', '.join(known)}"
                f"{did_you_mean(one, known)}"
            )
    secret = secrets.token_bytes(32)
    with database.constraint_errors(f"the webhook for '{url[:80]}'"):
        number: int = database.value(
            connection,
            query("webhook_create"),
            {
                "url": url,
                "description": description,
                "event_types": None if event_types is None else list(event_types),
                "secret": secret,
            },
        )
    return number, PREFIX + base64.b64encode(secret).decode()


def listed(connection: psycopg.Connection, after: int = 0, limit: int = 1000) -> list[Webhook]:
    """At most limit webhooks behind a number, by number."""
    with connection.cursor(row_factory=class_row(Webhook)) as cursor:
        return cursor.execute(query("webhook_list"), {"after": after, "limit": limit}).fetchall()


def remove(connection: psycopg.Connection, number: int) -> None:
    """Delete a webhook with its deliveries; an unknown number is a UsageError."""
    if connection.execute(query("webhook_delete"), {"webhook": number}).fetchone() is None:
        raise UsageError(f"no webhook {number}")


def deliveries(
    connection: psycopg.Connection,
    number: int,
    state: State | None = None,
    before: int = LARGEST,
    limit: int = 100,
) -> list[Delivery]:
    """At most limit deliveries of a webhook before a number, newest first; with a state those in
    it. An unknown webhook is a UsageError."""
    _require_known(connection, number)
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(
            query("webhook_deliveries"),
            {"webhook": number, "state": state, "before": before, "limit": limit},
        ).fetchall()


def replay(
    connection: psycopg.Connection, number: int, wanted: Sequence[int] | None = None
) -> list[int]:
    """Have deliveries of a webhook sent again, also those that have arrived; None means all that
    were given up. Returns their numbers. A UsageError names a webhook or deliveries that it does
    not have, and nothing is sent again then."""
    _require_known(connection, number)
    with connection.transaction():
        found = connection.execute(
            query("webhook_replay"),
            {
                "webhook": number,
                "deliveries": None if wanted is None else list(filter(is_id, wanted)),
            },
        ).fetchall()
        numbers = sorted(one for (one,) in found)
        if unknown := sorted(set(wanted or ()) - set(numbers)):
            raise UsageError(
                f"webhook {number} has no delivery {', '.join(map(str, unknown))}: nothing is sent"
            )
    return numbers


def _require_known(connection: psycopg.Connection, number: int) -> None:
    if connection.execute(query("webhook_known"), {"webhook": number}).fetchone() is None:
        raise UsageError(f"no webhook {number}")
