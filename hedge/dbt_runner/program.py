"""dbt as a program beside this process, of which the JSON log and the artifacts are read.

It needs no Python package of dbt, and pays for that with the start of the program in each
invocation.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

from hedge import kept_files, libpq_variables, temporary_folders
from hedge.dbt_runner import json_log, parsed_state, profile, server_errors
from hedge.dbt_runner.interface import MANIFEST, PARTIAL_PARSE, TARGET, Invocation, Listener, Result
from hedge.dbt_runner.json_log import Log
from hedge.errors import HedgeError, UsageError

#: The server looks so often, in milliseconds, whether a program that waits for a statement is still
#: there, and ends the statement of one that is not. The program tells nobody which sessions it has.
LOOKS_FOR_CLIENT = 100
#: After this number of seconds a program that was killed and has not ended is left alone.
LONGEST = 10.0
#: Exit statuses with which dbt has said what is wrong.
_SUCCESS, _NODES_FAILED = 0, 1
#: Runs a program until it ends or the standard input is closed, which happens when the process that
#: holds the other end is gone, however it ended: its run must not go on without its locks.
_WITH_PARENT = (
    'exec 3<&0; "$@" </dev/null 3<&- & child=$!; '
    "(read -r _ <&3; kill -9 $child) >/dev/null 2>&1 & watch=$!; "
    "exec 3<&-; wait $child; status=$?; kill $watch; exit $status"
)


class Program:
    """The Runner that starts the program dbt."""

    def __init__(self) -> None:
        """Begin without a process."""
        self._process: subprocess.Popen[bytes] | None = None

    def version(self) -> str:
        """The version of dbt-core that is installed beside Hedge, else that of the file."""
        try:
            return version("dbt-core")
        except PackageNotFoundError:
            stat = _program().stat()
            return f"{stat.st_size} {stat.st_mtime_ns}"

    def load(self, profiles: Path) -> None:
        """See Runner; the program loads by itself in each invocation."""

    def invoke(self, invocation: Invocation, listener: Listener) -> Result:
        """See Runner."""
        if invocation.buckets is not None:
            raise UsageError(
                "the clusters of this database are divided among buckets, which HEDGE_DBT "
                "'subprocess' cannot compute: use 'in-process'"
            )
        program, environment = _program(), _environment()
        with temporary_folders.folder("hedge-dbt-") as folder:
            project, artifacts = invocation.project, invocation.artifacts or folder / "target"
            artifacts.mkdir(parents=True, exist_ok=True)
            options = ["--partial-parse"]
            if invocation.parsed is not None:
                content = kept_files.required(invocation.parsed)
                connection = profile.hash_of(invocation.profiles, TARGET, environment)
                project, taken = folder, folder / PARTIAL_PARSE
                taken.write_bytes(parsed_state.prepare(invocation, content, folder, connection))
                options += ["--no-partial-parse-file-diff", "--partial-parse-file-path", str(taken)]
            command = [str(program), *_arguments(invocation, project, folder, artifacts), *options]
            return self._run(command, environment, invocation, Log(listener), artifacts)

    def describe(self, artifacts: Path) -> Mapping[str, Any]:
        """See Runner."""
        found: dict[str, Any] = json.loads((artifacts / MANIFEST).read_bytes())
        return found

    def keep_sessions(self) -> None:
        """See Runner: each program has sessions of its own."""

    def cancel(self, done: threading.Event) -> None:
        """Kill the program, and wait until the server has ended its statements."""
        deadline = time.monotonic() + LONGEST
        killed = False
        # It may be about to be started.
        while not done.wait(0.02) and time.monotonic() < deadline:
            killed = self._kill() or killed
        if killed:
            time.sleep(3 * LOOKS_FOR_CLIENT / 1000)

    def _kill(self) -> bool:
        """Kill the program with its shell; returns whether there was one."""
        process = self._process
        if process is None or process.poll() is not None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return True

    def _run(
        self,
        command: list[str],
        environment: dict[str, str],
        invocation: Invocation,
        log: Log,
        artifacts: Path,
    ) -> Result:
        """Start the program, and read its log until it has ended."""
        with tempfile.TemporaryFile() as errors:
            try:
                process = subprocess.Popen(
                    ["/bin/sh", "-c", _WITH_PARENT, "dbt", *command],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    env=environment,
                    start_new_session=True,
                )
            except OSError as error:
                raise HedgeError(f"dbt cannot be started: {error.strerror}") from error
            self._process = process
            with process:
                assert process.stdout is not None
                for line in process.stdout:
                    log.read(line)
                    if invocation.parsed is not None and log.parses_anew and self._kill():
                        break
                status = process.wait()
            self._process = None
            if invocation.parsed is not None and log.parses_anew:
                # It would build what is not meant to be built, into the live schema.
                raise HedgeError(f"dbt does not take the parsed project: {log.parses_anew}")
            if status not in (_SUCCESS, _NODES_FAILED) and log.error is None:
                raise HedgeError(f"dbt ended with exit status {status}: {_last_words(errors, log)}")
        return _result(status, log, artifacts)


def _program() -> Path:
    """The program dbt: beside Python, as in a virtual environment, else that of PATH."""
    beside = Path(sys.executable).with_name("dbt")
    found = str(beside) if beside.is_file() else shutil.which("dbt")
    if found is None:
        raise UsageError(
            "HEDGE_DBT is 'subprocess', and there is no program dbt, neither in "
            f"{beside.parent} nor in PATH"
        )
    return Path(found)


def _arguments(invocation: Invocation, project: Path, folder: Path, artifacts: Path) -> list[str]:
    """The arguments of dbt's command line for an invocation; its log is JSON on standard output."""
    return [
        # The beginning and the end of a node are of the level debug.
        *("--log-format", "json", "--log-level", "debug", "--log-level-file", "none"),
        *invocation.command_line(project, folder / "logs", artifacts),
        "--write-json",
    ]


def _environment() -> dict[str, str]:
    """The environment of the program: the database, and sessions that end with it. Messages of
    libpq are English (hedge.dbt_runner.server_errors)."""
    of_database = libpq_variables.variables()
    options = of_database.get("PGOPTIONS", "")
    of_database["PGOPTIONS"] = (
        f"{options} -c client_connection_check_interval={LOOKS_FOR_CLIENT}"
    ).strip()
    return {**os.environ, **of_database, "LC_MESSAGES": "C", "PYTHONUNBUFFERED": "1"}


def _last_words(errors: IO[bytes], log: Log) -> str:
    """The last line that the program has written beside its log."""
    errors.seek(0)
    lines = [*log.others, *errors.read().decode(errors="replace").split("\n")]
    return next((line.strip() for line in reversed(lines) if line.strip()), "no reason is given")


def _result(status: int, log: Log, artifacts: Path) -> Result:
    nodes = list(json_log.results(artifacts, _described(artifacts)))
    messages = [one.message for one in nodes if one.has_failed]
    states = [server_errors.sqlstate(text) for text in (*messages, log.error or "")]
    return Result(
        success=status == _SUCCESS,
        nodes=nodes,
        error=log.error,
        sqlstates=[state for state in states if state is not None],
    )


def _described(artifacts: Path) -> Mapping[str, Any]:
    """What the manifest says of nodes, tests and sources, by their ids."""
    file = artifacts / MANIFEST
    if not file.is_file():
        return {}
    manifest = json.loads(file.read_bytes())
    return {**manifest["sources"], **manifest["nodes"], **manifest["unit_tests"]}
