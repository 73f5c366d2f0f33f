"""Environments: schemas in which people build what they edit, beside the live one.

The environment NAME has its views and marts in the schema NAME, its run ledger and board runs in
NAME_app. dbt creates and fills it (macros/runs, app.use_environment); this module lists and drops.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql
from psycopg.rows import class_row, scalar_row

from hedge.errors import HedgeError, UsageError
from hedge.queries import query

log = logging.getLogger("hedge.environments")

#: For how many milliseconds dropping waits for those who read the environment.
LOCK_TIMEOUT = 5000


@dataclass(frozen=True)
class Environment:
    """An environment. clusters is how many its newest run had in its scope (None: every cluster),
    models how many views and tables it has of its own, size is in bytes."""

    name: str
    owner: str
    clusters: int | None
    created_at: datetime
    last_used_at: datetime
    models: int
    size: int


def listed(connection: psycopg.Connection) -> list[Environment]:
    """All environments of the database, by name."""
    with connection.cursor(row_factory=class_row(Environment)) as cursor:
        return cursor.execute(query("environments_list")).fetchall()


def drop(connection: psycopg.Connection, name: str) -> None:
    """Drop the schemas of an environment. An unknown name is a UsageError; an environment that
    somebody reads, or that belongs to another role, is a HedgeError."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        # not listed(), which measures the size of each
        known = cursor.execute("select name from app.environments() order by name").fetchall()
    if name not in known:
        raise UsageError(
            f"no environment '{name}': "
            + (f"there are {', '.join(known)}" if known else "there is none")
        )
    try:
        with connection.transaction():
            connection.execute(f"set local lock_timeout = {LOCK_TIMEOUT}")
            # Without this, PostgreSQL sends a notice with every object that the cascade drops.
            connection.execute("set local client_min_messages = warning")
            connection.execute(
                sql.SQL("drop schema if exists {}, {} cascade").format(
                    sql.Identifier(name), sql.Identifier(f"{name}_app")
                )
            )
    except psycopg.errors.LockNotAvailable as error:
        raise HedgeError(f"the environment {name} is in use: nothing was dropped") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise HedgeError(
            f"the environment {name} belongs to another role: nothing was dropped"
        ) from error


def drop_idle(connection: psycopg.Connection, days: int) -> list[str]:
    """Drop the environments that no run has used for a number of days; returns their names. One
    that somebody reads, or that belongs to another role, is kept, with a warning."""
    idle = connection.execute(
        "select name from app.environments() where last_used_at < now() - %s * interval '1 day'",
        [days],
    ).fetchall()
    dropped = []
    for (name,) in idle:
        try:
            drop(connection, name)
            dropped.append(name)
        except HedgeError as error:
            log.warning("%s", error)
    return dropped
