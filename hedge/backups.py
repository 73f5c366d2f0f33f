"""Backups of the database by pg_dump, and their restoration.

A backup holds the schemas of Hedge and of its buckets, whole and without owners and grants: facts,
results, the queue, the list of migrations, and the files of the deployed project. Environments are
not in it, because dbt builds them again.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

from hedge import (
    buckets,
    database,
    rights,
    server_programs,
    settings,
    temporary_folders,
    versions,
)
from hedge.errors import HedgeError, UsageError, file_error
from hedge.queries import query

#: The name of a file that stands for standard output and standard input.
STANDARD = Path("-")
_WITHOUT_ROLES = ("--no-owner", "--no-privileges")
#: Takes from everybody what they may not execute, before anybody sees that it is there. A backup of
#: an older version has no such function; `hedge db migrate` then does the same.
_PRIVILEGES = b"""
do $$ begin
    if to_regprocedure('app.keep_definers_from_everybody()') is not null then
        perform app.keep_definers_from_everybody();
    end if;
end $$;
"""
#: A line that pg_restore writes for every server, and that servers before 17 do not know.
_UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"
#: What begins the first statement after the settings of a session. Data come later.
_FIRST_STATEMENTS = (b"CREATE ", b"COPY ", b"COMMENT ", b"ALTER ")


@dataclass(frozen=True)
class Backup:
    """A backup that was made: its file (None: standard output), its size in bytes, and between
    which instants of the server's clock pg_dump ran. It holds the database as it was at began_at,
    or at most seconds later."""

    file: str | None
    bytes: int | None
    began_at: datetime
    ended_at: datetime


def backup(file: Path, *, replace: bool = False) -> Backup:
    """Write a backup of the database into a file, or to standard output, and note it in
    app.backups. Runs and requests go on meanwhile, and a deploy waits.

    A file appears when it is complete, and only its owner may read it. A UsageError where it exists
    and replace is false; a HedgeError where pg_dump fails, or none fits the server.
    """
    if file != STANDARD:
        if file.exists() and not replace:
            raise UsageError(f"the file {file} exists: name another one, or give --replace")
        if not file.absolute().parent.is_dir():
            raise UsageError(f"there is no folder {file.absolute().parent}")
    with database.connect() as connection:
        database.require_migrated(connection)
        buckets.require_no_copies(connection)
        programs = server_programs.folder(connection.info.server_version // 10_000)
        schemas = [*database.SCHEMAS, *database.buckets(connection)]
        began_at = database.value(connection, "select clock_timestamp()")
        if file == STANDARD:
            _dump(programs, schemas, [])
            size = None
        else:
            size = _dump_into(file, programs, schemas)
        stored = None if file == STANDARD else str(file.absolute())
        parameters = {"file": stored, "size": size, "began_at": began_at}
        with connection.cursor() as cursor:
            cursor.execute(query("note_backup"), parameters | {"host": socket.gethostname()})
            (ended_at,) = database.one_row(cursor)
    return Backup(stored, size, began_at, ended_at)


def _dump_into(file: Path, programs: Path, schemas: Sequence[str]) -> int:
    unfinished = file.with_name(f"{file.name}.unfinished")
    try:
        # A backup holds what nobody else may read: sessions, tokens, wallets and their owners.
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        unfinished.chmod(0o600)
        _dump(programs, schemas, [f"--file={unfinished}"])
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
            size = os.fstat(written.fileno()).st_size
        unfinished.replace(file)
    except OSError as error:
        raise file_error(f"the file {file} cannot be written", error) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()
    return size


def _dump(programs: Path, schemas: Sequence[str], arguments: Sequence[str]) -> None:
    conninfo, environment = server_programs.connection(database.url())
    ended = subprocess.run(
        [
            *(str(programs / "pg_dump"), "--format=custom", *_WITHOUT_ROLES),
            *(f"--schema={schema}" for schema in schemas),
            *(*arguments, f"--dbname={conninfo}"),
        ],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        check=False,
    )
    if ended.returncode != 0:
        raise HedgeError(f"the backup failed: {_reason(ended.stderr)}")


def restore(
    file: Path, *, replace: bool = False, tell: Callable[[str], None] = lambda sentence: None
) -> None:
    """Restore a backup, from a file or from standard input, in one transaction: what fails leaves
    the database as it was. The embedded server is created where it is missing.

    The schemas of Hedge must be missing or empty, else a UsageError says so; with replace, they
    and the environments are dropped. Other sessions of the database are then refused, since a
    worker would go on with what it has read before. A HedgeError where the file is no backup, or
    no programs fit. tell gets a sentence where the database needs something yet.
    """
    if not settings.external_database_url():
        database.start()
    programs = server_programs.newest()
    with _archive(file) as archive, database.connect() as connection:
        contents = _contents(programs, archive)
        if replace:
            _require_no_other_session(connection)
            schemas = [sql.Identifier(each) for each in database.schemas(connection)]
            drop = sql.SQL("drop schema if exists {} cascade;\n")
            first = "".join(drop.format(each).as_string() for each in schemas)
        else:
            _require_empty(connection, filter(None, map(_made_schema, contents)))
            first = ""
            # An administrator may have made them, for a role that may create none.
            contents = [
                line
                for line in contents
                if not ((made := _made_schema(line)) and database.has_schema(connection, made))
            ]
        with temporary_folders.folder("hedge-restore-") as folder:
            chosen = folder / "contents"
            chosen.write_text("\n".join(contents) + "\n")
            _restore(programs, archive, chosen, first)
        connection.execute("analyze")
        rights.renew(connection)
        if database.buckets(connection):
            connection.execute("select app.own_buckets()")
        if sentence := versions.fault(connection):
            tell(sentence)


def _restore(programs: Path, archive: Path, contents: Path, first: str) -> None:
    """Execute statements and then those of an archive that a list of contents names, in one
    transaction."""
    conninfo, environment = server_programs.connection(database.url())
    with (
        subprocess.Popen(
            [
                *(str(programs / "pg_restore"), "--file=-", *_WITHOUT_ROLES),
                *(f"--use-list={contents}", archive),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        ) as reading,
        subprocess.Popen(
            [
                *(str(programs / "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"),
                f"--dbname={conninfo}",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
        ) as writing,
    ):
        script = _stream(writing.stdin)
        try:
            # psql that has met an error reads no more.
            with contextlib.suppress(BrokenPipeError):
                script.write(f"begin;\nset client_min_messages = error;\n{first}".encode())
                _copy_script(_stream(reading.stdout), script)
                _require_success("the backup cannot be read", reading)
                script.write(_PRIVILEGES + b"commit;\n")
            with contextlib.suppress(BrokenPipeError):
                script.close()
            _require_success("the backup cannot be restored", writing)
        finally:
            # Without its last line the script changes nothing.
            for process in (writing, reading):
                process.kill()
            with contextlib.suppress(BrokenPipeError):
                script.close()


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise LookupError("the process has no such stream")
    return stream


def _copy_script(script: IO[bytes], to: IO[bytes]) -> None:
    """Copy the script of pg_restore, but the setting that older servers do not know."""
    for line in script:
        if line != _UNKNOWN_BEFORE_17:
            to.write(line)
        if line.startswith(_FIRST_STATEMENTS):
            break
    shutil.copyfileobj(script, to, 1 << 20)


def _require_success(what: str, process: subprocess.Popen[bytes]) -> None:
    said = b"" if process.stderr is None else process.stderr.read()
    if process.wait() != 0:
        raise HedgeError(f"{what}: {_reason(said)}")


@contextlib.contextmanager
def _archive(file: Path) -> Iterator[Path]:
    """The file of a backup; what comes by standard input is kept in a temporary file."""
    if file != STANDARD:
        if not file.is_file():
            raise UsageError(f"there is no file {file}")
        yield file
        return
    with temporary_folders.folder("hedge-restore-") as folder:
        kept = folder / "backup"
        with kept.open("wb") as written:
            shutil.copyfileobj(sys.stdin.buffer, written, 1 << 20)
        yield kept


def _contents(programs: Path, archive: Path) -> list[str]:
    """The lines by which pg_restore lists what a backup holds."""
    ended = subprocess.run(
        [programs / "pg_restore", "--list", archive], capture_output=True, check=False
    )
    if ended.returncode != 0:
        raise UsageError(f"the backup cannot be read: {_reason(ended.stderr)}")
    lines = [line for line in ended.stdout.decode().splitlines() if not line.startswith(";")]
    if not any(" TABLE app etl_runs " in line for line in lines):
        raise UsageError(f"the file {archive} is a dump of something else: it lacks app.etl_runs")
    return lines


def _made_schema(line: str) -> str | None:
    """The name of the schema that a line of the contents stands for; None where it stands for
    something else."""
    found = re.search(r" SCHEMA - (\w+) ", line)
    return found and found[1]


def _require_empty(connection: psycopg.Connection[Any], schemas: Iterable[str]) -> None:
    """Raise a UsageError where one of the schemas of a project, or of those that a backup has,
    holds something."""
    wanted = [*dict.fromkeys([*database.SCHEMAS, *schemas])]
    found = connection.execute(query("schemas_with_contents"), {"schemas": wanted})
    if names := [name for (name,) in found]:
        raise UsageError(
            f"the database is not empty, it has the schema {names[0]}: restore into another "
            "database, or replace everything with --replace"
        )


def _require_no_other_session(connection: psycopg.Connection[Any]) -> None:
    """A worker would go on with what it has read before, and hold up the restoration."""
    found = connection.execute(query("other_sessions")).fetchone()
    if found is not None:
        sessions, names = found
        raise UsageError(
            f"{sessions} other sessions use the database ({names}): end them first, "
            "hedge serve and hedge worker with SIGTERM"
        )


def _reason(said: bytes) -> str:
    """The first error in what a program printed."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line.lower()]
    reason = (errors or lines or ["no reason was given"])[0]
    return re.sub(r"^.*?error:\s*", "", reason, flags=re.IGNORECASE)
