"""A backup that was made in the middle of work, restored elsewhere."""

from pathlib import Path

import psycopg
import pytest

from hedge import backups, database, runs, wallets
from hedge.queue import requests
from tests import prepared_server
from tests.faults.comparison import require_equal_to_a_new_database
from tests.support import put, pvp_match


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
    backups.backup(file)
    restored = prepared_server.create_database(server, "restored", "template0")
    monkeypatch.setenv("HEDGE_DATABASE_URL", restored)
    backups.restore(file)
    with database.connect() as connection:
        assert [each.cluster_id for each in requests.unserved(connection)] == ["newcomer"]
        assert requests.serve_clusters(connection) == 1
        assert requests.unserved(connection) == []
        runs.incremental()
        # and what comes after it is noted as before
        connection.execute("delete from raw.pvp_matches where wallet_address = %s", [wallet])
        assert runs.incremental().scope_size == 1
        found = require_equal_to_a_new_database(connection, server, template)
        assert len(found.marts["challenge_progress"]) > 10_000
    prepared_server.drop_database(server, "restored")
