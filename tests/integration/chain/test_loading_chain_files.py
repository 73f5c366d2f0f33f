"""hedge load chain_logs and chain_blocks: files of nodes and exporters."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet
import pytest

from hedge.chain import loading
from hedge.errors import HedgeError, UsageError
from hedge.loading import RejectedRow
from tests import Hedge
from tests.integration.chain.logs import DFK, block, log, spans, stored_logs, word
from tests.integration.loading import Write
from tests.unit.test_chain_files import of_cryo, of_etl, of_node


def ndjson(*logs: Any) -> str:
    """Logs as lines of JSON; text is a line as it is."""
    return "".join(
        (each if type(each) is str else json.dumps(of_node(each))) + "\n" for each in logs
    )


def rejected(connection: psycopg.Connection) -> list[tuple[str, int, str]]:
    """The rejected rows that are recorded."""
    return connection.execute(
        "select table_name, line, reason from raw.rejected_rows order by line"
    ).fetchall()


def test_each_format_loads_the_same_logs(
    transaction: psycopg.Connection, write: Write, tmp_path: Path
) -> None:
    """Loaded one after the other, only the first changes something, and the first with hashes."""
    logs = [log(number, data=b"x" * number) for number in range(5)]
    pyarrow.parquet.write_table(of_cryo(*logs), tmp_path / "a.parquet")
    counts = []
    for file, chain in [
        (str(tmp_path / "a.parquet"), None),
        (write("a.csv", of_etl(*logs)), DFK),
        (write("a.ndjson.gz", gzip.compress(ndjson(*logs).encode())), DFK),
        (str(tmp_path / "a.parquet"), DFK),
        (write("a.json", json.dumps({"result": [of_node(each) for each in logs]})), DFK),
    ]:
        found = loading.load(transaction, "chain_logs", file, chain=chain)
        counts.append((found.read, found.inserted, found.updated, found.unchanged, found.rejected))
        counts.append(len(spans(transaction)))
    unchanged = [(5, 0, 0, 5, 0), 0]
    assert counts == [(5, 5, 0, 0, 0), 1, (5, 0, 5, 0, 0), 1, *unchanged, *unchanged, *unchanged]
    assert stored_logs(transaction) == logs


def test_chunks_end_anywhere(
    transaction: psycopg.Connection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_CHUNK_ROWS", 3)
    logs = [log(number // 2, log_index=number, data=b"x" * 40_000) for number in range(100)]
    found = loading.load(transaction, "chain_logs", write("a.ndjson", ndjson(*logs)), chain=DFK)
    assert (found.read, found.inserted) == (100, 100)
    assert stored_logs(transaction) == logs


@pytest.mark.parametrize(
    ("limit", "most", "chunks"),
    [("_CHUNK_ROWS", 4, [4, 8, 10]), ("_CHUNK_BYTES", 4_001, [5, 10, 10]), (None, 0, [10])],
)
def test_a_chunk_ends_with_its_rows_or_their_size(
    transaction: psycopg.Connection,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    limit: str | None,
    most: int,
    chunks: list[int],
) -> None:
    monkeypatch.setattr("hedge.chain.files.json._PIECE_ROWS", 1)
    if limit:
        monkeypatch.setattr(loading, limit, most)
    file = write("a.ndjson", ndjson(*(log(number, data=b"x" * 1_000) for number in range(10))))
    stored: list[int] = []

    def count(*_: object) -> None:
        found = transaction.execute("select count(*) from raw.chain_logs").fetchone()
        stored.append(found[0])

    loading.load(transaction, "chain_logs", file, chain=DFK, report=count)
    assert stored == chunks


def test_rejected_rows_are_recorded_and_others_load(
    transaction: psycopg.Connection, write: Write
) -> None:
    loading.load(
        transaction,
        "chain_blocks",
        write("b.csv", f"number,hash,timestamp\n1,{word(1).hex()},7\n"),
        chain=DFK,
    )
    bad = ndjson(log(3)).replace(word(1003).hex(), word(1003).hex()[1:])
    text = ndjson(log(2), bad.strip(), log(1, block_hash=word(9)), "null")
    file = write("a.ndjson", text)
    for loaded in (1, 0):
        found = loading.load(transaction, "chain_logs", file, chain=DFK)
        assert (found.read, found.inserted, found.rejected) == (4, loaded, 3)
        reasons = [
            (2, f"transactionHash '0x{word(1003).hex()[1:]}' has 63 hexadecimal digits, not 64"),
            (3, f"the block 1 of chain 53935 is 0x{1:064x}, not 0x{9:064x}"),
            (4, "the value is not a JSON object"),
        ]
        assert found.rejects == [RejectedRow(*each) for each in reasons]
        assert rejected(transaction) == [("chain_logs", *each) for each in reasons]
    assert stored_logs(transaction) == [log(2)]
    text_of_row = "select row_text from raw.rejected_rows where line = 3"
    assert (
        transaction.execute(text_of_row).fetchall()[0][0].startswith("block_number 1, block_hash")
    )


def test_strict_loads_nothing_of_a_file_with_a_rejected_row(
    transaction: psycopg.Connection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_CHUNK_ROWS", 1)
    monkeypatch.setattr("hedge.chain.files.json._PIECE_ROWS", 1)
    good = write("good.ndjson", ndjson(log(1), log(2)))
    bad = write("bad.ndjson", ndjson(log(3), "[1]", log(4), "{}"))
    assert loading.load(transaction, "chain_logs", good, chain=DFK, strict=True).inserted == 2
    found = loading.load(transaction, "chain_logs", bad, chain=DFK, strict=True)
    assert (found.read, found.inserted, found.rejected) == (4, 0, 2)
    assert [line for _, line, _ in rejected(transaction)] == [2, 4]
    assert stored_logs(transaction) == [log(1), log(2)]


def test_a_file_that_breaks_off_keeps_what_was_stored(
    transaction: psycopg.Connection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_CHUNK_ROWS", 1)
    monkeypatch.setattr("hedge.chain.files.json._PIECE_ROWS", 10)
    logs = [log(number, data=random.randbytes(9_000)) for number in range(200)]
    whole = gzip.compress(ndjson(*logs).encode())
    file = write("a.ndjson.gz", whole[: len(whole) // 2])
    with pytest.raises(HedgeError, match="cannot be read: Compressed file ended"):
        loading.load(transaction, "chain_logs", file, chain=DFK)
    stored = stored_logs(transaction)
    assert 0 < len(stored) < 200
    found = loading.load(transaction, "chain_logs", write("b.ndjson.gz", whole), chain=DFK)
    assert (found.unchanged, found.inserted) == (len(stored), 200 - len(stored))


def test_the_command_tells_what_became_of_each_file(
    deployed: psycopg.Connection, write: Write, hedge: Hedge
) -> None:
    file = write("a.ndjson", ndjson(log(1), "{}"))
    status, out, err = hedge("load", "chain_logs", file, "--chain", str(DFK))
    counts = "2 read, 1 inserted, 0 updated, 0 unchanged, 0 repeated, 1 rejected"
    waits = "to be decoded: hedge chain decode, or the next full or incremental run\n"
    assert (status, out) == (0, f"{file}: {counts}\n1 log waits {waits}")
    assert err == f"{file}:2: blockNumber is missing\n"
    # nobody follows the chain, and its logs wait all the same
    told = hedge("chain", "status")[1]
    assert f"chain {DFK}: the logs of 1 block wait since " in told
    assert ": hedge chain decode, or the next full or incremental run, decodes them" in told
    blocks = write("b.csv", f"number,hash,timestamp\n1,{block(1).block_hash.hex()},7\n")
    status, out, _ = hedge("load", "raw.chain_blocks", blocks, "--chain", str(DFK), "--json")
    assert (status, json.loads(out)[0]["inserted"], json.loads(out)[0]["file"]) == (0, 1, blocks)
    blocks = write("b.csv", f"number,hash,timestamp\n2,{block(2).block_hash.hex()},7\n")
    out = hedge("load", "chain_blocks", blocks, "--chain", str(DFK))[1]
    assert out.splitlines(keepends=True)[1:] == [f"the logs of these blocks wait {waits}"]
    # what is stored already waits for nothing
    out = hedge("load", "chain_blocks", blocks, "--chain", str(DFK))[1]
    assert out.splitlines()[1:] == []
    assert hedge("load", "chain_logs", file, "--chain", str(DFK), "--strict")[0] == 1
    assert hedge("load", "chain_logs", file, "--chain", str(DFK), "--max-rejected", "49")[0] == 1
    status, _, err = hedge("load", "chain_logs", file)
    assert (status, err) == (
        2,
        f"hedge: {file}: it names no chain: say by --chain of which chain it is, for example"
        " 53935\n",
    )
    status, _, err = hedge("load", "chain_logs", file, "--chain", str(DFK), "--remove")
    assert status == 2
    assert "chain_logs takes only --chain, --strict, --max-rejected and --json" in err
    assert hedge("load", "chain_logs", file, "--chain", "0")[0] == 2


def test_a_file_that_does_not_exist_is_refused(transaction: psycopg.Connection) -> None:
    with pytest.raises(UsageError, match=r"there is no file nowhere\.ndjson"):
        loading.load(transaction, "chain_logs", "nowhere.ndjson", chain=DFK)


def test_real_logs_load_as_they_are(transaction: psycopg.Connection, shared: Path) -> None:
    for name, chain, number in [("dfk_hero_auctions", DFK, 40), ("metis_pvp_diamond", 1088, 35)]:
        file = str(shared / "data" / "logs" / f"{name}.ndjson")
        found = loading.load(transaction, "chain_logs", file, chain=chain)
        assert (found.inserted, found.rejected) == (number, 0)
        assert loading.load(transaction, "chain_logs", file, chain=chain).unchanged == number
        first = json.loads(Path(file).read_text().splitlines()[0])
        row = transaction.execute(
            "select '0x' || encode(address, 'hex'), '0x' || encode(topic1, 'hex'),"
            " '0x' || encode(data, 'hex'), '0x' || encode(block_hash, 'hex') from raw.chain_logs"
            " where chain_id = %s and block_number = %s and log_index = %s",
            [chain, int(first["blockNumber"], 16), int(first["logIndex"], 16)],
        ).fetchone()
        block_hash = first.get("blockHash")
        assert row == (first["address"], first["topics"][1], first["data"], block_hash)
