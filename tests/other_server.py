"""A server of another version of PostgreSQL than the embedded one, such as the oldest supported."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

#: Where Debian's package postgresql-15 has its programs.
OLDEST = Path("/usr/lib/postgresql/15/bin")


@contextlib.contextmanager
def running(binaries: Path) -> Iterator[str]:
    """Start a server on a socket of its own; the URL of its empty database `hedge`.

    PostgreSQL refuses to run as root: there it runs as the user postgres.
    """
    folder = tempfile.mkdtemp(prefix="hedge-other-")
    user = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def run(*command: str) -> None:
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, cwd=folder, timeout=60, **user
        )

    data = f"{folder}/data"
    run(str(binaries / "initdb"), "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8")
    options = f"-h '' -k {folder} -c fsync=off"
    control = str(binaries / "pg_ctl")
    run(control, "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
    try:
        url = f"postgresql://postgres@/postgres?host={folder}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create database hedge")
        yield url.replace("/postgres?", "/hedge?")
    finally:
        run(control, "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)
