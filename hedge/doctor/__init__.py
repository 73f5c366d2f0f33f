"""The doctor: named checks of a database, each of which says what is wrong and what to do.

checks       the list of checks; a new one is a line there, with a query doctor_NAME.sql
recomputing  the check that computes a sample of clusters anew

    with database.connect() as connection:
        results = examine(connection)

Nothing that is live is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import psycopg

from hedge.doctor.checks import CHECKS, Check
from hedge.errors import HedgeError, UsageError
from hedge.runs import Report

__all__ = ["CHECKS", "Check", "Result", "State", "chosen", "examine"]

State = Literal["OK", "WRONG", "NOT CHECKED"]


@dataclass(frozen=True)
class Result:
    """What a check has found: sentences about what is wrong, or why nothing could be checked, and
    what to do about them."""

    name: str
    looks_at: str
    state: State
    findings: list[str]
    cure: str


def chosen(names: Sequence[str]) -> list[Check]:
    """The checks of some names, all without any; another name is a UsageError."""
    known = {check.name: check for check in CHECKS}
    for name in names:
        if name not in known:
            raise UsageError(f"there is no check '{name}': they are {', '.join(known)}")
    return [known[name] for name in names] if names else list(CHECKS)


def examine(
    connection: psycopg.Connection,
    names: Sequence[str] = (),
    *,
    sample: int = 20,
    report: Report | None = None,
) -> list[Result]:
    """Check a database by the checks of some names, all without any; sample is how many clusters
    are computed anew. Once a check on which the others rest finds something, they are NOT CHECKED.
    """
    checks = chosen(names)
    results: list[Result] = []
    missing = ""
    for check in checks:
        if report:
            report(check.name, len(results), len(checks))
        if missing:
            result = _result(check, "NOT CHECKED", [missing])
        else:
            result = _examine(check, connection, sample)
        if check.is_needed and result.state != "OK":
            missing = f"{check.name} has to be well first"
        results.append(result)
    return results


def _examine(check: Check, connection: psycopg.Connection, sample: int) -> Result:
    try:
        found = check.find(connection, sample)
    except HedgeError as error:
        return _result(check, "NOT CHECKED", [str(error)])
    except psycopg.Error as error:
        sentence = str(error).strip().partition("\n")[0]
        return _result(check, "NOT CHECKED", [f"the database says: {sentence}"])
    return _result(check, "WRONG" if found else "OK", found)


def _result(check: Check, state: State, findings: list[str]) -> Result:
    return Result(check.name, check.looks_at, state, findings, check.cure)
