"""A server of another version of PostgreSQL than the embedded one, such as the oldest supported."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

#: Where Debian's package postgresql-15 has its programs.
OLDEST = Path("/usr/lib/postgresql/15/bin")


def account() -> pwd.struct_passwd | None:
    """Whom servers run as, where that is not who runs the tests: PostgreSQL and PgBouncer refuse
    to run as root."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


@contextlib.contextmanager
def running(
    binaries: Path,
    prepare: Callable[[Path], str] = lambda data: "-h ''",
    *,
    port: int = 5432,
) -> Iterator[str]:
    """Start a server on a socket of its own; the URL of its empty database `hedge`.

    prepare is called with the folder of its data, and returns options of the server; by default it
    listens on its socket only. Where the tests run as root, the server is of the user postgres.
    """
    folder = tempfile.mkdtemp(prefix="hedge-other-")
    user = {}
    if (other := account()) is not None:
        os.chown(folder, other.pw_uid, other.pw_gid)
        user = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}

    def run(*command: str) -> None:
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, cwd=folder, timeout=60, **user
        )

    data = f"{folder}/data"
    run(str(binaries / "initdb"), "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8")
    options = f"{prepare(Path(data))} -p {port} -k {folder} -c fsync=off"
    control = str(binaries / "pg_ctl")
    run(control, "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
    try:
        url = f"postgresql://postgres@/postgres?host={folder}"
        if port != 5432:
            url += f"&port={port}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create database hedge")
        yield url.replace("/postgres?", "/hedge?")
    finally:
        run(control, "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)
