"""The migration to exact facts mends what is stored, and loses nothing of what it cannot mend."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from hedge import database, versions
from hedge.loading import load

MIGRATION = "0014-exact-facts"
WALLET = "0x" + "b1" * 20
HASH = "0x" + "ab" * 32
#: Logs in several spellings of the hash, the second one of which is the newest.
STORED = f"""
insert into raw.jeweler_events
(tx_hash, log_index, wallet_address, action, jewel_amount, cjewel_amount, occurred_at, loaded_at)
values
('{HASH}', 7, '{WALLET}', 'DEPOSIT', 100, 100, '2025-10-01', '2025-10-02'),
('0x{"AB" * 32}', 7, '{WALLET}', 'DEPOSIT', 101, 100, '2025-10-01', '2025-10-04'),
('{"ab" * 32}', 7, '{WALLET}', 'DEPOSIT', 102, 100, '2025-10-01', '2025-10-03'),
('{"AB" * 32}', 8, '{WALLET}', 'DEPOSIT', 103, 100, '2025-10-01', '2025-10-03'),
('0x12', 7, '{WALLET}', 'DEPOSIT', 104, 100, '2025-10-01', '2025-10-03'),
('{HASH}', 9, '{WALLET}', 'DEPOSIT', -5, -6, '2025-10-01', '2025-10-03');

insert into raw.pvp_matches
(realm, match_id, wallet_address, is_ranked, outcome, tx_hash, matched_at, loaded_at)
values
('DFK', '1', '{WALLET}', true, 'WIN', '0X{"ab" * 32}', '2025-10-01', '2025-10-02'),
('DFK', '2', '{WALLET}', true, 'WIN', null, '2025-10-01', '2025-10-02');

insert into raw.hero_summons (chain_id, hero_id, summoner_wallet, stat_genes, summoned_at)
values (1, 1, '{WALLET}', {2**256 - 1}, '2025-10-01'), (1, 2, '{WALLET}', {2**256}, '2025-10-01');
"""


@pytest.fixture
def before(
    new_database: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The database of the commands, with the migrations before this one and stored facts."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", new_database("exact_facts", "template1"))
    for file in versions.MIGRATIONS.iterdir():
        if file.is_file() and file.name < MIGRATION:
            shutil.copy(file, tmp_path)
    with monkeypatch.context() as earlier:
        earlier.setattr(versions, "MIGRATIONS", tmp_path)
        database.migrate()
    with database.connect() as connection:
        connection.execute(STORED)


def rows(connection: psycopg.Connection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


def test_stored_facts_are_mended_merged_or_moved(before: None, tmp_path: Path) -> None:
    told: list[str] = []
    assert MIGRATION in database.migrate(told.append)
    moved = "that break a rule to raw.rejected_rows (file: migration 0014-exact-facts)"
    assert told == [
        f"raw.hero_summons: moved 1 rows {moved}",
        "raw.jeweler_events: merged 2 doubles whose tx_hash was spelled in another way;"
        f" wrote 2 tx_hash in lower case with 0x; moved 2 rows {moved}",
        "raw.pvp_matches: wrote 1 tx_hash in lower case with 0x",
    ]
    with database.connect() as connection:
        # the newest of the doubles stays, and it keeps its time
        events = "select tx_hash, log_index, jewel_amount::int, loaded_at::date::text"
        assert rows(connection, f"{events} from raw.jeweler_events order by 2") == [
            (HASH, 7, 101, "2025-10-04"),
            (HASH, 8, 103, "2025-10-03"),
        ]
        hashes = "select match_id, tx_hash from raw.pvp_matches order by 1"
        assert rows(connection, hashes) == [("1", HASH), ("2", None)]
        rejected = "select table_name, file, row_text, reason from raw.rejected_rows order by 1, 4"
        found = rows(connection, rejected)
        assert [row[:2] for row in found] == [
            ("hero_summons", "migration 0014-exact-facts"),
            ("jeweler_events", "migration 0014-exact-facts"),
            ("jeweler_events", "migration 0014-exact-facts"),
        ]
        assert [row[3] for row in found] == [
            f"stat_genes '{2**256}' breaks the rule: stat_genes is 0 to 2^256 - 1",
            "jewel_amount '-5.000000000000000000' breaks the rule: jewel_amount is 0 or more; "
            "cjewel_amount '-6.000000000000000000' breaks the rule: cjewel_amount is 0 or more",
            "tx_hash '0x12' breaks the rule: tx_hash is 0x and 64 lower-case hex digits",
        ]
        # A row that was moved is a line of NDJSON, which loads when it is mended.
        mended = found[2][2].replace("0x12", "0x" + "12" * 32)
        assert json.loads(mended)["jewel_amount"] == 104
        (tmp_path / "mended.ndjson").write_text(mended)
        summary = load(connection, "jeweler_events", str(tmp_path / "mended.ndjson"))
        assert (summary.inserted, summary.rejected) == (1, 0)


def test_a_database_without_faults_is_told_nothing(
    new_database: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", new_database("exact_facts_of_none", "template1"))
    told: list[str] = []
    assert MIGRATION in database.migrate(told.append)
    assert told == []
