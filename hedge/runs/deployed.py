"""The deployed project: the definitions that every run uses.

A deploy stores the files of its project in app.deployed_projects, and the run ledger says which
of them is live. A run unpacks these files in HEDGE_HOME/dbt/deployed, under the hash of the
definitions, and uses nothing else: neither the project that somebody edits, nor a copy whose
content does not have that hash.
"""

import contextlib
import fcntl
import gzip
import os
import socket
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

import hedge
from hedge import database, settings
from hedge.accounts import account
from hedge.errors import HedgeError
from hedge.project import archives, files
from hedge.queries import query
from hedge.runs import dbt

#: An error names definitions by so many digits of their hash.
SHORT = 12


@dataclass(frozen=True)
class ParsedProject(dbt.Parsed):
    """A project as dbt has parsed it, and the variables of its dbt_project.yml."""

    variables: dict[str, Any]


def deployed_definitions(connection: psycopg.Connection) -> str | None:
    """The hash of the definitions that are live; None where that is not known."""
    found: str | None = database.value(connection, "select app.deployed_definitions()")
    return found


def require_known_definitions(connection: psycopg.Connection) -> str:
    """The hash of the definitions that are live; a HedgeError says what to do where that is not
    known."""
    definitions = deployed_definitions(connection)
    if definitions is None:
        raise HedgeError(_not_known(connection))
    return definitions


def project_of_runs(connection: psycopg.Connection) -> tuple[Path, str]:
    """The folder of the deployed project, and the hash of its definitions.

    A HedgeError says what to do where it is not known which definitions are live, or where the
    database does not hold their files.
    """
    definitions = require_known_definitions(connection)
    return unpacked(connection, definitions), definitions


def deployed_project(connection: psycopg.Connection) -> ParsedProject:
    """The deployed project, parsed; a HedgeError as of project_of_runs."""
    return _parsed(project_of_runs(connection)[0])


def stored_project(connection: psycopg.Connection, definitions: str) -> ParsedProject:
    """Definitions that were deployed, parsed; a HedgeError where the database does not hold their
    files."""
    return _parsed(unpacked(connection, definitions))


def edited_project() -> ParsedProject:
    """The project that is being edited, parsed; a HedgeError where it does not parse."""
    project = settings.project()
    return _parsed(project)


def _parsed(project: Path) -> ParsedProject:
    found = dbt.parse(project)
    return ParsedProject(found.folder, found.manifest, found.file, files.variables(project))


def store(connection: psycopg.Connection, project: Path) -> tuple[Path, str]:
    """Store the files of a project in the database, and unpack them here.

    Returns the folder of the copy and the hash of its definitions. Nothing is live by that: a
    deploy builds from the copy, so that it deploys what is stored even when somebody edits the
    project meanwhile, and its row in the run ledger makes it live.
    """
    archive = archives.pack(project)
    definitions = archives.definitions_hash(archive)
    connection.execute(
        query("deployed_store"),
        {
            "definitions": definitions,
            "archive": archive,
            "hedge_version": hedge.__version__,
            "deployed_by": person(),
        },
    )
    return unpacked(connection, definitions), definitions


def unpacked(connection: psycopg.Connection, definitions: str) -> Path:
    """The folder with the files of definitions that were deployed, as they were.

    The copy of this HEDGE_HOME is used if its content has the hash of the definitions. Otherwise
    it is made anew from the database; a HedgeError says why that is not possible.
    """
    copy = _copies() / definitions
    if _is_intact(copy, definitions):
        # the copies that were used last are kept
        os.utime(copy)
        return copy
    archive = database.value(connection, query("deployed_archive"), {"definitions": definitions})
    if archive is None:
        raise HedgeError(
            f"the database does not hold the files of the definitions {definitions[:SHORT]}, "
            "because an older version of Hedge deployed them or they were pruned: run hedge etl "
            f"deploy in the project that is to be live ({_edited()})"
        )
    try:
        with _new_copy(archive) as new:
            if files.definitions_hash(new) == definitions:
                return _keep(new, definitions)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError):
        pass  # as for an archive with other files
    except OSError as error:
        raise HedgeError(f"{_copies()} cannot hold the deployed project: {error}") from error
    raise HedgeError(
        f"the files of the definitions {definitions[:SHORT]} in app.deployed_projects are damaged: "
        f"run hedge etl deploy in the project that is to be live ({_edited()})"
    )


def _not_known(connection: psycopg.Connection) -> str:
    """Why it is not known which definitions are live, and what to do."""
    deployed, by_hand = database.one_row(connection.execute(query("deployed_not_known")))
    if deployed is None:
        return (
            f"nothing was deployed yet: run hedge etl deploy in the project that is to be live "
            f"({_edited()})"
        )
    return (
        f"dbt was called by hand in run {by_hand}, with other definitions than the deployed ones "
        f"({deployed[:SHORT]}), and nobody knows which are live: run hedge etl deploy in the "
        f"project that is to be live ({_edited()}), or hedge etl undo to go back to the deployed "
        "ones"
    )


def _edited() -> str:
    """The project that is being edited, for a sentence."""
    project = settings.project()
    return f"{project} has {files.definitions_hash(project)[:SHORT]}"


def person() -> str:
    """Who deploys: the account and the host."""
    return f"{account()}@{socket.gethostname()}"


@contextlib.contextmanager
def _new_copy(archive: bytes) -> Iterator[Path]:
    """Unpack an archive into a new folder, which is removed when the block ends unless it was
    kept."""
    folder = _copies()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="new-") as new:
        copy = Path(new) / "project"
        copy.mkdir()
        archives.unpack(archive, copy)
        yield copy


def _keep(new: Path, definitions: str) -> Path:
    """Put a new copy in its place, where there is no intact one; returns its folder."""
    copy = _copies() / definitions
    with (_copies() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_intact(copy, definitions):
            os.utime(copy)
        else:
            if copy.exists():
                # removed together with the temporary folder
                copy.rename(new.parent / "damaged")
            new.rename(copy)
        dbt.delete_all_but_newest(
            [kept for kept in _copies().iterdir() if len(kept.name) == len(definitions)]
        )
    return copy


def _is_intact(copy: Path, definitions: str) -> bool:
    """Whether a folder holds exactly the files that have a hash."""
    return copy.is_dir() and files.definitions_hash(copy) == definitions


def _copies() -> Path:
    return settings.home() / "dbt" / "deployed"
