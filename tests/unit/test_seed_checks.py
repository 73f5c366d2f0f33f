"""The checks of the seeds: each mistake is named with its line, and what is sound is not."""

from pathlib import Path

import pytest

from hedge.errors import HedgeError
from hedge.project import seed_checks
from tests.support import write_files

#: The description of the seeds of a small project.
SCHEMA = """
seeds:
  - name: challenge_tiers
    config:
      column_types:
        {challenge_key: text, tier_code: text, threshold_value: numeric, sort_order: integer}
      meta:
        key: [challenge_key, tier_code]
        unique: [[challenge_key, sort_order]]
        references: [{columns: [challenge_key], to: challenges}]
    columns: [{name: threshold_value, config: {meta: {above: 0}}}]
  - name: challenges
    config:
      column_types:
        {key: text, category_key: text, metric_source: text, metric_key: text, is_active: boolean}
      meta:
        key: [key]
        references:
          - {columns: [category_key], to: categories}
          - {columns: [metric_source, metric_key], to: metrics}
    columns: [{name: key, config: {meta: {form: name}}}]
  - name: categories
    config: {column_types: {key: text, tier_system: text}, meta: {key: [key]}}
    columns:
      - {name: tier_system, config: {meta: {optional: true, accepted: [GENE, RARITY]}}}
  - name: metrics
    config:
      column_types: {metric_source: text, metric_key: text}
      meta: {key: [metric_source, metric_key]}
  - name: mastery_weights
    config:
      column_types: {score: text, metric_source: text, metric_key: text, weight: numeric}
      meta:
        key: [score, metric_source, metric_key]
        references:
          - {columns: [metric_source, metric_key], to: metrics}
          - {columns: [score], to: metrics, by: [metric_key]}
    columns: [{name: weight, config: {meta: {at_least: 0}}}]
  - name: relics
    config: {column_types: {item: text}, meta: {key: [item]}}
    columns: [{name: item, config: {meta: {form: address}}}]
  - name: season_levels
    config: {column_types: {level: smallint, points_required: numeric}, meta: {key: [level]}}
  - name: code_values
    config: {column_types: {code: text, value: text, meaning: text}, meta: {key: [code, value]}}
"""
RELIC = "0x" + "ab" * 20
#: A small sound project: its variables, metric sources and seeds.
FILES = {
    "dbt_project.yml": (
        "vars:\n  metric_sources: [pvp, hunts]\n  derived_metric_sources: [feats]\n"
    ),
    "models/metrics/pvp.yml": (
        "models:\n- columns: [{name: cluster_id}, {name: window_key}, {name: wins}, {name: kos}]\n"
    ),
    "models/metrics/feats.yml": "models:\n- columns: [{name: cluster_id}, {name: first}]\n",
    "seeds/_seeds.yml": SCHEMA,
    "seeds/metrics.csv": "metric_source,metric_key\npvp,wins\npvp,kos\nfeats,first\n",
    "seeds/categories.csv": "key,tier_system\narena,GENE\nhunt,\n",
    "seeds/challenges.csv": (
        "key,category_key,metric_source,metric_key,is_active\n"
        "victor,arena,pvp,wins,true\n"
        "first,arena,feats,first,false\n"
    ),
    "seeds/challenge_tiers.csv": (
        "challenge_key,tier_code,threshold_value,sort_order\n"
        "victor,BASIC,5,1\n"
        "victor,ELITE,25,2\n"
        "first,DONE,1,1\n"
    ),
    "seeds/mastery_weights.csv": "score,metric_source,metric_key,weight\nfirst,pvp,kos,0.5\n",
    "seeds/relics.csv": f"item\n{RELIC}\n",
    "seeds/season_levels.csv": "level,points_required\n1,0\n2,50\n3,150\n",
    "seeds/code_values.csv": "code,value,meaning\nrarity,0,common\nkind_weight,EVENT,1.5\n",
    # a seed that nothing describes
    "seeds/others.csv": 'a,b\n1,"2, 3"\n4,\n',
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_files(tmp_path, FILES)


def replace(project: Path, seed: str, old: str, new: str) -> None:
    """Replace the first occurrence of a text in a seed."""
    file = project / "seeds" / f"{seed}.csv"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1), newline="")


