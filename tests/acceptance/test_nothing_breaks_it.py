"""Schemathesis calls every documented operation with whatever its schema allows, and more."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.conftest import Service

# one service for all of them, so one process
pytestmark = pytest.mark.xdist_group("nothing_breaks_it")


@pytest.mark.parametrize("who", ["nobody", "admin", "player"])
def test_no_operation_has_a_server_error(service: Service, who: str, tmp_path: Path) -> None:
    headers = {
        "nobody": [],
        "admin": [f"Authorization: Bearer {service.admin}"],
        "player": [f"Authorization: Bearer {service.service}", "X-Discord-Id: 4711"],
    }[who]
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "schemathesis", "run"),
            f"{service.url}/schema/openapi.json",
            *("--checks", "not_a_server_error", "--max-examples", "8", "--no-color"),
            *("--generation-database", "none", "--report-dir", tmp_path),
            *(part for header in headers for part in ("-H", header)),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    (tested,) = re.findall(r"Tested: (\d+)", done.stdout)
    assert int(tested) > 35
