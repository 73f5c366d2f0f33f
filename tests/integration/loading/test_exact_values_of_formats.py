"""The cases of exact values in NDJSON, Parquet and other spellings of CSV; samples in Parquet."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import psycopg
import pyarrow
import pytest
from pyarrow import parquet

from hedge.loading import load
from tests.integration.loading import Write, stored
from tests.integration.loading.cases import CASES, Case
from tests.integration.loading.test_exact_values import as_csv, expected


def as_json(case: Case) -> str:
    """A row as JSON, its value as a number or a list where JSON has one."""
    row = json.dumps(case.row)
    value = re.sub(r"^\{(.*)\}$", r"[\1]", case.given)
    if not re.fullmatch(r"[-+.,eE0-9\[][-+.,eE0-9 \[\]]*", value):
        return row
    try:
        json.loads(value)
    except ValueError:
        return row
    return row.replace(f'"{case.name}": {json.dumps(case.given)}', f'"{case.name}": {value}')


def as_parquet(folder: Path, cases: list[Case], is_binary: bool) -> str:
    """The path of a file of rows as text, the values of the cases with or without annotation."""
    rows = [case.row for case in cases]
    columns = {name: pyarrow.array([row[name] for row in rows]) for name in rows[0]}
    if is_binary:
        columns[cases[0].name] = columns[cases[0].name].cast(pyarrow.binary())
    parquet.write_table(pyarrow.table(columns), folder / "cases.parquet")
    return str(folder / "cases.parquet")


def in_utf_16(cases: list[Case]) -> bytes:
    """The rows with semicolons in UTF-16."""
    rows = [dict.fromkeys(cases[0].row), *(case.row for case in cases)]
    quoted = [
        ";".join('"' + value.replace('"', '""') + '"' for value in row)
        for row in [rows[0], *(row.values() for row in rows[1:])]
    ]
    return "\n".join(quoted).encode("utf-16")


FORMATS: dict[str, Callable[[Write, Path, list[Case]], str]] = {
    "text of JSON": lambda write, _, cases: write(
        "cases.ndjson", "\n".join(json.dumps(case.row) for case in cases)
    ),
    "numbers and lists of JSON": lambda write, _, cases: write(
        "cases.ndjson", "\n".join(map(as_json, cases))
    ),
    "text of Parquet": lambda _, folder, cases: as_parquet(folder, cases, is_binary=False),
    "bytes of Parquet": lambda _, folder, cases: as_parquet(folder, cases, is_binary=True),
    "CSV with semicolons in UTF-16": lambda write, _, cases: write("cases.csv", in_utf_16(cases)),
    "CSV of many rows": lambda write, _, cases: write(
        "cases.csv", as_csv(*(case.row for case in cases))
    ),
}


@pytest.mark.parametrize("column", {case.column: None for case in CASES})
@pytest.mark.parametrize("name", FORMATS)
def test_a_value_of_each_format_is_exact_or_rejected(
    transaction: psycopg.Connection, write: Write, tmp_path: Path, column: str, name: str
) -> None:
    cases = [case for case in CASES if case.column == column]
    load(transaction, cases[0].table, FORMATS[name](write, tmp_path, cases))
    became = transaction.execute(
        f"select format('is stored as ''%s''', {cases[0].name}::text), line"
        " from pg_temp.hedge_staging"
        " union all select reason, line from pg_temp.hedge_rejects order by line"
    ).fetchall()
    outcomes = [
        f"{case.name} {case.given!r} is stored as {text[14:-1]!r}"
        if text.startswith("is stored")
        else text
        for (text, _), case in zip(became, cases, strict=True)
    ]
    assert outcomes == list(map(expected, cases))


@pytest.mark.parametrize(
    ("name", "table", "columns", "outcome"),
    [
        (
            "1a-genes-double",
            "hero_summons",
            "hero_id",
            "stat_genes '3.3333333333333335e+75' cannot be exact: a DOUBLE holds whole numbers"
            " only below 2^53",
        ),
        ("1b-genes-dec256", "hero_summons", "stat_genes::text", [("3" * 76,)]),
        (
            "6a-binary-wallet",
            "hunting_drops",
            "wallet_address, item_address",
            [("0x" + "ab" * 20, "0x" + "ab" * 20)],
        ),
        (
            "7k-binary-text-no-utf8-annotation",
            "hero_summons",
            "summoner_wallet, stat_genes::text",
            [("0x" + "ab" * 20, "5")],
        ),
    ],
)
def test_the_samples_of_bug_reports_in_parquet_load_as_they_should(
    transaction: psycopg.Connection,
    shared: Path,
    name: str,
    table: str,
    columns: str,
    outcome: str | list,
) -> None:
    summary = load(transaction, table, str(shared / "cases" / f"{name}.parquet"))
    if isinstance(outcome, str):
        assert [reject.reason for reject in summary.rejects] == [outcome]
        assert stored(transaction, columns, table) == []
    else:
        assert (summary.inserted, summary.rejected) == (1, 0)
        assert stored(transaction, columns, table) == outcome