def faults_after(project: Path, seed: str, old: str, new: str) -> list[str]:
    """The faults of the seeds after that."""
    replace(project, seed, old, new)
    return [str(fault) for fault in seed_checks.faults(project)]


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
        ("challenge_tiers", "BASIC,5,", "BASIC,1e-3,"),
        ("challenge_tiers", "BASIC,5,1", "BASIC,5,-1"),
        # a code and a place of another ladder
        ("challenge_tiers", "DONE,1,1", "BASIC,5,2"),
        ("challenges", "first,arena,feats,first", "first,arena,pvp,wins"),
        # the columns in another order, and values in quotes
        ("categories", FILES["seeds/categories.csv"], 'tier_system,key\n"GENE",arena\n,hunt\n'),
        ("mastery_weights", "0.5", "0"),
        ("season_levels", "1,0", "-32768,0.0"),
        ("season_levels", "3,150", "32767,150"),
        ("code_values", "rarity,0,common", "rarity,0,-1 of a rarity_weight"),
        ("code_values", "EVENT,1.5", "EVENT,0"),
        ("code_values", "EVENT", "nullable"),
    ],
)
def test_what_is_close_to_a_mistake_is_none(project: Path, seed: str, old: str, new: str) -> None:
    assert faults_after(project, seed, old, new) == []


