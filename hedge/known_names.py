"""The names that exist in the database, for suggestions in errors about those that do not."""

import re
from collections.abc import Sequence
from typing import Literal

import psycopg
from psycopg.rows import scalar_row

from hedge import database
from hedge.errors import HedgeError, UsageError
from hedge.queries import query
from hedge.suggestions import did_you_mean

Kind = Literal["board", "season", "cluster", "challenge", "metric", "category"]

_OF_CATALOGUE = ("challenge", "metric", "category")
_UNKNOWN = re.compile(r"(?:^|: )no (?P<kind>board|season|challenge|metric|category) (?P<name>\S+)$")


def unknown(connection: psycopg.Connection, kind: Kind, name: str) -> UsageError:
    """The error about a name that does not exist, with the nearest one that does."""
    return UsageError(f"no {kind} {name}{suggestion(connection, kind, name)}")


def require_cluster(connection: psycopg.Connection, name: str) -> None:
    """A UsageError where there is no cluster of a name, with the nearest one that there is."""
    if connection.execute(query("unknown_clusters"), {"clusters": [name]}).fetchone() is not None:
        raise unknown(connection, "cluster", name)


def require_clusters(connection: psycopg.Connection, names: Sequence[str]) -> None:
    """A UsageError that names the clusters among names that do not exist, where there are some."""
    found = connection.execute(query("unknown_clusters"), {"clusters": list(names)}).fetchall()
    if missing := [name for (name,) in found]:
        near = suggestion(connection, "cluster", missing[0])
        raise UsageError(f"no cluster {', '.join(missing)}: nothing was computed{near}")


def not_computed(connection: psycopg.Connection, cluster: str) -> HedgeError:
    """The error about a cluster without values: another one has them since a merge, or no run has
    computed them yet."""
    kept = connection.execute(query("known_names_merged"), {"cluster": cluster}).fetchone()
    if kept is not None:
        return HedgeError(f"cluster {cluster} was merged into {kept[0]}: ask for {kept[0]}")
    return HedgeError(f"cluster {cluster} was not computed yet: run hedge etl cluster {cluster}")


def suggestion(connection: psycopg.Connection, kind: str, name: str) -> str:
    """The end of a sentence about an unknown name: what it is called since a rename, or the known
    one that is like it; empty where there is none."""
    if kind in _OF_CATALOGUE and not database.exists(connection, "analytics.challenges"):
        return ""
    text = query("known_names_of_catalogue" if kind in _OF_CATALOGUE else "known_names_of_service")
    with connection.cursor(row_factory=scalar_row) as cursor:
        known = cursor.execute(text, {"kind": kind, "name": name}).fetchall()
        if kind in _OF_CATALOGUE:
            parameters = {"kind": kind, "name": name, "known": known}
            if renamed := cursor.execute(query("known_names_renamed"), parameters).fetchone():
                return f": {name} is called {renamed} now"
    return did_you_mean(name, known)


def with_suggestion(connection: psycopg.Connection, sentence: str) -> str:
    """A sentence of a query, such as `no metric onchain_pvp.winz`, with the nearest name."""
    found = _UNKNOWN.search(sentence)
    return sentence + suggestion(connection, found["kind"], found["name"]) if found else sentence
