"""A file that replaces a span lacks facts: those of files alone go, and of facts of logs what files
have said of them."""

from datetime import timedelta
from pathlib import Path

import psycopg

from hedge.chain.decoding import decode
from hedge.loading import load
from hedge.loading.removing import Span
from tests.integration.chain.facts import ALICE, BOB, METIS, put_block, put_log, stored, time_of

HEADER = "chain_id,patrol_id,wallet_address,result,completed_at\n"


def rows(*patrols: int) -> str:
    """A file with patrols that were won at the time of block 1."""
    return HEADER + "".join(
        f"{METIS},{number},{BOB},WIN,{time_of(1).isoformat()}\n" for number in patrols
    )


def test_both_kinds_are_counted_as_removed(transaction: psycopg.Connection, tmp_path: Path) -> None:
    put_block(transaction, METIS, 1)
    put_log(transaction, "pvp_diamond", "PatrolCompleted", [1, ALICE], [2, True], block=1)
    decode(transaction)
    file = tmp_path / "patrols.csv"
    file.write_text(rows(1, 2))
    loaded = load(transaction, "metis_patrol_events", str(file))
    assert (loaded.kept_for_log, loaded.inserted) == (1, 1)
    file.write_text(rows(3))
    span = Span(time_of(1), time_of(1) + timedelta(days=1))
    replaced = load(transaction, "metis_patrol_events", str(file), replaces=span)
    assert (replaced.inserted, replaced.removed) == (1, 2)
    # the fact of the log is there as before
    assert stored(transaction, "metis_patrol_events", "patrol_id") == [(1,), (3,)]
    assert stored(transaction, "facts_of_files", "file") == []
