"""python -m bench.chain_decoding [NUMBER] [OTHERS]: how many generated logs of patrols and matches
are loaded and decoded into facts in a second, and what a step of new logs takes beside others.

It works in an embedded server of its own. Half of the logs are beginnings and ends of patrols, half
are matches of tournaments; ten stand in a block, each in a transaction of its own. One session
decodes them, and then two do. OTHERS logs of the same contract that are decoded already stand in
the table for the second figure.
"""

import contextlib
import json
import os
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import psycopg

from bench.chain_logs import as_json
from bench.figures import cpu_seconds
from bench.own_server import own_server
from cli.output import print_table, say
from hedge import database
from hedge.chain import decoding, loading
from hedge.chain.several import Sessions
from hedge.deploying.steps import deploy

CHAIN = 1088
LOGS_OF_A_BLOCK = 10
#: Logs of a step, and how many steps are measured.
STEP, STEPS = 100, 25
_TABLES = ("metis_patrol_events", "tournament_matches")


def main(number: int = 1_000_000, others: int = 10_000_000) -> None:
    """Load and decode so many logs, one after the other and side by side, and then steps."""
    with own_server() as home:
        database.migrate()
        deploy(compute=False)
        files = home / "logs.ndjson", home / "blocks.ndjson"
        with database.connect() as connection:
            contract, topics = _events(connection)
            _write(files, contract, topics, number)
            say(f"load of the machine: {os.getloadavg()}")
            _measure_rates(connection, files, number)
            _measure_steps(connection, contract, topics, others)
        say(f"memory of its Python, at most: {resource.getrusage(0).ru_maxrss >> 10} MiB")
        say(f"load of the machine: {os.getloadavg()}")


def _events(connection: psycopg.Connection) -> tuple[str, dict[str, str]]:
    """The address of the contract, and topic0 of its events by name."""
    contract = database.value(
        connection,
        "select address from analytics.chain_contracts"
        " where contract = 'pvp_diamond' and chain_id = %s",
        [CHAIN],
    )
    events = connection.execute(
        "select event, topic0 from analytics.chain_events where contract = 'pvp_diamond'"
    ).fetchall()
    return contract, dict(events)


def _word(number: int) -> str:
    return f"{number:064x}"


