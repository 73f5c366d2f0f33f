"""Files of logs and blocks: which formats are recognized, and what is refused."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from hedge.chain.files import BLOCKS, LOGS, Kind, open_chain_file
from hedge.chain.files import json as json_files
from hedge.chain.rows import Block, Log
from hedge.errors import HedgeError, UsageError
from tests.unit.test_chain_rows import a_block, a_log

#: The columns of ethereum-etl.
ETL_LOGS = (
    "log_index,transaction_hash,transaction_index,block_hash,block_number,address,data,topics"
)
ETL_BLOCKS = "number,hash,parent_hash,nonce,miner,size,gas_used,timestamp,transaction_count"


def log(number: int, **changes: Any) -> Log:
    """A log, whose words depend on a number."""
    word = number.to_bytes(32, "big")
    values = {
        "block_number": 100 + number,
        "block_hash": b"\xbb" * 32,
        "tx_hash": word,
        "log_index": number,
        "address": b"\xad" * 20,
        "topic0": b"\x07" * 32,
        "topic1": word,
        "topic2": None,
        "topic3": None,
        "data": word * number,
    }
    return Log(**values | changes)


def of_node(row: Log) -> dict[str, Any]:
    """A log as a node gives it."""
    topics = [topic for topic in row[5:9] if topic is not None]
    return a_log(
        address="0x" + row.address.hex(),
        blockHash=row.block_hash and "0x" + row.block_hash.hex(),
        blockNumber=hex(row.block_number),
        data="0x" + row.data.hex(),
        logIndex=hex(row.log_index),
        topics=["0x" + topic.hex() for topic in topics],
        transactionHash="0x" + row.tx_hash.hex(),
    )


def of_etl(*logs: Log, separator: str = ",") -> str:
    """Logs as ethereum-etl writes them."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(ETL_LOGS.split(","))
    for row in logs:
        node = of_node(row)
        words = [node["transactionHash"], 0, node["blockHash"], row.block_number]
        topics = ",".join(node["topics"])
        writer.writerow([row.log_index, *words, node["address"], node["data"], topics])
    return text.getvalue()


def of_cryo(*logs: Log, chain: int | None = 53935, **columns: Any) -> pyarrow.Table:
    """Logs as cryo writes them."""
    values: dict[str, Any] = {
        "block_number": pyarrow.array([row.block_number for row in logs], pyarrow.uint32()),
        "transaction_index": pyarrow.array([0] * len(logs), pyarrow.uint32()),
        "log_index": pyarrow.array([row.log_index for row in logs], pyarrow.uint32()),
        "transaction_hash": pyarrow.array([row.tx_hash for row in logs], pyarrow.binary()),
        "address": pyarrow.array([row.address for row in logs], pyarrow.binary()),
        **{
            f"topic{place}": pyarrow.array([row[5 + place] for row in logs], pyarrow.binary())
            for place in range(4)
        },
        "data": pyarrow.array([row.data for row in logs], pyarrow.binary()),
        "n_data_bytes": pyarrow.array([len(row.data) for row in logs], pyarrow.uint32()),
        "chain_id": chain and pyarrow.array([chain] * len(logs), pyarrow.uint64()),
    }
    return pyarrow.table({k: v for k, v in (values | columns).items() if v is not None})


def read(
    file: Path, kind: Kind[Any] = LOGS, chain: int | None = 53935
) -> tuple[list[Any], list[tuple[int, str]]]:
    """The rows of a file with the lines that cannot be read."""
    found, refused = [], []
    with open_chain_file(str(file), kind, chain) as (source, _):
        for chunk in source.read():
            found += chunk.rows
            refused += [(each.line, each.reason) for each in chunk.unreadable]
        assert source.chain in (chain, 53935)
    return found, refused


def write(folder: Path, name: str, content: Any) -> Path:
    """A file of a text, of bytes or of a table."""
    path = folder / name
    if isinstance(content, pyarrow.Table):
        pyarrow.parquet.write_table(content, path, compression="zstd")
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content)
    return path


