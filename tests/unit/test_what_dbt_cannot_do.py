"""What is said where dbt does not start, ends by itself, or cannot compile what runs read."""

import dataclasses
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hedge.dbt_runner import Buckets, Invocation, Result, in_process, program
from hedge.dbt_runner.json_log import Log
from hedge.errors import HedgeError, UsageError
from hedge.runs import dbt, kinds
from hedge.runs import undo as undoing
from tests.support import AS_OF
from tests.unit.test_what_dbt_says import event

DEFINITIONS = "ab" * 32


def invocation(folder: Path, buckets: Buckets | None = None) -> Invocation:
    """An invocation of dbt in a folder that is no project."""
    return Invocation(
        arguments=["run"], project=folder, profiles=folder, database="none", buckets=buckets
    )


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is called in the place of the program dbt."""
    file = tmp_path / "dbt"
    file.write_text("#!/bin/sh\nexit 0\n")
    file.chmod(0o755)
    monkeypatch.setattr(program, "_program", lambda: file)
    monkeypatch.setattr(program, "_environment", dict)
    return file


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("exit 3", "dbt ended with exit status 3: no reason is given"),
        (
            "echo one >&2; echo 'Killed by nobody' >&2; echo >&2; exit 9",
            "dbt ended with exit status 9: Killed by nobody",
        ),
        ("echo 'not of the log'; exit 2", "dbt ended with exit status 2: not of the log"),
    ],
)
def test_a_program_that_ends_by_itself_says_why(
    called: Path, tmp_path: Path, script: str, sentence: str
) -> None:
    called.write_text(f"#!/bin/sh\n{script}\n")
    with pytest.raises(HedgeError, match=f"^{sentence}$"):
        program.Program().invoke(invocation(tmp_path), dbt.Progress())


def test_a_program_that_ends_with_nodes_that_failed_is_no_error(
    called: Path, tmp_path: Path
) -> None:
    for status in (0, 1):
        called.write_text(f"#!/bin/sh\nexit {status}\n")
        found = program.Program().invoke(invocation(tmp_path), dbt.Progress())
        assert found.success is (status == 0)


def test_a_program_that_the_system_does_not_start_is_named_with_the_reason(
    called: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "_environment", lambda: {"TOO_LONG": "x" * (1 << 22)})
    with pytest.raises(HedgeError, match=r"^dbt cannot be started: Argument list too long$"):
        program.Program().invoke(invocation(tmp_path), dbt.Progress())


def test_the_program_computes_no_buckets(called: Path, tmp_path: Path) -> None:
    divided = SimpleNamespace(numbers=(1, 2))
    with pytest.raises(UsageError) as refused:
        program.Program().invoke(invocation(tmp_path, divided), dbt.Progress())
    assert str(refused.value) == (
        "the clusters of this database are divided among buckets, which HEDGE_DBT 'subprocess'"
        " cannot compute: use 'in-process'"
    )


def test_a_program_that_parses_anew_is_ended(called: Path, tmp_path: Path) -> None:
    """It would build what is not meant to be built."""
    ended = event("UnableToPartialParse", "a file has changed").decode()
    called.write_text(f"#!/bin/sh\necho '{ended}'\nexec sleep 60\n")
    wanted = dataclasses.replace(invocation(tmp_path), parsed=tmp_path / "parsed")
    log = Log(dbt.Progress())
    with pytest.raises(HedgeError) as failed:
        program.Program()._run([str(called)], {"PATH": os.defpath}, wanted, log, tmp_path)
    assert str(failed.value) == "dbt does not take the parsed project: a file has changed"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(28, "No space left"), "dbt ended with OSError: [Errno 28] No space left"),
        (RuntimeError("one\n  two"), "dbt ended with RuntimeError: one two"),
        (ZeroDivisionError(), "dbt ended with ZeroDivisionError: no reason is given"),
    ],
)
def test_an_exception_of_dbt_becomes_one_line(error: Exception, sentence: str) -> None:
    class Runner:
        def invoke(self, arguments: list[str]) -> None:
            raise error

    with pytest.raises(HedgeError) as failed:
        in_process._found(Runner(), ["run"])
    assert str(failed.value) == sentence


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda at: dbt.compiled_sql("wins", at, DEFINITIONS), "wins does not compile: it is so"),
        (
            lambda at: dbt.compiled_data_tests(at, DEFINITIONS),
            "the data tests do not compile: it is so",
        ),
        (
            lambda at: dbt.compiled_text(
                "{{ x }}",
                dbt.Parsed(at, None, at / "parsed"),
                dbt.Scratch("s", frozenset({"model.hedge.x"})),
                {},
            ),
            "the project does not compile: it is so",
        ),
        (
            lambda at: dbt.write_documentation(at / "docs", at, DEFINITIONS),
            "the documentation cannot be built: it is so",
        ),
    ],
    ids=["model", "data tests", "text", "documentation"],
)
def test_what_dbt_cannot_compile_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Any, sentence: str
) -> None:
    monkeypatch.setenv("HEDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setattr(dbt, "parsed", lambda *_: SimpleNamespace(manifest=None))
    monkeypatch.setattr(dbt, "invoke", lambda *_, **__: Result(False, error="it is so"))
    with pytest.raises(HedgeError, match=f"^{sentence}$"):
        ask(tmp_path)
    assert not (tmp_path / "docs").exists()


def test_an_undo_revokes_nothing_where_its_full_run_left_something_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = SimpleNamespace(state="PARTIAL", error="onchain_pvp fails")
    monkeypatch.setattr(kinds, "full", lambda *_: run)
    # without a connection it could revoke nothing
    connection: Any = None
    plan: Any = None
    with pytest.raises(HedgeError) as failed:
        undoing.end(connection, plan, 1, 2, AS_OF, None)
    assert str(failed.value) == (
        "the full run of the undo left something out, so that nothing was revoked:"
        " onchain_pvp fails; when that is mended, hedge etl undo goes on"
    )
