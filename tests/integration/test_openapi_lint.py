"""redocly reads the OpenAPI document, and has nothing to say."""

import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from api.app import create_app
from api.settings import Settings
from tests import PROJECT

LINTER = "@redocly/cli@2"


@pytest.mark.ci
def test_a_linter_finds_no_error_and_no_warning(tmp_path: Path) -> None:
    """Seconds, because npx may have to load the linter."""
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("npx is not installed")
    file = tmp_path / "openapi.json"
    file.write_bytes(msgspec.json.encode(create_app(Settings()).openapi_schema.to_schema()))
    rules = PROJECT / "tests" / "redocly.yaml"
    done = subprocess.run(
        [npx, "--yes", LINTER, "lint", file, "--config", rules, "--format", "json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    found = msgspec.json.decode(done.stdout)
    assert found["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}, found["problems"]
    assert done.returncode == 0, done.stderr
