"""Files that dbt cannot read, parse or compile: each is one sentence with file and line.

The project is a small one of the same form, because dbt parses it in a second.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest

from hedge.errors import HedgeError
from hedge.project import files
from hedge.runs import dbt
from hedge.runs.dbt_errors import paragraph

PVP = "models/metrics/pvp.yml"
SOUND = {
    "dbt_project.yml": """\
name: hedge
config-version: 2
profile: hedge
model-paths: [models]
macro-paths: [macros]
seed-paths: [seeds]
test-paths: [tests/dbt]
vars: {metric_sources: [pvp], derived_metric_sources: []}
on-run-start: "{{ twice('select 1 -- ') }}"
models:
  hedge: {+materialized: view}
""",
    "models/metrics/pvp.sql": """\
with

wins as (

    select * from {{ ref('wins_rows') }}

)

select * from wins
""",
    PVP: """\
version: 2

models:
  - name: pvp
    description: Wins.
    columns:
      - name: wins
        data_type: bigint

unit_tests:
  - name: it_counts
    model: pvp
    given:
      - input: ref('wins_rows')
        rows:
          - {wins: 1}
    expect:
      rows:
        - {wins: 1}
""",
    "models/wins_rows.sql": "select 1 as wins\n",
    "models/sources.yml": """\
version: 2
sources:
  - name: raw
    tables:
      - name: facts
""",
    "macros/twice.sql": "{% macro twice(x) %}\n{{ x }} * 2\n{% endmacro %}\n",
    "seeds/colours.csv": "name,hex\nred,f00\n",
    "seeds/_seeds.yml": """\
version: 2
seeds:
  - name: colours
    config: {column_types: {name: text, hex: text}}
