"""The examples for schedulers: they load, and what they call runs."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from hedge import runs
from tests import PROJECT
from tests.support import BUSY, add_cluster, put, pvp_match

EXAMPLES = PROJECT / "packaging" / "examples"
#: Runs the jobs of the example in a Dagster of its own environment, and says what each has done.
EXECUTED = """
import dagster_hedge, dagster

assert len(dagster_hedge.defs.schedules) == 3
for job in (dagster_hedge.incremental, dagster_hedge.boards, dagster_hedge.nightly):
    with dagster.instance_for_test() as instance:
        print(job.name, job.execute_in_process(instance=instance).success)
try:
    context = dagster.build_op_context()
    dagster_hedge.hedge(context, "boards", "run", "no-such-board")
except dagster.Failure as failure:
    print(failure.description, failure.allow_retries)
"""


@pytest.fixture
def town(connection: psycopg.Connection) -> psycopg.Connection:
    """A database with a cluster that no run has computed."""
    add_cluster(connection, "busy", BUSY)
    put(connection, pvp_match(BUSY))
    return connection


def kinds(connection: psycopg.Connection) -> list[str]:
    """The kinds of the runs that have succeeded, the newest first."""
    return [run.kind for run in runs.ledger(connection, 5) if run.state == "SUCCESS"]


@pytest.mark.ci
def test_the_command_lines_of_the_airflow_example_run(
    town: psycopg.Connection, tmp_path: Path
) -> None:
    tree = ast.parse((EXAMPLES / "airflow_hedge.py").read_text())
    lines = [
        ast.literal_eval(keyword.value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "bash_command"
    ]
    assert len(lines) == 6
    program = tmp_path / "hedge"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m cli "$@"\n')
    program.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(PROJECT),
        "HEDGE_BACKUPS": str(tmp_path),
    }
    for line in lines:
        ended = subprocess.run(
            ["bash", "-c", line], env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, (line, ended.stderr)
    assert {"FULL", "INCREMENTAL"} <= set(kinds(town))
    assert len([*tmp_path.glob("hedge-*.dump")]) == 1


@pytest.mark.full
def test_the_jobs_of_the_dagster_example_run(town: psycopg.Connection, tmp_path: Path) -> None:
    """With Dagster in an environment of its own."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "dagster==1.13.29"]
    if subprocess.run(install, check=False).returncode != 0:
        pytest.skip("Dagster cannot be installed")
    program = tmp_path / "hedge"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={PROJECT} exec {sys.executable} -m cli "$@"\n')
    program.chmod(0o755)
    environment = os.environ | {
        "HEDGE_COMMAND": str(program),
        "PYTHONPATH": str(EXAMPLES),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }
    said = subprocess.run(
        [python, "-c", EXECUTED],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.stdout.splitlines() == [
        "incremental True",
        "boards True",
        "nightly True",
        "hedge: no board no-such-board False",
    ], said.stderr
    assert {"FULL", "INCREMENTAL"} <= set(kinds(town))
