"""Which versions of Hedge and of the database fit each other.

A database is older than the program where it lacks a migration of the program. It is newer where
app.oldest_served_version() is a later version than that of the program. In between, one release
wide, lies what works: after hedge db migrate, processes of the release before run until they are
replaced.
"""

import functools
from pathlib import Path

import psycopg

import hedge
from hedge.errors import HedgeError
from hedge.queries import query

MIGRATIONS = Path(__file__).parent / "migrations"


@functools.cache
def migrations() -> list[str]:
    """The names of the migrations of this version, oldest first."""
    return sorted(file.stem for file in MIGRATIONS.iterdir() if file.suffix in (".sql", ".py"))


def fault(connection: psycopg.Connection) -> str | None:
    """Why this version of Hedge must not use the database, and what to do, in one sentence; None
    where it may."""
    row = connection.execute(query("database_tables")).fetchone()
    has_tables, has_list = row or (False, False)
    if not has_tables:
        return "the database has no tables yet: run hedge db migrate first"
    if not has_list:
        return (
            "the database does not say which migrations it has: the table "
            "hedge_migrations._yoyo_migration is missing, which belongs to every backup"
        )
    parameters = {"migrations": migrations()}
    found = connection.execute(query("database_missing_migrations"), parameters)
    missing = [name for (name,) in found]
    if missing:
        others = f" and {len(missing) - 1} more" if missing[1:] else ""
        return (
            f"the database is older than Hedge {hedge.__version__}, it lacks the migration "
            f"{missing[0]}{others}: run hedge db migrate"
        )
    return newer(connection)


def newer(connection: psycopg.Connection) -> str | None:
    """Why a newer version of Hedge has changed the database too much for this one; None where it
    has not."""
    function = connection.execute("select to_regprocedure('app.oldest_served_version()')")
    if function.fetchone() == (None,):
        return None
    span = connection.execute(query("database_span"), {"version": hedge.__version__}).fetchone()
    oldest, is_served = span or (None, True)
    if is_served:
        return None
    return (
        f"the database serves Hedge {oldest} and newer, and this is Hedge {hedge.__version__}: "
        f"install Hedge {oldest} or newer"
    )


def require_not_newer(connection: psycopg.Connection) -> None:
    """Raise a HedgeError where the database belongs to a newer version of Hedge."""
    if sentence := newer(connection):
        raise HedgeError(sentence)
