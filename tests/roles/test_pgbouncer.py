"""PgBouncer in transaction mode: reads of the API work through it, and what needs a session of its
own says so."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hedge import database, poolers, world
from hedge.errors import HedgeError
from tests import other_server
from tests.other_server import OLDEST
from tests.roles.conftest import Command, Serving, public_answers
from tests.support.commands import free_port

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextlib.contextmanager
def pooler(server: str, **settings: object) -> Iterator[str]:
    """Start a PgBouncer before a server; the URL of the same database through it."""
    assert PGBOUNCER is not None
    folder = Path(tempfile.mkdtemp(prefix="hedge-pooler-"))
    port = free_port()
    host = psycopg.conninfo.conninfo_to_dict(server)["host"]
    chosen = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "any",
        "pool_mode": "transaction",
        "default_pool_size": 4,
        "ignore_startup_parameters": "options, extra_float_digits",
    } | settings
    user = chosen.pop("user")
    lines = [f"{name} = {value}" for name, value in chosen.items()]
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\nhedge = host={host} user={user}\n[pgbouncer]\n" + "\n".join(lines) + "\n"
    )
    who = {}
    if (other := other_server.account()) is not None:
        os.chown(folder, other.pw_uid, other.pw_gid)
        who = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [PGBOUNCER, str(folder / "pgbouncer.ini")], stdout=log, stderr=log, cwd=folder, **who
    )
    url = f"postgresql://{user}@127.0.0.1:{port}/hedge"
    try:
        for _ in range(100):
            assert process.poll() is None, (folder / "log").read_text()
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url):
                break
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(folder)


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of an empty database of a PostgreSQL 15."""
    if PGBOUNCER is None:
        pytest.skip("no PgBouncer on this machine (Debian's package pgbouncer)")
    if not (OLDEST / "initdb").exists():
        pytest.skip("no PostgreSQL 15 on this machine")
    with other_server.running(OLDEST) as url:
        yield url


def set_what_sessions_need(server: str, role: str) -> None:
    """Give a role the settings that a pooler does not pass on."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"alter role {role} set datestyle = 'ISO, YMD'")
        connection.execute(f"alter role {role} set timezone = 'UTC'")


@pytest.mark.ci  # 25 seconds: a deploy, and a server
def test_public_routes_are_served_and_commands_refuse(
    server: str,
    works: Command,
    is_refused: Command,
    serving: Serving,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", server)
    works("db", "migrate")
    works("etl", "deploy")
    owners = ("--migrate", "p_owner", "--run", "p_run")
    works("db", "grant", *owners, "--read", "p_read", "--serve", "p_serve")
    files = world.write_world(tmp_path, clusters=3, seed=1)
    works("wallets", "import", str(files.pop("wallets")))
    for table, file in files.items():
        works("load", table, str(file))
    works("catalogue", "install")
    # the season of the catalogue has ended
    works("seasons", "edit", "season_1_awakening", "--to", "2100-01-01")
    service, admin = (
        works("tokens", "create", "--role", role, "--name", role).split()[-1]
        for role in ("service", "admin")
    )
    works("etl", "full", "--as-of", "2026-11-01")
    works("boards", "run", "--due", "--as-of", "2026-11-01")

    with pooler(server, user="p_read") as url:
        monkeypatch.setenv("HEDGE_DATABASE_URL", url)
        # the options are ignored, and the server has other settings
        said = is_refused("serve")
        assert "alter role p_read set datestyle = 'ISO,YMD'" in said
        set_what_sessions_need(server, "p_read")
    # It keeps what it has learned of a server's settings.
    with pooler(server, user="p_read") as url:
        with serving(url) as client:
            # often enough for a driver to prepare what it repeats
            for _ in range(7):
                answers = public_answers(client)
                assert {path: status for path, status in answers.items() if status != 200} == {}
            assert len(answers) > 25
        log = next(tmp_path.glob("serve-*/log")).read_text()
        assert "events may be late" in log
        assert '"level": "error"' not in log

    set_what_sessions_need(server, "p_serve")
    with pooler(server, user="p_serve") as url, serving(url) as client:
        player = {"Authorization": f"Bearer {service}", "X-Discord-Id": "5"}
        for number in range(7):
            linked = client.post(
                "/api/me/wallets", headers=player, json={"address": f"0x{number:040x}"}
            )
            assert linked.status_code == 200, linked.text
        assert client.delete("/api/me", headers=player).status_code in (200, 204)
        listed = client.get("/admin/etl/runs", headers={"Authorization": f"Bearer {admin}"})
        assert listed.status_code == 200, listed.text

    with pooler(server, user="p_run") as url:
        monkeypatch.setenv("HEDGE_DATABASE_URL", url)
        for command in ("etl full", "etl deploy", "db migrate", "worker", "boards run --due"):
            assert "needs a session of its own" in is_refused(*command.split())
        assert "needs a session of its own" in is_refused("load", "heroes", str(files["heroes"]))
        assert "needs a session of its own" in is_refused("preview")


@pytest.mark.ci
def test_what_kind_of_pooler_it_is_is_told(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_what_sessions_need(server, "postgres")
    with pooler(server, user="postgres", ignore_startup_parameters="") as url:
        monkeypatch.setenv("HEDGE_DATABASE_URL", url)
        with (
            pytest.raises(HedgeError, match="has to name options"),
            database.connect(),
        ):
            pass
    with pooler(server, user="postgres") as url:
        monkeypatch.setenv("HEDGE_DATABASE_URL", url)
        for autocommit in (True, False):
            with (
                pytest.raises(HedgeError, match="pooler in transaction mode"),
                database.connect(autocommit=autocommit),
            ):
                pass
        with database.connect(pooled=True) as connection:
            assert database.value(connection, "show timezone") == "UTC"
            assert connection.prepare_threshold is None
    # in session mode, a session is one's own
    with pooler(server, user="postgres", pool_mode="session") as url:
        monkeypatch.setenv("HEDGE_DATABASE_URL", url)
        with database.connect() as connection:
            assert database.value(connection, "select pg_try_advisory_lock(1)")
    # without room for a second session, nobody is kept waiting for long
    with pooler(server, user="postgres", pool_mode="session", default_pool_size=1) as url:
        monkeypatch.setenv("HEDGE_DATABASE_URL", url)
        began = time.monotonic()
        with database.connect():
            assert time.monotonic() - began < poolers.PATIENCE + 3
    monkeypatch.setenv("HEDGE_DATABASE_URL", server)
    with database.connect() as connection:
        assert connection.prepare_threshold is not None
