"""Commands in processes of their own, which may be killed, and what they may end with."""

import math
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests import PROJECT

#: Seconds after which a command hangs. A deploy waits for the runs in progress.
LONGEST = 300
#: The exit statuses of a process that was asked to end: it may end well, or with an error in one
#: sentence; 143 says that it cancelled its run.
WHEN_ASKED_TO_END = (0, 1, -signal.SIGTERM, 128 + signal.SIGTERM)
#: A traceback on lines of its own; that of a log in JSON is part of a line.
TRACEBACK = re.compile(
    r"^[\s+]*(Exception Group )?Traceback \(most recent call last\)", re.MULTILINE
)
#: The exit statuses of a command that the server failed, wholly or in part.
IN_TROUBLE = (1, 4)
#: What a command may answer to what was asked for, by its exit status.
MAY_BE_REFUSED = {
    1: re.compile(r"is active in another cluster"),
    2: re.compile(r"hedge: address \w+ is not linked$", re.MULTILINE),
}


@dataclass
class Command:
    """A process, what it prints, and what happened to it. signals are those that were sent to it;
    release is called when it has ended."""

    name: str
    process: subprocess.Popen
    output: Path
    began: float
    signals: list[signal.Signals] = field(default_factory=list)
    release: Callable[[], None] = lambda: None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the process has ended."""
        if self.process.poll() is None:
            self.signals.append(number)
            self.process.send_signal(number)

    def printed(self) -> str:
        """What it has printed."""
        return self.output.read_text(errors="replace")


class Trouble:
    """When the server was in trouble, by the clock that does not jump: then commands may fail."""

    def __init__(self) -> None:
        """No trouble yet."""
        self._spans: list[list[float]] = []

    def begin(self) -> None:
        """The server fails from now on."""
        self._spans.append([time.monotonic(), float("inf")])

    def end(self) -> None:
        """The server is well again."""
        for span in self._spans:
            span[1] = min(span[1], time.monotonic())

    def was(self, began: float, ended: float) -> bool:
        """Whether there was trouble in a span of time, or in the ten seconds before it, in which
        a session notices that it was ended, or a server recovers."""
        return any(start <= ended and began - 10 <= end for start, end in self._spans)


class Commands:
    """The commands of a soak: those in progress, and what was wrong with those that ended."""

    def __init__(self, folder: Path, trouble: Trouble, longest: float = LONGEST) -> None:
        """Outputs are kept in a folder. A command that takes longer than longest hangs."""
        self._longest = longest
        self._folder = folder
        self._trouble = trouble
        self._started = 0
        self.running: list[Command] = []
        #: What no command may do, a paragraph each.
        self.faults: list[str] = []
        #: How many commands ended how.
        self.ended = {"done": 0, "killed": 0, "refused": 0, "failed in trouble": 0}
        folder.mkdir()

    def start(
        self, *arguments: str, cwd: Path = PROJECT, release: Callable[[], None] = lambda: None
    ) -> Command:
        """Start a command of hedge."""
        self._started += 1
        output = self._folder / f"{self._started:05} {' '.join(arguments)[:80].replace('/', '_')}"
        with output.open("w") as writing:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", *arguments],
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
            )
        command = Command(" ".join(arguments), process, output, time.monotonic(), release=release)
        self.running.append(command)
        return command

    def look(self) -> None:
        """Note which commands have ended, and which hang."""
        for command in list(self.running):
            status = command.process.poll()
            lasted = time.monotonic() - command.began
            if status is None and lasted > self._longest:
                self.faults.append(f"hedge {command.name} hung for {lasted:.0f} s")
                command.process.kill()
                status = command.process.wait()
                command.signals.append(signal.SIGKILL)
            if status is not None:
                self.running.remove(command)
                command.release()
                self._judge(command, status)

    def _judge(self, command: Command, status: int) -> None:
        printed = command.printed()
        outcome = f"hedge {command.name} ended with {status}: {printed.strip()[-1500:]}"
        was_killed = status == -signal.SIGKILL and signal.SIGKILL in command.signals
        was_stopped = status in WHEN_ASKED_TO_END and signal.SIGTERM in command.signals
        if TRACEBACK.search(printed):
            self.faults.append(outcome)
        elif was_killed or was_stopped:
            self.ended["killed"] += 1
        elif status == 0:
            self.ended["done"] += 1
        elif status in MAY_BE_REFUSED and MAY_BE_REFUSED[status].search(printed):
            self.ended["refused"] += 1
        elif status in IN_TROUBLE and self._trouble.was(command.began, time.monotonic()):
            self.ended["failed in trouble"] += 1
        else:
            self.faults.append(outcome)

    def stop_by(self, deadline: float) -> None:
        """Wait until all have ended; after a deadline by the clock that does not jump, they
        hang."""
        self._longest = math.inf
        while self.running:
            if time.monotonic() > deadline:
                self._longest = 0
            self.look()
            time.sleep(0.05)

    def wait(self, at_most: int = 0) -> None:
        """Wait until so many commands are in progress at most."""
        while len(self.running) > at_most:
            self.look()
            time.sleep(0.05)