ALL_OF_METRICS = "its columns are metric_source, metric_key"
NO_METRIC = "name one of its lines, or add it there"
FORMS = [
    ("others", "4,\n", "4\n", "3: the row has 1 values for the 2 columns of the first line: "
     "b would have none"),
    ("others", '"2, 3"', "2, 3", "2: the row has 3 values for the 2 columns of the first line: "
     "put a value with a comma in quotes"),
    ("others", "4,\n", "\n4,\n", "3: the line is empty, and dbt reads it as a row without "
     "values: delete it"),
    ("others", '"2, 3"', '"2, 3', "2: a quote is not closed, or one inside a value is not "
     "doubled: unexpected end of data"),
    ("others", "4,\n", '4,\n5,"x\ny"\n', "4: a value of b goes on to line 5: close its quote"),
    ("others", "a,b\n", "a;b\n", "1: ';' separate the values: separate them with commas"),
    ("others", "a,b\n", "a,a\n", "1: the header names the column a twice"),
    ("metrics", "metric_source,metric_key", "metric_source, metric_key", "1: blanks surround the "
     "column ' metric_key' of the header: remove them"),
    ("metrics", "metric_source,metric_key", "metric_source,metrik_key", "1: the header has "
     f"metrik_key, which is no column of this seed, instead of metric_key: {ALL_OF_METRICS}"),
    ("metrics", "metric_source,metric_key", "pvp,wins", "1: the header has pvp, which is no "
     f"column of this seed, instead of metric_source: {ALL_OF_METRICS}"),
    ("metrics", "metric_source,metric_key\n", "metric_key\n", "1: the header lacks the column "
     f"metric_source: {ALL_OF_METRICS}"),
    ("metrics", "metric_source,metric_key\n", "metric_source,metric_key,unit\n", "1: the header "
     f"has unit, which is no column of this seed: {ALL_OF_METRICS}"),
    ("metrics", FILES["seeds/metrics.csv"], "", f"1: the first line is empty: {ALL_OF_METRICS}"),
    *(
        ("metrics", FILES["seeds/metrics.csv"],
         FILES["seeds/metrics.csv"].replace(",", separator),
         f"1: {name} separate the values: separate them with commas")
        for separator, name in ((";", "';'"), ("\t", "tabs"), ("|", "'|'"))
    ),
    ("metrics", "pvp,wins\n", "pvp,wins\r\n", "2: 1 line ends with CR, as on Windows: end lines "
     "with LF, as dos2unix does"),
    ("metrics", FILES["seeds/metrics.csv"], FILES["seeds/metrics.csv"].replace("\n", "\r\n"),
     "1: 4 lines end with CR, as on Windows: end lines with LF, as dos2unix does"),
    ("metrics", "pvp,wins", "pvp, wins", "2: blanks surround ' wins' of metric_key, and dbt keeps "
     "them: remove them"),
    ("metrics", "pvp,wins", "pvp,wins\u00a0", "2: blanks surround 'wins\u00a0' of metric_key, and "
     "dbt keeps them: remove them"),
    ("metrics", "metric_source", "\ufeffmetric_source", "1: the file begins with a byte order "
     "mark: save it as UTF-8 without BOM"),
]  # fmt: skip
VALUES = [
    ("challenges", "arena,pvp", ",pvp", "2: category_key is empty"),
    ("challenges", "arena,pvp", "NULL,pvp", "2: category_key is 'NULL', which dbt reads as no "
     "value"),
    ("challenges", "wins,true", "wins,yes", "2: is_active is 'yes': write true or false"),
    ("categories", "GENE", "GENES", "2: tier_system is 'GENES', not one of GENE, RARITY; did you "
     "mean GENE?"),
    *(
        ("challenge_tiers", "BASIC,5,1", f"BASIC,5,{number}",
         f"2: sort_order is '{number}', not a whole number")
        for number in ("first", "NaN", "1.5", "1_0", "\u0661")
    ),
    ("challenge_tiers", "BASIC,5,1", "BASIC,5,2147483648",
     "2: sort_order is '2147483648', not a whole number, at most 2147483647"),
    *(
        ("challenge_tiers", "BASIC,5,1", f"BASIC,{number},1",
         f"2: threshold_value is '{number}', not a number above 0")
        for number in ("0", "-1", "many", "NaN", "Infinity", "1e400", "0x5", "5%")
    ),
    ("season_levels", "3,150", "32768,150", "4: level is '32768', not a whole number, at "
     "most 32767"),
    ("season_levels", "3,150", "-32769,150", "4: level is '-32769', not a whole number"),
    ("mastery_weights", "0.5", "-0.5", "2: weight is '-0.5', not a number of at least 0"),
    *(
        ("relics", RELIC, address, f"2: item is '{address}', not an address: 0x and 40 lower-case "
         "hex digits")
        for address in (RELIC.upper(), RELIC[:-1], RELIC + "0")
    ),
    ("code_values", "EVENT,1.5", "EVENT,much", "3: the kind_weight of EVENT is 'much', not a "
     "number of at least 0"),
    ("code_values", "EVENT,1.5", "EVENT,-1", "3: the kind_weight of EVENT is '-1', not a number "
     "of at least 0"),
]  # fmt: skip
KEYS = [
    ("metrics", "pvp,kos\n", "pvp,kos\npvp,kos\n", "4: the line repeats line 3: delete one of "
     "them"),
    ("mastery_weights", "pvp,kos,0.5", "pvp,kos,0.5\nfirst,pvp,kos,0.5", "3: the line repeats line "
     "2: delete one of them"),
    ("mastery_weights", "pvp,kos,0.5", "pvp,kos,0.5\nfirst,pvp,kos,2", "3: line 2 has score first, "
     "metric_source pvp, metric_key kos already"),
    ("relics", RELIC, f"{RELIC}\n{RELIC}", "3: the line repeats line 2: delete one of them"),
    ("challenge_tiers", "ELITE", "BASIC", "3: line 2 has challenge_key victor, tier_code BASIC "
     "already"),
    ("challenge_tiers", "ELITE,25,2", "ELITE,25,+01", "3: line 2 has challenge_key victor, "
     "sort_order +01 already"),
    ("season_levels", "2,50", "2,50\n02,60", "4: line 3 has level 02 already"),
    ("challenges", "wins,true\n", "wins,true\nvictor,hunt,pvp,kos,true\n", "3: line 2 has key "
     "victor already"),
]  # fmt: skip
REFERENCES = [
    ("challenges", "pvp,wins", "pvp,winz", "2: seeds/metrics.csv has no metric_source pvp, "
     f"metric_key winz: {NO_METRIC}; did you mean pvp.wins?"),
    ("challenges", "pvp,wins", "hunts,first", "2: seeds/metrics.csv has no metric_source hunts, "
     f"metric_key first: {NO_METRIC}; did you mean feats.first?"),
    ("challenges", "victor,arena", "victor,fishing", "2: seeds/categories.csv has no category_key "
     f"fishing: {NO_METRIC}"),
    ("mastery_weights", "first,pvp", "last_one,pvp", "2: seeds/metrics.csv has no score last_one: "
     f"{NO_METRIC}"),
    ("challenge_tiers", "victor,ELITE", "victoria,ELITE", "3: seeds/challenges.csv has no "
     f"challenge_key victoria: {NO_METRIC}; did you mean victor?"),
]  # fmt: skip
RULES = [
    ("metrics", "feats,first\n", "feats,first\npvp,losses\n", "5: models/metrics/pvp.yml has no "
     "column losses: the metric source has wins, kos"),
    # the keys of a row are no metrics
    ("metrics", "feats,first\n", "feats,first\npvp,window_key\n", "5: models/metrics/pvp.yml has "
     "no column window_key: the metric source has wins, kos"),
    ("metrics", "feats,first\n", "feats,first\nhunts,wins\n", "5: models/metrics/hunts.yml has no "
     "column wins: the metric source has none"),
    ("metrics", "feats,first\n", "feats,first\nhunt,wins\n", "5: no metric source hunt: name one "
     "of metric_sources in dbt_project.yml, or add it there; did you mean hunts?"),
    *(
        ("challenge_tiers", "ELITE,25,2", f"ELITE,{number},2",
         f"3: the threshold {number} of victor ELITE is not above the 5 of BASIC (line 2), the "
         "tier below: thresholds rise with sort_order")
        for number in ("5.0", "4")
    ),
    # a tier is compared with the one below it, not with the first
    ("challenge_tiers", "ELITE,25,2", "ELITE,25,2\nvictor,MYTHIC,24,3", "4: the threshold 24 of "
     "victor MYTHIC is not above the 25 of ELITE (line 3), the tier below: thresholds rise with "
     "sort_order"),
    ("season_levels", "1,0", "1,5", "2: the lowest level 1 requires 5 points: it must require 0, "
     "at which everybody begins"),
    ("season_levels", "3,150", "3,50", "4: the 50 points of level 3 are not above the 50 of level "
     "2 (line 3)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "old", "new", "expected"), [*FORMS, *VALUES, *KEYS, *REFERENCES, *RULES]
)
def test_a_mistake_is_the_only_fault_and_is_named_with_its_line(
    project: Path, seed: str, old: str, new: str, expected: str
) -> None:
    assert faults_after(project, seed, old, new) == [f"seeds/{seed}.csv:{expected}"]
    with pytest.raises(HedgeError) as failure:
        seed_checks.require_sound(project)
    assert str(failure.value) == f"seeds/{seed}.csv:{expected}"


def test_two_mistakes_in_two_files_are_both_told(project: Path) -> None:
    replace(project, "metrics", "pvp,kos", "chess,kos")
    assert faults_after(project, "challenge_tiers", "first,DONE,1,1\n", "") == [
        "seeds/metrics.csv:3: no metric source chess: name one of metric_sources in "
        "dbt_project.yml, or add it there",
        "seeds/challenges.csv:3: challenge first has no tier: add one to seeds/challenge_tiers.csv",
        "seeds/mastery_weights.csv:2: seeds/metrics.csv has no metric_source pvp, metric_key kos: "
        f"{NO_METRIC}; did you mean pvp.wins?",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("key,tier_system\narèna,GENE\n".encode("latin-1"),
         "categories.csv:2: the byte 0xe8, which is 'è' in Latin-1, is not UTF-8: save the file "
         "as UTF-8"),
        *(
            ("key,tier_system\narena,GENE\n".encode(encoding),
             "categories.csv:1: the file is UTF-16 or binary, not UTF-8: save it as UTF-8")
            for encoding in ("utf-16", "utf-16-le", "utf-16-be")
        ),
    ],
)  # fmt: skip
def test_a_seed_in_another_encoding_is_told_alone(
    project: Path, content: bytes, expected: str
) -> None:
    (project / "seeds/categories.csv").write_bytes(content)
    assert [str(fault) for fault in seed_checks.faults(project)] == [f"seeds/{expected}"]


