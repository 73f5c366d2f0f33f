"""A file is loaded into a raw table of the scaffold as into those that come with Hedge."""

from pathlib import Path

import psycopg
import pytest

from hedge.analysis import scaffold
from hedge.loading import load
from tests.support import BUSY, copy_project

HASH = "0x" + "aBcD" * 16


@pytest.fixture
def ponds(
    transaction: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> psycopg.Connection:
    """A transaction in which the table raw.ponds was made for facts of logs."""
    project = copy_project(tmp_path / "hedge")
    monkeypatch.setenv("HEDGE_PROJECT", str(project))
    made = scaffold.new_raw_table("ponds", ["depth numeric(5, 2)"], of_logs=True)
    transaction.execute((project / made.creates).read_text())
    return transaction


def test_a_hash_is_stored_in_one_spelling_and_a_wrong_one_is_rejected(
    ponds: psycopg.Connection, tmp_path: Path
) -> None:
    file = tmp_path / "ponds.csv"
    rows = [
        f"{HASH},0,53935,1.50,{BUSY},2026-05-01T00:00:00Z",
        # the same log in another spelling
        f"{HASH.upper()[2:]},0,53935,2,{BUSY},2026-05-01T00:00:00Z",
        f"{HASH}ab,1,53935,1,{BUSY},2026-05-01T00:00:00Z",
        f"{HASH},2,0,1,{BUSY},2026-05-01T00:00:00Z",
    ]
    header = "tx_hash,log_index,chain_id,depth,wallet_address,occurred_at"
    file.write_text("\n".join([header, *rows]) + "\n")
    done = load(ponds, "ponds", str(file))
    assert (done.inserted, done.repeated, done.rejected) == (1, 1, 2)
    assert ponds.execute("select tx_hash, depth::text from raw.ponds").fetchall() == [
        (HASH.lower(), "2.00")
    ]
    assert [one.reason for one in done.rejects] == [
        f"tx_hash '{HASH}ab' breaks the rule: tx_hash is 0x and 64 lower-case hex digits",
        "chain_id '0' breaks the rule: chain_id is 1 or more",
    ]
