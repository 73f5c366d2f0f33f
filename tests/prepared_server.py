"""The prepared server: a stopped embedded server with the template databases of the tests.

A session of tests begins with a copy of it. It is built once for the files that define it and
kept in pytest's cache folder, so that a session over unchanged files starts in a second.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from hedge import database, runs
from hedge.project.files import DEFINITIONS, TESTS, matching
from hedge.world import demo
from tests import PROJECT

#: The files that define the template databases and what dbt keeps beside them.
_FILES = (*DEFINITIONS, *TESTS, "hedge/**/*.*", "profiles.example.yml", "requirements/dev.txt")

#: A database with all tables and views and no facts.
TEMPLATE = "template"
#: A database with the computed demo world of 300 clusters.
DEMO_WORLD = "demo_world"


def copy_to(home: Path, kept: Path | None) -> None:
    """Make home a HEDGE_HOME with the stopped server; built anew if nothing may be kept."""
    if kept is None:
        _build(home)
        return
    kept.mkdir(parents=True, exist_ok=True)
    prepared = kept / _key()
    # Two workers of one session begin at once; the second one waits for what the first builds.
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not prepared.exists():
            for old in kept.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
            unfinished = kept / "unfinished"
            _build(unfinished)
            unfinished.rename(prepared)
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


def _build(home: Path) -> None:
    """Start a server in an empty folder, build the template databases in it, and stop it."""
    shutil.rmtree(home, ignore_errors=True)
    before = {name: os.environ.get(name) for name in ("HEDGE_HOME", "HEDGE_DATABASE_URL")}
    os.environ["HEDGE_HOME"] = str(home)
    os.environ.pop("HEDGE_DATABASE_URL", None)
    server = database.start()
    try:
        with psycopg.connect(server, autocommit=True) as connection:
            # The data of this server need not survive a crash.
            connection.execute("alter system set fsync = off")
            connection.execute("alter system set synchronous_commit = off")
            connection.execute("select pg_reload_conf()")
        os.environ["HEDGE_DATABASE_URL"] = create_database(server, TEMPLATE, "template0")
        database.migrate()
        runs.deploy()
        os.environ["HEDGE_DATABASE_URL"] = create_database(server, DEMO_WORLD, TEMPLATE)
        demo.make(clusters=300, seed=1, report=lambda *_: None)
    finally:
        os.environ.pop("HEDGE_DATABASE_URL", None)
        database.stop()
        for name, text in before.items():
            if text is not None:
                os.environ[name] = text
            else:
                os.environ.pop(name, None)
