"""What data tests find in the live tables is stored, shown and counted; test_data_tests_notice.py
has the faults that each of them finds."""

import json
from pathlib import Path

import psycopg
import pytest

from hedge import doctor, runs
from tests import Hedge
from tests.data_tests import data_tests

PROGRESS = "analytics.challenge_progress"


def test_faults_are_stored_and_gone_when_they_are_mended(
    demo_world: psycopg.Connection, hedge: Hedge
) -> None:
    # the season of the demo world is over one day, and its rows are as of a past instant
    found = {one.name: one for one in runs.pass_data_tests()}
    assert found.keys() == data_tests().keys()
    assert {one.state for one in found.values()} == {"PASS"}
    cluster, value = demo_world.execute(
        f"update {PROGRESS} set value = -value where ctid ="
        f" (select ctid from {PROGRESS} where value > 0 order by cluster_id limit 1)"
        " returning cluster_id, value"
    ).fetchone()
    demo_world.execute("alter table analytics.tier_unlocks rename column kind to sort")
    demo_world.commit()

    status, out, _ = hedge("etl", "test", "--json")
    assert status == 1
    found = {one["name"]: one for one in json.loads(out)}
    # an error is worse than a fault
    assert found[next(iter(found))]["state"] == "ERROR"
    assert found["every_unlock_is_of_a_known_kind"]["state"] == "ERROR"
    assert found["every_unlock_is_of_a_known_kind"]["message"] == 'column "kind" does not exist'
    negative = found["progress_is_never_negative"]
    assert (negative["state"], negative["failures"]) == ("FAIL", 1)
    assert negative["reads"] == ["challenge_progress"]
    assert negative["sample"][0]["cluster_id"] == cluster
    assert negative["sample"][0]["value"] == float(value)
    (check,) = doctor.examine(demo_world, ["data-tests"])
    assert check.state == "WRONG"
    assert any("progress_is_never_negative finds 1 row" in one for one in check.findings)

    demo_world.execute("alter table analytics.tier_unlocks rename column sort to kind")
    demo_world.execute(f"update {PROGRESS} set value = -value where value < 0")
    demo_world.commit()
    assert runs.faults_of(runs.pass_data_tests()) is None
    assert doctor.examine(demo_world, ["data-tests"])[0].state == "OK"


def test_a_sample_has_five_rows_and_a_warning_is_no_fault(demo_world: psycopg.Connection) -> None:
    demo_world.execute(
        "insert into raw.tournament_entries"
        " (chain_id, tournament_id, wallet_address, is_official, registered_at)"
        " select 1088, 900000 + n / 2, '0x' || lpad(n::text, 40, '0'), n % 2 = 0, now()"
        " from generate_series(0, 13) as n"
    )
    demo_world.commit()
    found = [one for one in runs.pass_data_tests() if one.state != "PASS"]
    assert [(one.state, one.failures, len(one.sample)) for one in found] == [("WARN", 7, 5)]
    assert runs.faults_of(found) is None


def test_data_tests_write_nothing_but_their_results(
    demo_world: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The query of a test is compiled from a file that an analyst writes."""
    from hedge.runs import dbt

    def compiled(_: Path, __: str) -> list[dbt.CompiledTest]:
        return [dbt.CompiledTest("writes", [], False, "select nextval('probe') as n")]

    demo_world.execute("create sequence probe")
    demo_world.commit()
    monkeypatch.setattr(dbt, "compiled_data_tests", compiled)
    (one,) = runs.pass_data_tests()
    assert (one.state, one.message) == (
        "ERROR",
        "cannot execute nextval() in a read-only transaction",
    )
