"""Every command loads the whole command line, and what only services need is not part of it."""

import subprocess
import sys

from tests import PROJECT

OF_SERVICES = {"dbt", "granian", "httpcore", "litestar", "procrastinate", "structlog"}


def test_a_command_loads_no_library_that_only_services_need() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import cli.main, sys; print(*sys.modules)"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "hedge.queue.requests" in loaded
    assert OF_SERVICES.isdisjoint(loaded)
