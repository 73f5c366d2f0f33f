"""Kept files are whole, and are used only while their content is what was written."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dbt.contracts.graph.manifest import Manifest

from hedge import kept_files
from hedge.dbt_runner import in_process
from hedge.errors import HedgeError
from hedge.runs import dbt
from tests import PROJECT
from tests.support import copy_project, edit
from tests.support.projects import DATA_TESTS, fan_out


def test_a_kept_file_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    assert kept_files.kept(file) is None
    kept_files.keep(file, b"one")
    kept_files.keep(file, b"two")
    assert kept_files.kept(file) == b"two"
    assert list(tmp_path.iterdir()) == [file]


def test_the_profile_of_another_version_is_replaced(tmp_path: Path) -> None:
    profile = tmp_path / "home" / "profiles.yml"
    right = (PROJECT / "profiles.example.yml").read_bytes()
    assert dbt._profiles(profile.parent) == profile.parent
    assert profile.read_bytes() == right
    written = profile.stat().st_mtime_ns
    dbt._profiles(profile.parent)
    # dbt parses the project anew where the profile was written anew
    assert profile.stat().st_mtime_ns == written
    profile.write_bytes(b"of another version")
    dbt._profiles(profile.parent)
    assert profile.read_bytes() == right


def torn(content: bytes) -> bytes:
    return content[: len(content) // 2]


def edited(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


def empty(content: bytes) -> bytes:
    return b""


DAMAGES = pytest.mark.parametrize("damage", [torn, edited, empty])


@DAMAGES
def test_a_damaged_file_counts_as_missing(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "kept"
    kept_files.keep(file, b"content of many words")
    assert kept_files.required(file) == b"content of many words"
    file.write_bytes(damage(file.read_bytes()))
    assert kept_files.kept(file) is None
    sentence = f"^{file} was removed or damaged while it was in use: repeat the command$"
    with pytest.raises(HedgeError, match=sentence):
        kept_files.required(file)
    file.unlink()
    with pytest.raises(HedgeError, match=sentence):
        kept_files.required(file)


@DAMAGES
def test_a_damaged_file_is_not_sealed(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "made by another program"
    assert not kept_files.is_sealed(file)
    file.write_bytes(b"content of many words")
    assert not kept_files.is_sealed(file)
    kept_files.seal(file)
    assert kept_files.is_sealed(file)
    file.write_bytes(damage(file.read_bytes()))
    assert not kept_files.is_sealed(file)


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "kept"
    kept_files.keep(file, b"before")
    monkeypatch.setattr(kept_files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        kept_files.keep(file, b"after")
    assert kept_files.kept(file) == b"before"
    assert list(tmp_path.iterdir()) == [file]


# -- what dbt has parsed ---------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one model, and an empty HEDGE_HOME."""
    monkeypatch.setenv("HEDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: hedge\nversion: '1.0.0'\nprofile: hedge\n")
    (folder / "models" / "one.sql").write_text("select 1 as one")
    return folder


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The arguments of every call of dbt."""
    called: list[list[str]] = []
    invoke = dbt.invoke

    def noting(arguments: list[str], *others: Any, **named: Any) -> Any:
        called.append(arguments)
        return invoke(arguments, *others, **named)

    monkeypatch.setattr(dbt, "invoke", noting)
    return called


def code(project: Path) -> str:
    return dbt.parse(project).manifest.nodes["model.hedge.one"].raw_code


def test_a_parsed_project_is_kept(project: Path, parses: list[list[str]]) -> None:
    assert [code(project) for _ in range(2)] == ["select 1 as one"] * 2
    assert parses == [["parse"]]


def test_what_was_parsed_in_this_process_is_not_read_back(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "models" / "one.sql").write_text("select 'in memory' as one")
    parsed = dbt.parse(project)
    with monkeypatch.context() as patch:
        patch.setattr(Manifest, "from_msgpack", None)
        found = in_process._read(parsed.file)
    assert found.nodes["model.hedge.one"].raw_code == "select 'in memory' as one"
    # the one after that reads it
    again = in_process._read(parsed.file)
    assert again.nodes["model.hedge.one"].raw_code == "select 'in memory' as one"


def test_a_data_test_that_is_edited_alone_is_parsed(project: Path) -> None:
    test = project / "tests" / "dbt" / "one_is_one.sql"
    test.parent.mkdir(parents=True)
    (project / "dbt_project.yml").write_text(
        "name: hedge\nversion: 1.0.0\nprofile: hedge\ntest-paths: [tests/dbt]\n"
    )
    for content in ("select 1 where false", "select 1 where true"):
        test.write_text(content)
        assert dbt.parse(project).manifest.nodes["test.hedge.one_is_one"].raw_code == content


@DAMAGES
@pytest.mark.parametrize("suffix", ["msgpack", "json"])
def test_a_damaged_parsed_project_is_parsed_anew(
    project: Path,
    parses: list[list[str]],
    tmp_path: Path,
    damage: Callable[[bytes], bytes],
    suffix: str,
) -> None:
    code(project)
    (kept,) = (tmp_path / "home" / "dbt" / "manifests").glob(f"*.{suffix}")
    kept.write_bytes(damage(kept.read_bytes()))
    assert code(project) == "select 1 as one"
    assert parses == [["parse"]] * 2
    assert code(project) == "select 1 as one"
    assert parses == [["parse"]] * 2


def test_what_a_version_with_other_fields_has_kept_is_parsed_anew(
    project: Path, parses: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    code(project)
    monkeypatch.setattr(dbt.manifest, "FIELDS", [["name"]])
    assert code(project) == "select 1 as one"
    assert parses == [["parse"]] * 2


def test_what_dbt_keeps_between_parses_is_not_used_when_it_was_edited(
    project: Path, tmp_path: Path
) -> None:
    code(project)
    (partial,) = (tmp_path / "home" / "dbt" / "parsed").glob(f"*/{dbt.PARTIAL_PARSE}")
    content = partial.read_bytes()
    assert b"select 1 as one" in content
    partial.write_bytes(content.replace(b"select 1 as one", b"select 2 as one"))
    (project / "models" / "two.sql").write_text("select 2")
    assert code(project) == "select 1 as one"


@pytest.mark.ci
def test_a_copy_elsewhere_costs_what_differs_and_is_what_it_would_be_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was parsed of the repository is where the parse of an edited copy begins."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("HEDGE_HOME", str(tmp_path / "home"))
    dbt.parse(PROJECT)
    copy = copy_project(tmp_path / "copy", DATA_TESTS)
    edit(copy / "macros" / "utc_day.sql", "{% macro utc_day(", "{# edited #}\n{% macro utc_day(")
    fan_out(copy)
    edit(copy / "models" / "metrics" / "onchain_gold.yml", "version: 2", "version: 2\n# edited")
    (copy / "models" / "activity" / "new.sql").write_text("select 1 as one")
    (copy / DATA_TESTS / "every_challenge_has_a_tier.sql").unlink()
    began = time.process_time()
    found = dbt.parse(copy).manifest
    seconds = time.process_time() - began
    monkeypatch.setenv("HEDGE_HOME", str(tmp_path / "empty"))
    began = time.process_time()
    alone = dbt.parse(copy).manifest
    assert "model.hedge.new" in found.nodes
    assert "test.hedge.every_challenge_has_a_tier" not in found.nodes
    assert found.nodes == alone.nodes
    assert found == alone
    assert seconds < (time.process_time() - began) * 0.8
