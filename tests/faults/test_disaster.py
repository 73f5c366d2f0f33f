"""The machine is lost, and a backup that was made under load is all that is left."""

import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from hedge import database
from tests.faults.comparison import require_equal_to_a_new_database
from tests.faults.soak.servers import EmbeddedServer, OtherServer, Server, end_at_once
from tests.other_server import OLDEST
from tests.support.commands import Processes
from tests.support.load import Load, are_served


def another_machine(folder: Path) -> Server:
    """A server of another version where there is one, else another embedded one; the settings of
    this process lead there."""
    if OLDEST.is_dir():
        return OtherServer(OLDEST, folder / "other")
    return EmbeddedServer(folder / "other")


@pytest.mark.full
def test_a_machine_that_is_lost_is_replaced_by_another(
    server: str, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Restored in the end; servers set them to lead to themselves.
    monkeypatch.setenv("HEDGE_DATABASE_URL", server)
    monkeypatch.setenv("HEDGE_HOME", "none")
    folder = Path(tempfile.mkdtemp(prefix="hedge-test-"))
    folder.chmod(0o755)
    backup = folder / "backup.dump"
    first = EmbeddedServer(folder / "home")
    processes = Processes(first.url, folder)
    second: Server | None = None
    load = None
    try:
        processes.run("demo", "--clusters", "25")
        # the season of the catalogue has ended
        processes.run("seasons", "edit", "season_1_awakening", "--to", "2100-01-01")
        _, url = processes.serve("--with-worker")
        processes.wait_for_lines("worker ready")
        load = Load(url)
        processes.wait_until(lambda: len(load.linked) > 5)
        before = list(load.linked)
        processes.run("db", "backup", str(backup))
        processes.wait_until(lambda: len(load.linked) > len(before) + 3)
        assert load.faults() == {}
        load.end()

        # the machine is lost
        processes.kill()
        end_at_once(first.process(), signal.SIGKILL)
        shutil.rmtree(first.home)

        second = another_machine(folder)
        processes = Processes(second.url, folder / "other-files")
        processes.run("db", "restore", str(backup))
        # of another version or not, the program is of the same
        processes.run("db", "migrate")
        _, url = processes.serve("--with-worker")
        processes.wait_for_lines("worker ready")
        with database.connect() as connection:
            # what was asked for before the backup is done, by the worker that has come since
            processes.wait_until(lambda: are_served(connection, before))
            load = Load(url, first=1000)
            processes.wait_until(lambda: len(load.linked) > 5)
            processes.wait_until(lambda: are_served(connection, load.linked[:5]))
            assert load.faults() == {}
            load.end()
            assert {*processes.stop_in_time().values()} == {0}

            found = require_equal_to_a_new_database(connection, server, template)
            assert len(found.marts["challenge_progress"]) > 1000
    finally:
        if load:
            load.end()
        processes.kill()
        for each in (first, second):
            if each is not None:
                each.remove()
        shutil.rmtree(folder)
