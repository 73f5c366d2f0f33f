"""A dbt project with one of everything that dbt can say of a node: built, failed, skipped, passed,
warned. Its name and profile are those of Hedge."""

from pathlib import Path

from tests.support.projects import write_files

FILES = {
    "dbt_project.yml": (
        "name: hedge\nversion: 1.0.0\nprofile: hedge\nquery-comment: null\n"
        "test-paths: [tests/dbt]\nvars: {divisor: 1, names: []}\n"
        "models: {hedge: {+materialized: table}}\n"
        "on-run-start: \"select '{{ invocation_id }}'\"\n"
    ),
    "seeds/numbers.csv": "n\n1\n2\n3\n",
    "models/good.sql": "select n / {{ var('divisor') }} as n from {{ ref('numbers') }}",
    "models/doubled.sql": "select 2 * n as n from {{ ref('numbers') }}",
    "models/seen.sql": "{{ config(materialized='view') }} "
    "select {{ var('names') | length }} as number",
    "models/divided.sql": "select 1 / (n - n) as quotient from {{ ref('numbers') }}",
    "models/after.sql": "select * from {{ ref('divided') }}",
    "models/_unit_tests.yml": (
        "unit_tests:\n"
        "  - name: a_number_stays\n"
        "    model: good\n"
        "    given: [{input: ref('numbers'), rows: [{n: 4}]}]\n"
        "    expect: {rows: [{n: 4}]}\n"
        "  - name: a_number_grows\n"
        "    model: doubled\n"
        "    given: [{input: ref('numbers'), rows: [{n: 4}]}]\n"
        "    expect: {rows: [{n: 9}]}\n"
    ),
    "tests/dbt/none_is_large.sql": "select * from {{ ref('seen') }} where number > 0",
    "tests/dbt/none_is_odd.sql": (
        "{{ config(severity='warn') }} select * from {{ ref('numbers') }} where n % 2 = 1"
    ),
    "tests/dbt/none_is_zero.sql": "select * from {{ ref('numbers') }} where n = 0",
}


def write(folder: Path, **changes: str) -> Path:
    """Write the project into a new folder; changes replace files, by their names without folder and
    suffix."""
    files = {path: changes.get(Path(path).stem, text) for path, text in FILES.items()}
    return write_files(folder, files)
