"""hedge db, hedge serve and hedge init."""

import dataclasses
import io
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import granian
import pytest

from cli import supervision
from hedge import database, libpq_variables
from hedge.database import Status
from hedge.errors import DatabaseAway, HedgeError
from hedge.project import template
from tests import Hedge
from tests.support.commands import free_port
from tests.unit.commands import Calls, failing

URL = "postgresql://ada:secret@host/db"


@pytest.mark.parametrize(
    ("words", "answer", "status"),
    [(["--yes"], None, 0), ([], "y\n", 0), ([], "n\n", 2), ([], "\n", 2)],
)
def test_nothing_is_dropped_without_a_yes(
    hedge: Hedge,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    answer: str | None,
    status: int,
) -> None:
    monkeypatch.setattr(database, "url", lambda: URL)
    reset = Calls().replace(monkeypatch, database, "reset")
    if answer is not None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    found, out, err = hedge("db", "reset", *words)
    assert found == status
    assert len(reset) == (0 if status else 1)
    assert out.strip() == ("" if status else "every table is empty")
    assert "secret" not in err
    assert ("nothing was dropped" in err) is bool(status)


@pytest.mark.parametrize(
    ("running", "migrated", "lines"),
    [
        (False, False, ["server    here", "running   no"]),
        (
            True,
            False,
            [
                "server    here",
                "running   yes, PostgreSQL 16.4",
                "url       postgresql://ada@host/db",
                "tables    none yet: hedge db migrate",
            ],
        ),
        (True, True, ["tables    yes"]),
    ],
)
def test_the_status_of_the_database_hides_the_password(
    hedge: Hedge,
    monkeypatch: pytest.MonkeyPatch,
    running: bool,
    migrated: bool,
    lines: list[str],
) -> None:
    found = Status("here", running, *((URL, "16.4") if running else (None, None)), migrated)
    monkeypatch.setattr(database, "status", lambda: found)
    status, out, _ = hedge("db", "status")
    assert status == 0
    assert out.splitlines()[-len(lines) :] == lines
    printed = json.loads(hedge("db", "status", "--json")[1])
    assert printed == dataclasses.asdict(found) | {
        "url": "postgresql://ada@host/db" if running else None
    }


def test_what_the_other_commands_of_the_database_say(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "start", lambda: "postgresql:///hedge")
    assert hedge("db", "start")[1] == "running: postgresql:///hedge\n"
    for stopped, words in ((True, "stopped\n"), (False, "was not running\n")):
        monkeypatch.setattr(database, "stop", lambda stopped=stopped: stopped)
        assert hedge("db", "stop")[:2] == (0, words)
    for told, names, words in (
        (["raw.pets: mended"], ["0001", "0002"], "raw.pets: mended\napplied 0001, 0002\n"),
        ([], [], "nothing to apply\n"),
        ([], [f"{i:04}" for i in range(11)], "applied 11 migrations, 0000 to 0010\n"),
    ):
        monkeypatch.setattr(
            database,
            "migrate",
            lambda tell, told=told, names=names: [*map(tell, told), *names][len(told) :],
        )
        assert hedge("db", "migrate")[:2] == (0, words)
    monkeypatch.setattr(database, "url", lambda: URL)
    assert hedge("db", "url")[1] == f"{URL}\n"
    out = hedge("db", "url", "--env")[1]
    assert "export PGHOST=host\n" in out
    assert "export PGPASSWORD=secret\n" in out
    monkeypatch.setattr(libpq_variables, "variables", lambda: {"PGPASSWORD": "it's; rm"})
    assert hedge("db", "url", "--env")[1] == "export PGPASSWORD='it'\"'\"'s; rm'\n"


