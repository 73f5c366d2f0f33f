"""Backups: what is restored is what was backed up, on servers of other versions too."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from hedge import backups, database, runs, server_programs
from hedge.chain import decoding
from hedge.errors import HedgeError
from tests import PROJECT, Hedge, other_server, prepared_server
from tests.integration.chain.facts import ALICE, METIS, put_block, put_log
from tests.other_server import OLDEST
from tests.support import BUSY, add_cluster, progress, put, pvp_match

#: What a backup has to bring back beside rows, by what it is: name and definition. That of a view
#: is its columns, because PostgreSQL writes some expressions in another way once it has read them.
DEFINITIONS = """
select 'function', oid::regprocedure::text, pg_get_functiondef(oid) from pg_proc
where pronamespace = any(%(schemas)s::regnamespace[]) and prokind in ('f', 'p')
union all
select 'everybody', oid::regprocedure::text, has_function_privilege('public', oid, 'execute')::text
from pg_proc where pronamespace = any(%(schemas)s::regnamespace[])
union all
select 'view', attrelid::regclass || '.' || attname, attnum || format_type(atttypid, atttypmod)
from pg_attribute inner join pg_class as classes on attrelid = classes.oid
where relnamespace = any(%(schemas)s::regnamespace[]) and relkind = 'v' and attnum > 0
union all
select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
from pg_constraint
where connamespace = any(%(schemas)s::regnamespace[]) and contype <> 'n'
union all
select 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index
inner join pg_class as classes on pg_index.indexrelid = classes.oid
where classes.relnamespace = any(%(schemas)s::regnamespace[])
union all
select 'comment', classoid::regclass || pg_describe_object(classoid, objoid, objsubid), description
from pg_description
where pg_describe_object(classoid, objoid, objsubid) ~ '(raw|app|analytics)\\.'
"""
TRIGGERS = """
select 'trigger', tgrelid::regclass || '.' || tgname, tgenabled::text || pg_get_triggerdef(oid)
from pg_trigger where not tgisinternal
"""


def contents(connection: psycopg.Connection) -> dict[tuple[str, str], object]:
    """Everything that a backup has to bring back: rows by their checksum, sequences and
    definitions."""
    schemas = {"schemas": list(database.SCHEMAS)}
    found: dict[tuple[str, str], object] = {}
    for statement in (DEFINITIONS, TRIGGERS):
        for kind, name, definition in connection.execute(statement, schemas):
            found[kind, name] = definition
    relations = connection.execute(
        "select relkind, relnamespace::regnamespace::text, relname from pg_class"
        " where relnamespace = any(%(schemas)s::regnamespace[]) and relkind in ('r', 'S')"
        " and relpersistence = 'p' and relname <> 'backups'",
        schemas,
    ).fetchall()
    for kind, schema, name in relations:
        relation = sql.Identifier(schema, name)
        if kind == "S":
            statement = sql.SQL("select last_value, is_called from {}")
        else:
            statement = sql.SQL(
                "select count(*), md5(string_agg(rows::text, '' order by rows::text collate \"C\"))"
                " from {} as rows"
            )
        found[kind, f"{schema}.{name}"] = connection.execute(statement.format(relation)).fetchone()
    return found


def put_chains(connection: psycopg.Connection) -> None:
    """Let METIS be followed: a patrol is decoded beside a row of a file, a fact waits, logs are
    detached and others not decoded yet."""
    for block in (999_998, 1_000_003):
        put_patrol(connection, block)
    decoding.decode(connection)
    connection.execute(
        """
        update raw.chain_blocks set block_time = now() - interval '9 days'
        where block_number < 1000000;
        insert into app.chain_cursors (chain_id, block_number, block_hash, block_time)
        select chain_id, block_number, block_hash, block_time from raw.chain_blocks
        where block_number = 1000003;
        insert into app.chain_followers (chain_id) values (1088);
        insert into app.chain_coverage (chain_id, address, contract, from_block, covered)
        select 1088, decode(substr(address, 3), 'hex'), contract, 0, '{[0,1000004)}'
        from analytics.chain_contracts where chain_id = 1088;
        insert into raw.pending_facts (table_name, key, fact, missing, chain_id, block_number)
        values ('pets', '[1]', '{}', '{family}', 1088, 7);
        insert into raw.facts_of_files (table_name, key, fact) values ('pets', '[1]', '{}')
        """
    )
    decoding.decode(connection)
    connection.execute("select app.detach_log_partition(1088, 0)")
    put_patrol(connection, 1_000_004)


def put_patrol(connection: psycopg.Connection, block: int) -> None:
    """Store the log by which a patrol begins, and its block."""
    put_log(connection, "pvp_diamond", "PatrolStarted", [block, ALICE], [1], block=block)
    put_block(connection, METIS, block)


def require_chains_go_on(connection: psycopg.Connection) -> None:
    """What was restored is decoded where it was left off, and what is detached comes back."""
    (to,) = connection.execute("select app.complete_to(null, 'infinity')").fetchone()
    assert [one["block_number"] for one in to] == [1_000_003]
    assert decoding.decode(connection).logs == 1
    assert decoding.decode(connection).logs == 0
    connection.execute("select app.attach_log_partition(1088, 0)")
    assert decoding.decode(connection).logs == 1
    logs = connection.execute("select count(*) from raw.chain_logs").fetchone()
    assert logs == (3,)


@pytest.fixture
def elsewhere(
    server: str, new_database: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The URL of an empty database, to restore a backup in."""
    yield new_database("elsewhere", "template0")
    prepared_server.drop_database(server, "elsewhere")


