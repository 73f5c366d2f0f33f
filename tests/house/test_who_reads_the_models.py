"""Access of models and exposures say who reads what; the queries of the service show whether that
is so. Nothing has to be running."""

import re
from pathlib import Path

import pytest

from tests import PROJECT
from tests.yaml_files import read_yaml

EXPOSURES = {
    exposure["name"]: {re.fullmatch(r"ref\('(\w+)'\)", text)[1] for text in exposure["depends_on"]}
    for exposure in read_yaml(PROJECT / "models/_exposures.yml")["exposures"]
}
SEEDS = {path.stem for path in PROJECT.glob("seeds/*.csv")}
#: The functions that a query of the service calls, and the models that create them.
FUNCTIONS = {"next_tier": "challenge_ladders"}
#: Tables that triggers write (hedge/migrations/0055-progress-history.sql): no models.
NO_MODELS = {"progress_history"}
#: The queries of each reader.
QUERIES = {
    "api": ["api/sql/[!p]*.sql", "hedge/sql/explain_*.sql", "hedge/sql/seasons_of_cluster.sql"],
    "pages": ["api/sql/page_*.sql", "hedge/sql/calibration_[hlms]*.sql"],
}


def models() -> dict[str, dict]:
    """The configuration of each model, by name."""
    return {
        path.stem: read_yaml(path.with_suffix(".yml"))["models"][0].get("config", {})
        for path in PROJECT.glob("models/**/*.sql")
    }


def read_by(path: Path) -> set[str]:
    """The models and seeds that a query names."""
    names = re.findall(r"\banalytics\.(\w+)", path.read_text())
    return {FUNCTIONS.get(name, name) for name in names} - NO_MODELS


@pytest.mark.parametrize("reader", QUERIES)
def test_an_exposure_names_what_its_queries_read(reader: str) -> None:
    paths = [path for pattern in QUERIES[reader] for path in PROJECT.glob(pattern)]
    found = {name: path.name for path in paths for name in read_by(path)}
    assert len(found) > 5
    assert {name: file for name, file in found.items() if name not in EXPOSURES[reader]} == {}


def test_what_an_exposure_names_is_not_private_and_all_else_is() -> None:
    """dbt refuses an exposure of a private model; a model that nobody reads needs no promise."""
    project = read_yaml(PROJECT / "dbt_project.yml")
    assert project["models"]["hedge"]["+access"] == "private"
    opened = {name for name, config in models().items() if config.get("access")}
    assert opened == set().union(*EXPOSURES.values()) - SEEDS


def test_a_model_is_public_exactly_where_it_is_a_mart_and_has_a_contract() -> None:
    public = {name for name, config in models().items() if config.get("access") == "public"}
    marts = {
        path.stem
        for path in PROJECT.glob("models/**/*.sql")
        if "materialized='incremental'" in path.read_text()
    }
    assert public == marts
    assert all(models()[name]["contract"] == {"enforced": True} for name in public)


def test_every_period_of_a_board_has_an_exposure() -> None:
    (rule,) = re.findall(
        r'"the time window is ([A-Z_, ]+) or ([A-Z_]+)"',
        (PROJECT / "hedge/migrations/0003-boards-and-seasons.sql").read_text(),
    )
    windows = [*rule[0].split(", "), rule[1]]
    assert {name for name in EXPOSURES if name.startswith("boards_")} == {
        f"boards_{window.lower()}" for window in windows
    }
