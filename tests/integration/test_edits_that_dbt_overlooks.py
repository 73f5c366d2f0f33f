"""Each edit is parsed, though dbt goes on from its last parse: one of spaces and line breaks
alone, and one that puts a file back with its time, as copies and archives do."""

import os
from pathlib import Path

import pytest

from hedge import kept_files
from hedge.dbt_runner import parsed_state
from hedge.errors import HedgeError
from hedge.project import files
from hedge.runs import dbt
from tests.support import edit, write_files

MODEL = "models/wins.sql"
SCHEMA = "models/wins.yml"
MACRO = "macros/said.sql"
SMALL = {
    "dbt_project.yml": """\
name: hedge
profile: hedge
vars: {metric_sources: [wins], derived_metric_sources: []}
""",
    MODEL: "select 'a b' as text, {{ said() }} as said\n",
    SCHEMA: """\
models:
  - name: wins
    columns:
      - name: text
      - name: said
        description: What is said.
""",
    MACRO: "{% macro said() %}'c d'{% endmacro %}\n",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty HEDGE_HOME, where nothing was parsed before, and no database."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("HEDGE_HOME", str(tmp_path / "home"))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A small project that was parsed."""
    project = write_files(tmp_path / "small", SMALL)
    dbt.parse(project)
    return project


def state(project: Path) -> dict:
    """What dbt goes on from when it builds a project."""
    content = kept_files.required(dbt.parse(project).file)
    return parsed_state.unpacked(content)


def edited(project: Path, change: tuple[str, str, str]) -> dict:
    """What dbt goes on from after an edit."""
    edit(project / change[0], *change[1:])
    return state(project)


def test_spaces_in_a_text_of_sql(small: Path) -> None:
    found = edited(small, (MODEL, "'a b'", "'a  b'"))
    assert "'a  b'" in found["nodes"]["model.hedge.wins"]["raw_code"]


def test_the_indentation_of_yaml(small: Path) -> None:
    found = edited(small, (SCHEMA, "        description", "    description"))
    node = found["nodes"]["model.hedge.wins"]
    assert node["description"] == "What is said."
    assert node["columns"]["said"]["description"] == ""


def test_spaces_in_a_macro(small: Path) -> None:
    found = edited(small, (MACRO, "'c d'", "'c  d'"))
    assert "'c  d'" in found["macros"]["macro.hedge.said"]["macro_sql"]


def test_a_file_that_comes_back_with_its_time(small: Path) -> None:
    # dbt keeps the time of the first of these contents
    time_of_all = (small / SCHEMA).stat().st_mtime
    for old, new in (("What is said.", "What was said."), ("What was said.", "What is said.")):
        edit(small / SCHEMA, old, new)
        os.utime(small / SCHEMA, (time_of_all, time_of_all))
        columns = state(small)["nodes"]["model.hedge.wins"]["columns"]
        assert columns["said"]["description"] == new


def test_a_copy_that_begins_with_what_was_parsed_of_another(small: Path, tmp_path: Path) -> None:
    copy = write_files(tmp_path / "copy", SMALL)
    found = edited(copy, (MACRO, "'c d'", "'c  d'"))
    assert "'c  d'" in found["macros"]["macro.hedge.said"]["macro_sql"]


def test_after_an_edit_that_does_not_parse(small: Path) -> None:
    edit(small / MODEL, "'a b'", "'a  b' {{")
    with pytest.raises(HedgeError, match="does not parse"):
        dbt.parse(small)
    found = edited(small, (MODEL, "{{ as", "as"))
    assert "'a  b'" in found["nodes"]["model.hedge.wins"]["raw_code"]


def test_what_is_kept_beside_a_parse_may_be_lost(small: Path, tmp_path: Path) -> None:
    (kept,) = (tmp_path / "home" / "dbt" / "parsed").glob(f"*/{dbt.HASHES}")
    kept.unlink()
    found = edited(small, (MODEL, "'a b'", "'a  b'"))
    assert "'a  b'" in found["nodes"]["model.hedge.wins"]["raw_code"]
    assert kept.exists()
    assert files.parsed_hashes(small)[MODEL] in kept.read_text(errors="replace")
