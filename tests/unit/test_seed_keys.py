"""Rows of seeds that repeat a key, and weights below zero."""

from pathlib import Path

import pytest

from hedge.project import seed_checks, seed_keys

KEYS = "vars:\n  seed_keys:\n    relics: [[address]]\n    genes: [[trait, gene], [trait, name]]\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "dbt_project.yml").write_text(KEYS)
    (tmp_path / "seeds" / "relics.csv").write_text("address,name\n0x1,a\n0x2,a\n")
    (tmp_path / "seeds" / "genes.csv").write_text("trait,gene,name\nclass,1,x\nclass,2,y\n")
    return tmp_path


def weights(project: Path, *weights: str) -> None:
    rows = "".join(f"s,pvp,m{place},{weight}\n" for place, weight in enumerate(weights))
    file = project / "seeds" / "mastery_weights.csv"
    file.write_text(f"score,metric_source,metric_key,weight\n{rows}")


def test_rows_that_share_no_key_have_no_fault(project: Path) -> None:
    weights(project, "0", "2.5")
    assert seed_keys.faults(project) == []


def test_a_repeated_key_is_named_with_both_lines(project: Path) -> None:
    with (project / "seeds" / "relics.csv").open("a") as relics:
        relics.write("0x1 ,b\n")
    with (project / "seeds" / "genes.csv").open("a") as genes:
        genes.write("class,3,y\nother,1,x\n")
    assert seed_keys.faults(project) == [
        "seeds/relics.csv:4: address 0x1 stands in line 2 already: delete one of the two lines",
        "seeds/genes.csv:4: trait class, name y stands in line 3 already: "
        "delete one of the two lines",
    ]


@pytest.mark.parametrize("weight", ["-1", "NaN", "Infinity", "much", ""])
def test_a_weight_is_a_number_of_zero_or_more(project: Path, weight: str) -> None:
    weights(project, "1", weight)
    assert seed_keys.faults(project) == [
        f"seeds/mastery_weights.csv:3: the weight '{weight}' of pvp.m1 in s is not a number of "
        "zero or more"
    ]


def test_the_seeds_of_this_project_repeat_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests import PROJECT

    assert seed_keys.faults(PROJECT) == []
    # and the check of the seeds passes them on
    monkeypatch.setattr(seed_keys, "faults", lambda project: ["a fault"])
    assert seed_checks.faults(PROJECT) == ["a fault"]
