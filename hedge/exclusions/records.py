"""The rows of app.exclusions: making, ending and listing them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row

from hedge import database, known_names
from hedge.addresses import stored
from hedge.errors import UsageError
from hedge.ids import LARGEST, is_id
from hedge.queries import query

#: The largest number of an exclusion, and the default of lists.
MANY = 1000


@dataclass(frozen=True)
class NewExclusion:
    """An exclusion to make: of one cluster, one wallet, or one fact (raw table and the columns of
    its natural key), from a metric (source.key), a board, a season, or everything where none is
    named. It is valid in runs whose as-of instant is in [starts_at, ends_at): from now on, and
    without an end, where they are None."""

    reason: str
    cluster_id: str | None = None
    wallet_address: str | None = None
    raw_table: str | None = None
    fact: dict[str, Any] | None = None
    metric: str | None = None
    board_key: str | None = None
    season_id: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Exclusion(NewExclusion):
    """An exclusion, with who made and who ended it. starts_at is None where it was valid always,
    ends_at where no end is planned. state is planned, valid, or ended."""

    exclusion_id: int = 0
    created_at: datetime | None = None
    created_by: str = ""
    ended_at: datetime | None = None
    ended_by: str | None = None
    end_reason: str | None = None
    state: Literal["planned", "valid", "ended"] = "valid"

    @property
    def subject(self) -> str:
        """What is excluded, in words."""
        if self.cluster_id is not None:
            return f"cluster {self.cluster_id}"
        if self.wallet_address is not None:
            return f"wallet {self.wallet_address}"
        named = ", ".join(f"{name} {value}" for name, value in (self.fact or {}).items())
        return f"{self.raw_table} {named}"

    @property
    def target(self) -> str:
        """What it is excluded from, in words."""
        for kind, name in (
            ("metric", self.metric),
            ("board", self.board_key),
            ("season", self.season_id),
        ):
            if name is not None:
                return f"{kind} {name}"
        return "everything"


def new_exclusion(connection: psycopg.Connection, wanted: NewExclusion) -> NewExclusion:
    """The exclusion with its address as it is stored and its fact as the table has it.

    Raises UsageError for a cluster, metric, board, season or fact that does not exist, for a text
    that is no address, and for a fact that is not named by the columns of its natural key.
    """
    unknown = connection.execute(query("exclusions_unknown"), vars(wanted)).fetchone()
    if unknown is not None:
        raise known_names.unknown(connection, *unknown)
    if wanted.metric is not None:
        if not database.exists(connection, "analytics.metrics"):
            raise UsageError(f"no metric {wanted.metric}: run hedge etl deploy first")
        if connection.execute(query("exclusions_unknown_metric"), vars(wanted)).fetchone():
            raise known_names.unknown(connection, "metric", wanted.metric)
    if wanted.wallet_address is not None:
        wanted = replace(wanted, wallet_address=stored(wanted.wallet_address))
    if wanted.raw_table is not None:
        named = wanted.fact or {}
        wanted = replace(wanted, fact=_stored_key(connection, wanted.raw_table, named))
    return wanted


def new_exclusions(
    connection: psycopg.Connection, wanted: NewExclusion, clusters: Sequence[str]
) -> list[NewExclusion]:
    """An exclusion as wanted of each of some clusters, or the one itself where there are none, each
    as new_exclusion has it."""
    every = [replace(wanted, cluster_id=cluster) for cluster in clusters] or [wanted]
    return [new_exclusion(connection, one) for one in every]


def key_of_fact(pairs: Iterable[str]) -> dict[str, Any]:
    """The natural key of a fact as somebody types it, such as match_id=1, by column; another text
    is a UsageError."""
    key = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"'{pair}' is not COLUMN=VALUE, such as match_id=1")
        key[name] = value
    return key


def add(connection: psycopg.Connection, wanted: NewExclusion, by: str) -> int:
    """Make an exclusion; returns its number. The next run of its clusters follows it, from the
    instant on from which it is valid.

    Raises UsageError for what does not exist, and for what the table does not allow: a wallet or a
    fact that is not excluded from everything, no reason, an end before the beginning.
    """
    wanted = new_exclusion(connection, wanted)
    with database.constraint_errors("exclusion"):
        number: int = database.value(connection, query("exclusions_add"), parameters(wanted, by))
    return number


def parameters(wanted: NewExclusion, by: str) -> dict[str, Any]:
    """The parameters of the query exclusions_add."""
    source, _, key = (wanted.metric or "").rpartition(".")
    return vars(wanted) | {
        "metric_source": source or None,
        "metric_key": key or None,
        "fact": None if wanted.fact is None else json.dumps(wanted.fact, default=str),
        "by": by,
    }


def end(connection: psycopg.Connection, number: int, by: str, reason: str | None = None) -> None:
    """End an exclusion: runs as of now and later do not follow it. A UsageError where it does not
    exist or has ended already."""
    asked = {"exclusion": number, "by": by, "reason": reason}
    with database.constraint_errors(f"exclusion {number}"):
        if connection.execute(query("exclusions_end"), asked).fetchone() is not None:
            return
    require_ending(connection, number)
    raise UsageError(f"exclusion {number} has ended already")


def one(connection: psycopg.Connection, number: int) -> Exclusion:
    """The exclusion of a number; a UsageError where it does not exist."""
    found = listed(connection, number=number) if is_id(number) else []
    if not found:
        raise UsageError(f"no exclusion {number}")
    return found[0]


def require_ending(connection: psycopg.Connection, number: int) -> Exclusion:
    """The exclusion of a number; a UsageError where it does not exist or has ended already."""
    found = one(connection, number)
    if found.state == "ended":
        raise UsageError(f"exclusion {number} has ended already")
    return found


def listed(
    connection: psycopg.Connection,
    *,
    number: int | None = None,
    cluster: str | None = None,
    only_valid: bool = False,
    before: int = LARGEST,
    limit: int = MANY,
) -> list[Exclusion]:
    """Exclusions, the newest first: all, the one with a number, or those that concern a cluster. An
    unknown cluster is a UsageError."""
    if cluster is not None:
        known_names.require_cluster(connection, cluster)
    return _listed(connection, number, cluster, only_valid, before, limit)


def _listed(
    connection: psycopg.Connection,
    number: int | None,
    cluster: str | None,
    only_valid: bool,
    before: int = LARGEST,
    limit: int = MANY,
) -> list[Exclusion]:
    asked = {
        "exclusion": number,
        "cluster": cluster,
        "only_valid": only_valid,
        "before": before,
        "limit": limit,
    }
    with connection.cursor(row_factory=class_row(Exclusion)) as cursor:
        return cursor.execute(query("exclusions_list"), asked).fetchall()


def are_readable(connection: psycopg.Connection) -> bool:
    """Whether the role of a connection may read exclusions: reasons are for the player and
    admins."""
    asked = "select has_table_privilege('app.exclusions', 'select')"
    found: bool = database.value(connection, asked)
    return found


def of_cluster(connection: psycopg.Connection, cluster: str) -> list[Exclusion]:
    """The exclusions that concern a cluster now: its own, those of its wallets, and those of facts
    that name one of them. None of them for a role that may not read exclusions."""
    if not are_readable(connection):
        return []
    return _listed(connection, None, cluster, only_valid=True)


def _stored_key(
    connection: psycopg.Connection, table: str, named: Mapping[str, Any]
) -> dict[str, Any]:
    """The natural key of a fact, with the values as the database writes them."""
    if table not in [name for (name,) in connection.execute(query("load_tables"))]:
        raise UsageError(f"no raw table {table}")
    with connection.cursor(row_factory=dict_row) as cursor:
        columns = cursor.execute(query("load_columns"), {"table": f"raw.{table}"}).fetchall()
        key = [column["name"] for column in columns if column["key_position"]]
        if sorted(named) != sorted(key):
            raise UsageError(f"a fact of {table} is named by {', '.join(key)}")
        statement = sql.SQL(
            "select jsonb_build_object({}) as key from raw.{} as facts"
            " inner join jsonb_populate_record(null::raw.{}, %s) as named on {}"
        ).format(
            sql.SQL(", ").join(
                sql.SQL("{}, facts.{}").format(sql.Literal(name), sql.Identifier(name))
                for name in key
            ),
            sql.Identifier(table),
            sql.Identifier(table),
            sql.SQL(" and ").join(
                sql.SQL("facts.{0} = named.{0}").format(sql.Identifier(name)) for name in key
            ),
        )
        with database.constraint_errors(f"a fact of {table}"):
            found = cursor.execute(statement, [json.dumps(named, default=str)]).fetchone()
    if found is None:
        raise UsageError(
            f"no fact of {table} with {', '.join(f'{name} {named[name]}' for name in key)}"
        )
    return dict(found["key"])
