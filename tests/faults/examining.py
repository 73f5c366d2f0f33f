"""Whether hedge doctor finds a fault, and finds nothing where it is mended."""

from collections.abc import Sequence

import psycopg
import pytest

from hedge import doctor


def findings(connection: psycopg.Connection, name: str) -> list[str]:
    """What a check finds."""
    (result,) = doctor.examine(connection, [name])
    assert result.state == ("WRONG" if result.findings else "OK"), result
    assert result.cure
    return result.findings


def each_of(faults: Sequence[tuple[str, str, str, str]]) -> pytest.MarkDecorator:
    """Passes a test once for each fault: the name of a check, what is executed, the begin of what
    is found, and what mends it."""
    ids = [f"{fault[0]} {number}" for number, fault in enumerate(faults)]
    return pytest.mark.parametrize(("name", "fault", "sentence", "cure"), faults, ids=ids)


def is_found_until_it_is_mended(
    connection: psycopg.Connection, name: str, fault: str, sentence: str, cure: str
) -> None:
    """A check finds a fault, alone, and nothing before it or after its cure. The sentence may have
    {newest_run} for the number of the newest run."""
    assert findings(connection, name) == []
    connection.execute(fault)
    newest = connection.execute("select max(run_id) from app.etl_runs").fetchone()
    (found,) = findings(connection, name)
    begin = sentence.replace("{newest_run}", str(newest[0]))
    assert found.startswith(begin), (found, begin)
    connection.execute(cure)
    left = findings(connection, name)
    assert left == [], left
