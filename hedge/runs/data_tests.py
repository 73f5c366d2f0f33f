"""dbt's data tests, passed over the live tables: what they find is kept until the next time.

dbt compiles them once for each state of the project. Then their queries are executed here, in one
session: dbt would need longer for its own work with each test than the database for the query, and
says how many rows a test finds, but not which. dbt's way of keeping them (store_failures) makes a
table of each test in a schema of its own.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from hedge import database
from hedge.queries import query
from hedge.runs import dbt
from hedge.runs.dbt import CompiledTest, Report
from hedge.runs.deployed import project_of_runs
from hedge.runs.locks import ready

State = Literal["PASS", "WARN", "FAIL", "ERROR"]

#: How many of the rows that a test finds are kept.
SAMPLE = 5


@dataclass(frozen=True)
class DataTest:
    """What a data test has found: how many rows, and the first of them. reads are the models,
    seeds and sources that it reads; message is the error where its query failed."""

    name: str
    reads: list[str]
    state: State
    failures: int
    sample: list[dict[str, Any]]
    message: str | None
    seconds: float
    checked_at: datetime

    @property
    def is_fault(self) -> bool:
        """Whether somebody has to see to it: a test of lower severity only warns."""
        return self.state in ("FAIL", "ERROR")


def pass_data_tests(report: Report | None = None) -> list[DataTest]:
    """Pass all data tests of the deployed project over the live tables, store what they find and
    return it, what is wrong first. A HedgeError says why they cannot be passed."""
    with ready() as connection:
        compiled = dbt.compiled_data_tests(*project_of_runs(connection))
        found = []
        for number, test in enumerate(compiled):
            if report:
                report(test.name, number, len(compiled))
            found.append(_pass(connection, test))
        with connection.transaction():
            connection.execute("delete from app.data_test_results")
            connection.execute(query("data_tests_store"), {"found": Jsonb(found)})
        return data_tests(connection)


def data_tests(connection: psycopg.Connection) -> list[DataTest]:
    """What the data tests found when they were last passed, what is wrong first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return [DataTest(**row) for row in cursor.execute(query("data_tests_results"))]


def faults_of(found: list[DataTest]) -> str | None:
    """Which data tests find what is wrong, as a sentence; None where none does."""
    names = [one.name for one in found if one.is_fault]
    if not names:
        return None
    tests = "1 data test finds" if len(names) == 1 else f"{len(names)} data tests find"
    return f"{tests} what must not be: {', '.join(names)}"


def _pass(connection: psycopg.Connection, test: CompiledTest) -> dict[str, Any]:
    """Execute the query of a data test; returns a row of app.data_test_results."""
    state: State = "ERROR"
    failures, sample, message = 0, [], None
    began = time.monotonic()
    try:
        with connection.transaction():
            connection.execute(query("data_tests_session"))
            failures, sample = database.one_row(
                connection.execute(
                    f"with found as ({test.sql}\n) select count(*), coalesce((select"
                    " jsonb_agg(to_jsonb(sample)) from (select * from found"
                    f" limit {SAMPLE}) as sample), '[]') from found"
                )
            )
        state = "PASS" if not failures else "WARN" if test.only_warns else "FAIL"
    except psycopg.Error as error:
        if connection.broken:
            raise
        message = str(error).strip().partition("\n")[0]
    return {
        "name": test.name,
        "reads": test.reads,
        "state": state,
        "failures": failures,
        "sample": sample,
        "message": message,
        "seconds": round(time.monotonic() - began, 3),
    }