LINES = [(number, log(number)) for number in (1, 2, 3)]
ROWS = [row for _, row in LINES]
NODES = [of_node(row) for row in ROWS]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.ndjson", "".join(json.dumps(node) + "\n" for node in NODES)),
        ("a.jsonl", "\r\n".join(json.dumps(node) for node in NODES)),
        ("a.json", json.dumps({"jsonrpc": "2.0", "id": 1, "result": NODES})),
        ("a.json", json.dumps({"jsonrpc": "2.0", "id": 1, "result": NODES}, indent=2) + "\n"),
        ("a.json", json.dumps(NODES)),
        ("a.json", "\n " + json.dumps(NODES, indent=1)),
        (
            "a.json",
            json.dumps([{"id": 1, "result": NODES[:2]}, {"id": 2, "result": NODES[2:]}]),
        ),
        (
            "a.ndjson",
            "".join(
                json.dumps({"id": 1, "result": part}) + "\n" for part in (NODES[:1], NODES[1:])
            ),
        ),
        ("a.csv", of_etl(*ROWS)),
        ("a.csv", of_etl(*ROWS, separator=";")),
        ("a.csv", "\ufeff" + of_etl(*ROWS).replace("0xbb", " 0xbb").replace("\n", "\r\n")),
    ],
    ids=[
        "lines",
        "crlf",
        "answer",
        "indented",
        "array",
        "open",
        "batch",
        "answers",
        "etl",
        "semicolons",
        "blanks",
    ],
)
def test_logs_are_read_from_each_format(tmp_path: Path, name: str, content: str) -> None:
    file = write(tmp_path, name, content)
    found, refused = read(file)
    assert refused == []
    assert [row for _, row in found] == ROWS
    if not name.endswith(".csv"):
        assert [line for line, _ in found] in ([1, 2, 3], [2, 3, 4])
    else:
        assert [line for line, _ in found] == [2, 3, 4]


def test_a_log_of_cryo(tmp_path: Path) -> None:
    rows = [row._replace(block_hash=None) for row in ROWS]
    expected = [(number, row) for number, row in enumerate(rows, 1)]
    assert read(write(tmp_path, "a.parquet", of_cryo(*ROWS)), chain=None) == (expected, [])
    older = of_cryo(*ROWS, chain=None).rename_columns({"address": "contract_address"})
    assert read(write(tmp_path, "b.parquet", older)) == (expected, [])
    hashes = pyarrow.array([row.block_hash for row in ROWS], pyarrow.binary())
    with_hash = write(tmp_path, "c.parquet", of_cryo(*ROWS, block_hash=hashes))
    assert read(with_hash)[0] == LINES
    texts = {
        name: pyarrow.array(["0x" + getattr(row, field).hex() for row in ROWS])
        for name, field in [
            ("transaction_hash", "tx_hash"),
            ("address", "address"),
            ("data", "data"),
        ]
    }
    assert read(write(tmp_path, "d.parquet", of_cryo(*ROWS, **texts))) == (expected, [])


def test_blocks_are_read_from_each_format(tmp_path: Path) -> None:
    lines = [a_block(), a_block(number="0x11", hash=a_block()["parentHash"])]
    blocks = [
        Block(16 + place, bytes.fromhex(line["hash"][2:]), bytes.fromhex("fb" * 32), at)
        for place, (line, at) in enumerate(
            (line, BLOCKS.of_node(line).block_time) for line in lines
        )
    ]
    answers = "".join(json.dumps({"id": 1, "result": line}) + "\n" for line in lines)
    assert read(write(tmp_path, "a.ndjson", answers), BLOCKS)[0] == list(enumerate(blocks, 1))
    seconds = int(blocks[0].block_time.timestamp())
    etl = [
        f"{row.block_number},0x{row.block_hash.hex()},0x{row.parent_hash.hex()},0x0,0x0,1,2,{seconds},3"
        for row in blocks
    ]
    text = "\n".join([ETL_BLOCKS, *etl])
    assert read(write(tmp_path, "a.csv", text), BLOCKS)[0] == list(enumerate(blocks, 2))
    cryo = pyarrow.table(
        {
            "block_hash": pyarrow.array([row.block_hash for row in blocks], pyarrow.binary()),
            "block_number": pyarrow.array([16, 17], pyarrow.uint32()),
            "timestamp": pyarrow.array([seconds] * 2, pyarrow.uint32()),
            "chain_id": pyarrow.array([53935] * 2, pyarrow.uint64()),
        }
    )
    expected = [(number, row._replace(parent_hash=None)) for number, row in enumerate(blocks, 1)]
    assert read(write(tmp_path, "a.parquet", cryo), BLOCKS, chain=None) == (expected, [])


