"""The deployed side of a preview is built while dbt parses the edit, where it can be guessed
(hedge/analysis/built_sides.py)."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from hedge import copied_process, runs
from hedge.analysis import built_sides, preview
from hedge.analysis.built_sides import Side
from hedge.errors import HedgeError
from tests.integration.preview import double_the_wins, leftovers, raise_a_threshold
from tests.support import edit

# a preview each, of what makes it quick and not of what it says
pytestmark = pytest.mark.ci


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """When a copy of the process begins, and when dbt has parsed the edit."""
    noted: list[str] = []
    work, parse = copied_process.working, runs.edited_project

    def working(*work_of_copy: Callable[[], None]) -> object:
        noted.append("begun")
        return work(*work_of_copy)

    def edited_project() -> object:
        try:
            return parse()
        finally:
            noted.append("parsed")

    monkeypatch.setattr(copied_process, "working", working)
    monkeypatch.setattr(runs, "edited_project", edited_project)
    return noted


def lock_twice_the_jewel(copy: Path) -> None:
    edit(
        copy / "macros/jewel_held.sql", "greatest(jewel_amount, 0)", "2 * greatest(jewel_amount, 0)"
    )
    edit(copy / "models/metrics/onchain_staking.yml", "version: 2", "# a remark\nversion: 2")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(double_the_wins, id="a model by which boards rank"),
        pytest.param(raise_a_threshold, id="a seed"),
        pytest.param(lock_twice_the_jewel, id="a macro and YAML"),
    ],
)
def test_it_is_begun_before_the_edit_is_parsed_and_not_again(
    read_only: psycopg.Connection,
    copy: Path,
    steps: list[str],
    change: Callable[[Path], None],
) -> None:
    change(copy)
    assert preview.make().challenges
    assert steps == ["begun", "parsed"]


def test_what_was_guessed_wrongly_is_built_anew(
    read_only: psycopg.Connection,
    copy: Path,
    steps: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    double_the_wins(copy)
    right = preview.make()
    guess = built_sides.guessed

    def guess_less(*given: object) -> Side:
        found = guess(*given)  # type: ignore[arg-type]
        assert found is not None
        return dataclasses.replace(found, built=["onchain_pvp"])

    monkeypatch.setattr(built_sides, "guessed", guess_less)
    assert preview.make() == right
    assert steps == ["begun", "parsed", "begun", "parsed", "begun"]


def test_only_dbt_knows_what_the_settings_of_the_project_affect(
    read_only: psycopg.Connection, copy: Path, steps: list[str]
) -> None:
    edit(copy / "dbt_project.yml", "name: hedge", "# a remark\nname: hedge")
    double_the_wins(copy)
    assert preview.make().challenges
    assert steps == ["parsed", "begun"]


def test_nothing_is_begun_where_words_are_edited(
    read_only: psycopg.Connection, copy: Path, steps: list[str]
) -> None:
    edit(copy / "models/metrics/onchain_pvp.yml", "version: 2", "# a remark\nversion: 2")
    edit(copy / "macros/jewel_held.sql", "{% macro", "{# a remark #}{% macro")
    assert not preview.make().changed
    assert steps == ["parsed"]


def test_nothing_is_begun_where_nothing_is_edited(
    read_only: psycopg.Connection, copy: Path, steps: list[str]
) -> None:
    assert not preview.make().changed
    assert steps == ["parsed"]


def test_an_edit_that_does_not_parse_leaves_nothing(
    read_only: psycopg.Connection, copy: Path, steps: list[str]
) -> None:
    edit(copy / "models/metrics/onchain_pvp.sql", "ref('pvp_matches')", "ref('pvp_match')")
    with pytest.raises(HedgeError, match="pvp_match"):
        preview.make()
    assert steps == ["begun", "parsed"]
    assert leftovers(read_only) == []
