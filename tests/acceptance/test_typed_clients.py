"""Clients that generators make of the OpenAPI document are typed strictly, and work.

openapi-typescript and openapi-python-client are pinned in tests/clients and are installed into
target/clients on first need, for seconds.
"""

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from api.app import create_app
from api.settings import Settings
from tests import PROJECT
from tests.acceptance.conftest import Service
from tests.acceptance.pages import BOARD

# one service for both of them, so one process
pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("typed_clients")]

SOURCES, TOOLS = PROJECT / "tests" / "clients", PROJECT / "target" / "clients"
#: mypy's rules for the Python client. The generator's own client.py hands *args of any type on.
MYPY = """
[mypy]
strict = true
[mypy-hedge_client.client]
disable_error_code = arg-type
"""


def run(*command: str | Path, folder: Path, path: str = "") -> str:
    """Run a command in a folder; its output, which a failure shows."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=os.environ | ({"PYTHONPATH": path} if path else {}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The OpenAPI document as a file."""
    file = tmp_path_factory.mktemp("document") / "openapi.json"
    file.write_bytes(msgspec.json.encode(create_app(Settings()).openapi_schema.to_schema()))
    return file


def test_a_client_in_typescript(told: Service, document: Path, tmp_path: Path) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm is not installed")
    tools = TOOLS / "typescript"
    tools.mkdir(parents=True, exist_ok=True)
    lock = SOURCES / "package-lock.json"
    installed = tools / "package-lock.json"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCES / name, tools)
        run(npm, "ci", "--no-audit", "--no-fund", folder=tools)
    for name in ("client.ts", "tsconfig.json", "package.json"):
        shutil.copy(SOURCES / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(tools / "node_modules")
    programs = tools / "node_modules" / ".bin"
    run(programs / "openapi-typescript", document, "-o", "api.d.ts", folder=tmp_path)
    run(programs / "tsc", "--project", ".", folder=tmp_path)
    told.discord.discord_id = "400000000000000001"
    wallet = f"0x{secrets.token_hex(20)}"
    assert run(node, "built/client.js", told.url, wallet, BOARD, folder=tmp_path) == "done\n"


def test_a_client_in_python(told: Service, document: Path, tmp_path: Path) -> None:
    wanted = SOURCES / "requirements.txt"
    tools = TOOLS / "python"
    installed = tools / wanted.name
    if not installed.exists() or installed.read_bytes() != wanted.read_bytes():
        shutil.rmtree(tools, ignore_errors=True)
        # pip and uv are beside .venv, which may have neither
        install = ("uv", "pip") if shutil.which("uv") else ("python3", "-m", "pip")
        options = ("--quiet", "--no-deps", "--target", tools, "-r", wanted)
        run(*install, "install", *options, folder=PROJECT)
        shutil.copy(wanted, installed)
    package = tmp_path / "hedge_client"
    run(
        *(sys.executable, "-m", "openapi_python_client", "generate", "--path", document),
        *("--meta", "none", "--output-path", package),
        folder=tmp_path,
        path=str(tools),
    )
    shutil.copy(SOURCES / "client.py", tmp_path)
    (tmp_path / "mypy.ini").write_text(MYPY)
    run(sys.executable, "-m", "mypy", "hedge_client", "client.py", folder=tmp_path)
    told.discord.discord_id = "400000000000000002"
    wallet = f"0x{secrets.token_hex(20)}"
    assert run(sys.executable, "client.py", told.url, wallet, BOARD, folder=tmp_path) == "done\n"