def restore_in(url: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Restore a backup in another database, which HEDGE_DATABASE_URL names from then on; what it
    says."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", url)
    told: list[str] = []
    backups.restore(file, tell=told.append)
    return told


@pytest.mark.ci
def test_what_is_restored_is_what_was_backed_up(
    demo_world: psycopg.Connection,
    elsewhere: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_cluster(demo_world, "newcomer", BUSY)
    put(demo_world, *(pvp_match(BUSY) for _ in range(3)))
    put_chains(demo_world)
    before = contents(demo_world)
    made = backups.backup(tmp_path / "hedge.dump")
    written = (tmp_path / "hedge.dump").stat()
    assert made.bytes == written.st_size > 1_000_000
    assert written.st_mode & 0o777 == 0o600
    assert restore_in(elsewhere, tmp_path / "hedge.dump", monkeypatch) == []
    with database.connect() as connection:
        assert contents(connection) == before
        kinds = {kind for kind, _ in before}
        assert kinds == {
            *("function", "everybody", "view", "trigger", "constraint", "index", "comment"),
            *("r", "S"),
        }
        require_chains_go_on(connection)
        # the changes that no run had seen are seen there
        runs.incremental()
        assert progress(connection, "newcomer")["arena_challenger"] >= 3


@pytest.mark.ci
@pytest.mark.skipif(not OLDEST.is_dir(), reason="no PostgreSQL 15 on this machine")
def test_a_database_moves_to_an_older_server_and_back(
    demo_world: psycopg.Connection,
    elsewhere: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = {name: held for name, held in contents(demo_world).items() if name[0] in "rS"}
    backups.backup(tmp_path / "there")
    with other_server.running(OLDEST) as oldest:
        assert restore_in(oldest, tmp_path / "there", monkeypatch) == []
        with database.connect() as connection:
            assert connection.info.server_version // 10_000 == 15
            there = contents(connection)
        assert {name: held for name, held in there.items() if name[0] in "rS"} == rows
        backups.backup(tmp_path / "back")
    assert restore_in(elsewhere, tmp_path / "back", monkeypatch) == []
    with database.connect() as connection:
        back = contents(connection)
    assert {name: held for name, held in back.items() if name[0] in "rS"} == rows


def test_a_backup_is_refused_that_would_lose_something(
    connection: psycopg.Connection, hedge: Hedge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "hedge.dump"
    file.write_text("of yesterday")
    sentence = f"hedge: the file {file} exists: name another one, or give --replace\n"
    assert hedge("db", "backup", str(file)) == (2, "", sentence)
    assert file.read_text() == "of yesterday"
    nowhere = tmp_path / "nowhere" / "hedge.dump"
    assert hedge("db", "backup", str(nowhere)) == (
        2,
        "",
        f"hedge: there is no folder {nowhere.parent}\n",
    )
    # a backup that fails leaves the one before
    with monkeypatch.context() as broken:
        broken.setattr(database, "SCHEMAS", ("no_such_schema",))
        status, out, err = hedge("db", "backup", str(file), "--replace")
    assert (status, out) == (1, "")
    assert err == "hedge: the backup failed: no matching schemas were found\n"
    assert file.read_text() == "of yesterday"
    assert hedge("db", "backup", str(file), "--replace")[0] == 0
    assert [each.name for each in tmp_path.iterdir()] == ["hedge.dump"]
    noted = connection.execute("select file_name, size_in_bytes from app.backups").fetchall()
    assert noted == [(str(file), file.stat().st_size)]


def test_what_cannot_be_restored_changes_nothing(
    connection: psycopg.Connection, hedge: Hedge, tmp_path: Path
) -> None:
    connection.execute("insert into app.players (discord_id) values ('1')")
    file = tmp_path / "hedge.dump"
    assert hedge("db", "backup", str(file))[0] == 0
    connection.execute("insert into app.players (discord_id) values ('2')")

    def refused(*arguments: str) -> str:
        status, out, err = hedge("db", "restore", *arguments)
        assert (status > 0, out) == (True, "")
        assert database.value(connection, "select count(*) from app.players") == 2
        return err.removeprefix("hedge: ").removesuffix("\n")

    assert refused(str(file)) == (
        "the database is not empty, it has the schema analytics: restore into another database, "
        "or replace everything with --replace"
    )
    with database.connect():
        assert refused(str(file), "--replace", "--yes") == (
            "2 other sessions use the database (hedge): end them first, hedge serve and hedge "
            "worker with SIGTERM"
        )
    raw = tmp_path / "raw"
    where, environment = server_programs.connection(database.url())
    dump = server_programs.folder(connection.info.server_version // 10_000) / "pg_dump"
    options = ("--format=custom", "--schema=raw", f"--file={raw}", f"--dbname={where}")
    subprocess.run([dump, *options], env=environment, check=True)
    connection.close()
    torn, other = tmp_path / "torn", tmp_path / "other"
    torn.write_bytes(file.read_bytes()[:-30_000])
    other.write_text("no backup")
    for wrong, sentence in (
        (torn, "the backup cannot be read: could not read from input file: end of file"),
        (
            other,
            "the backup cannot be read: input file does not appear to be a valid archive "
            "(too short?)",
        ),
        (tmp_path / "none", f"there is no file {tmp_path / 'none'}"),
        (raw, f"the file {raw} is a dump of something else: it lacks app.etl_runs"),
    ):
        status, _, err = hedge("db", "restore", str(wrong), "--replace", "--yes")
        assert (status > 0, err) == (True, f"hedge: {sentence}\n")
        with database.connect() as again:
            assert database.value(again, "select count(*) from app.players") == 2
    assert hedge("db", "restore", str(file), "--replace", "--yes") == (0, "restored\n", "")
    with database.connect() as again:
        assert database.value(again, "select count(*) from app.players") == 1


def test_programs_of_a_fitting_version_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(version: int, *names: str) -> Path:
        folder = tmp_path / f"{version}-{len(names)}"
        folder.mkdir()
        for name in names:
            (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}.2'\n")
            (folder / name).chmod(0o755)
        return folder

    programs = ("pg_dump", "pg_restore", "psql")
    places = [install(14, *programs), install(16, *programs), install(19, *programs)]
    places.append(install(17, "pg_dump", "psql"))
    monkeypatch.setattr(server_programs, "_places", lambda: iter(places))
    assert server_programs.folder(14) == places[0]
    assert server_programs.folder(15) == server_programs.folder(16) == places[1]
    assert server_programs.folder(17) == server_programs.newest() == places[2]
    with pytest.raises(HedgeError) as refused:
        server_programs.folder(20)
    assert str(refused.value) == (
        "this host has no pg_dump, pg_restore and psql for PostgreSQL 20 or newer (found: "
        f"14 in {places[0]}, 16 in {places[1]}, 19 in {places[2]}): install them, on Debian by the "
        "package postgresql-client"
    )


def test_psql_is_that_of_the_server(connection: psycopg.Connection) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "cli", "db", "psql", "-X", "-A", "-t", "-c", "show server_version"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        env=os.environ,
        check=True,
    )
    assert run.stdout.strip() == connection.info.parameter_status("server_version")
    assert "warning" not in run.stderr.lower()
