"""A copy of the project in which mistakes are planted, and the tests that look for them."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests import PROJECT, areas
from tests.mutants.mistakes import Mistake

#: The longest time in seconds that the tests of a mistake may take.
LONGEST = 600

#: The outcome of a mistake with which they take longer.
NO_END = f"no end after {LONGEST} seconds"

#: The longest time in seconds that one of them may take: what hangs has noticed it.
_LONGEST_TEST = LONGEST // 2

#: Of tests that measure by the clock, where many things run at once, right code fails as well.
_NO_TIMES = "not within_100_ms"

#: Files from which the template databases are built; a mistake in them needs its own.
_DEFINITIONS = ("models/", "macros/", "seeds/", "hedge/migrations/", "dbt_project.yml")


class Workshop:
    """A folder with the files of the project."""

    def __init__(self, folder: Path, prepared: Path) -> None:
        """Copy the project, uncommitted changes included. prepared is a server to copy."""
        self._folder = folder / PROJECT.name
        self._prepared = prepared
        self._planted = 0
        for file in areas.files_in_git("--cached", "--others", "--exclude-standard"):
            if (PROJECT / file).is_file():
                (self._folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(PROJECT / file, self._folder / file)
        shared = PROJECT.parent / "shared"
        if shared.is_dir():
            (folder / "shared").symlink_to(shared.resolve())

    def noticed_by(self, mistake: Mistake, *groups: list[str]) -> str | None:
        """Plant a mistake, pass groups of tests until one fails, undo it, and return the one that
        failed. Of a group the first tier goes before the second."""
        with self.planted(mistake):
            for tests in filter(None, groups):
                for tier in ("not ci and not full", "ci and not full"):
                    failed = self._failures(mistake.file, tests, "-x", "-m", tier)
                    if failed:
                        return failed[0]
        return None

    @contextmanager
    def planted(self, mistake: Mistake) -> Iterator[None]:
        """A mistake in its file, for the block.

        Python compares the size and the whole seconds of a source with those of its compiled file,
        which sessions keep for the next ones. So each mistake has a second of its own."""
        path = self._folder / mistake.file
        right, changed = path.read_text(), path.stat().st_mtime
        self._planted += 1
        path.write_text(mistake.text)
        os.utime(path, times=(changed + self._planted, changed + self._planted))
        try:
            yield
        finally:
            path.write_text(right)
            os.utime(path, times=(changed, changed))

    def failures_without_mistake(self, tests: list[str]) -> set[str]:
        """Those of some tests that fail though nothing is wrong, and so notice nothing."""
        return set(self._failures("", tests, longest=None)) if tests else set()

    def _failures(
        self, file: str, modules: list[str], *options: str, longest: float | None = LONGEST
    ) -> list[str]:
        """The tests that fail with a mistake in a file; what stops pytest is one as well."""
        environment = dict(os.environ)
        if not file.startswith(_DEFINITIONS):
            environment["HEDGE_PREPARED_SERVER"] = str(self._prepared)
        command = [
            *(sys.executable, "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider"),
            *("-p", "no:randomly", "-p", "no:warnings", "-k", _NO_TIMES),
            *("-o", f"faulthandler_timeout={_LONGEST_TEST}"),
            *("-o", "faulthandler_exit_on_timeout=true", *options, *modules),
        ]
        with subprocess.Popen(
            command,
            cwd=self._folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                printed, _ = process.communicate(timeout=longest)
            except subprocess.TimeoutExpired:
                return [NO_END]
            finally:
                # Its server and services are of the same process group, and outlive a test that
                # hangs.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        if process.returncode in (0, 5):
            return []
        if "ERROR: not found:" in printed:
            raise SystemExit(f"a recorded test is gone, record anew (make mutants):\n{printed}")
        failed = re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", printed, re.MULTILINE)
        return failed or [f"pytest ended with {process.returncode}"]
