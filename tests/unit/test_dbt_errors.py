"""An error of dbt is one readable paragraph: the file, its line, the cause and the wrong text."""

from pathlib import Path
from types import SimpleNamespace

import pytest

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


def test_a_line_that_dbt_names_is_the_line(project: Path) -> None:
    found = message("  unexpected '}'", "    line 3", "  > in macro m (macros/m.sql)")
    assert readable(found, project) == f"{MODEL}:3: unexpected '}}' line 3"


def test_a_message_without_a_file_is_kept_on_one_line(project: Path) -> None:
    assert readable("Runtime Error\n\n  no such file\n", project) == "Runtime Error no such file"


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


def result(exception: Exception | None = None, *nodes: tuple[str, str]) -> SimpleNamespace:
    return SimpleNamespace(
        exception=exception,
        result=[
            SimpleNamespace(
                status=status,
                message=text,
                node=SimpleNamespace(name="a_model", resource_type="model"),
            )
            for status, text in nodes
        ],
    )


def test_the_first_error_of_a_result_is_told(project: Path) -> None:
    assert paragraph(result(ValueError("one\n two")), project) == "one two"
    assert paragraph(result(ValueError()), project) == "ValueError"
    for status in ("error", "fail", "runtime error"):
        nodes = [("success", "a"), ("skipped", "b"), (status, "c"), ("error", "d")]
        assert paragraph(result(None, *nodes), project) == "c"
    assert paragraph(result(None, ("error", "")), project) == "a_model"
    assert paragraph(result(None, ("success", "a")), project) == "dbt gave no reason"
    assert paragraph(SimpleNamespace(exception=None, result=None), project) == "dbt gave no reason"
