"""hedge init: what it writes, what it refuses to overwrite, and what an update keeps."""

import json
import os
from pathlib import Path

import pytest

import hedge
from hedge import settings
from hedge.errors import HedgeError, UsageError
from hedge.project import files, template
from hedge.project.template import RECORD, TO_MERGE

#: The smallest dbt project that can stand for the one of the package.
FILES = {
    "dbt_project.yml": "name: hedge\n",
    "profiles.example.yml": "hedge: {}\n",
    "models/metrics/a.sql": "select 1",
    "models/metrics/b.sql": "select 1",
    "seeds/metrics.csv": "metric\na\n",
    "tests/dbt/a.sql": "select 1",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project of an installed package of version 1.0.0, which is not the current folder."""
    folder = tmp_path / "package"
    for path, text in FILES.items():
        put(folder, path, text)
    monkeypatch.setattr(settings, "PACKAGED_PROJECT", folder)
    monkeypatch.setattr(settings, "_OF_WHEEL", folder)
    monkeypatch.setattr(hedge, "__version__", "1.0.0")
    monkeypatch.delenv("HEDGE_PROJECT", raising=False)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def mine(package: Path, tmp_path: Path) -> Path:
    """A project that version 1.0.0 wrote."""
    template.create(tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture
def newer(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the package is version 2.0.0."""
    monkeypatch.setattr(hedge, "__version__", "2.0.0")


def put(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)


def read(folder: Path) -> dict[str, str]:
    """The contents of all files of a folder."""
    return {
        file.relative_to(folder).as_posix(): file.read_text()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_the_project_of_this_checkout_can_be_written(tmp_path: Path) -> None:
    created = template.create(tmp_path / "mine")
    written = read(tmp_path / "mine")
    assert set(created.files) == set(written)
    assert {"README.md", "ci-example.yml", "pre-push-example", ".gitignore"} <= set(written)
    assert "seeds/challenges.csv" in written
    assert files.definitions_hash(tmp_path / "mine") == files.definitions_hash(
        settings.PACKAGED_PROJECT
    )
    template.require_usable(tmp_path / "mine")


def test_nothing_is_overwritten(package: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    put(mine, "README.md", "My game")
    with pytest.raises(UsageError, match=r"mine has README\.md already: nothing was written"):
        template.create(mine)
    assert read(mine) == {"README.md": "My game"}


def test_a_project_is_not_written_twice(mine: Path) -> None:
    with pytest.raises(UsageError, match=r"and 6 more files already.*hedge init --update"):
        template.create(mine)


def test_a_project_is_not_written_where_another_one_reads_it(mine: Path) -> None:
    files_before = read(mine)
    for folder in (mine / "seeds", mine / "models" / "other"):
        with pytest.raises(
            UsageError, match=rf"{folder} is in the folder \w+ of the project {mine}"
        ):
            template.create(folder)
    assert read(mine) == files_before
    template.create(mine / "other")


def test_a_folder_that_is_a_file_is_named(package: Path, tmp_path: Path) -> None:
    put(tmp_path, "mine", "a file")
    with pytest.raises(UsageError, match="mine cannot be written"):
        template.create(tmp_path / "mine")


def test_commands_use_the_project_of_the_current_folder_or_above_it(
    mine: Path, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.project() == package
    for folder in (mine, mine / "models" / "metrics"):
        monkeypatch.chdir(folder)
        assert settings.project() == mine
        assert template.editable() == mine


def test_the_project_inside_the_package_is_not_edited(package: Path) -> None:
    with pytest.raises(UsageError, match="run hedge init FOLDER first"):
        template.editable()


def test_a_project_of_another_version_is_refused_with_the_way_out(mine: Path, newer: None) -> None:
    with pytest.raises(
        HedgeError,
        match=r"written for Hedge 1\.0\.0, and this is Hedge 2\.0\.0: run hedge init --update .*",
    ):
        template.require_usable(mine)
    template.update(mine)
    template.require_usable(mine)


def test_an_update_rewrites_what_nobody_changed(mine: Path, package: Path, newer: None) -> None:
    put(package, "models/metrics/a.sql", "select 2")
    put(package, "models/metrics/c.sql", "select 3")
    (package / "tests/dbt/a.sql").unlink()
    updated = template.update(mine)
    assert updated.written == ["models/metrics/a.sql", "models/metrics/c.sql"]
    assert updated.deleted == ["tests/dbt/a.sql"]
    assert not updated.kept
    assert not updated.to_merge
    assert {path for path in read(mine) if path.startswith(("models", "tests"))} == {
        "models/metrics/a.sql",
        "models/metrics/b.sql",
        "models/metrics/c.sql",
    }
    assert read(mine)["models/metrics/a.sql"] == "select 2"


def test_an_update_keeps_what_only_the_project_changed(
    mine: Path, package: Path, newer: None
) -> None:
    put(mine, "seeds/metrics.csv", "metric\na\nmine\n")
    put(mine, "models/metrics/mine.sql", "select 4")
    put(mine, "tests/dbt/a.sql", "select 5")
    (mine / "models/metrics/b.sql").unlink()
    (package / "tests/dbt/a.sql").unlink()
    before = read(mine)
    updated = template.update(mine)
    assert (updated.written, updated.deleted, updated.to_merge) == ([], [], [])
    assert updated.kept == ["tests/dbt/a.sql"]
    after = read(mine)
    assert json.loads(after.pop(RECORD))["version"] == "2.0.0"
    before.pop(RECORD)
    assert after == before


def test_what_both_changed_is_to_merge_before_the_project_can_be_used(
    mine: Path, package: Path, newer: None
) -> None:
    put(mine, "seeds/metrics.csv", "metric\na\nmine\n")
    put(package, "seeds/metrics.csv", "metric\na\ntheirs\n")
    (mine / "models/metrics/b.sql").unlink()
    put(package, "models/metrics/b.sql", "select 6")
    put(mine, "models/metrics/c.sql", "select 'mine'")
    put(package, "models/metrics/c.sql", "select 'theirs'")
    expected = ["models/metrics/b.sql", "models/metrics/c.sql", "seeds/metrics.csv"]
    assert template.update(mine).to_merge == expected
    # repeated, it changes nothing and still tells
    assert template.update(mine).to_merge == expected
    found = read(mine)
    assert found["seeds/metrics.csv"] == "metric\na\nmine\n"
    assert found[f"seeds/metrics.csv{TO_MERGE}"] == "metric\na\ntheirs\n"
    assert "models/metrics/b.sql" not in found
    with pytest.raises(HedgeError, match=r"c\.sql and seeds/metrics\.csv in .*") as refused:
        template.require_usable(mine)
    assert str(refused.value) == (
        f"models/metrics/b.sql, models/metrics/c.sql and seeds/metrics.csv in {mine} changed both"
        f" here and in Hedge: copy what you need from the file with the suffix {TO_MERGE} beside"
        " each, then delete that one"
    )
    for path in expected:
        (mine / f"{path}{TO_MERGE}").unlink()
    template.require_usable(mine)
    assert template.update(mine).to_merge == []


def test_only_a_project_of_init_can_be_updated(package: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"has no {RECORD}: hedge init did not write this"):
        template.update(package)
    put(tmp_path, RECORD, "{}")
    with pytest.raises(UsageError, match="restore it from version control"):
        template.update(tmp_path)


def test_a_project_without_a_record_is_not_checked(package: Path) -> None:
    template.require_usable(package)


@pytest.mark.parametrize(
    "path",
    ["dbt_project.yml", "models/metrics/a.sql", "models/new.yml", "macros/a.sql", "seeds/a.csv"],
)
def test_the_hash_of_the_definitions_tells_contents_and_names_apart(
    package: Path, path: str
) -> None:
    """A deploy of other definitions makes the next incremental run compute every cluster."""
    before = files.definitions_hash(package)
    assert files.definitions_hash(package) == before
    put(package, path, "other content")
    changed = files.definitions_hash(package)
    assert changed != before
    put(package, path, "other contents")
    assert files.definitions_hash(package) != changed


def test_the_files_of_a_pattern_are_those_that_the_library_finds(tmp_path: Path) -> None:
    names = [
        "a.sql",
        "a/b.sql",
        "a-b.sql",
        "a/b/c.sql",
        "a/c.yml",
        ".hidden/d.sql",
        "[e]/f.sql",
        "G.sql",
        "g.SQL",
    ]
    for path in (*(f"models/{name}" for name in names), "elsewhere/h"):
        put(tmp_path, path, "content")
    (tmp_path / "models/folder.sql").mkdir()
    (tmp_path / "models/link.sql").symlink_to(tmp_path / "models/a.sql")
    (tmp_path / "models/linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "models/broken.sql").symlink_to(tmp_path / "none")
    for pattern in ("models/**/*", "models/**/*.sql", "models/a/**/*.sql", "m*/**/*", "none/**/*"):
        found = files.matching(tmp_path, [pattern, "models/a.sql"])
        by_library = {*tmp_path.glob(pattern), tmp_path / "models/a.sql"}
        assert found == sorted(file for file in by_library if file.is_file()), pattern
    assert files.matching(tmp_path, ["models/a.sql/**/*"]) == []
    # what projects were deployed with
    assert files.definitions_hash(tmp_path) == (
        "902b0a876a30d2c6c2a8f89674b426155b5e0bdd1f9c480dab99e003d5224bf7"
    )


def test_a_renamed_file_is_another_definition(package: Path) -> None:
    before = files.definitions_hash(package)
    (package / "models/metrics/a.sql").rename(package / "models/metrics/c.sql")
    assert files.definitions_hash(package) != before


@pytest.mark.parametrize("path", ["tests/dbt/a.sql", "profiles.example.yml", "docs/a.md"])
def test_what_a_run_does_not_read_is_no_definition(package: Path, path: str) -> None:
    before = files.definitions_hash(package)
    put(package, path, "other content")
    assert files.definitions_hash(package) == before


def test_files_that_are_saved_come_or_go_are_noticed_and_nothing_else(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = iter(range(10, 20))

    def save(path: str) -> None:
        put(package, path, "saved")
        os.utime(package / path, ns=(0, next(later) * 10**9))

    steps = [
        lambda: save("docs/a.md"),
        lambda: save("models/metrics/a.sql"),
        lambda: save("tests/dbt/new.sql"),
        (package / "seeds/metrics.csv").unlink,
    ]
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        steps[len(waits) - 1]()

    monkeypatch.setattr(files.time, "sleep", wait)
    saves = files.saves(package, 0.5)
    next(saves)
    assert waits == []
    for waited in (2, 3, 4):
        next(saves)
        assert waits == [0.5] * waited


def test_the_variables_of_a_project_name_its_metric_sources(package: Path) -> None:
    put(
        package,
        "dbt_project.yml",
        "vars:\n  metric_sources: [b, a]\n  derived_metric_sources: [c]\n  as_of: null\n",
    )
    assert files.metric_sources(package) == ["b", "a", "c"]
    assert files.variables(package)["as_of"] is None
