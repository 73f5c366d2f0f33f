"""The checks of the seeds: each mistake is named with its line, and what is sound is not."""

from pathlib import Path

import pytest

from hedge.errors import HedgeError
from hedge.project import seed_checks

#: A small sound project: its variables, a metric source, and the seeds that are checked.
FILES = {
    "dbt_project.yml": (
        "vars:\n  metric_sources: [pvp, hunts]\n  derived_metric_sources: [feats]\n"
    ),
    "models/metrics/pvp.yml": (
        "models:\n- columns: [{name: cluster_id}, {name: window_key}, {name: wins}, {name: kos}]\n"
    ),
    "models/metrics/feats.yml": "models:\n- columns: [{name: cluster_id}, {name: first}]\n",
    "seeds/metrics.csv": "metric_source,metric_key\npvp,wins\npvp,kos\nfeats,first\n",
    "seeds/categories.csv": "key\narena\n",
    "seeds/challenges.csv": (
        "key,category_key,metric_source,metric_key\n"
        "victor,arena,pvp,wins\n"
        "first,arena,feats,first\n"
    ),
    "seeds/challenge_tiers.csv": (
        "challenge_key,tier_code,threshold_value,sort_order\n"
        "victor,BASIC,5,1\n"
        "victor,ELITE,25,2\n"
        "first,DONE,1,1\n"
    ),
    "seeds/mastery_weights.csv": "score,metric_source,metric_key\narena_score,pvp,kos\n",
    # seeds that no check reads by name
    "seeds/others.csv": 'a,b\n1,"2, 3"\n\n4,\n',
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def faults_after(project: Path, seed: str, old: str, new: str) -> list[str]:
    """The faults of the seeds after the first occurrence of a text was replaced in one."""
    file = project / "seeds" / f"{seed}.csv"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return seed_checks.faults(project)


def test_sound_seeds_have_no_fault(project: Path) -> None:
    assert seed_checks.faults(project) == []
    seed_checks.require_sound(project)


@pytest.mark.parametrize(
    ("seed", "old", "new"),
    [
        # the lines of a ladder may be in any order
        ("challenge_tiers", "5,1\nvictor,ELITE,25,2", "25,2\nvictor,ELITE,5,1"),
        ("challenge_tiers", "BASIC,5,", "BASIC,24.999999,"),
        ("challenge_tiers", "BASIC,5,", "BASIC,0.000001,"),
        ("challenge_tiers", "BASIC,5,1", "BASIC,5,-1"),
        # a code and a place of another ladder
        ("challenge_tiers", "DONE,1,1", "BASIC,5,2"),
        ("challenges", "first,arena,feats,first", "first,arena,pvp,wins"),
    ],
)
def test_what_is_close_to_a_mistake_is_none(project: Path, seed: str, old: str, new: str) -> None:
    assert faults_after(project, seed, old, new) == []


@pytest.mark.parametrize(
    ("seed", "old", "new", "expected"),
    [
        (
            "others",
            "4,\n",
            "4\n",
            [
                "others.csv:4: 1 values for the 2 columns of the first line: put a value with a"
                " comma in quotes"
            ],
        ),
        (
            "others",
            '"2, 3"',
            "2, 3",
            [
                "others.csv:2: 3 values for the 2 columns of the first line: put a value with a"
                " comma in quotes"
            ],
        ),
        (
            "metrics",
            "pvp,kos",
            "chess,kos",
            [
                "metrics.csv:3: no metric source chess: name one of metric_sources in"
                " dbt_project.yml, or add it there",
                "mastery_weights.csv:2: arena_score weighs pvp.kos, which no line of"
                " seeds/metrics.csv has",
            ],
        ),
        (
            "metrics",
            "feats,first\n",
            "feats,first\npvp,losses\n",
            [
                "metrics.csv:5: models/metrics/pvp.yml has no column losses: the metric source"
                " has wins, kos"
            ],
        ),
        # the keys of a row are no metrics
        (
            "metrics",
            "feats,first\n",
            "feats,first\npvp,window_key\n",
            [
                "metrics.csv:5: models/metrics/pvp.yml has no column window_key: the metric"
                " source has wins, kos"
            ],
        ),
        (
            "metrics",
            "feats,first\n",
            "feats,first\nhunts,wins\n",
            [
                "metrics.csv:5: models/metrics/hunts.yml has no column wins: the metric source"
                " has none"
            ],
        ),
        (
            "challenges",
            "first,arena",
            "victor,arena",
            [
                "challenges.csv:3: challenge victor stands in line 2 already",
                "challenge_tiers.csv:4: tier DONE is of challenge first, which"
                " seeds/challenges.csv lacks",
            ],
        ),
        (
            "challenges",
            "pvp,wins",
            "hunts,wins",
            [
                "challenges.csv:2: challenge victor counts hunts.wins, which no line of"
                " seeds/metrics.csv has: name a metric of that file, or add it there"
            ],
        ),
        (
            "challenges",
            "pvp,wins",
            "pvp,first",
            [
                "challenges.csv:2: challenge victor counts pvp.first, which no line of"
                " seeds/metrics.csv has: name a metric of that file, or add it there"
            ],
        ),
        (
            "challenges",
            "victor,arena",
            "victor,hunting",
            [
                "challenges.csv:2: challenge victor has no category hunting: name one of"
                " seeds/categories.csv"
            ],
        ),
        (
            "challenge_tiers",
            "first,DONE,1,1\n",
            "",
            ["challenges.csv:3: challenge first has no tier: add one to seeds/challenge_tiers.csv"],
        ),
        (
            "challenge_tiers",
            "victor,ELITE,25,2",
            "another,ELITE,25,2",
            [
                "challenge_tiers.csv:3: tier ELITE is of challenge another, which"
                " seeds/challenges.csv lacks"
            ],
        ),
        *(
            (
                "challenge_tiers",
                "BASIC,5,1",
                f"BASIC,5,{number}",
                [f"challenge_tiers.csv:2: the sort_order '{number}' is not a number"],
            )
            for number in ("first", "", "NaN", "Infinity")
        ),
        *(
            (
                "challenge_tiers",
                "BASIC,5,1",
                f"BASIC,{number},1",
                [
                    f"challenge_tiers.csv:2: the threshold '{number}' of victor BASIC is not a"
                    " number above zero"
                ],
            )
            for number in ("0", "-1", "many", "", "NaN", "Infinity")
        ),
        (
            "challenge_tiers",
            "ELITE",
            "BASIC",
            ["challenge_tiers.csv:3: challenge victor has the tier BASIC twice"],
        ),
        (
            "challenge_tiers",
            "ELITE,25,2",
            "ELITE,25,1.0",
            [
                "challenge_tiers.csv:3: victor ELITE has the sort_order 1.0 of BASIC: each tier"
                " has its own"
            ],
        ),
        *(
            (
                "challenge_tiers",
                "ELITE,25,2",
                f"ELITE,{number},2",
                [
                    f"challenge_tiers.csv:3: the threshold {number} of victor ELITE is not above"
                    " the 5 of BASIC (line 2), the tier below: thresholds rise with sort_order"
                ],
            )
            for number in ("5", "4")
        ),
        # a tier is compared with the one below it, not with the first
        (
            "challenge_tiers",
            "ELITE,25,2",
            "ELITE,25,2\nvictor,MYTHIC,24,3",
            [
                "challenge_tiers.csv:4: the threshold 24 of victor MYTHIC is not above the 25 of"
                " ELITE (line 3), the tier below: thresholds rise with sort_order"
            ],
        ),
        (
            "mastery_weights",
            "pvp,kos",
            "feats,kos",
            [
                "mastery_weights.csv:2: arena_score weighs feats.kos, which no line of"
                " seeds/metrics.csv has"
            ],
        ),
    ],
)
def test_a_mistake_is_named_with_its_file_and_line(
    project: Path, seed: str, old: str, new: str, expected: list[str]
) -> None:
    expected = [f"seeds/{fault}" for fault in expected]
    assert faults_after(project, seed, old, new) == expected
    with pytest.raises(HedgeError) as failure:
        seed_checks.require_sound(project)
    assert str(failure.value) == "\n".join(expected)


def test_rows_of_another_length_are_told_alone(project: Path) -> None:
    """Checks that read columns by name would tell nonsense of them."""
    faults_after(project, "mastery_weights", "pvp,kos", "feats,kos")
    (fault,) = faults_after(project, "challenges", "pvp,wins", "pvp")
    assert fault.startswith("seeds/challenges.csv:2: 3 values for the 4 columns")


@pytest.mark.parametrize(("number", "listed"), [(10, 10), (11, 11), (13, 11)])
def test_an_error_lists_ten_faults_and_how_many_more_there_are(
    project: Path, number: int, listed: int
) -> None:
    more = "".join(f"score,pvp,no{place}\n" for place in range(number))
    with (project / "seeds" / "mastery_weights.csv").open("a") as lines:
        lines.write(more)
    with pytest.raises(HedgeError) as failure:
        seed_checks.require_sound(project)
    told = str(failure.value).splitlines()
    assert len(told) == listed
    assert told[9].startswith("seeds/mastery_weights.csv:12: score weighs pvp.no9")
    assert told[10:] == ([f"and {number - 10} more"] if number > 10 else [])


def test_a_seed_that_is_missing_has_no_fault_of_its_own(project: Path) -> None:
    (project / "seeds" / "mastery_weights.csv").unlink()
    assert seed_checks.faults(project) == []
    (project / "seeds" / "categories.csv").unlink()
    assert [fault.partition(": ")[2] for fault in seed_checks.faults(project)] == [
        f"challenge {key} has no category arena: name one of seeds/categories.csv"
        for key in ("victor", "first")
    ]
