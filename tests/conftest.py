"""One server per session, with template databases; every test copies a database of its own."""

import contextlib
import gc
import hashlib
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import structlog

from cli.main import main
from hedge import database
from tests import Hedge, in_memory, other_server, prepared_server
from tests.prepared_server import OpenTransaction

#: The version of the server that HEDGE_TEST_SERVER names.
SERVER_VERSION = pytest.StashKey[str]()
#: The process that builds the prepared server beside the first tests.
BUILDING = pytest.StashKey["subprocess.Popen[bytes] | None"]()

#: After how many new objects Python searches the youngest for garbage, after how many of these
#: searches the next older ones, and after how many of those all (Python's own: 700, 10, 10).
OBJECTS_TO_A_SEARCH = (50_000, 10, 10)

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_configure(config: pytest.Config) -> None:
    """Let the processes that tests start be interrupted: a shell without job control ignores
    SIGINT in what it starts in the background, and processes inherit that."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Hundreds of processes that tests start would compile Hedge anew, and so would each session.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if not hasattr(config, "workerinput"):  # workers of xdist have the folder of their parent
        in_use = contextlib.ExitStack()
        in_use.enter_context(in_memory.temporary_files())
        config.add_cleanup(in_use.close)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Build the prepared server beside the first tests of the workers. It is built to the end even
    if no test waits for it: the next session begins with it."""
    cache = getattr(config, "cache", None)
    if cache is not None:
        config.stash[BUILDING] = prepared_server.start_building(cache.mkdir("prepared-server"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with tests that need no server, which another process may be building. Where there are
    other workers, let those of a group follow, so that none of them begins when the others end."""

    def place(item: pytest.Item) -> tuple[bool, bool]:
        needs_server = "server" in getattr(item, "fixturenames", ())
        is_alone = item.get_closest_marker("xdist_group") is None
        return needs_server, is_alone and hasattr(item.config, "workerinput")

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Do not search the collected tests and what they import for garbage, neither meanwhile nor
    later: they stay to the end. What a test makes and leaves is searched more rarely, too."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*OBJECTS_TO_A_SEARCH)
        gc.enable()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name the order of the tests, by which a failure can be repeated."""
    seed = config.getoption("randomly_seed", None)
    if seed is not None:
        terminalreporter.write_line(f"order of the tests: --randomly-seed={seed}")
    if version := config.stash.get(SERVER_VERSION, None):
        terminalreporter.write_line(f"server: PostgreSQL {version}")


def _hash(node: str) -> str:
    """A short name of a test or of a module, for its database."""
    return hashlib.sha256(node.encode()).hexdigest()[:16]


@pytest.fixture(autouse=True)
def logs_end_with_the_test() -> Iterator[None]:
    """Undo what a test configures of logs, whose standard error is closed after it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def hedge(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Hedge:
    """Runs the command as a person does; returns exit status, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hedge", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return ended.value.code or 0, captured.out, captured.err

    return run


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of the session's server, which only its tests use.

    It is the embedded one, or of the version whose programs are in the folder HEDGE_TEST_SERVER.
    """
    home = tempfile.mkdtemp(prefix="hedge-test-")
    os.environ["HEDGE_HOME"] = home
    os.environ.pop("HEDGE_DATABASE_URL", None)
    if other := os.environ.get("HEDGE_TEST_SERVER"):
        with other_server.running(Path(other)) as url:
            with psycopg.connect(url) as connection:
                version = connection.info.parameter_status("server_version")
            request.config.stash[SERVER_VERSION] = str(version)
            prepared_server.create_templates(url)
            yield url
        os.environ.pop("HEDGE_DATABASE_URL", None)
    else:
        cache = getattr(request.config, "cache", None)
        prepared_server.copy_to(Path(home), cache and cache.mkdir("prepared-server"))
        yield database.start()
        os.environ.pop("HEDGE_DATABASE_URL", None)
        database.stop()
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def new_database(server: str) -> Callable[[str, str], str]:
    """Creates a database from a template and returns its URL."""
    return lambda name, template: prepared_server.create_database(server, name, template)


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """The name of a database with all tables and views and no facts."""
    return prepared_server.TEMPLATE


@pytest.fixture(scope="session")
def unchanged_database(template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a deployed database without facts that no test changes."""
    return new_database("unchanged", template)


@pytest.fixture(scope="module")
def module_database(
    server: str,
    template: str,
    new_database: Callable[[str, str], str],
    request: pytest.FixtureRequest,
) -> Iterator[str]:
    """The URL of a deployed database without facts that the tests of a module share."""
    name = f"module_{_hash(request.node.nodeid)}"
    yield new_database(name, template)
    prepared_server.drop_database(server, name)


@pytest.fixture
def deployed(module_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A connection to that database, which HEDGE_DATABASE_URL names. What a test commits there
    is seen by the next one."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", module_database)
    with database.connect() as connection:
        yield connection


@pytest.fixture
def rolled_back(monkeypatch: pytest.MonkeyPatch) -> OpenTransaction:
    """Opens a transaction in a database that tests share, and rolls it back in the end."""

    @contextlib.contextmanager
    def transaction(url: str) -> Iterator[psycopg.Connection]:
        monkeypatch.setenv("HEDGE_DATABASE_URL", url)
        with database.connect() as connection, connection.transaction(force_rollback=True):
            yield connection

    return transaction


@pytest.fixture
def transaction(
    unchanged_database: str, rolled_back: OpenTransaction
) -> Iterator[psycopg.Connection]:
    """A transaction in a deployed database without facts, which is rolled back."""
    with rolled_back(unchanged_database) as connection:
        yield connection


@pytest.fixture(scope="session")
def demo_world_template(server: str) -> str:
    """The name of a database with the computed demo world of 300 clusters."""
    prepared_server.create_demo_world(server)
    return prepared_server.DEMO_WORLD


@pytest.fixture
def own_database(
    server: str,
    new_database: Callable[[str, str], str],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[str], str]]:
    """Copies a template into a database for one test and sets HEDGE_DATABASE_URL to it."""
    name = f"test_{_hash(request.node.nodeid)}"

    def copy(template: str) -> str:
        url = new_database(name, template)
        monkeypatch.setenv("HEDGE_DATABASE_URL", url)
        return url

    yield copy
    prepared_server.drop_database(server, name)


@pytest.fixture
def connection(template: str, own_database: Callable[[str], str]) -> Iterator[psycopg.Connection]:
    """A connection to a database for one test, deployed and without facts."""
    own_database(template)
    with database.connect() as connection:
        yield connection


@pytest.fixture
def demo_world(
    demo_world_template: str, own_database: Callable[[str], str]
) -> Iterator[psycopg.Connection]:
    """A connection to a database for one test, with the computed demo world."""
    own_database(demo_world_template)
    with database.connect() as connection:
        yield connection


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real input and the contract; a test that needs it skips without it."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared beside the checkout")
    return SHARED