def _logs(topics: dict[str, str], first: int, number: int) -> Iterator[tuple[int, list[str], str]]:
    """Block, topics and data of so many logs. Of four, two are matches, and two one patrol."""
    for log in range(first, first + number):
        player = f"0x{_word(log % 5000 + 1)}"
        if log % 2:
            words = [log % 16, log % 5000 + 1, 6, 0, 0]
            match = [f"0x{_word(log // 30)}", player, f"0x{_word(log % 4999 + 7000)}"]
            yield log, [topics["TournamentMatch"], *match], "".join(map(_word, words))
        elif log % 4:
            patrol = f"0x{_word(log // 4)}"
            data = _word(3) + _word(log // 4 % 2)
            yield log, [topics["PatrolCompleted"], patrol, player], data
        else:
            yield log, [topics["PatrolStarted"], f"0x{_word(log // 4)}", player], _word(4)


def _write(files: tuple[Path, Path], contract: str, topics: dict[str, str], number: int) -> None:
    """Write the answers of a node: logs and the blocks that contain them."""
    logs, blocks = files
    with logs.open("w") as lines:
        for log, words, data in _logs(topics, 0, number):
            block, transaction = log // LOGS_OF_A_BLOCK, (log + 1) * 2654435761 % 2**64
            value = as_json(
                block,
                block_hash=_word(block + 1),
                transaction=_word(transaction),
                place=log % LOGS_OF_A_BLOCK,
                address=contract,
                topics=words,
                data=f"0x{data}",
            )
            lines.write(json.dumps(value) + "\n")
    with blocks.open("w") as lines:
        for block in range(number // LOGS_OF_A_BLOCK + 1):
            value = {
                "number": hex(block),
                "hash": f"0x{_word(block + 1)}",
                "parentHash": f"0x{_word(block)}",
                "timestamp": hex(1_700_000_000 + 5 * block),
            }
            lines.write(json.dumps(value) + "\n")


def _measure_rates(connection: psycopg.Connection, files: tuple[Path, Path], number: int) -> None:
    """Load and decode, one after the other and side by side."""
    logs, blocks = map(str, files)
    server = psutil.Process(connection.info.backend_pid).parent()
    rows: list[list[object]] = []

    def timed(name: str, action: Callable[[], object]) -> None:
        began, here, there = time.perf_counter(), time.process_time(), _of_server(server)
        action()
        rate = number / (time.perf_counter() - began)
        used = [time.process_time() - here, _of_server(server) - there]
        rows.append([name, f"{rate:,.0f}", *(f"{each / number * 1e6:.1f}" for each in used)])

    def load() -> None:
        loading.load(connection, "chain_logs", logs, chain=CHAIN)

    def load_and_decode(jobs: int) -> None:
        _empty(connection, "raw.chain_logs")
        done = threading.Event()
        decoder = threading.Thread(target=_decode_until, args=[done, jobs])
        decoder.start()
        load()
        done.set()
        decoder.join()

    _empty(connection)
    loading.load(connection, "chain_blocks", blocks, chain=CHAIN)
    connection.execute("delete from app.undecoded_spans")
    timed("loaded", load)
    spans = "insert into app.undecoded_spans (chain_id, from_block, to_block) values (%s, 0, %s)"
    for jobs in (1, 2):
        _empty(connection, "app.undecoded_spans")
        connection.execute(spans, [CHAIN, number])
        timed(f"decoded, once loaded, {jobs}", partial(_decode, connection, jobs))
        assert _count(connection) == number * 3 // 4
    for jobs in (1, 2):
        timed(f"loaded and decoded, side by side, {jobs}", partial(load_and_decode, jobs))
        assert _count(connection) == number * 3 // 4
    heads = ["what, and sessions that decode", "logs/s"]
    heads += ["\N{MICRO SIGN}s of Python", "\N{MICRO SIGN}s of the server"]
    print_table(heads, rows, right=range(1, 4))


def _of_server(server: psutil.Process) -> float:
    """The seconds of processor time of a server and its sessions, also of those that ended."""
    ended = server.cpu_times()
    seconds = float(ended.children_user + ended.children_system) + cpu_seconds(server)
    for session in server.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            seconds += cpu_seconds(session)
    return seconds


def _decode_until(done: threading.Event, jobs: int) -> None:
    """Decode what waits again and again, and once more after everything is loaded."""
    with database.connect() as connection, Sessions(jobs) as sessions:
        while not done.wait(0.05):
            decoding.decode(connection, sessions=sessions)
        decoding.decode(connection, sessions=sessions)


def _decode(connection: psycopg.Connection, jobs: int) -> None:
    with Sessions(jobs) as sessions:
        decoding.decode(connection, sessions=sessions)


def _empty(connection: psycopg.Connection, *tables: str) -> None:
    """Delete all logs, blocks and facts, or those of tables and the facts."""
    names = tables or ("raw.chain_logs", "raw.chain_blocks")
    facts = [f"raw.{table}" for table in _TABLES]
    connection.execute(
        f"truncate {', '.join([*names, *facts])};"
        " truncate app.undecoded_spans, raw.pending_facts, app.change_notes"
    )


def _count(connection: psycopg.Connection) -> int:
    """How many facts there are."""
    counts = " + ".join(f"(select count(*) from raw.{table})" for table in _TABLES)
    return int(database.value(connection, f"select {counts}"))


def _measure_steps(
    connection: psycopg.Connection, contract: str, topics: dict[str, str], others: int
) -> None:
    """The medians of a step of new logs, alone in the table and beside others, and the means of
    the processor time that the server takes, which is the same on a busy machine."""
    server = psutil.Process(connection.info.backend_pid)
    medians, processor = [], []
    for number in (0, others):
        _empty(connection)
        if number:
            _insert(connection, contract, topics, 0, number)
            connection.execute("delete from app.undecoded_spans")
            connection.execute("vacuum analyze raw.chain_logs")
        else:
            connection.execute("analyze raw.chain_logs")
        seconds, used = [], []
        for step in range(STEPS):
            _insert(connection, contract, topics, others + step * STEP, STEP)
            began, before = time.perf_counter(), cpu_seconds(server)
            decoding.decode(connection)
            seconds.append(time.perf_counter() - began)
            used.append(cpu_seconds(server) - before)
        medians.append(statistics.median(seconds))
        # the clock of processes ticks a hundred times a second
        processor.append(statistics.mean(used))
        say(
            f"a step of {STEP} logs beside {number:,} others: {medians[-1] * 1000:.1f} ms,"
            f" {processor[-1] * 1000:.0f} ms of the server's processor"
        )
    say(f"ratio: {medians[1] / medians[0]:.2f}, of the processor {processor[1] / processor[0]:.2f}")


def _insert(
    connection: psycopg.Connection, contract: str, topics: dict[str, str], first: int, number: int
) -> None:
    """Insert logs with numbers from first on by copy, with the blocks that contain them."""
    last_block = (first + number) // LOGS_OF_A_BLOCK
    connection.execute(
        "select app.create_log_partitions(%s, %s, %s)",
        [CHAIN, first // LOGS_OF_A_BLOCK, last_block],
    )
    connection.execute(
        "insert into raw.chain_blocks (chain_id, block_number, block_hash, block_time)"
        " select %s, block, decode(lpad(to_hex(block + 1), 64, '0'), 'hex'),"
        "     to_timestamp(1700000000 + 5 * block)"
        " from generate_series(%s::bigint, %s::bigint) as block on conflict do nothing",
        [CHAIN, first // LOGS_OF_A_BLOCK, last_block],
    )
    with connection.cursor().copy(
        "copy raw.chain_logs (chain_id, block_number, block_hash, tx_hash, log_index, address,"
        " topic0, topic1, topic2, topic3, data) from stdin"
    ) as copy:
        for log, words, data in _logs(topics, first, number):
            block = log // LOGS_OF_A_BLOCK
            parts = [word[2:] for word in words]
            hashes = [_word(block + 1), _word(log + 1)]
            copy.write_row(
                [
                    *(CHAIN, block, *(f"\\x{one}" for one in hashes), log % LOGS_OF_A_BLOCK),
                    *(f"\\x{contract[2:]}", *(f"\\x{part}" for part in parts)),
                    *(*[None] * (4 - len(parts)), f"\\x{data}"),
                ]
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
