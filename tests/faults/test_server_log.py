"""What runs let the server write into its log."""

import os
from pathlib import Path

import psycopg
import pytest

from hedge import runs
from tests.support import BUSY, add_cluster, put, pvp_match


def test_a_full_run_commits_no_transaction_that_it_has_not_begun(
    connection: psycopg.Connection,
) -> None:
    """Each batch of a mart, and the removal of its stale rows, is a transaction."""
    log = Path(os.environ["HEDGE_HOME"]) / "postgres" / "log"
    if not log.exists():
        pytest.skip("the server is not the embedded one")
    add_cluster(connection, "busy", BUSY)
    put(connection, pvp_match(BUSY))
    before = log.read_text(errors="replace")
    assert runs.full().models
    written = log.read_text(errors="replace")[len(before) :]
    assert "there is no transaction in progress" not in written
