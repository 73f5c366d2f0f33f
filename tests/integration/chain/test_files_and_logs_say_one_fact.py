"""Files and logs that say the same facts, in any order: what is stored is what a model in plain
Python says of what is known in the end."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hedge.chain.decoding import decode
from hedge.loading import load, remove
from tests.integration.chain.facts import (
    ALICE,
    BOB,
    METIS,
    put_block,
    put_log,
    time_of,
    tx,
)

#: The logs that a story may have, by number: event, topics, values, and where they are. Of patrol 1
#: there are two transactions that end it and one that is in another block of another fork, of match
#: 7 one log that was mined again.
LOGS = {
    1: ("PatrolStarted", [1, ALICE], [3], {"block": 4}),
    2: ("PatrolCompleted", [1, ALICE], [2, True], {"block": 5}),
    3: ("PatrolCompleted", [1, ALICE], [3, False], {"block": 6, "transaction": 66}),
    4: ("PatrolCompleted", [1, BOB], [2, True], {"block": 7, "fork": 1, "transaction": 5}),
    5: ("PatrolCompleted", [2, BOB], [1, True], {"block": 5, "index": 2}),
    6: ("TournamentMatch", [1, ALICE, BOB], [5, ALICE, 0, 0, 0], {"block": 8, "transaction": 9}),
    7: ("TournamentMatch", [1, ALICE, BOB], [5, ALICE, 0, 0, 0], {"block": 9, "transaction": 9}),
    8: ("TournamentMatch", [1, BOB, ALICE], [6, BOB, 0, 0, 0], {"block": 8, "transaction": 8}),
}
PATROLS = {
    "columns": "chain_id,patrol_id,wallet_address,difficulty,fights_completed,result,completed_at",
    1: [
        f"1088,1,{ALICE},ELITE,2,WIN,2026-05-01T00:00:05Z",
        f"1088,1,{BOB},,3,LOSS,2026-05-02T00:00:00Z",
    ],
    2: [
        f"1088,2,{BOB},,1,WIN,2026-05-01T00:00:05Z",
        f"1088,2,{BOB},HARD,9,LOSS,2026-05-02T00:00:00Z",
    ],
}
MATCHES = {
    "columns": "tx_hash,log_index,chain_id,tournament_id,player_a,player_b,completed_at",
    9: [
        f"{tx(9)},0,1088,1,{ALICE},{BOB},2026-05-01T00:00:09Z",
        f"{tx(9)},0,1,2,{BOB},,2026-05-02T00:00:00Z",
    ],
    8: [
        f"{tx(8)},0,1088,1,{BOB},{ALICE},2026-05-01T00:00:08Z",
        f"{tx(8)},0,1,2,{BOB},,2026-05-02T00:00:00Z",
    ],
}
FILES = {"metis_patrol_events": PATROLS, "tournament_matches": MATCHES}
TABLES = {
    "metis_patrol_events": (
        "patrol_id, wallet_address, difficulty, fights_completed, result, completed_at, tx_hash"
    ),
    "tournament_matches": (
        "tx_hash, chain_id, tournament_id, player_a, player_b, completed_at, winner_wallet,"
        " bracket_slot"
    ),
}

_steps = st.one_of(
    st.tuples(st.just("log"), st.sampled_from(sorted(LOGS))),
    st.tuples(st.just("removed"), st.sampled_from(sorted(LOGS))),
    st.tuples(st.just("block"), st.sampled_from([5, 6, 7, 8, 9])),
    st.tuples(st.just("patrol"), st.sampled_from([1, 2]), st.sampled_from([0, 1])),
    st.tuples(st.just("match"), st.sampled_from([8, 9]), st.sampled_from([0, 1])),
    st.tuples(st.just("no patrol"), st.sampled_from([1, 2])),
    st.tuples(st.just("no match"), st.sampled_from([8, 9])),
    st.just(("decode",)),
)


class Story:
    """What happens in the database, and what is known then."""

    def __init__(self, connection: psycopg.Connection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder
        self.logs: dict[int, bool] = {}
        self.blocks: set[int] = set()
        self.files: dict[tuple[str, int], dict[str, str | None]] = {}

    def tell(self, step: tuple) -> None:
        match step:
            case ("log" | "removed" as what, number):
                if what == "removed" and number not in self.logs:
                    return
                event, topics, values, place = LOGS[number]
                removed = what == "removed"
                put_log(
                    self.connection, "pvp_diamond", event, topics, values, removed=removed, **place
                )
                self.logs[number] = not removed
            case ("block", block):
                put_block(self.connection, METIS, block, fork=1 if block == 7 else 0)
                self.blocks.add(block)
            case ("patrol" | "match" as what, fact, version):
                table = "metis_patrol_events" if what == "patrol" else "tournament_matches"
                columns, row = FILES[table]["columns"], FILES[table][fact][version]
                load(self.connection, table, self.file(columns, row))
                given = {
                    name: text or None
                    for name, text in zip(columns.split(","), row.split(","), strict=False)
                }
                self.files[table, fact] = self.files.get((table, fact), {}) | given
            case ("no patrol" | "no match" as what, fact):
                table = "metis_patrol_events" if what == "no patrol" else "tournament_matches"
                remove(
                    self.connection,
                    table,
                    self.file(FILES[table]["columns"], FILES[table][fact][0]),
                )
                self.files.pop((table, fact), None)
            case ("decode",):
                decode(self.connection)

    def file(self, columns: str, row: str) -> str:
        path = self.folder / "facts.csv"
        path.write_text(f"{columns}\n{row}\n")
        return str(path)

    def said_by_logs(self, table: str, fact: int) -> dict[str, Any] | None:
        """What the logs say that are in a block: the last one of a fact counts."""
        event = "PatrolCompleted" if table == "metis_patrol_events" else "TournamentMatch"
        found = []
        for number, is_there in self.logs.items():
            name, topics, values, place = LOGS[number]
            transaction = place.get("transaction", place["block"])
            of_fact = topics[0] if event == "PatrolCompleted" else transaction
            if is_there and name == event and of_fact == fact:
                found.append((place["block"], transaction, topics, values))
        if not found:
            return None
        block, transaction, topics, values = max(found)
        time = time_of(block) if block in self.blocks else None
        if event == "PatrolCompleted":
            return {
                "patrol_id": fact,
                "wallet_address": topics[1],
                "fights_completed": values[0],
                "result": "WIN" if values[1] else "LOSS",
                "completed_at": time,
                "tx_hash": tx(transaction),
            }
        return {
            "tx_hash": tx(transaction),
            "chain_id": METIS,
            "tournament_id": topics[0],
            "player_a": topics[1],
            "player_b": topics[2],
            "winner_wallet": values[1],
            "bracket_slot": values[0],
            "completed_at": time,
        }

    def expected(self, table: str) -> tuple[list[dict], set[int], dict[int, bool]]:
        """The rows, the facts that wait, and those of which both are known, with whether they
        differ."""
        rows, pending, both = [], set(), {}
        for fact in (1, 2) if table == "metis_patrol_events" else (8, 9):
            of_logs = self.said_by_logs(table, fact)
            of_file = self.files.get((table, fact))
            if of_logs is None and of_file is None:
                continue
            row = dict.fromkeys(TABLES[table].split(", "))
            row |= {name: value for name, value in (of_file or {}).items() if name in row}
            row |= {name: value for name, value in (of_logs or {}).items() if value is not None}
            if row["completed_at"] is None:
                pending.add(fact)
                continue
            rows.append(row | {"is_decoded": of_logs is not None})
            if of_logs and of_file:
                both[fact] = any(
                    of_file.get(name) is not None
                    and value is not None
                    and normal(name, of_file[name]) != normal(name, value)
                    for name, value in of_logs.items()
                )
        return (
            [{name: normal(name, value) for name, value in row.items()} for row in rows],
            pending,
            both,
        )


def normal(name: str, value: Any) -> str | None:
    """A value of a file and of the database, in one spelling."""
    if name == "completed_at":
        return str(value)[:19].replace("T", " ").removesuffix(" 00:00:00")
    return None if value is None else str(value)


def check(story: Story) -> None:
    connection = story.connection
    for table, columns in TABLES.items():
        rows, pending, both = story.expected(table)
        names = [*columns.split(", "), "is_decoded"]
        found = connection.execute(
            f"select {columns}, decoded_at is not null from raw.{table}"
        ).fetchall()
        told = [
            {name: normal(name, value) for name, value in zip(names, row, strict=False)}
            for row in found
        ]
        assert sorted(map(str, told)) == sorted(map(str, rows))
        key = (
            "(key ->> 'patrol_id')::int"
            if table == "metis_patrol_events"
            else ("right(key ->> 'tx_hash', 1)::int")
        )
        of_table = f"from raw.{{}} where table_name = '{table}'"
        waiting = connection.execute(f"select {key} {of_table.format('pending_facts')}")
        assert {fact for (fact,) in waiting} == pending
        of_both = connection.execute(
            f"select {key}, differing <> '{{{{}}}}' {of_table}".format("facts_of_files")
        )
        assert dict(of_both.fetchall()) == both


def run(connection: psycopg.Connection, folder: Path, steps: list[tuple]) -> None:
    with connection.transaction(force_rollback=True):
        story = Story(connection, folder)
        for step in steps:
            story.tell(step)
        decode(connection)
        check(story)
        noted = connection.execute("select count(*) from app.change_notes").fetchone()
        for chain, block in {(METIS, LOGS[number][3]["block"]) for number in story.logs}:
            connection.execute(
                "insert into app.undecoded_spans values (%s, %s, %s)", [chain, block, block]
            )
        decode(connection)
        check(story)
        assert connection.execute("select count(*) from app.change_notes").fetchone() == noted
        for number in story.logs:
            story.tell(("removed", number))
        decode(connection)
        check(story)


def hypothesis_of(examples: int) -> Any:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.mark.parametrize(
    "steps",
    [
        [("log", 2), ("patrol", 1, 1), ("decode",), ("block", 5), ("decode",), ("no patrol", 1)],
        [("patrol", 1, 0), ("log", 2), ("log", 6), ("decode",), ("removed", 2), ("match", 9, 1)],
        [("log", 6), ("block", 8), ("block", 9), ("decode",), ("log", 7), ("removed", 6)],
    ],
)
def test_the_last_source_of_a_fact_decides(
    transaction: psycopg.Connection, tmp_path: Path, steps: list[tuple]
) -> None:
    run(transaction, tmp_path, steps)


@pytest.mark.ci
@hypothesis_of(25)
@given(steps=st.lists(_steps, min_size=3, max_size=14))
def test_files_and_logs_in_any_order(
    transaction: psycopg.Connection, tmp_path: Path, steps: list[tuple]
) -> None:
    run(transaction, tmp_path, steps)
