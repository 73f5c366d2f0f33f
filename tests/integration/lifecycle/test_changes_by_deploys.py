"""What a deploy changes of challenges is noted with its row of the run ledger."""

import json
from pathlib import Path

import psycopg
import pytest

from hedge import audit
from tests import Hedge


@pytest.mark.ci
def test_a_deploy_is_in_the_history_of_a_challenge(
    connection: psycopg.Connection, project: Path, hedge: Hedge
) -> None:
    for name, old, new in (
        ("challenges.csv", "win_streak,", "winning_streak,"),
        ("challenge_tiers.csv", "win_streak,", "winning_streak,"),
        ("challenges.csv", "best_win_streak,live,", "best_win_streak,retired,"),
    ):
        file = project / "seeds" / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(f"\n{old}", f"\n{new}").replace(f",{old}", f",{new}"))
    renames = project / "seeds" / "renames.csv"
    renames.write_text(renames.read_text() + "challenge,win_streak,winning_streak\n")
    status, _, error = hedge("etl", "deploy", "--yes")
    assert status == 0, error
    (run,) = connection.execute("select max(run_id) from app.etl_runs").fetchone()
    (change,) = audit.changes(connection, "challenge")
    assert (change.key, change.operation, change.run_id) == ("winning_streak", "changed", run)
    assert change.old_values == {"key": "win_streak", "state": "live"}
    assert change.new_values == {"key": "winning_streak", "state": "retired"}
    status, told, error = hedge("audit", "winning_streak")
    assert status == 0, error
    assert f"deploy {run}, command of " in told
    assert "retired" in told
    status, told, _ = hedge("audit", "--kind", "challenge", "--json")
    (found,) = json.loads(told)
    assert (found["key"], found["new_values"]["state"]) == ("winning_streak", "retired")
