"""Rewards of seasons: what is given, who is entitled to it, and what became of that.

Runs entitle (app.settle_rewards); here definitions are written, and rewards listed and decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from hedge import audit, database, known_names, runs, seasons
from hedge.errors import UsageError
from hedge.ids import is_id
from hedge.instants import instant_of
from hedge.project import csv_files
from hedge.queries import query

State = Literal["OPEN", "CLAIMED", "FULFILLED", "REFUSED", "LAPSED", "TAKEN_BACK"]
Kind = Literal["LEVEL", "RANK"]
Decision = Literal["FULFILLED", "REFUSED"]
#: The states, in the order of a life.
STATES: tuple[State, ...] = get_args(State)
#: The columns of a file of definitions; those after the first four may be missing or empty.
COLUMNS = (
    *("reward_key", "name", "quantity", "kind"),
    *("level", "leaderboard_key", "rank_from", "rank_to", "valid_until"),
)


class NotClaimed(UsageError):
    """A reward that is to be fulfilled or refused is not claimed, or is disputed."""


@dataclass(frozen=True)
class Definition:
    """What is given in a season, for a level and above (kind LEVEL) or for ranks from rank_from to
    rank_to (kind RANK), which are of the season where leaderboard_key is None. It can be claimed
    until valid_until, for ever where that is None."""

    reward_key: str
    name: str
    quantity: Decimal
    kind: Kind
    level: int | None
    leaderboard_key: str | None
    rank_from: int | None
    rank_to: int | None
    valid_until: datetime | None


@dataclass(frozen=True)
class Reward:
    """What a cluster is entitled to: quantity of name, for a level or a rank. entitled_at is the
    as-of instant of the run that entitled; wallet is the primary wallet of the cluster. is_disputed
    tells that another player has verified a wallet that it rests on."""

    reward_id: int
    season_id: str
    reward_key: str
    name: str
    quantity: Decimal
    cluster_id: str
    level: int | None
    rank: int | None
    state: State
    valid_until: datetime | None
    entitled_at: datetime
    run_id: int
    claimed_at: datetime | None
    fulfilled_at: datetime | None
    changed_at: datetime
    changed_by: str
    note: str
    wallet: str | None
    is_disputed: bool


@dataclass(frozen=True)
class Change:
    """A state of a reward, from when and by whom. previous_state is None where the cluster became
    entitled; caused_by is the id of the API's request."""

    previous_state: State | None
    state: State
    changed_at: datetime
    changed_by: str
    note: str
    caused_by: str | None


@dataclass(frozen=True)
class Sums:
    """How many rewards of a season were entitled, which is the sum of the other numbers."""

    season_id: str
    entitled: int
    open: int
    claimed: int
    fulfilled: int
    refused: int
    lapsed: int
    taken_back: int


def definitions(connection: psycopg.Connection, season_id: str) -> list[Definition]:
    """What a season gives, for levels first; an unknown season is a UsageError."""
    seasons.season(connection, season_id)
    with connection.cursor(row_factory=class_row(Definition)) as cursor:
        return cursor.execute(query("rewards_definitions"), {"season": season_id}).fetchall()


def read_definitions(file: str) -> list[dict[str, str | None]]:
    """The rows of a CSV file of definitions, with the columns COLUMNS, empty values as None. One
    that cannot be read is a UsageError with file and line."""
    found = csv_files.records(file, COLUMNS[:4], COLUMNS[4:])
    return [{name: row.get(name) or None for name in COLUMNS} for row in found]


def define(
    connection: psycopg.Connection,
    season_id: str,
    given: Sequence[dict[str, str | None]],
    *,
    only: bool = False,
) -> None:
    """Insert or update what a season gives; with only, delete the rest. What clusters are entitled
    to already stays as it was promised.

    A definition with a fault, or one to be deleted to which clusters are entitled, is a UsageError,
    and nothing is written.
    """
    runs.require_deployed(connection)
    given = [row | {"valid_until": _instant(row)} for row in given]
    with (
        database.constraint_errors(f"the rewards of season {season_id}"),
        connection.transaction(),
    ):
        audit.name_actor(connection)
        seasons.season(connection, season_id)
        faults = connection.execute(query("rewards_faults"), {"given": Jsonb(given)})
        for (fault,) in faults.fetchall():
            if fault:
                told = known_names.with_suggestion(connection, fault)
                raise UsageError(f"the rewards of season {season_id}: {told}")
        connection.execute(
            query("rewards_define"), {"season": season_id, "given": Jsonb(given), "only": only}
        )


