"""Servers of PostgreSQL that a test may stop and kill: the embedded one, or of another version."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import psycopg

from hedge import database, embedded_server
from hedge.errors import HedgeError

#: Seconds in which a server ends when it is told to end at once, and starts again.
LONGEST = 90


class EmbeddedServer:
    """The embedded server in a new HEDGE_HOME. Whoever needs it next starts it again."""

    def __init__(self, home: Path) -> None:
        """Create and start it."""
        self.home = home
        os.environ["HEDGE_HOME"] = str(home)
        os.environ.pop("HEDGE_DATABASE_URL", None)
        self.data = home / "postgres"
        self.log = self.data / "log"
        self.url = database.start()

    def start(self) -> None:
        """Start it, unless another process has."""
        database.start()

    def process(self) -> int | None:
        """The number of the server's process; None where it is not running."""
        found = embedded_server.running(self.data)
        return found and found.process

    def remove(self) -> None:
        """Stop it at once, for good."""
        end_at_once(self.process(), signal.SIGQUIT)


class OtherServer:
    """A server whose programs are in a folder, on a socket in a folder of its own."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        """Create and start it. PostgreSQL refuses to run as root: there it runs as postgres."""
        self.binaries, self._folder = binaries, folder
        self.data = folder / "data"
        self.log = folder / "log"
        self._account: int | None = None
        folder.mkdir()
        if os.geteuid() == 0:
            self._account = pwd.getpwnam("postgres").pw_uid
            os.chown(folder, self._account, -1)
        self._run("initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "-E", "UTF8")
        self.start()
        self.url = f"postgresql://postgres@/hedge?host={folder}"
        with psycopg.connect(self.url.replace("/hedge?", "/postgres?"), autocommit=True) as first:
            first.execute("create database hedge")
        self.home = folder.with_name(f"{folder.name}-home")
        os.environ["HEDGE_HOME"] = str(self.home)
        os.environ["HEDGE_DATABASE_URL"] = self.url

    def start(self) -> None:
        """Start it, unless it is running."""
        if self.process() is None:
            options = f"-h '' -k {self._folder}"
            control = ["pg_ctl", "-D", self.data, "-w", "-t", LONGEST, "-l", self.log]
            self._run(*control, "-o", options, "start")

    def process(self) -> int | None:
        """The number of the server's process; None where it is not running."""
        try:
            number = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return number if psutil.pid_exists(number) else None

    def remove(self) -> None:
        """Stop it at once, for good."""
        end_at_once(self.process(), signal.SIGQUIT)

    def _run(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [str(self.binaries / program), *map(str, arguments)],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            timeout=2 * LONGEST,
            user=self._account,
            extra_groups=None if self._account is None else (),
        )


Server = EmbeddedServer | OtherServer


def end_at_once(process: int | None, number: signal.Signals) -> None:
    """Let a server end at once (SIGQUIT, pg_ctl stop -m immediate), or kill it (SIGKILL), and wait
    until it and its sessions have ended."""
    if process is None:
        return
    try:
        server = psutil.Process(process)
        sessions: Sequence[psutil.Process] = server.children()
        os.kill(process, number)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return
    _, alive = psutil.wait_procs([server, *sessions], timeout=LONGEST)
    if any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in alive):
        raise TimeoutError(f"the server {process} did not end in {LONGEST} s")


def start_again(server: Server) -> None:
    """Start a server that has ended; another process may do it at the same time."""
    deadline = time.monotonic() + LONGEST
    while True:
        try:
            server.start()
            return
        except (HedgeError, psycopg.Error, subprocess.CalledProcessError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


class SmallDisk:
    """A file system of 64 KiB for temporary files. Only root can have one."""

    def __init__(self, folder: Path, account: int) -> None:
        """Mount it; a PermissionError where that is not possible."""
        self.folder = folder
        folder.mkdir()
        mounting = ["mount", "-t", "tmpfs", "-o", f"size=64k,mode=700,uid={account}", "tmpfs"]
        if os.geteuid() or shutil.which("mount") is None:
            raise PermissionError("a small disk needs root")
        done = subprocess.run([*mounting, str(folder)], check=False, capture_output=True)
        if done.returncode:
            raise PermissionError("no file system can be mounted here")

    def remove(self) -> None:
        """Unmount it."""
        subprocess.run(["umount", "-l", str(self.folder)], check=False)
