"""A value is stored exactly as it was written, or its row is rejected with a sentence."""

import csv
import io
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from hedge.loading import Summary, load
from tests.integration.loading import Write
from tests.integration.loading.cases import CASES, DIRECT, ROWS, Case, Direct

#: A value of each table that is valid and not plain, so that its file is read by the slower path.
SPELLED = {
    "hero_summons": {"hero_id": "8.0"},
    "hunting_drops": {"log_index": "8.0"},
    "hunting_encounters": {"hunt_id": "8.0"},
    "jeweler_events": {"log_index": "8.0"},
    "pvp_matches": {"match_id": "8", "matched_at": "1759276800"},
    "token_prices_daily": {"token": "8", "usd_price": "8.000000000000000"},
    "tournament_entries": {"tournament_id": "8.0"},
}


def as_csv(*rows: dict[str, str]) -> str:
    """A CSV file of rows. An empty value is an empty text, not null."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(dict.fromkeys(name for row in rows for name in row))
    for row in rows:
        writer.writerow(row.values())
    return text.getvalue()


def outcome(connection: psycopg.Connection, case: Case, summary: Summary) -> str:
    """What became of a case, in the words of a failure. Another row may be stored beside it."""
    if summary.rejects:
        return "; ".join(reject.reason for reject in summary.rejects)
    stored = connection.execute(f"select {case.name}::text from raw.{case.table}").fetchall()
    found = case.stored if (case.stored,) in stored else stored[0][0]
    return f"{case.name} {case.given!r} is stored as {found!r}"


def expected(case: Case) -> str:
    """What has to become of it."""
    if case.stored is None:
        return case.sentence
    return f"{case.name} {case.given!r} is stored as {case.stored!r}"


def outcomes(connection: psycopg.Connection, write: Write, cases: list[Case]) -> list[str]:
    """What becomes of each case: alone in its file, and beside a value that PostgreSQL writes in
    another way, where both have to come out as the case says."""
    found = []
    for case in cases:
        connection.execute(f"truncate raw.{case.table}")
        summary = load(connection, case.table, write("one.csv", as_csv(case.row)))
        assert (summary.inserted, summary.rejected) == ((0, 1) if case.stored is None else (1, 0))
        found.append(outcome(connection, case, summary))
        if case.stored == case.given:
            connection.execute(f"truncate raw.{case.table}")
            other = ROWS[case.table] | SPELLED[case.table]
            summary = load(connection, case.table, write("two.csv", as_csv(case.row, other)))
            assert (summary.read, outcome(connection, case, summary)) == (2, found[-1])
    return found


def cases_of(column: str) -> list[Case]:
    return [case for case in CASES if case.column == column]


@pytest.mark.parametrize("column", {case.column: None for case in CASES})
def test_a_value_of_csv_is_exact_or_rejected(
    connection: psycopg.Connection, write: Write, column: str
) -> None:
    cases = cases_of(column)
    assert outcomes(connection, write, cases) == [expected(case) for case in cases]


def outcome_of_insert(connection: psycopg.Connection, direct: Direct) -> str:
    """What becomes of a value that another program inserts."""
    row = ROWS[direct.table] | {direct.name: None}
    try:
        with connection.transaction(force_rollback=True):
            return connection.execute(
                sql.SQL("insert into raw.{} ({}) values ({}) returning {}::text").format(
                    sql.Identifier(direct.table),
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join(
                        sql.SQL(direct.written) if value is None else sql.Literal(value)
                        for value in row.values()
                    ),
                    sql.Identifier(direct.name),
                )
            ).fetchone()[0]
    except psycopg.errors.CheckViolation as error:
        return error.diag.constraint_name
    except psycopg.DataError:
        return "no value of its type"


@pytest.mark.parametrize("direct", DIRECT, ids=lambda direct: f"{direct.column} {direct.written}")
def test_what_another_program_inserts_meets_the_same_constraints(
    connection: psycopg.Connection, direct: Direct
) -> None:
    """Except where PostgreSQL has changed the value before: that is the duty of the writer."""
    assert outcome_of_insert(connection, direct) == direct.outcome


#: The numbers of read, inserted, repeated and rejected rows of each file, and a reason.
SAMPLES = {
    "2a-genes-sci.csv": ("hero_summons", (1, 0, 0, 1), "do not reach the units"),
    "2c-genes-sci-exact.csv": ("hero_summons", (1, 0, 0, 1), "do not reach the units"),
    "2d-hex.csv": ("hero_summons", (1, 0, 0, 1), "hero_id '0xDBBA7' is not a decimal number"),
    "2f-genes-frac.csv": ("hero_summons", (1, 0, 0, 1), "is not a whole number"),
    "3a-frac.csv": ("hunting_drops", (3, 0, 0, 3), "is not a whole number"),
    "3b-frac.ndjson": ("hunting_drops", (1, 0, 0, 1), "is not a whole number"),
    "4a-case.csv": ("jeweler_events", (3, 1, 2, 0), ""),
    "8a-times.csv": ("hunting_encounters", (4, 3, 0, 1), "is not an ISO 8601 time"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_of_bug_reports_load_as_they_should(
    connection: psycopg.Connection, shared: Path, name: str
) -> None:
    table, counts, reason = SAMPLES[name]
    summary = load(connection, table, str(shared / "cases" / name))
    found = (summary.read, summary.inserted, summary.repeated, summary.rejected)
    assert found == counts
    assert all(reason in reject.reason for reject in summary.rejects)
