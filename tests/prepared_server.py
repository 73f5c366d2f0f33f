"""The prepared server: a stopped embedded server with the template databases of the tests.

A session of tests begins with a copy of it. It is built once for the files that define it and
kept in pytest's cache folder, so that a session over unchanged files starts in a second.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from hedge import database, runs, temporary_folders
from hedge.project.files import DEFINITIONS, TESTS, matching
from hedge.world import demo
from tests import PROJECT, in_memory

#: The files that define the template databases and what dbt keeps beside them.
_FILES = (*DEFINITIONS, *TESTS, "hedge/**/*.*", "profiles.example.yml", "requirements/dev.txt")

#: Opens a transaction in the database of a URL; it is rolled back in the end.
OpenTransaction = Callable[[str], AbstractContextManager[psycopg.Connection]]

#: A database with all tables and views and no facts.
TEMPLATE = "template"
#: A database with the computed demo world of 300 clusters.
DEMO_WORLD = "demo_world"


def copy_to(home: Path, kept: Path | None) -> None:
    """Make home a HEDGE_HOME with the stopped server.

    HEDGE_PREPARED_SERVER names one to copy as it is, whatever the files are. Where nothing may be
    kept, the server is built anew, without the demo world, which few tests need.
    """
    named = os.environ.get("HEDGE_PREPARED_SERVER")
    if named:
        _copy(Path(named), home)
        return
    if kept is None:
        build(home, with_demo_world=False)
        return
    with _prepared(kept) as prepared:
        _copy(prepared, home)


@contextlib.contextmanager
def _prepared(kept: Path) -> Iterator[Path]:
    """The prepared server for the files as they are, built where it is missing.

    Of the processes that begin at once one builds, and the others wait for it."""
    kept.mkdir(parents=True, exist_ok=True)
    prepared = kept / _key()
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not prepared.exists():
            for old in kept.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
            unfinished = kept / "unfinished"
            unfinished.mkdir()
            with temporary_folders.folder("hedge-prepared-") as made:
                build(made / "home")
                _copy(made / "home", unfinished)
            unfinished.rename(prepared)
        yield prepared


def start_building(kept: Path) -> "subprocess.Popen[bytes] | None":
    """Let a process of its own build the prepared server while tests that need none are passed.
    None where there is nothing to build."""
    if os.environ.get("HEDGE_PREPARED_SERVER") or os.environ.get("HEDGE_TEST_SERVER"):
        return None
    if (kept / _key()).exists():
        return None
    building = subprocess.Popen(
        [sys.executable, "-m", "tests.prepared_server", str(kept)],
        cwd=PROJECT,
        # the session may end, and its temporary files with it, before this process does
        env={name: value for name, value in os.environ.items() if name != "TMPDIR"},
        # what fails here fails again, and is said, in the first test that needs the server
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # Soon every test waits for it, so it goes first where there are fewer cores than processes.
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, building.pid, -10)
    return building


def _copy(prepared: Path, home: Path) -> None:
    # cp keeps the owner of the data, which is not the one of this process if that is root.
    subprocess.run(["cp", "-a", "--reflink=auto", f"{prepared}/.", str(home)], check=True)


def url_of(server: str, name: str) -> str:
    """The URL of a database of the session's server."""
    return server.replace("/hedge?", f"/{name}?")


def create_database(server: str, name: str, template: str) -> str:
    """Create a database from a template, in place of one of that name; returns its URL."""
    drop_database(server, name)
    with psycopg.connect(url_of(server, "postgres"), autocommit=True) as connection:
        connection.execute(
            # WAL_LOG, the default, writes each block of the copy into the log as well.
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    return url_of(server, name)


def drop_database(server: str, name: str) -> None:
    """Drop a database of the session's server and end its connections."""
    with psycopg.connect(url_of(server, "postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        )


def _key() -> str:
    """A hash of all that the prepared server is built from: files, their place, and the day,
    since the runs of the demo world must not be older than a run that is pruned or swept."""
    digest = hashlib.sha256(f"{PROJECT} {datetime.now(UTC).date()}".encode())
    for file in matching(PROJECT, _FILES):
        if "__pycache__" not in file.parts:
            digest.update(f"\0{file.relative_to(PROJECT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def build(home: Path, *, with_demo_world: bool = True) -> None:
    """Start a server in an empty folder, build the template databases in it, and stop it."""
    shutil.rmtree(home, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_HOME", str(home))
        patch.delenv("HEDGE_DATABASE_URL", raising=False)
        server = database.start()
        try:
            create_templates(server)
            if with_demo_world:
                create_demo_world(server)
        finally:
            database.stop()


def create_templates(server: str) -> None:
    """Create the template database in a server, whose data need not survive a crash."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("alter system set synchronous_commit = off")
        connection.execute("alter system set full_page_writes = off")
        connection.execute("select pg_reload_conf()")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", create_database(server, TEMPLATE, "template0"))
        database.migrate()
        runs.deploy()


def create_demo_world(server: str) -> None:
    """Create the database with the demo world where it is missing."""
    with psycopg.connect(url_of(server, "postgres"), autocommit=True) as connection:
        found = connection.execute("select from pg_database where datname = %s", [DEMO_WORLD])
        if found.fetchone() is not None:
            return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", create_database(server, DEMO_WORLD, TEMPLATE))
        demo.make(clusters=300, seed=1, report=lambda *_: None)


if __name__ == "__main__":
    with in_memory.temporary_files(), _prepared(Path(sys.argv[1])):
        pass
