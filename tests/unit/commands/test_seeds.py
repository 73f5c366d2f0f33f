"""hedge seeds check: which faults it prints, and its exit status."""

import json
import shutil
from pathlib import Path

import pytest

from tests import PROJECT, Hedge

WEIGHT = "seeds/mastery_weights.csv:2: weight is '-2', not a number of at least 0\n"
RELIC = "seeds/relic_items.csv:7: the line repeats line 6: delete one of them\n"


@pytest.fixture
def project(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project with a fault in two of its seeds. There is no database."""
    weights, relics = (project / f"seeds/{name}.csv" for name in ("mastery_weights", "relic_items"))
    weights.write_text(weights.read_text().replace(",2\n", ",-2\n", 1))
    relics.write_text(relics.read_text() + relics.read_text().splitlines()[-1] + "\n")
    monkeypatch.chdir(project)
    return project


def test_the_faults_of_all_seeds_or_of_the_named_ones_are_printed(
    hedge: Hedge, project: Path
) -> None:
    assert hedge("seeds", "check") == (1, "", WEIGHT + RELIC)
    for name in ("relic_items", "seeds/relic_items.csv", str(project / "seeds/relic_items.csv")):
        assert hedge("seeds", "check", name) == (1, "", RELIC)
    status, printed, _ = hedge("seeds", "check", "metrics", "mastery_weights", "--json")
    assert (status, json.loads(printed)) == (
        1,
        [
            {
                "file": "seeds/mastery_weights.csv",
                "line": 2,
                "sentence": "weight is '-2', not a number of at least 0",
            }
        ],
    )


def test_sound_seeds_are_named(hedge: Hedge, project: Path) -> None:
    assert hedge("seeds", "check", "metrics", "lp_pools") == (
        0,
        f"lp_pools, metrics of {project}: no fault\n",
        "",
    )
    for name in ("mastery_weights", "relic_items"):
        shutil.copyfile(PROJECT / f"seeds/{name}.csv", project / f"seeds/{name}.csv")
    assert hedge("seeds", "check") == (0, f"the 28 seeds of {project}: no fault\n", "")
    assert hedge("seeds", "check", "--json") == (0, "[]\n", "")


def test_an_unknown_seed_and_a_file_elsewhere_are_refused(
    hedge: Hedge, project: Path, tmp_path: Path
) -> None:
    status, printed, complaint = hedge("seeds", "check", "metric")
    assert (status, printed) == (2, "")
    assert complaint == "hedge: the project has no seed metric; did you mean metrics?\n"
    other = tmp_path / "metrics.csv"
    other.write_text("")
    status, _, complaint = hedge("seeds", "check", str(other))
    assert status == 2
    assert f"{other} is not the file of the seed metrics" in complaint
