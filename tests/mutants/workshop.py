"""A copy of the project in which mistakes are planted, and the tests that look for them."""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests import areas
from tests.mutants.mistakes import Mistake

#: The longest time in seconds that the tests of a mistake may take; a program that hangs is
#: noticed.
LONGEST = 600

#: Files from which the template databases are built; a mistake in them needs its own.
_DEFINITIONS = ("models/", "macros/", "seeds/", "hedge/migrations/", "dbt_project.yml")


@dataclass(frozen=True)
class Outcome:
    """What became of a mistake: the test that noticed it, or None, and the seconds it took."""

    noticed_by: str | None
    seconds: float


class Workshop:
    """A folder with the files of a project."""

    def __init__(self, folder: Path, project: Path, prepared: Path) -> None:
        """Copy the project, uncommitted changes included. prepared is a server to copy."""
        self._folder = folder / project.name
        self._prepared = prepared
        files = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=project,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.splitlines()
        for file in files:
            if (project / file).is_file():
                (self._folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(project / file, self._folder / file)
        shared = project.parent / "shared"
        if shared.is_dir():
            (folder / "shared").symlink_to(shared.resolve())

    def outcome(self, mistake: Mistake, tests: list[str] | None = None) -> Outcome:
        """Plant a mistake, pass the tests until one fails, and undo it.

        tests are those that execute the changed line, where that is known; otherwise the tests of
        the areas of the file are passed.
        """
        modules = tests or areas.modules_of_files([mistake.file], without=["rules"])
        path = self._folder / mistake.file
        right = path.read_text()
        started = time.monotonic()
        path.write_text(mistake.text)
        try:
            noticed_by = None
            for tier in ("not ci and not full", "ci"):
                noticed_by = noticed_by or self._failure(mistake.file, modules, tier)
        finally:
            path.write_text(right)
        return Outcome(noticed_by, time.monotonic() - started)

    def _failure(self, file: str, modules: list[str], tier: str) -> str | None:
        """The first test of a tier that fails."""
        environment = dict(os.environ)
        # Python compares whole seconds of a source with its compiled file.
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        if not file.startswith(_DEFINITIONS):
            environment["HEDGE_PREPARED_SERVER"] = str(self._prepared)
        command = [
            *(sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-m", tier),
            *("-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:warnings", *modules),
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
                printed, _ = process.communicate(timeout=LONGEST)
            except subprocess.TimeoutExpired:
                # Its server and services are of the same process group.
                os.killpg(process.pid, 9)
                return f"no end after {LONGEST} seconds"
        if process.returncode in (0, 5):
            return None
        failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", printed, re.MULTILINE)
        return failed.group(1) if failed else f"pytest ended with {process.returncode}"
