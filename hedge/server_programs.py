"""The programs of PostgreSQL that fit a server: pg_dump, pg_restore and psql.

Their version matters. pg_dump refuses a server that is newer than itself, and Debian's pg_dump 15
an embedded server of version 18, whose own programs lie in the folder of a Python package.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from hedge import embedded_server
from hedge.errors import HedgeError

#: Where Debian and Ubuntu, the packages of postgresql.org for Red Hat, and Homebrew have them.
_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


def folder(version: int) -> Path:
    """The folder of pg_dump, pg_restore and psql for a server of a major version: those of this
    version, else the oldest ones that are newer. A HedgeError where there are none.

    Looked for are the folders of PATH, those in which systems keep several versions, and the
    package of the embedded server.
    """
    found = _found()
    fitting = [major for major in found if major >= version]
    if not fitting:
        others = ", ".join(f"{major} in {place}" for major, place in sorted(found.items()))
        raise HedgeError(
            f"this host has no pg_dump, pg_restore and psql for PostgreSQL {version} or newer "
            f"(found: {others or 'none'}): install them, on Debian by the package "
            "postgresql-client"
        )
    return found[min(fitting)]


def connection(url: str) -> tuple[str, dict[str, str]]:
    """A database as these programs take it: a connection string without the password, which other
    users of the host would see among the processes, and the environment with it."""
    parameters = conninfo_to_dict(url)
    password = parameters.pop("password", None)
    environment = {**os.environ, "LC_ALL": "C"}
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    return make_conninfo("", **parameters), environment


def newest() -> Path:
    """The folder of the newest programs: pg_restore reads backups of its version and older ones,
    and psql talks to every server. A HedgeError where there are none."""
    return folder(max(_found(), default=0))


def _found() -> dict[int, Path]:
    """The folders of this host with all three programs, by major version."""
    found: dict[int, Path] = {}
    for place in _places():
        major = _version(place / "pg_dump")
        if major is not None and all(_is_program(place / each) for each in ("pg_restore", "psql")):
            found.setdefault(major, place)
    return found


def _places() -> Iterator[Path]:
    for place in os.get_exec_path():
        # Debian's pg_dump in /usr/bin chooses a version by itself; the programs are elsewhere.
        if (file := shutil.which("pg_dump", path=place)) and not _is_chooser(Path(file)):
            yield Path(place)
    for pattern in _FOLDERS:
        yield from sorted(Path("/").glob(pattern.removeprefix("/")))
    yield from embedded_server.folders_of_programs()


def _is_chooser(file: Path) -> bool:
    return file.resolve().name == "pg_wrapper"


def _is_program(file: Path) -> bool:
    return os.access(file, os.X_OK)


def _version(program: Path) -> int | None:
    """The major version that a program prints; None where there is no such program."""
    if not _is_program(program):
        return None
    printed = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", printed)
    return int(found[1]) if found else None