def test_of_a_file_so_many_faults_are_listed_and_the_rest_is_counted(project: Path) -> None:
    replace(project, "relics", RELIC, "x")
    rows = [
        f"{score},{metric},-1\n"
        for score in ("wins", "kos", "first")
        for metric in ("pvp,wins", "pvp,kos", "feats,first")
    ]
    for number, last in (
        (5, "seeds/mastery_weights.csv:7: weight is '-1', not a number of at least 0"),
        (6, "seeds/mastery_weights.csv: and 1 more fault"),
        (7, "seeds/mastery_weights.csv: and 2 more faults"),
    ):
        text = "".join([FILES["seeds/mastery_weights.csv"], *rows[:number]])
        (project / "seeds/mastery_weights.csv").write_text(text)
        lines = seed_checks.listed(seed_checks.faults(project))
        assert lines[0].startswith("seeds/mastery_weights.csv:3: weight is '-1', not a number")
        assert lines[-2] == last
        assert lines[-1].startswith("seeds/relics.csv:2: item is 'x'")
        assert len(lines) == min(number, 6) + 1


def test_a_described_seed_needs_a_file(project: Path) -> None:
    (project / "seeds/categories.csv").rename(project / "seeds/categorie.csv")
    assert [str(fault) for fault in seed_checks.faults(project)] == [
        "seeds/categories.csv:1: there is no file of the seed categories, which seeds/_seeds.yml "
        "describes; did you mean categorie?"
    ]


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        ("seeds/_seeds.yml", "to: categories", "to: categorys",
         "seeds/_seeds.yml: challenges refers to a seed categorys; did you mean categories?"),
        ("seeds/_seeds.yml", "key: [item]", "key: [items]",
         "seeds/_seeds.yml: relics names a column items, which column_types of relics lacks; did "
         "you mean item?"),
        ("seeds/_seeds.yml", "by: [metric_key]", "by: [key]",
         "seeds/_seeds.yml: mastery_weights names a column key, which column_types of metrics "
         "lacks"),
        ("seeds/_seeds.yml", "{name: weight,", "{name: wait,",
         "seeds/_seeds.yml: mastery_weights names a column wait, which column_types of "
         "mastery_weights lacks; did you mean weight?"),
        ("seeds/_seeds.yml", "\n  - name: metrics\n", "\n  - nam: metrics\n",
         "seeds/_seeds.yml: a seed has no name"),
        ("seeds/_seeds.yml", "\n  - name: metrics\n", "\n\t- name: metrics\n",
         "seeds/_seeds.yml:26: a tab indents the line, and YAML takes spaces only"),
        ("models/metrics/pvp.yml", "}]", "]",
         "models/metrics/pvp.yml:2: this is not YAML: did not find expected ',' or '}' At: - "
         "columns: [{name: cluster_id}, {name: window_key}, {name: wins}, {name: kos]"),
        ("dbt_project.yml", "metric_sources: [pvp, hunts]", "metrics: [pvp, hunts]",
         "dbt_project.yml: vars has no list metric_sources: it names the models of "
         "models/metrics"),
        ("dbt_project.yml", "vars:", "vars:\n\tx: 1\n",
         "dbt_project.yml:2: a tab indents the line, and YAML takes spaces only"),
        ("dbt_project.yml", FILES["dbt_project.yml"], "- a\n",
         "dbt_project.yml:1: the file is not a mapping such as `version: 2`"),
    ],
)  # fmt: skip
def test_a_description_that_cannot_be_read_is_an_error(
    project: Path, path: str, old: str, new: str, expected: str
) -> None:
    text = (project / path).read_text()
    assert old in text
    (project / path).write_text(text.replace(old, new, 1))
    with pytest.raises(HedgeError) as failure:
        seed_checks.faults(project)
    assert str(failure.value) == expected