@pytest.mark.parametrize("with_worker", [True, False])
def test_the_server_listens_where_it_is_told_and_ends_its_worker(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, with_worker: bool
) -> None:
    seen: list[Any] = []

    class Server:
        def __init__(self, application: str, **options: Any) -> None:
            seen.append((application, options["address"], options["port"]))

        def serve(self) -> None:
            seen.append(("serves", os.environ["HEDGE_PUBLIC_URL"]))
            raise HedgeError("it ended")

    class Worker:
        def __init__(self, arguments: tuple[str, ...], env: dict[str, str]) -> None:
            seen.append(tuple(arguments[1:]))
            assert env["PARENT_PROCESS_OF_HEDGE"] == str(os.getpid())

        def poll(self) -> None:
            pass

        def terminate(self) -> None:
            seen.append("terminated")

        def wait(self) -> None:
            seen.append("ended")

    monkeypatch.setattr(granian, "Granian", Server)
    monkeypatch.setattr(supervision.subprocess, "Popen", Worker)
    waits = Calls().replace(monkeypatch, database, "wait_for")
    # set first, so that what the command sets is undone
    monkeypatch.setenv("HEDGE_PUBLIC_URL", "x")
    monkeypatch.delenv("HEDGE_PUBLIC_URL")
    port = free_port()
    assert hedge("serve", "--port", str(port), *["--with-worker"] * with_worker)[0] == 1
    server: list[Any] = [
        ("cli.asgi:app", "127.0.0.1", port),
        ("serves", f"http://127.0.0.1:{port}"),
    ]
    if with_worker:
        server = [("-m", "cli", "worker"), *server, "terminated", "ended"]
    assert seen == server
    assert waits == [((None,), {"pooled": True})]
    assert hedge("serve", "--port", "0")[0] == 2


def test_a_port_that_another_process_serves_is_refused(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(granian, "Granian", failing(AssertionError()))
    with socket.socket() as left_over:
        # as granian does it, with which two processes share a port
        left_over.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        left_over.bind(("127.0.0.1", 0))
        left_over.listen()
        port = left_over.getsockname()[1]
        status, _, err = hedge("serve", "--port", str(port))
    assert (status, err) == (
        1,
        f"hedge: cannot listen on 127.0.0.1:{port}: Address already in use\n",
    )
    status, _, err = hedge("serve", "--host", "203.0.113.1")
    assert status == 2
    assert "cannot listen on 203.0.113.1:8000: " in err


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_database_that_is_away_is_waited_for(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    waits: list[float | None] = []

    def wait_for(longest: float | None, **_: bool) -> None:
        waits.append(longest)
        raise DatabaseAway("no connection to it")

    monkeypatch.setattr(database, "wait_for", wait_for)
    port = ["--port", "65123"] if command == "serve" else []
    assert hedge(command, *port, "--wait", "2.5") == (1, "", "hedge: no connection to it\n")
    assert waits == [2.5]


def test_a_project_says_what_to_do_next(hedge: Hedge, tmp_path: Path) -> None:
    status, out, _ = hedge("init", str(tmp_path / "mine"))
    assert status == 0
    assert f"Next:  cd {tmp_path / 'mine'}" in out
    assert "hedge preview" in out
    status, out, _ = hedge("init", "--update", str(tmp_path / "mine"))
    assert (status, out.split()[-1]) == (0, "already.")
    assert hedge("init", str(tmp_path / "mine"))[0] == 2


@pytest.mark.parametrize("changed", ["written", "deleted", "kept", None])
def test_an_update_says_whether_it_changed_anything(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, changed: str | None
) -> None:
    """Also within one version."""
    lists = {name: [] for name in ("written", "deleted", "kept", "to_merge")}
    if changed is not None:
        lists[changed] = ["models/a.sql"]
    updated = template.Updated("mine", "1.0.0", "1.0.0", **lists)
    monkeypatch.setattr(template, "update", lambda _: updated)
    out = hedge("init", "--update", "mine")[1]
    assert ("mine is a project for Hedge 1.0.0 now." in out) == (changed is not None)
    assert ("mine is a project for Hedge 1.0.0 already." in out) == (changed is None)
