"""Commands of Hedge in processes of their own."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from hedge import child_processes
from tests import PROJECT
from tests.support.http_clients import plain_client

#: Seconds after which a process that was told to stop has ended.
LONGEST = 10.0


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


class Processes:
    """Commands in processes of their own, which share a log."""

    def __init__(self, url: str, folder: Path) -> None:
        """url is that of the database; the log and HEDGE_HOME are in a folder."""
        folder.mkdir(exist_ok=True)
        self.log = folder / "log"
        self.environment = os.environ | {
            "HEDGE_DATABASE_URL": url,
            "HEDGE_HOME": str(folder / "home"),
        }
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str, code: Path = PROJECT) -> subprocess.Popen[bytes]:
        """Start a command of the code in a folder."""
        # Of older code, a server process would take the parent of the service for its own.
        parent = child_processes.environment() if code == PROJECT else {}
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            cwd=code,
            env=parent | self.environment,
            stdout=subprocess.DEVNULL,
            stderr=self.log.open("a"),
        )
        self.started.append(process)
        return process

    def run(self, *arguments: str, code: Path = PROJECT) -> None:
        """Run a command, which succeeds."""
        process = self.start(*arguments, code=code)
        status = process.wait(timeout=600)
        assert status == 0, self.log.read_text()[-3000:]
        self.started.remove(process)

    def wait_until(self, is_so: Callable[[], object]) -> None:
        """Wait until a condition is true, three minutes at most."""
        deadline = time.monotonic() + 180
        while not is_so():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def wait_for_lines(self, words: str, number: int = 1) -> None:
        """Wait until the log has so many lines with certain words."""
        self.wait_until(lambda: self.log.read_text().count(words) >= number)

    def serve(self, *arguments: str, code: Path = PROJECT) -> tuple[subprocess.Popen[bytes], str]:
        """Start a service and wait until it answers; returns its URL, too."""
        port = free_port()
        process = self.start("serve", "--port", str(port), *arguments, code=code)
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            assert process.poll() is None, self.log.read_text()
            with contextlib.suppress(httpx.HTTPError):
                return client.get("/healthz").status_code == 200
            return False

        with plain_client(base_url=url) as client:
            self.wait_until(answers)
        return process, url

    def kill(self) -> None:
        """Kill all that still run."""
        for process in self.started:
            process.kill()
            process.wait()

    def stop_in_time(self, *ended: subprocess.Popen[bytes]) -> dict[str, int]:
        """Tell all but those that have ended to stop at the same time; none, and nothing that they
        have started, is left after LONGEST seconds. Returns the exit statuses by the words of the
        commands."""
        stopped = [each for each in self.started if each not in ended]
        running = [psutil.Process(each.pid) for each in stopped if each.poll() is None]
        assert len(running) == len(stopped)
        children = [child for each in running for child in each.children(recursive=True)]
        began = time.monotonic()
        for process in stopped:
            process.terminate()
        for process in stopped:
            left = began + LONGEST - time.monotonic()
            try:
                process.wait(timeout=left)
            except subprocess.TimeoutExpired:
                pytest.fail(f"{process.args} did not end: {self.log.read_text()}")
        for child in psutil.wait_procs(children, timeout=0.5)[1]:
            # An orphan of a test is waited for by nobody.
            assert child.status() == psutil.STATUS_ZOMBIE, child
        return {" ".join(each.args[3:5]): each.returncode for each in stopped}