def _instant(row: dict[str, str | None]) -> str | None:
    """valid_until of a row, in ISO 8601 with a time zone, which is UTC where none is given."""
    text = row.get("valid_until")
    if text is None:
        return None
    try:
        return instant_of(text).isoformat()
    except ValueError:
        raise UsageError(
            f"reward {row.get('reward_key')} is valid until '{text[:80]}', which is not an "
            "ISO 8601 time such as 2027-01-31T00:00Z"
        ) from None


def listed(
    connection: psycopg.Connection,
    season: str | None = None,
    state: str | None = None,
    cluster: str | None = None,
    after: int = 0,
    limit: int | None = 100,
) -> list[Reward]:
    """At most limit rewards (None: all) behind a number, by number. A state that is none, an
    unknown season and an unknown cluster are a UsageError."""
    if state is not None and state not in STATES:
        raise UsageError(f"no state {state[:80]}: they are {', '.join(STATES)}")
    if season is not None:
        seasons.season(connection, season)
    if cluster is not None:
        known_names.require_cluster(connection, cluster)
    return _listed(connection, None, season, state, cluster, after, limit)


def reward(connection: psycopg.Connection, number: int) -> Reward:
    """One reward; an unknown number is a UsageError."""
    found = _listed(connection, number) if is_id(number) else []
    if not found:
        raise UsageError(f"no reward {number}")
    return found[0]


def _listed(
    connection: psycopg.Connection,
    number: int | None,
    season: str | None = None,
    state: str | None = None,
    cluster: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[Reward]:
    parameters = {
        **{"reward": number, "season": season, "state": state, "cluster": cluster},
        **{"after": after, "limit": limit},
    }
    with connection.cursor(row_factory=class_row(Reward)) as cursor:
        return cursor.execute(query("rewards_list"), parameters).fetchall()


def changes(connection: psycopg.Connection, number: int) -> list[Change]:
    """What became of a reward, the first change first; an unknown number is a UsageError."""
    reward(connection, number)
    with connection.cursor(row_factory=class_row(Change)) as cursor:
        return cursor.execute(query("rewards_changes"), {"reward": number}).fetchall()


def decide(
    connection: psycopg.Connection,
    number: int,
    state: Decision,
    changed_by: str,
    note: str = "",
    caused_by: str = "",
) -> Reward:
    """Fulfil or refuse a reward that is claimed, once: one that is in this state stays as it is,
    so that a caller without an answer may ask again. note says how it was handed out, or why it is
    refused; caused_by is the id of the API's request.

    Another state, or a reward that rests on a wallet that another player has verified, is
    NotClaimed; a refusal without a reason is another UsageError. Then nothing is written.
    """
    note = note.strip()
    if state == "REFUSED" and not note:
        raise UsageError(f"say why reward {number} is refused")
    if len(note) > 1000 or not note.isprintable():
        raise UsageError("a note has at most 1000 printable characters")
    with connection.transaction():
        connection.execute("select set_config('hedge.request_id', %s, true)", [caused_by])
        parameters = {"reward": number, "state": state, "changed_by": changed_by, "note": note}
        reward(connection, number)
        connection.execute(query("rewards_decide"), parameters)
        decided = reward(connection, number)
        if decided.state == state:
            return decided
        word = "fulfilled" if state == "FULFILLED" else "refused"
        if decided.state == "CLAIMED":
            raise NotClaimed(
                f"reward {number} cannot be {word}: another player has verified a wallet that it "
                "rests on, and the next run decides"
            )
        raise NotClaimed(
            f"reward {number} is {decided.state}: only one that is CLAIMED can be {word}"
        )


def sums(connection: psycopg.Connection, season: str | None = None) -> list[Sums]:
    """The numbers of rewards of each season that has entitled somebody, or of one."""
    with connection.cursor(row_factory=class_row(Sums)) as cursor:
        return cursor.execute(query("rewards_sums"), {"season": season}).fetchall()


def exported(
    connection: psycopg.Connection, season: str | None = None, state: str | None = None
) -> str:
    """Rewards as the text of a CSV file, with a header; an unknown season is a UsageError."""
    names = list(Reward.__dataclass_fields__)
    found = listed(connection, season, state, limit=None)
    return csv_files.text(
        [names, *([csv_files.harmless(getattr(one, name)) for name in names] for one in found)]
    )
