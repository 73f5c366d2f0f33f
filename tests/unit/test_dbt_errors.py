"""An error of dbt is one readable paragraph: the file, its line, the cause and the wrong text."""

from pathlib import Path

import pytest

from hedge.dbt_runner import NodeResult, Result
from hedge.runs.dbt_errors import paragraph, readable

MODEL = "models/metrics/onchain_pvp.sql"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one model."""
    file = tmp_path / MODEL
    file.parent.mkdir(parents=True)
    file.write_text("select\n    sum(winz) as wins,\n    sum(one) as a,\n    sum(one) as b\n")
    return tmp_path


def message(*lines: str) -> str:
    return "\n".join([f"  Database Error in model onchain_pvp ({MODEL})", *lines])


def test_the_line_is_found_by_the_text_that_postgresql_quotes(project: Path) -> None:
    found = message(
        '  column "winz" does not exist',
        "  LINE 46:     ...sum(winz) as wins,...",
        "                   ^",
        "  compiled code at target/run/hedge/models/metrics/onchain_pvp.sql",
    )
    assert readable(found, project) == (
        f'{MODEL}:2: column "winz" does not exist At: sum(winz) as wins,'
    )


def test_a_text_that_occurs_twice_or_not_at_all_names_no_line(project: Path) -> None:
    for text in ("sum(one)", "nothing"):
        found = message("  it is wrong", f"  LINE 9: {text}")
        assert readable(found, project) == f"{MODEL}: it is wrong At: {text}"
    (project / MODEL).unlink()
    found = message("  it is wrong", "  LINE 9: sum(winz)")
    assert readable(found, project) == f"{MODEL}: it is wrong At: sum(winz)"


def test_a_name_that_yaml_alone_has_is_found_there(project: Path) -> None:
    yaml = project / "models/metrics/onchain_hunting.yml"
    yaml.write_text("models:\n  - lost: survivors != 1\n")
    found = message(
        '  column "survivors" does not exist', "  LINE 9: when survivors != 1 then 'lost"
    )
    told = 'column "survivors" does not exist At: when survivors != 1 then \'lost'
    assert readable(found, project) == (
        f"models/metrics/onchain_hunting.yml:2: {told} (in the model onchain_pvp)"
    )
    # of two lines that have it, none is named
    yaml.write_text("models:\n  - lost: survivors != 1\n  - left: survivors > 1\n")
    assert readable(found, project) == f"{MODEL}: {told}"
    # what the model has itself is looked for there alone
    own = message('  column "winz" does not exist', "  LINE 9: sum(winz)  as wins")
    yaml.write_text("models:\n  - lost: winz != 1\n")
    assert readable(own, project).startswith(f"{MODEL}: ")


def test_a_line_that_dbt_names_is_the_line(project: Path) -> None:
    found = message("  unexpected '}'", "    line 3", "  > in macro m (macros/m.sql)")
    assert readable(found, project) == f"{MODEL}:3: unexpected '}}' line 3"


def test_the_statement_that_was_refused_is_left_out(project: Path) -> None:
    """It can be longer than all else; the function that ran it has a name to look for."""
    row = "a long value, " * 30
    found = message(
        "  division by zero",
        f"  DETAIL:  Failing row contains ({row}).",
        "  HINT:  Divide by something else.",
        '  CONTEXT:  SQL statement "select 1 /',
        '  (select 0) from a_table"',
        "  PL/pgSQL function app.note(integer,text) line 12 at PERFORM",
        '  SQL statement "insert into t"',
        "  PL/pgSQL function inline_code_block line 3 at EXECUTE",
    )
    assert readable(found, project) == (
        f"{MODEL}: division by zero (in the function app.note(integer,text)):"
        f" {f'Failing row contains ({row}'[:200]}…; Divide by something else."
    )
    ours = ("  it is stale", "  CONTEXT:  PL/pgSQL function inline_code_block line 20 at RAISE")
    assert readable(message(*ours), project) == f"{MODEL}: it is stale"


def test_a_hook_that_fails_is_named(project: Path) -> None:
    told = 'hedge.on-run-end.0 failed, error: new row violates check constraint "c"'
    assert readable(told, project) == (
        'in the hook on-run-end: new row violates check constraint "c"'
    )


def test_a_message_without_a_file_is_kept_on_one_line(project: Path) -> None:
    assert readable("Runtime Error\n\n  no such\n  file\n", project) == "no such file"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            "| more | INTEGER |  | missing in contract |",
            "the SQL has a column more (INTEGER) that the contract in"
            " models/metrics/onchain_pvp.yml lacks: add it there",
        ),
        (
            "| wins |  | BIGINT | missing in definition |",
            "the contract in models/metrics/onchain_pvp.yml has a column wins that the SQL lacks",
        ),
        (
            "| wins | NUMERIC | BIGINT | data type mismatch |",
            "column wins is NUMERIC in the SQL and BIGINT in the contract in"
            " models/metrics/onchain_pvp.yml: cast it",
        ),
    ],
)
def test_a_difference_from_the_contract_says_what_to_do(
    project: Path, row: str, words: str
) -> None:
    found = message(
        "  This model has an enforced contract that failed.",
        "  | column_name | definition_type | contract_type | mismatch_reason |",
        "  | ----------- | --------------- | ------------- | --------------- |",
        f"  {row}",
    )
    told = readable(found, project)
    assert told.startswith(f"{MODEL}: {words}")
    assert "enforced contract" not in told


def result(*nodes: tuple[str, str]) -> Result:
    return Result(
        success=False,
        nodes=[
            NodeResult("model.hedge.a_model", "a_model", "model", status, text)
            for status, text in nodes
        ],
    )


def test_a_data_test_is_named_where_its_error_names_no_line(project: Path) -> None:
    file = "tests/dbt/nobody_wins.sql"
    (project / file).parent.mkdir(parents=True)
    (project / file).write_text("select\n    winz\nfrom onchain_pvp\n")

    def told(status: str, *lines: str) -> str:
        text = "\n".join(lines)
        node = NodeResult("test.hedge.nobody_wins", "nobody_wins", "test", status, text, file=file)
        return paragraph(Result(success=False, nodes=[node]), project)

    refused = f"  Database Error in test nobody_wins ({file})"
    column = '  column "winz" does not exist'
    assert told("error", refused, column, "  LINE 14:     winz") == (
        f'{file}:2: column "winz" does not exist At: winz'
    )
    assert told("error", "the server is away") == (
        f"{file}: the data test nobody_wins fails: the server is away"
    )
    assert told("fail", "Got 3 results, configured to fail if != 0") == (
        f"{file}: the data test nobody_wins fails: Got 3 results, configured to fail if != 0"
    )


def test_the_first_error_of_a_result_is_told(project: Path) -> None:
    assert paragraph(Result(success=False, error="one\n two"), project) == "one two"
    assert paragraph(Result(success=False, error="\n"), project) == "dbt gave no reason"
    for status in ("error", "fail", "runtime error"):
        nodes = [("success", "a"), ("skipped", "b"), (status, "c"), ("error", "d")]
        assert paragraph(result(*nodes), project) == "c"
    assert paragraph(result(("error", "")), project) == "a_model"
    assert paragraph(result(("success", "a")), project) == "dbt gave no reason"
    assert paragraph(result(), project) == "dbt gave no reason"


@pytest.mark.parametrize(
    ("kind", "name", "given"),
    [
        ("node", "hunt_raffle_wins", "ref('hunt_raffle_wins')"),
        ("source", "raw.raffles", "source('raw', 'raffles')"),
    ],
)
def test_a_unit_test_lacks_what_its_model_reads(
    project: Path, kind: str, name: str, given: str
) -> None:
    file = project / "models/metrics/onchain_pvp.yml"
    file.write_text("unit_tests:\n  - name: it_counts\n")
    told = (
        "Compilation Error in unit_test it_counts (models/metrics/onchain_pvp.yml)\n"
        "  Unit_Test 'unit_test.hedge.onchain_pvp.it_counts' (models/metrics/onchain_pvp.yml)"
        f" depends on a {kind} named '{name}' which was not found\n"
    )
    failed = NodeResult(
        "unit_test.hedge.onchain_pvp.it_counts", "it_counts", "unit_test", "error", told,
        file="models/metrics/onchain_pvp.yml",
    )  # fmt: skip
    sentence = (
        "the unit test it_counts cannot be run: its `given` lacks an input for"
        f" {given}, which onchain_pvp reads"
    )
    found = paragraph(Result(success=False, nodes=[failed]), project)
    assert found == f"models/metrics/onchain_pvp.yml:2: {sentence}"
    file.unlink()
    found = paragraph(Result(success=False, nodes=[failed]), project)
    assert found == f"models/metrics/onchain_pvp.yml: {sentence}"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            "Compilation Error\n  Model 'model.hedge.onchain_pvp' (models/metrics/onchain_pvp.sql)"
            " depends on a node named 'sum(winz)' which was not found",
            f"{MODEL}: Model 'model.hedge.onchain_pvp' ({MODEL}) depends on a node named"
            " 'sum(winz)' which was not found",
        ),
        # a name that is not lacking in the project is no suggestion
        (
            "Compilation Error\n  Model 'model.hedge.onchain_pvp' (models/metrics/onchain_pvp.sql)"
            " depends on a node named 'onchain_pvp' which was not found",
            f"{MODEL}: Model 'model.hedge.onchain_pvp' ({MODEL}) depends on a node named"
            " 'onchain_pvp' which was not found",
        ),
        (
            "Compilation Error\n  Model 'model.hedge.onchain_pvp' (models/metrics/onchain_pvp.sql)"
            " depends on a node named 'onchain_pvq' which was not found",
            f"{MODEL}: Model 'model.hedge.onchain_pvp' ({MODEL}) depends on a node named"
            " 'onchain_pvq' which was not found; did you mean onchain_pvp?",
        ),
        # a file that only the quoted name shows
        (
            "Compilation Error\n  'winz' is undefined. This can happen when calling a macro that"
            ' does not exist. Check for typos and/or install package dependencies with "dbt deps".',
            f"{MODEL}:2: 'winz' is undefined: no macro or variable has this name; did you mean"
            " wins?",
        ),
        (
            "Compilation Error in model onchain_pvp (models/metrics/onchain_pvp.sql)\n"
            "  'winz' is undefined. This can happen",
            f"{MODEL}:2: 'winz' is undefined: no macro or variable has this name. This can happen;"
            " did you mean wins?",
        ),
        (
            "Parsing Error\n  Invalid models config given in FilePath(searched_path='models',"
            " relative_path='metrics/onchain_pvp.sql', modification_time=1.5) @ models:"
            " {'name': 'winz', 'columns': []} - at path ['x']: 'x' is wrong",
            f"{MODEL}:2: Invalid models config given in {MODEL} for 'winz' of models, at ['x']:"
            " 'x' is wrong",
        ),
        (
            "Runtime Error\n  Could not find profile named 'mine'",
            "dbt_project.yml:2: the profile must be that of Hedge: write `profile: hedge` here",
        ),
        ("Internal Error\n  expected dict, got 5 of them", "expected dict, got 5 of them"),
    ],
)
def test_a_file_that_is_named_or_quoted_is_found(project: Path, told: str, expected: str) -> None:
    (project / "dbt_project.yml").write_text("name: hedge\nprofile: mine\n")
    (project / "macros").mkdir()
    (project / "macros/wins.sql").write_text("{% macro wins() %}{% endmacro %}\n")
    assert readable(told, project) == expected


def test_the_folder_of_the_project_is_not_part_of_a_message(project: Path) -> None:
    assert readable(f"it is in {project}/models/x.sql", project) == "it is in models/x.sql"
