"""What surrounds the database: the settings of this host, the rights of the role, the disk, other
sessions, and the programs that write facts."""

import shutil

import psycopg
from psycopg import sql

from hedge import database, runs, settings
from hedge import rights as roles
from hedge.errors import HedgeError
from hedge.queries import query

#: The share of a disk, and the bytes, of which less must not be free.
LEAST_FREE_SHARE, LEAST_FREE_BYTES = 0.1, 1 << 30


def settings_of_this_host(connection: psycopg.Connection, _: int) -> list[str]:
    """What `hedge settings` refuses, of the variables of this process."""
    return [fault for setting in settings.listed() for fault in setting.faults]


def rights(connection: psycopg.Connection, _: int) -> list[str]:
    """What the roles lack that hedge db grant has recorded; without any, the first schema that the
    role neither owns nor may create."""
    return roles.faults(connection)


def disk(connection: psycopg.Connection, _: int) -> list[str]:
    """Whether the disk of the embedded server has room."""
    if settings.external_database_url():
        raise HedgeError("the server is not the embedded one, and its disk is not seen from here")
    folder = settings.home()
    usage = shutil.disk_usage(folder)
    if usage.free >= max(LEAST_FREE_BYTES, LEAST_FREE_SHARE * usage.total):
        return []
    return [
        f"the disk of {folder} has {usage.free / 1e9:.1f} GB free of {usage.total / 1e9:.1f} GB"
    ]


def server(connection: psycopg.Connection, _: int) -> list[str]:
    """What is wrong with the version, the settings and the limits of the server."""
    found = connection.execute(query("doctor_server"), {"oldest": database.OLDEST_SERVER})
    return [sentence for (sentence,) in found]


def freshness(connection: psycopg.Connection, _: int) -> list[str]:
    """Raw tables whose newest row is older than the threshold `error_after` of the deployed
    project, as `dbt source freshness` has it. A table that was never written to is none: nobody may
    have an indexer for it."""
    found = []
    for source in runs.deployed_project(connection).manifest.sources.values():
        longest = source.error_after
        if longest is None or source.loaded_at_field is None:
            continue
        newest = database.value(
            connection,
            sql.SQL("select max({}) from {}")
            .format(
                sql.Identifier(source.loaded_at_field),
                sql.Identifier(source.schema, source.identifier),
            )
            .as_string(),
        )
        # what came with a demo world has no indexer
        late = (
            "select %s < now() - %s::interval and %s >"
            " coalesce((select loaded_at from app.made_up_world), '-infinity')"
        )
        if database.value(connection, late, [newest, longest, newest]):
            found.append(
                f"the newest row of {source.schema}.{source.identifier} is of "
                f"{newest:%Y-%m-%d %H:%M}, and an error after {longest}"
            )
    return found
