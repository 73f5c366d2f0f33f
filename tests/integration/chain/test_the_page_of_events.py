"""docs/add-an-event.md, followed word by word: from a signature to a challenge on a board."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from functools import cached_property
from pathlib import Path

import psycopg
import pytest

from hedge.chain import running
from tests import PROJECT
from tests.integration.chain import real_chains
from tests.integration.chain.real_chains import ALICE, BOB, DFK
from tests.support import AS_OF, add_cluster, progress
from tests.support.chains import NodeOfChain, Served
from tests.support.evm import EvmChain, emits

PAGE = (PROJECT / "docs/add-an-event.md").read_text()
#: A block of code with the file that was named last before it, or a line that is indented.
STEP = re.compile(
    r"^```(\w+)\n(.*?)^```|^    (\S[^\n]*)|`((?:models|seeds)/\S+\.\w+)`", re.MULTILINE | re.DOTALL
)


def put_rows(seed: Path, rows: str) -> None:
    """Put rows into a seed in the place of those with the same key, in order."""
    header, *kept = seed.read_text().splitlines(keepends=True)
    for row in rows.splitlines(keepends=True):
        width = 2 if seed.stem == "chain_events" else 1
        key = row.split(",")[:width]
        kept = [one for one in kept if one.split(",")[:width] != key] + [row]
    seed.write_text(header + "".join(sorted(kept, key=lambda row: row.split(",")[:2])))


class Reader:
    """A person who does what the page says, in a copy of the project."""

    def __init__(self, project: Path, connection: psycopg.Connection) -> None:
        self.project, self.connection = project, connection
        self.file = self.shown = ""
        self.commands: list[str] = []

    def read(self, page: str) -> None:
        """Do the steps of the page, in order."""
        for language, text, line, file in STEP.findall(page):
            if file:
                self.file = file
            elif language == "csv":
                put_rows(self.project / self.file, text)
            elif language:
                assert not (self.project / self.file).exists(), self.file
                (self.project / self.file).write_text(text)
            elif line.startswith("'log_"):
                path = self.project / self.file
                before, names, after = re.split(r"((?:    'log_\w+',\n)+)", path.read_text())
                names = "".join(sorted([*names.splitlines(keepends=True), f"    {line}\n"]))
                path.write_text(before + names + after)
            else:
                self.call(line)

    def call(self, line: str) -> None:
        """A command of the page. Those of SQL are for whoever looks."""
        if not line.startswith(("hedge ", "dbt ", "psql ")):
            return
        self.commands.append(line)
        program, *words = shlex.split(line)
        if program == "psql":
            self.connection.execute((self.project / words[-1]).read_text())
            return
        if words[:2] == ["etl", "incremental"] or words[:2] == ["boards", "run"]:
            words += ["--as-of", AS_OF.isoformat()]
        if words[:2] == ["etl", "deploy"]:
            # nothing is computed here that it could compare with
            words += ["--yes"]
        self.shown = self.python("cli" if program == "hedge" else "dbt.cli.main", *words)

    def python(self, module: str, *words: str) -> str:
        """What a module of Python prints in the copy."""
        done = subprocess.run(
            [sys.executable, "-m", module, *words],
            cwd=self.project,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{module} {words}: {done.stdout}{done.stderr}"
        return done.stdout

    @cached_property
    def environment(self) -> dict[str, str]:
        """What the line with eval sets."""
        printed = subprocess.run(
            [sys.executable, "-m", "cli", "db", "url", "--env"],
            capture_output=True,
            text=True,
            check=True,
        )
        words = shlex.split(printed.stdout)
        return dict(word.split("=", 1) for word in words if "=" in word)


@pytest.mark.full
def test_from_a_signature_to_a_board(
    connection: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cluster, wallet in (("alice", ALICE), ("bob", BOB)):
        add_cluster(connection, cluster, wallet)
    chain = EvmChain(DFK, real_chains.BEGINNING - 200 * real_chains.DAY)
    for day, winner in enumerate([ALICE, BOB, ALICE], 20_000):
        won = (winner, 5 * real_chains.JEWEL + 1, day, 99)
        chain.mine(emits("hunts_diamond", "HuntRaffleAwarded", *won))
    with Served(NodeOfChain(chain, DFK)) as served:
        monkeypatch.setenv(f"HEDGE_CHAIN_URL_{DFK}", served.url)
        # before anything reads the event
        running.follow(DFK, threading.Event(), start=0, until_head=True)
    project = tmp_path / "hedge"
    ignored = shutil.ignore_patterns(".git", ".venv", ".hedge", "target", "logs", ".*_cache")
    shutil.copytree(PROJECT, project, ignore=ignored)
    (project / "profiles.yml").write_text((PROJECT / "profiles.example.yml").read_text())
    reader = Reader(project, connection)
    reader.read(PAGE)
    assert len(reader.commands) == 14
    assert re.findall(r"^ +(\d) +(alice|bob) +(\d)", reader.shown, re.MULTILINE) == [
        ("1", "alice", "2"),
        ("2", "bob", "1"),
    ]
    assert progress(connection, "alice")["raffle_luck"] == 2
    assert connection.execute(
        "select distinct amount::text from raw.hunt_raffle_wins"
    ).fetchall() == [("5.000000000000000001",)]
    # explanations and proofs know the facts of the new table without a step of their own
    facts = "select is_of_logs from analytics.supporting_facts where raw_table = %s"
    assert connection.execute(facts, ["hunt_raffle_wins"]).fetchall() == [(True,)] * 3
    content = reader.python("cli", "chain", "prove", "alice", "raffle_luck")
    proved = json.loads(content)
    assert (proved["value"], len(proved["facts"]), len(proved["logs"])) == ("2", 2, 2)
    file = project / "proof.json"
    file.write_text(content)
    said = reader.python("cli", "chain", "verify", str(file))
    assert said.startswith("equal: raffle_luck of alice is 2 as of ")
    reader.python("hedge.loading.reference")
    reader.python("hedge.chain.given")
    tests = "tests/house/test_the_events_of_contracts.py", "tests/unit/test_what_logs_give*.py"
    found = [str(path) for pattern in tests for path in project.glob(pattern)]
    assert len(found) == 2
    assert " failed" not in reader.python("pytest", "-p", "no:randomly", *found)
