"""Services that tests have started end with the tests, also where these are killed."""

import subprocess
import sys

import psutil
import pytest

from tests.acceptance.conftest import Service
from tests.support.commands import free_port

#: Starts a command as the tests do, and does nothing more.
STARTER = """
import subprocess, sys, time
from hedge import child_processes
subprocess.Popen([sys.executable, "-m", "cli", *sys.argv[1:]], env=child_processes.environment())
time.sleep(600)
"""


@pytest.mark.ci
def test_a_service_ends_with_all_its_processes_when_its_starter_is_killed(service: Service) -> None:
    """It would go on computing beside the next tests, and beside measurements."""
    arguments = ["serve", "--with-worker", "--port", str(free_port())]
    with service.log.open("a") as log:
        ready = service.log.read_text().count("worker ready")
        starter = subprocess.Popen(
            [sys.executable, "-c", STARTER, *arguments], env=service.environment, stderr=log
        )
        service.wait_for(lambda: service.log.read_text().count("worker ready") > ready)
        started = psutil.Process(starter.pid).children(recursive=True)
        # the service, its server process and its worker
        assert len(started) >= 3
        starter.kill()
        starter.wait()
    gone, alive = psutil.wait_procs(started, timeout=15)
    assert (len(gone), alive) == (len(started), [])
