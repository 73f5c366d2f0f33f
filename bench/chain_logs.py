"""python -m bench.chain_logs [NUMBER]: how many generated logs are loaded in a second, by format,
and the processor time of each.

It loads into an embedded server of its own. Logs are like those of patrols: two topics, two words
of data, three in a block, each in a transaction of its own.
"""

import csv
import itertools
import json
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from bench.figures import cpu_seconds
from bench.own_server import own_server
from cli.output import print_table, say
from hedge import database
from hedge.chain import loading

_BATCH = 100_000


def main(number: int = 1_000_000) -> None:
    """Generate files of so many logs, and load each into an empty table and once again."""
    rows = []
    with own_server() as home:
        database.migrate()
        for name, write in [("ndjson", _ndjson), ("csv", _csv), ("parquet", _parquet)]:
            file = home / f"logs.{name}"
            write(file, number)
            with database.connect() as connection:
                connection.execute("truncate raw.chain_logs; truncate app.undecoded_spans")
                server = psutil.Process(connection.info.backend_pid)
                row: list[object] = [name, file.stat().st_size >> 20]
                for _ in ("new", "stored"):
                    began, here, there = (
                        time.perf_counter(),
                        time.process_time(),
                        cpu_seconds(server),
                    )
                    done = loading.load(connection, "chain_logs", str(file), chain=53935)
                    row.append(f"{number / (time.perf_counter() - began):,.0f}")
                    row.append(f"{(time.process_time() - here) / number * 1e6:.1f}")
                    row.append(f"{(cpu_seconds(server) - there) / number * 1e6:.1f}")
                    assert done.read == number == done.inserted + done.unchanged
            rows.append(row)
            file.unlink()
        of_each = ["logs/s", "\N{MICRO SIGN}s of Python", "\N{MICRO SIGN}s of the server"]
        heads = [f"{what}: {head}" for what in ("new", "stored") for head in of_each]
        print_table(["format", "MiB", *heads], rows, right=range(1, 8))
        say(f"memory of its Python, at most: {resource.getrusage(0).ru_maxrss >> 10} MiB")
        say(f"load of the machine: {os.getloadavg()}")


def _logs(number: int) -> Iterator[tuple[int, bytes, bytes, int, list[bytes], bytes]]:
    """Block, its hash, transaction, place, topics and data of so many logs."""
    chance = random.Random(1)
    for log in range(number):
        block = 1_000_000 + log // 3
        topics = [b"\x9e" * 32, (log // 10).to_bytes(32, "big")]
        data = (log % 500).to_bytes(32, "big") + (log % 3).to_bytes(32, "big")
        yield block, block.to_bytes(32, "little"), chance.randbytes(32), log % 3, topics, data


def as_json(
    block: int,
    block_hash: str,
    transaction: str,
    place: int,
    address: str,
    topics: list[str],
    data: str,
) -> dict[str, object]:
    """A log as eth_getLogs gives it; the hashes are hexadecimal digits."""
    return {
        "address": address,
        "blockHash": f"0x{block_hash}",
        "blockNumber": hex(block),
        "data": data,
        "logIndex": hex(place),
        "removed": False,
        "topics": topics,
        "transactionHash": f"0x{transaction}",
        "transactionIndex": "0x0",
    }


def _ndjson(file: Path, number: int) -> None:
    with file.open("w") as lines:
        for block, block_hash, transaction, place, topics, data in _logs(number):
            log = as_json(
                block,
                block_hash=block_hash.hex(),
                transaction=transaction.hex(),
                place=place,
                address="0x" + "ab" * 20,
                topics=[f"0x{topic.hex()}" for topic in topics],
                data=f"0x{data.hex()}",
            )
            lines.write(json.dumps(log) + "\n")


def _csv(file: Path, number: int) -> None:
    with file.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(
            [
                "log_index",
                "transaction_hash",
                "transaction_index",
                "block_hash",
                "block_number",
                "address",
                "data",
                "topics",
            ]
        )
        for block, block_hash, transaction, place, topics, data in _logs(number):
            words = ",".join(f"0x{topic.hex()}" for topic in topics)
            of_block = [f"0x{block_hash.hex()}", block, "0x" + "ab" * 20]
            values = [place, f"0x{transaction.hex()}", 0, *of_block, f"0x{data.hex()}", words]
            writer.writerow(values)


def _parquet(file: Path, number: int) -> None:
    import pyarrow.parquet

    schema = pyarrow.schema(
        [("block_number", pyarrow.uint32()), ("transaction_index", pyarrow.uint32())]
        + [("log_index", pyarrow.uint32()), ("transaction_hash", pyarrow.binary())]
        + [("address", pyarrow.binary())]
        + [(f"topic{place}", pyarrow.binary()) for place in range(4)]
        + [("data", pyarrow.binary()), ("chain_id", pyarrow.uint64())]
    )
    with pyarrow.parquet.ParquetWriter(file, schema, compression="lz4") as writer:
        logs = _logs(number)
        while batch := list(itertools.islice(logs, _BATCH)):
            blocks, _, transactions, places, topics, data = zip(*batch, strict=True)
            size = len(batch)
            columns = [blocks, [0] * size, places, transactions, [b"\xab" * 20] * size]
            columns += [[words[0] for words in topics], [words[1] for words in topics]]
            columns += [[None] * size, [None] * size, data, [53935] * size]
            writer.write_table(
                pyarrow.table([*map(pyarrow.array, columns)], names=schema.names).cast(schema)
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
