"""The checks of the seeds of leagues: each mistake is named, and what is sound is not."""

from pathlib import Path

import pytest
import yaml

from hedge.project import seed_checks
from tests import PROJECT
from tests.support import edit, write_files

LEAGUES = (
    "key,name,aggregate,chain_id,only_official,begins_on,ends_before,early_exit_from\n"
    "metis_open,METIS Open,SUM,1088,true,2026-01-01,2026-02-01,5\n"
    "grand,Grand Tour,LAST,,false,,,\n"
)
POINTS = (
    "league_key,place_from,place_to,points\n"
    "metis_open,1,1,10\n"
    "metis_open,2,3,4.5\n"
    "metis_open,9,,1\n"
    "grand,1,1,1\n"
)
UNUSED = "there is no league {0}, which models/metrics/{0}.sql computes: add a line{1}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The two seeds as the project describes them, and a metric source for each league."""
    (described,) = yaml.safe_load_all((PROJECT / "seeds/_seeds.yml").read_text())
    schema = [one for one in described["seeds"] if one["name"] in ("leagues", "league_points")]
    files = {
        "dbt_project.yml": "vars: {metric_sources: [], derived_metric_sources: []}",
        "seeds/_seeds.yml": yaml.safe_dump({"seeds": schema}),
        "seeds/leagues.csv": LEAGUES,
        "seeds/league_points.csv": POINTS,
        **{
            f"models/metrics/{league}.sql": f"({{{{ metrics_of_league('{league}') }}}})"
            for league in ("metis_open", "grand")
        },
    }
    return write_files(tmp_path, files)


def faults_after(project: Path, seed: str, old: str, new: str) -> list[str]:
    """The faults of the seeds after a text of one is replaced."""
    edit(project / f"seeds/{seed}.csv", old, new)
    return [str(fault) for fault in seed_checks.faults(project)]


@pytest.mark.parametrize(
    ("seed", "old", "new"),
    [
        # nothing, a place between two ranges, ranges that touch, and two that have one place
        ("leagues", "key", "key"),
        ("league_points", "metis_open,9,,1", "metis_open,5,5,1"),
        ("league_points", "metis_open,9,", "metis_open,4,"),
        # the rows in another order; places of another league
        ("league_points", "1,1,10\nmetis_open,2,3,4.5", "2,3,4.5\nmetis_open,1,1,10"),
        ("league_points", "grand,1,1", "grand,1,"),
        # points that are zero, or that rise
        ("league_points", "3,4.5", "3,0"),
        ("league_points", "3,4.5", "3,40"),
        ("leagues", "2026-01-01,2026-02-01", "2026-01-01,2026-01-02"),
        ("leagues", "2026-01-01,", ","),
        ("leagues", "2026-01-01,2026-02-01", "2024-02-29,"),
    ],
)
def test_sound_leagues_have_no_fault(project: Path, seed: str, old: str, new: str) -> None:
    assert faults_after(project, seed, old, new) == []


def test_the_project_has_no_league_and_no_fault() -> None:
    assert seed_checks.faults(PROJECT) == []


@pytest.mark.parametrize(
    ("seed", "old", "new", "expected"),
    [
        ("leagues", "Open,SUM", "Open,AVG", "2: aggregate is 'AVG', not one of SUM, MAX, LAST"),
        ("leagues", "1088", "0", "2: chain_id is '0', not a whole number above 0"),
        ("leagues", "01,5", "01,0", "2: early_exit_from is '0', not a whole number above 0"),
        *(
            ("leagues", "2026-02-01", day,
             f"2: ends_before is '{day}', not a day such as 2026-01-31")
            for day in ("2026-02-30", "2026-2-1", "20260201", "01.02.2026", "2026-02-01T00:00Z")
        ),
        ("leagues", "2026-02-01", "2026-01-01", "2: ends_before is 2026-01-01, not after "
         "begins_on, 2026-01-01: no day belongs to the league"),
        ("leagues", "2026-02-01", "2025-12-31", "2: ends_before is 2025-12-31, not after "
         "begins_on, 2026-01-01: no day belongs to the league"),
        ("league_points", "3,4.5", "3,-1", "3: points is '-1', not a number of at least 0"),
        ("league_points", "1,1,10", "0,1,10", "2: place_from is '0', not a whole number above 0"),
        ("league_points", "2,3,", "2,1,", "3: place_to is 1, before place_from, 2: no place is "
         "in the range"),
        ("league_points", "2,3,", "2,9,", "4: place 9 of metis_open is in the range of line 3 "
         "already: ranges of a league do not overlap"),
        ("league_points", "open,1,1,", "open,1,,", "3: place 2 of metis_open is in the range of "
         "line 2 already: ranges of a league do not overlap"),
        ("league_points", "open,2,3", "open,01,3", "3: line 2 has league_key metis_open, "
         "place_from 01 already"),
    ],
)  # fmt: skip
def test_a_mistake_is_the_first_fault_and_is_named_with_its_line(
    project: Path, seed: str, old: str, new: str, expected: str
) -> None:
    assert faults_after(project, seed, old, new)[0] == f"seeds/{seed}.csv:{expected}"


def test_a_range_that_lies_in_a_longer_one_before_the_last_is_named(project: Path) -> None:
    found = faults_after(project, "league_points", "2,3,4.5", "2,8,4.5\nmetis_open,4,4,2")
    assert found == [
        "seeds/league_points.csv:4: place 4 of metis_open is in the range of line 3 already: "
        "ranges of a league do not overlap"
    ]
    found = faults_after(project, "league_points", "4,4,2", "4,4,2\nmetis_open,7,7,2")
    assert [fault.split(": ")[0] for fault in found] == [
        "seeds/league_points.csv:4",
        "seeds/league_points.csv:5",
    ]


def test_a_league_needs_points_and_a_metric_source(project: Path) -> None:
    found = faults_after(project, "leagues", "grand,Grand", "grant,Grand")
    assert found == [
        "seeds/leagues.csv:3: league grant has no points: add a line to seeds/league_points.csv",
        "seeds/leagues.csv:3: no metric source computes the league grant: add one to "
        "models/metrics that calls metrics_of_league('grant'); did you mean grand?",
        "seeds/leagues.csv:1: " + UNUSED.format("grand", "; did you mean grant?"),
        "seeds/league_points.csv:5: seeds/leagues.csv has no league_key grand: name one of its "
        "lines, or add it there; did you mean grant?",
    ]


def test_a_league_that_nothing_lists_is_named(project: Path) -> None:
    (project / "seeds/league_points.csv").write_text(POINTS.split("\n", 1)[0] + "\n")
    (project / "seeds/leagues.csv").write_text(LEAGUES.split("\n", 1)[0] + "\n")
    assert [str(fault) for fault in seed_checks.faults(project)] == [
        "seeds/leagues.csv:1: " + UNUSED.format(league, "") for league in ("grand", "metis_open")
    ]
