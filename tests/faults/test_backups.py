"""A backup that was made in the middle of work, restored elsewhere."""

import os
import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from hedge import database, embedded_server, runs, wallets
from hedge.queue import requests
from tests import prepared_server
from tests.faults.comparison import Computed, computed_from_nothing, run_everything_due
from tests.support import put, pvp_match


def programs() -> Path:
    """The folder of pg_dump and pg_restore of the session's server."""
    other = os.environ.get("HEDGE_TEST_SERVER")
    home = Path(os.environ["HEDGE_HOME"]) / "postgres"
    return Path(other) if other else embedded_server.programs(home)


@pytest.mark.full
def test_a_backup_from_the_middle_of_work_is_restored_and_goes_on(
    demo_world: psycopg.Connection,
    server: str,
    template: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs.full()
    # changes that no run has seen, and a request that nobody has served
    wallet = f"0x{7:040x}"
    put(demo_world, *(pvp_match(wallet) for _ in range(5)))
    demo_world.execute("delete from raw.hunting_encounters where hunt_id % 3 = 0")
    wallets.link(demo_world, "newcomer", [wallet])
    file = tmp_path / "backup"
    where = conninfo_to_dict(os.environ["HEDGE_DATABASE_URL"])
    socket = ["-h", str(where["host"]), "-U", str(where["user"])]
    dumping = [programs() / "pg_dump", *socket, "-d", where["dbname"], "-Fc", "-f", file]
    subprocess.run(dumping, check=True)
    restored = prepared_server.create_database(server, "restored", "template0")
    restoring = [programs() / "pg_restore", *socket, "-d", "restored", "--exit-on-error", file]
    subprocess.run(restoring, check=True)
    monkeypatch.setenv("HEDGE_DATABASE_URL", restored)
    with database.connect() as connection:
        assert [each.cluster_id for each in requests.unserved(connection)] == ["newcomer"]
        assert requests.serve_clusters(connection) == 1
        assert requests.unserved(connection) == []
        runs.incremental()
        # and what comes after it is noted as before
        connection.execute("delete from raw.pvp_matches where wallet_address = %s", [wallet])
        assert runs.incremental().scope_size == 1
        as_of = database.value(connection, "select now()")
        run_everything_due(as_of, runs.incremental)
        found = Computed.read(connection, as_of)
        nothing = prepared_server.create_database(server, "nothing", template)
        assert found.differences(computed_from_nothing(connection, nothing, as_of)) == []
        assert len(found.marts["challenge_progress"]) > 10_000
    prepared_server.drop_database(server, "nothing")
    prepared_server.drop_database(server, "restored")