""",
}
ROWS = "models/wins_rows.sql"
#: file, old text, new text (without an old one: the whole file), and the sentence
UNREADABLE = [
    (PVP, "    description", "\t    description", f"{PVP}:5: a tab indents the line"),
    (PVP, "description: Wins.", "description: [x", f"{PVP}:6: this is not YAML: did not find"),
    (PVP, "description: Wins.", "description: a: b", f"{PVP}:5: this is not YAML: mapping values"),
    (PVP, "    description: W", "   description: W", f"{PVP}:5: this is not YAML: did not find"),
    (PVP, "description: Wins.", 'description: "x', f"{PVP}:20: this is not YAML: found unexpect"),
    (PVP, "    columns:", "    description: x\n    columns:", f"{PVP}:6: line 5 has description"),
    (PVP, "Wins.", "é".encode("latin-1"), f"{PVP}:5: the byte 0xe9, which is 'é' in Latin-1"),
    (PVP, "", "- a\n- b\n", f"{PVP}:1: the file is not a mapping"),
    (PVP, "", "hello\n", f"{PVP}:1: the file is not a mapping"),
    (PVP, "    columns:", "    versions: []\n    columns:", f"{PVP}:6: a model cannot have"),
    (ROWS, "", "select 1".encode("utf-16"), f"{ROWS}:1: the file is UTF-16 or binary"),
    (ROWS, "1", "'é'".encode("latin-1"), f"{ROWS}:1: the byte 0xe9"),
    ("macros/twice.sql", "}} * 2", "}} é".encode("latin-1"), "macros/twice.sql:2: the byte"),
    ("dbt_project.yml", "  hedge:", "\thedge:", "dbt_project.yml:11: a tab indents the line"),
    ("dbt_project.yml", "models:\n", "models:\nmodels:\n", "dbt_project.yml:11: line 10 has"),
    ("dbt_project.yml", "vars:", "var:", "dbt_project.yml: vars has no list metric_sources"),
]  # fmt: skip
UNPARSED = [
    (PVP, "", "models:\n  name: pvp\n", f"{PVP}:1: The schema file .* 'models' is not a list"),
    (PVP, "- name: pvp", "- nam: pvp", f"{PVP}:3: .* does not have a name attribute"),
    (PVP, "- name: wins\n        data_type: bigint", "- wins", f"{PVP}:.* for 'pvp' of models, at "
     r"\['columns'\]\[0\]: 'wins' is not of type 'object'"),
    (PVP, "Wins.", '"{{ nothing() }}"', f"{PVP}:5: 'nothing' is undefined"),
    (PVP, "Wins.", '"{{ nothing( }}"', f"{PVP}:5: unexpected '}}', expected '\\)'"),
    (PVP, "Wins.", "\"{{ doc('nothing') }}\"", f"{PVP}:5: .* depends on doc 'nothing'"),
    (PVP, "description: Wins.", "config: {contract: perhaps}", f"{PVP}:5: expected dict"),
    (PVP, "    model: pvp", "    model: pvq", f"{PVP}:11: Unable to find model .* mean pvp\\?"),
    (PVP, "    given:\n      - input: ref('wins_rows')\n        rows:\n          - {wins: 1}\n", "",
     f"{PVP}:11: .* for 'it_counts' of unit_tests, at .*'given' is a required property"),
    (PVP, "        rows:\n          -", "        format: csv\n        rows:\n          -",
     f"{PVP}:11: Unit test it_counts has .* do not match format csv"),
    ("models/again.yml", "", "models:\n  - name: pvp\n", "models/metrics/pvp.yml: dbt found two"),
    ("models/metrics/pvp.sql", "'wins_rows'", "'winz_rows'", "models/metrics/pvp.sql:5: .* named "
     r"'winz_rows' which was not found; did you mean wins_rows\?"),
    (ROWS, "1 as wins", "* from {{ source('raw', 'fact') }}", f"{ROWS}: .*'raw.fact' which was not "
     r"found; did you mean raw.facts\?"),
    (ROWS, "1", "{{ twice(1, 2) }}", f"{ROWS}:1: macro 'twice' takes not more than 1 argument"),
    (ROWS, "1", "{{ twice(y=2) }}", f"{ROWS}:1: macro 'twice' takes no keyword argument 'y'"),
    (ROWS, "1", "{{ 1", f"{ROWS}:1: expected token .* At: select {{{{ 1 as wins"),
    (ROWS, "select", "{% if true %}\nselect", f"{ROWS}:1: Unexpected end of template"),
    (ROWS, "select", "{# select", f"{ROWS}:1: Missing end of comment tag"),
    (ROWS, "select", "{% unless x %}\nselect", f"{ROWS}:1: Encountered unknown tag 'unless'"),
    (ROWS, "wins", "wins\n{% endfor %}", f"{ROWS}:2: Encountered unknown tag 'endfor'.* At: {{% e"),
    (ROWS, "1", "{{ 'a' | uper }}", f"{ROWS}:1: No filter named 'uper'"),
    (ROWS, "1", "{{ 1 / 0 }}", f"{ROWS}: division by zero"),
    (ROWS, "1", "{{ 1 + 'a' }}", f"{ROWS}:.*unsupported operand"),
    (ROWS, "1", "{{ exceptions.raise_compiler_error('no') }}", f"{ROWS}: no"),
    (ROWS, "select", "{{ config(enabled=false) }} select", "models/metrics/pvp.sql:5: .* disabled"),
    (ROWS, "select", "{{ config(enabled='maybe') }} select", f"{ROWS}:1: .*'maybe' is not of type"),
    (ROWS, "select", "{{ config(1) }} select", f"{ROWS}: argument of type 'int'"),
    (ROWS, "select", "{% snapshot x %}\nselect", f"{ROWS}:1: Unexpected end of template"),
    ("macros/twice.sql", "{% endmacro %}", "", "macros/twice.sql:2: Unexpected end of template"),
    ("macros/twice.sql", "{{ x }}", "{{ x", "macros/twice.sql:3: expected token"),
    ("macros/other.sql", "", "{% test a(model) %}\nselect 1\n", "macros/other.sql:1: Une"),
    ("macros/other.sql", "", "{% macro twice() %}\n{% endmacro %}\n", "macros/.*: dbt found"),
    ("models/d.md", "", "{% docs x %}\n", "models/d.md:1: Unexpected end of template"),
    ("models/more/wins_rows.sql", "", "select 1\n", "models/more/.*: dbt found two models"),
    ("models/colours.sql", "", "select 1\n", "models/colours.sql: dbt found two resources"),
    ("dbt_project.yml", "profile: hedge", "profile: mine", "dbt_project.yml:3: the profile must"),
    ("dbt_project.yml", "profile: hedge\n", "", "dbt_project.yml: the profile must"),
    ("dbt_project.yml", "seed-paths", "seeds-paths", "dbt_project.yml:6: .*'seeds-paths'"),
    ("dbt_project.yml", "profile:", 'require-dbt-version: ">=9.0.0"\nprofile:', "dbt_project"),
    ("dbt_project.yml", "{{ twice('select", "{{ twice( 'select", None),
    ("dbt_project.yml", "{{ twice('select 1 -- ') }}", "{{ twice( }}", "dbt_project.yml:9: unexp"),
    ("seeds/_seeds.yml", "{name: text, hex: text}", "5", "seeds/_seeds.yml:4: expected dict"),
]  # fmt: skip
UNCOMPILED = [
    (ROWS, "1", "{{ twise(1) }}", f"{ROWS}:1: 'twise' is undefined.* did you mean twice\\?"),
    (ROWS, "1", "{{ nothing.x }}", f"{ROWS}:1: 'nothing' is undefined"),
    (ROWS, "1", "{{ var('nothing') }}", f"{ROWS}:1: Required var 'nothing' not found"),
    (ROWS, "1 as wins", "* from {{ ref('pvp') }}", "Found a cycle"),
    (ROWS, "select", "{{ config(materialized='viev') }} select", f"{ROWS}:.*'viev'"),
    (PVP, "bigint", "bigint\n        data_tests: [uniqe]", f"{PVP}:9: 'uniqe' is undefined"),
    ("dbt_project.yml", "{{ twice(", "{{ twise(", "dbt_project.yml:9: .*'twise' is undefined"),
    ("models/metrics/pvp.sql", "ref('wins_rows')", "ref('colours')", f"{PVP}:11: the unit test "
     r"it_counts cannot be run: its `given` lacks an input for ref\('colours'\), which pvp reads$"),
    ("models/metrics/pvp.sql", "ref('wins_rows')", "source('raw', 'facts')", f"{PVP}:11: the unit "
     r"test it_counts .* lacks an input for source\('raw', 'facts'\), which pvp reads$"),
]  # fmt: skip


@pytest.fixture
def broken(tmp_path: Path):
    """Writes the project with one change."""

    def write(path: str, old: str, new: str | bytes) -> Path:
        folder = tmp_path / "project"
        contents: Mapping[str, bytes] = {name: text.encode() for name, text in SOUND.items()}
        changed = contents[path] if old else b""
        assert old.encode() in changed
        replacement = new if isinstance(new, bytes) else new.encode()
        changed = changed.replace(old.encode(), replacement, 1) if old else replacement
        for name, content in {**contents, path: changed}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder

    return write


def parsed(folder: Path):
    files.variables(folder)
    return dbt.parse(folder)


def require_one_sentence(message: str, expected: str) -> None:
    """Require that a message is one line that begins as expected, and no trace."""
    sentence = message.removeprefix("the project does not parse: ")
    assert re.match(expected, sentence), sentence
    assert "\n" not in message
    assert "Traceback" not in message
    assert 'File "' not in message


@pytest.mark.parametrize(("path", "old", "new", "expected"), UNREADABLE)
def test_a_file_that_is_no_text_or_no_yaml_is_named_with_its_line(
    broken, path: str, old: str, new: str | bytes, expected: str
) -> None:
    with pytest.raises(HedgeError) as failure:
        parsed(broken(path, old, new))
    require_one_sentence(str(failure.value), expected)


# Each takes dbt a second, so that `make test-ci` has every fourth of them and `make full` has all.
@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        pytest.param(*case, marks=pytest.mark.full if number % 4 else pytest.mark.ci)
        for number, case in enumerate(UNPARSED)
    ],
)
def test_what_dbt_cannot_parse_is_named_with_its_file(
    connection: psycopg.Connection, broken, path: str, old: str, new: str, expected: str | None
) -> None:
    folder = broken(path, old, new)
    if expected is None:
        # the same change without the mistake
        assert parsed(folder).manifest.nodes
        return
    with pytest.raises(HedgeError) as failure:
        parsed(folder)
    require_one_sentence(str(failure.value), expected)


@pytest.mark.ci
@pytest.mark.parametrize(("path", "old", "new", "expected"), UNCOMPILED)
def test_what_dbt_cannot_compile_is_named_with_its_file(
    connection: psycopg.Connection, broken, path: str, old: str, new: str, expected: str
) -> None:
    folder = broken(path, old, new)
    variables = {"run_kind": "PREVIEW"}
    result = dbt.invoke(["build"], folder, parsed(folder), variables=variables)
    assert not result.success
    require_one_sentence(paragraph(result, folder), expected)
