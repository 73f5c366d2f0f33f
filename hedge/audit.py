"""Who changed what of boards, seasons, weights, rewards and challenges, when and by what.

Triggers write app.definition_changes, and deploys what they change of challenges. Who acts is told
to them by the setting hedge.actor of the transaction.
"""

import contextlib
import contextvars
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal, get_args

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import set_json_loads

from hedge.accounts import account
from hedge.errors import UsageError
from hedge.queries import query

Kind = Literal["board", "season", "weight", "reward", "challenge"]
Operation = Literal["added", "changed", "removed"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Actor:
    """Who acts, and the id of the API's request by which it happens, empty where there is none."""

    name: str
    request: str = ""


#: The actor of a request of the API; elsewhere it is the user who runs a command.
_actor: contextvars.ContextVar[Actor | None] = contextvars.ContextVar("actor", default=None)


@dataclass(frozen=True)
class DefinitionChange:
    """A change of a definition: of the board, season or challenge `key`, or of a weight or a reward
    `part` of the season `key`. old_values and new_values hold the fields that differ, all of them
    where it was added or removed. caused_by is the id of the API's request, run_id the deploy in
    the run ledger; None where there is none."""

    change_id: int
    kind: Kind
    key: str
    part: str | None
    operation: Operation
    old_values: dict[str, Any]
    new_values: dict[str, Any]
    changed_at: datetime
    changed_by: str
    caused_by: str | None
    run_id: int | None

    @property
    def differences(self) -> list[tuple[str, str | None, str | None]]:
        """Each field that differs, with its text before and after, None where it is missing. The
        fields of a field, such as a tier of a ladder, follow its name after a dot."""
        before, after = (dict(_texts(one)) for one in (self.old_values, self.new_values))
        return [
            (name, before.get(name), after.get(name))
            for name in sorted(before.keys() | after.keys())
            if before.get(name) != after.get(name)
        ]


def _texts(fields: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from _texts(value, f"{prefix}{name}.")
        elif isinstance(value, bool):
            yield f"{prefix}{name}", "yes" if value else "no"
        elif value is not None:
            listed = value if isinstance(value, list) else [value]
            yield f"{prefix}{name}", ", ".join(map(str, listed))


def act_as(name: str, request: str) -> None:
    """Say who acts in this context, such as a request of the API, until it ends."""
    _actor.set(Actor(name, request))


@contextlib.contextmanager
def acting_as(name: str) -> Iterator[None]:
    """Say who acts in a block."""
    token = _actor.set(Actor(name))
    try:
        yield
    finally:
        _actor.reset(token)


def name_actor(connection: psycopg.Connection) -> None:
    """Tell the triggers who acts, until the transaction ends, in which the connection is."""
    actor = _actor.get() or Actor(f"command of {account()}")
    connection.execute("select set_config('hedge.actor', %s, true)", [actor.name])
    if actor.request:
        connection.execute("select set_config('hedge.request_id', %s, true)", [actor.request])


def changes(
    connection: psycopg.Connection,
    kind: str | None = None,
    key: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[DefinitionChange]:
    """At most limit changes, the newest first: of one kind, of one key, and older than the change
    `before`. A kind that is none is a UsageError."""
    if kind is not None and kind not in KINDS:
        raise UsageError(f"no kind {kind[:80]}: they are {', '.join(KINDS)}")
    asked = {"kind": kind, "key": key, "before": before, "limit": limit}
    with connection.cursor(row_factory=class_row(DefinitionChange)) as cursor:
        set_json_loads(partial(json.loads, parse_float=Decimal), cursor)
        return cursor.execute(query("audit_list"), asked).fetchall()