@pytest.mark.parametrize(
    ("name", "content", "refused"),
    [
        (
            "a.ndjson",
            "\n".join(["{}", "7", "{", json.dumps(NODES[0]), "[[[[1]]]]"]),
            [
                (1, "blockNumber is missing"),
                (2, "the value is not a JSON object"),
                (3, "the value is not JSON: Input data was truncated"),
                (5, "the value is not a JSON object"),
            ],
        ),
        (
            "a.ndjson",
            '\n{"id": 1, "error": {"code": -32005, "message": "too many logs"}}\n'
            '{"id": 1, "result": null}\n' + json.dumps(NODES[0]),
            [
                (2, "the node answered with an error: too many logs"),
                (3, "the node answered null"),
            ],
        ),
        (
            "a.ndjson",
            json.dumps(NODES[0]).encode() + b'\n{"data": "\xff"}\n',
            [
                (
                    2,
                    "the value is not JSON: 'utf-8' codec can't decode byte 0xff in position 0:"
                    " invalid start byte",
                )
            ],
        ),
        (
            "a.csv",
            of_etl(*ROWS[:1]) + "1,2,3\n" + of_etl(ROWS[1]).splitlines()[1].replace("0xad", "0xa"),
            [
                (3, "the row has 3 values, the header 8"),
                (4, f"address '0xa{'ad' * 19}' has 39 hexadecimal digits, not 40"),
            ],
        ),
        (
            "a.csv",
            of_etl(*ROWS[:1]) + f"1,0x{'01' * 32},0,,5,0x{'ad' * 20},,\n"
            f'2,0x{"01" * 32},0,,5,0x{"ad" * 20},0x,"0x{"01" * 32},,0x{"02" * 32}"\n',
            [
                (3, "data is missing"),
                (4, "topics[1] '' has 0 hexadecimal digits, not 64"),
            ],
        ),
        (
            "a.parquet",
            of_cryo(*ROWS, topic0=pyarrow.array([b"\x07" * 32, None, b"x"], pyarrow.binary())),
            [
                (2, f"topic1 '{'00' * 31}02' follows no topic0"),
                (3, "topic0 '78' has 1 bytes, not 32"),
            ],
        ),
        (
            "a.parquet",
            of_cryo(*ROWS, chain_id=pyarrow.array([53935, 8217, 53935], pyarrow.uint64())),
            [(2, "chain_id 8217 is not 53935, the chain of the file")],
        ),
        (
            "a.parquet",
            of_cryo(*ROWS, chain_id=pyarrow.array([0, 53935, 0], pyarrow.uint64())),
            [(1, "chain_id 0 is no chain"), (3, "chain_id 0 is no chain")],
        ),
    ],
    ids=["objects", "answers", "bytes", "rows", "values", "topics", "chains", "zero"],
)
def test_rows_that_cannot_be_read_are_refused_and_others_are_read(
    tmp_path: Path, name: str, content: Any, refused: list[tuple[int, str]]
) -> None:
    found, sentences = read(write(tmp_path, name, content))
    assert sentences == refused
    assert found


@pytest.mark.parametrize(
    ("name", "content", "chain", "sentence"),
    [
        ("a.ndjson", json.dumps(NODES[0]), None, "it names no chain: say by --chain of which"),
        ("a.csv", of_etl(*ROWS), None, "it names no chain: say by --chain of which chain"),
        ("a.parquet", of_cryo(*ROWS, chain=None), None, "it names no chain: say by --chain"),
        ("a.parquet", of_cryo(*ROWS), 8217, r"it is of the chain 53935, not 8217 \(--chain\)"),
        ("a.csv", "number,hash\n1,2\n", 1, "the file has no column block_number, which logs need"),
        (
            "a.csv",
            "block_number,transaction_hsh\n",
            1,
            "the file has no column transaction_hash.*; did you mean transaction_hsh",
        ),
        ("a.csv", ETL_LOGS + ",data\n", 1, "the column data stands twice in the file"),
        ("a.csv", ETL_LOGS.removesuffix(",topics"), 1, "neither a column topics nor topic0"),
        ("a.csv", "", 1, "the file is empty"),
        ("a.txt", "", 1, "the name must end in"),
        (
            "a.parquet",
            of_cryo(*ROWS, data=[1.5, 2.5, 3.5]),
            1,
            "the column data has the type double, which holds neither bytes nor text nor whole",
        ),
    ],
    ids=str,
)
def test_a_file_that_is_none_is_refused(
    tmp_path: Path, name: str, content: Any, chain: int | None, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        read(write(tmp_path, name, content), chain=chain)


def test_a_value_that_is_longer_than_any_answer_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_files, "LARGEST_VALUE", 2 << 20)
    for content in (json.dumps(NODES * 2000), json.dumps(NODES * 2000, indent=1)):
        with pytest.raises(UsageError, match="longer than"):
            read(write(tmp_path, "a.json", content))
    # many lines are no long value
    lines = "".join(json.dumps(node) + "\n" for node in NODES * 2000)
    assert len(read(write(tmp_path, "b.json", lines))[0]) == 6000


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    whole = write(tmp_path, "a.parquet", of_cryo(*ROWS)).read_bytes()
    with pytest.raises(HedgeError, match="cannot be read"):
        read(write(tmp_path, "b.parquet", whole[:-20]))


def test_a_file_whose_text_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    hashes = pyarrow.array([b"\xff" * 3] * 3, pyarrow.binary()).view("string")
    file = write(tmp_path, "a.parquet", of_cryo(*ROWS, transaction_hash=hashes))
    with pytest.raises(HedgeError, match="cannot be read: a text of it is not UTF-8"):
        read(file)
