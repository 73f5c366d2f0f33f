"""Each mistake of an analyst is refused with one sentence, and changes nothing that is live."""

from pathlib import Path

import psycopg
import pytest

from hedge import deploying, runs
from hedge.errors import HedgeError
from tests.integration.deploying.mistakes import BEGIN, END, MISTAKES, OTHERS, PAGE, table
from tests.integration.deploying.mistakes_of_files import OF_FILES, UNPARSED, Mistake
from tests.integration.preview import checksums, leftovers


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server answers."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")


def test_the_page_has_the_table_of_the_mistakes() -> None:
    assert PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip() == table()
    assert len({mistake.what for mistake in (*MISTAKES, *OTHERS)}) >= 60


@pytest.mark.usefixtures("no_database")
@pytest.mark.parametrize("mistake", OF_FILES, ids=lambda mistake: mistake.what)
def test_a_mistake_of_files_is_refused_before_a_database_is_reached(
    project: Path, mistake: Mistake
) -> None:
    mistake.make(project)
    with pytest.raises(HedgeError) as refusal:
        deploying.deploy()
    assert str(refusal.value).splitlines()[0] == mistake.sentence


@pytest.mark.ci  # dbt parses the project for each
@pytest.mark.usefixtures("no_database")
@pytest.mark.parametrize("mistake", UNPARSED, ids=lambda mistake: mistake.what)
def test_a_mistake_is_refused_when_a_deploy_parses_the_project(
    project: Path, mistake: Mistake
) -> None:
    mistake.make(project)
    with pytest.raises(HedgeError) as refusal:
        runs.edited_project()
    assert str(refusal.value) == mistake.sentence


# a deploy for each: of six, one in CI and the others by hand
@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(
            mistake, id=mistake.what, marks=pytest.mark.full if place % 6 else pytest.mark.ci
        )
        for place, mistake in enumerate(MISTAKES)
    ],
)
def test_a_mistake_is_refused(
    refusing: psycopg.Connection,
    project: Path,
    mistake: Mistake,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEDGE_COMPUTE_TIMEOUT", "2")
    before = checksums(refusing)
    mistake.make(project)
    with pytest.raises(HedgeError) as refusal:
        deploying.deploy()
    after = checksums(refusing)
    # only the row of the ledger is new
    before.pop("app.etl_runs"), after.pop("app.etl_runs")
    assert after == before
    assert leftovers(refusing) == []
    said = str(refusal.value).splitlines()[0]
    known = mistake.sentence.removesuffix("...")
    assert said.startswith(known) if known != mistake.sentence else said == known
