"""Seeds that contradict each other are named with file and line, before anything is built."""

import re
from pathlib import Path

import pytest

from hedge import runs
from hedge.analysis import preview
from hedge.errors import HedgeError
from hedge.project import seed_checks
from hedge.project.seed_schema import schemas
from tests import PROJECT
from tests.support import copy_project


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project that can be edited; HEDGE_PROJECT names it."""
    folder = copy_project(tmp_path / "copy")
    monkeypatch.setenv("HEDGE_PROJECT", str(folder))
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    return folder


SEEDS = [
    (
        "challenges.csv",
        "onchain_pvp,wins,",
        "onchain_pvp,winz,",
        ["seeds/challenges.csv:", "metric_key winz", "did you mean onchain_pvp.wins?"],
    ),
    (
        "metrics.csv",
        "onchain_pvp,wins,",
        "onchain_pvp,winz,",
        ["seeds/metrics.csv:", "models/metrics/onchain_pvp.yml has no column winz"],
    ),
    (
        "metrics.csv",
        "onchain_pvp,wins,",
        "onchain_chess,wins,",
        ["seeds/metrics.csv:", "no metric source onchain_chess"],
    ),
    (
        "challenge_tiers.csv",
        "hero_riser,COMMON,Common,100,",
        "hero_riser,COMMON,Common,300,",
        ["seeds/challenge_tiers.csv:3: ", "threshold 300 of hero_riser UNCOMMON", "(line 2)"],
    ),
    (
        "challenge_tiers.csv",
        "hero_riser,COMMON,Common,100,",
        "hero_riser,COMMON,Common,many,",
        ["seeds/challenge_tiers.csv:2: ", "'many'"],
    ),
    (
        "challenge_tiers.csv",
        "hero_riser,COMMON,Common,100,1,",
        "hero_riser,COMMON,Common,100,2,",
        ["seeds/challenge_tiers.csv:3: ", "sort_order 2"],
    ),
    (
        "challenge_tiers.csv",
        "hero_riser,COMMON,Common,100,",
        "hero_rizer,COMMON,Common,100,",
        ["seeds/challenge_tiers.csv:2: ", "hero_rizer"],
    ),
    (
        "challenge_tiers.csv",
        "hero_riser,COMMON,Common,100,",
        "hero_riser,COMMON,Common, first,100,",
        ["seeds/challenge_tiers.csv:2: ", "in quotes"],
    ),
    (
        "challenges.csv",
        "hero_riser,hero_progression,",
        "hero_riser,hero_regression,",
        ["seeds/challenges.csv:2: ", "no category_key hero_regression"],
    ),
    (
        "challenges.csv",
        "hero_riser,hero_progression,",
        "hero_faller,hero_progression,",
        ["seeds/challenges.csv:2: ", "challenge hero_faller has no tier", "challenge_tiers.csv"],
    ),
    (
        "mastery_weights.csv",
        "onchain_summoning,mythmaker_count,",
        "onchain_summoning,mythbreaker_count,",
        ["seeds/mastery_weights.csv:", "metric_key mythbreaker_count"],
    ),
]


@pytest.mark.parametrize(
    ("seed", "old", "new", "words"), SEEDS, ids=lambda value: value if "," in value else None
)
def test_a_broken_seed_is_named_with_its_line(
    copy: Path, seed: str, old: str, new: str, words: list[str]
) -> None:
    file = copy / "seeds" / seed
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(HedgeError) as caught:
        seed_checks.require_sound(copy)
    assert all(word in str(caught.value) for word in words), caught.value


def test_nothing_is_previewed_or_deployed_of_seeds_that_contradict_each_other(copy: Path) -> None:
    """There is no database here: neither command comes as far as that."""
    file = copy / "seeds" / "challenges.csv"
    file.write_text(file.read_text().replace("onchain_pvp,wins,", "onchain_pvp,winz,", 1))
    for command in (preview.make, runs.deploy):
        with pytest.raises(HedgeError, match=r"seeds/challenges\.csv:\d+: .*metric_key winz"):
            command()


def test_the_seeds_as_they_are_have_no_fault() -> None:
    assert seed_checks.faults(PROJECT) == []


def test_every_seed_is_described_with_a_key_and_every_column() -> None:
    """A seed without a description is checked in its form alone."""
    described = schemas(PROJECT)
    assert described.keys() == seed_checks.seed_names(PROJECT).keys()
    for schema in described.values():
        assert schema.unique, schema.seed
        text = (PROJECT / "seeds" / f"{schema.seed}.csv").read_text()
        assert text.partition("\n")[0].split(",") == list(schema.columns)


def test_a_data_test_of_dbt_reads_every_seed_for_keys() -> None:
    """tests/dbt/no_seed_repeats_a_key.sql notices what plain dbt has built. It names the seeds,
    because dbt must know what a test reads before it knows what is described."""
    text = (PROJECT / "tests" / "dbt" / "no_seed_repeats_a_key.sql").read_text()
    assert re.findall(r"^    '(\w+)',$", text, re.MULTILINE) == sorted(schemas(PROJECT))
