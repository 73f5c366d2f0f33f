"""The loader: what it takes, what it refuses, and what it leaves as it is."""

import gzip
import io
import json
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from cli.load import load as load_command
from hedge import database
from hedge.errors import HedgeError, UsageError
from hedge.loading import load, sources
from hedge.loading.tables import raw_table

Write = Callable[[str, str | bytes], str]

ALICE = "0x" + "a" * 40
HEADER = "realm,match_id,wallet_address,is_ranked,outcome,hero_deaths,tx_hash,matched_at"
HEROES = "hero_id,main_class,rarity,level,is_rented,updated_at"
DROPS = "tx_hash,log_index,chain_id,hunt_id,wallet_address,item_address,amount,dropped_at"
NOON = "2025-01-01T12:00:00Z"


def match(
    match_id: str,
    wallet: str = ALICE,
    outcome: str = "WIN",
    deaths: str = "0",
    tx_hash: str = "0xf",
    at: str = NOON,
) -> str:
    """A line of pvp_matches."""
    return f"dfk,{match_id},{wallet},true,{outcome},{deaths},{tx_hash},{at}"


def lines(*rows: str, end: str = "\n") -> str:
    """A file of lines."""
    return "".join(row + end for row in rows)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file and returns its path."""

    def to_file(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return to_file


def stored(connection: psycopg.Connection, columns: str, table: str = "pvp_matches") -> list[tuple]:
    """What a raw table holds, in the order of the columns asked for."""
    return connection.execute(f"select {columns} from raw.{table} order by {columns}").fetchall()


def rejected(connection: psycopg.Connection) -> list[tuple]:
    """What raw.rejected_rows holds."""
    return stored(connection, "line, reason", "rejected_rows")


def reason_for(connection: psycopg.Connection, write: Write, row: str | bytes) -> str:
    """Why a line of pvp_matches is refused, while the lines around it load."""
    row = row if isinstance(row, bytes) else row.encode()
    around = [HEADER.encode(), match("before").encode(), row, match("after").encode(), b""]
    summary = load(connection, "pvp_matches", write("m.csv", b"\n".join(around)))
    assert (summary.inserted, summary.rejected) == (2, 1)
    assert summary.rejects[0].line == 3
    return summary.rejects[0].reason


# What loads


def test_a_file_loads(connection: psycopg.Connection, write: Write) -> None:
    file = write("m.csv", lines(HEADER, match("1"), match("2", outcome="LOSS", deaths="")))
    summary = load(connection, "pvp_matches", file)
    assert (summary.read, summary.inserted, summary.rejected) == (2, 2, 0)
    assert stored(connection, "match_id, outcome, hero_deaths") == [
        ("1", "WIN", 0),
        ("2", "LOSS", None),
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_header_names_the_columns_in_any_order_and_case(
    connection: psycopg.Connection, write: Write, ending: str, mark: str
) -> None:
    header = mark + '"Matched_At",OUTCOME,is_ranked,wallet_address,match_id, realm'
    row = f"{NOON},WIN,true,{ALICE},1,dfk"
    load(connection, "pvp_matches", write("m.csv", lines(header, row, end=ending)))
    assert stored(connection, "realm, match_id, outcome, tx_hash") == [("dfk", "1", "WIN", None)]


def test_the_last_line_may_lack_its_end_and_blank_lines_are_no_rows(
    connection: psycopg.Connection, write: Write
) -> None:
    content = lines(HEADER, match("1"), "", match("2"), "") + match("3", outcome="won")
    summary = load(connection, "pvp_matches", write("m.csv", content))
    assert (summary.read, summary.inserted) == (3, 2)
    assert summary.rejects[0].line == 6


def test_a_header_without_rows_is_a_file(connection: psycopg.Connection, write: Write) -> None:
    assert load(connection, "pvp_matches", write("m.csv", HEADER)).read == 0


def test_an_empty_value_is_null_and_an_empty_text_is_not(
    connection: psycopg.Connection, write: Write
) -> None:
    file = write("m.csv", lines(HEADER, match("1", tx_hash=""), match("2", tx_hash='""')))
    load(connection, "pvp_matches", file)
    assert stored(connection, "match_id, tx_hash") == [("1", None), ("2", "")]


def test_addresses_are_lower_cased(connection: psycopg.Connection, write: Write) -> None:
    mixed = "0x" + "aB" * 20
    load(connection, "pvp_matches", write("m.csv", lines(HEADER, match("1", wallet=mixed))))
    assert stored(connection, "wallet_address") == [(mixed.lower(),)]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("2025-03-01T10:00:00Z", "2025-03-01 10:00:00+00"),
        ("2025-03-01t10:00z", "2025-03-01 10:00:00+00"),
        ("2025-03-01 10:00:00.123456", "2025-03-01 10:00:00.123456+00"),
        ("2025-03-01T10:00:00+05:30", "2025-03-01 04:30:00+00"),
        ("2025-03-01 10:00:00-07", "2025-03-01 17:00:00+00"),
    ],
)
def test_times_are_iso_8601_and_utc_without_a_zone(
    connection: psycopg.Connection, write: Write, given: str, read: str
) -> None:
    connection.execute("set timezone = 'America/New_York'")
    load(connection, "pvp_matches", write("m.csv", lines(HEADER, match("1", at=given))))
    connection.execute("set timezone = 'UTC'")
    assert stored(connection, "matched_at::text") == [(read,)]


def test_quoted_values_hold_commas_quotes_and_line_ends(
    connection: psycopg.Connection, write: Write
) -> None:
    values = ["a,b", 'a"b', "a\nb", "a\r\nb", "\\.", "\\N", '","', " "]
    rows = [match(str(n), tx_hash='"' + v.replace('"', '""') + '"') for n, v in enumerate(values)]
    summary = load(
        connection, "pvp_matches", write("m.csv", lines(HEADER, *rows, match("x", at="now")))
    )
    assert stored(connection, "match_id, tx_hash") == [(str(n), v) for n, v in enumerate(values)]
    assert summary.rejects[0].line == 2 + len(values) + 2  # two values hold a line end


@pytest.mark.parametrize("size", [64, 150, 151, 1000])
def test_records_may_lie_across_chunks(
    connection: psycopg.Connection, write: Write, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(sources, "CHUNK_BYTES", max(size, 150))
    rows = [match(f"{n:02}", tx_hash='"a\n""b"' if n % 3 else "c") for n in range(50)]
    file = write("m.csv", lines(HEADER, *rows, match("bad", deaths="many")))
    summary = load(connection, "pvp_matches", file)
    assert (summary.read, summary.inserted, summary.rejected) == (51, 50, 1)
    assert summary.rejects[0].line == 2 + 50 + sum(1 for n in range(50) if n % 3)
    assert stored(connection, "match_id, tx_hash") == [
        (f"{n:02}", 'a\n"b' if n % 3 else "c") for n in range(50)
    ]


def test_amounts_keep_every_digit(connection: psycopg.Connection, write: Write) -> None:
    largest = "9" * 38
    drop = {
        **dict(tx_hash="0x1", log_index=1, chain_id=1, hunt_id=1, wallet_address=ALICE),
        **dict(item_address=ALICE, dropped_at=NOON, amount=0),
    }
    as_json = json.dumps(drop).replace('"amount": 0', f'"amount": {largest}')
    load(connection, "hunting_drops", write("d.ndjson", as_json))
    row = f"0x2,1,1,1,{ALICE},{ALICE},{largest},{NOON}"
    load(connection, "hunting_drops", write("d.csv", lines(DROPS, row)))
    assert stored(connection, "tx_hash, amount::text", "hunting_drops") == [
        ("0x1", largest),
        ("0x2", largest),
    ]


# What comes again


def test_the_same_file_twice_changes_nothing(connection: psycopg.Connection, write: Write) -> None:
    rows = [match(str(n), outcome="WIN" if n % 5 else "won") for n in range(20)]
    file = write("m.csv", lines(HEADER, *rows, match("a,b")))

    def everything() -> list[tuple]:
        matches = "match_id, xmin::text, ctid::text, loaded_at"
        rejects = "line, xmin::text, ctid::text, rejected_at, row_text, reason, file, table_name"
        return stored(connection, matches) + stored(connection, rejects, "rejected_rows")

    first = load(connection, "pvp_matches", file)
    before = everything()
    again = load(connection, "pvp_matches", file)
    assert (first.inserted, first.rejected, first.unchanged) == (16, 5, 0)
    assert (again.inserted, again.updated, again.rejected, again.unchanged) == (0, 0, 5, 16)
    assert everything() == before


def test_the_last_of_equal_keys_wins(connection: psycopg.Connection, write: Write) -> None:
    rows = [match("1", deaths="1"), match("1", deaths="2"), match("1", deaths="3")]
    summary = load(connection, "pvp_matches", write("m.csv", lines(HEADER, *rows)))
    assert (summary.read, summary.inserted, summary.unchanged) == (3, 1, 2)
    assert stored(connection, "hero_deaths") == [(3,)]


def test_only_the_columns_of_the_file_are_set(connection: psycopg.Connection, write: Write) -> None:
    load(connection, "pvp_matches", write("m.csv", lines(HEADER, match("1"), match("2"))))
    (before,) = stored(connection, "min(loaded_at)")[0]
    header = "realm,match_id,wallet_address,is_ranked,outcome,matched_at"
    rows = [f"dfk,{n},{ALICE},true,{result},{NOON}" for n, result in [(1, "LOSS"), (2, "WIN")]]
    summary = load(connection, "pvp_matches", write("m.csv", lines(header, *rows)))
    assert (summary.inserted, summary.updated, summary.unchanged) == (0, 1, 1)
    assert stored(connection, f"match_id, outcome, tx_hash, loaded_at > '{before}'") == [
        ("1", "LOSS", "0xf", True),
        ("2", "WIN", "0xf", False),
    ]


def test_a_table_whose_file_has_nothing_but_the_key(
    connection: psycopg.Connection, write: Write
) -> None:
    file = write("b.csv", "chain_id,battle_id\n1,1\n1,2\n1,1\n")
    assert load(connection, "metis_battles", file).inserted == 2
    assert load(connection, "metis_battles", file).unchanged == 3


def test_two_loads_in_one_transaction(connection: psycopg.Connection, write: Write) -> None:
    with connection.transaction():
        load(connection, "pvp_matches", write("m.csv", lines(HEADER, match("1"))))
        load(connection, "heroes", write("h.csv", lines(HEROES, f"1,Archer,0,1,f,{NOON}")))
    assert stored(connection, "match_id") == [("1",)]
    assert stored(connection, "hero_id", "heroes") == [(1,)]


@pytest.mark.parametrize("standing", [0, 1000])
def test_two_loads_at_once_neither_deadlock_nor_double(
    connection: psycopg.Connection, write: Write, standing: int
) -> None:
    numbers = [f"{n:04}" for n in range(3000)]
    before = numbers[::3][:standing]
    load(connection, "pvp_matches", write("s.csv", lines(HEADER, *map(match, before))))
    files = [
        write("a.csv", lines(HEADER, *(match(n, deaths="1") for n in numbers))),
        write("b.csv", lines(HEADER, *(match(n, deaths="2") for n in reversed(numbers)))),
    ]
    summaries = []

    def run(file: str) -> None:
        with database.connect() as own:
            summaries.append(load(own, "pvp_matches", file))

    threads = [threading.Thread(target=run, args=[file]) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(summary.inserted for summary in summaries) == 3000 - standing
    assert stored(connection, "count(*), count(distinct hero_deaths)") == [(3000, 1)]


def test_a_load_that_is_overtaken_by_another_writer_loses_nothing(
    connection: psycopg.Connection, write: Write
) -> None:
    file = write("m.csv", lines(HEADER, match("1", deaths="1"), match("2", deaths="1")))
    summaries = []

    def run() -> None:
        with database.connect() as own:
            summaries.append(load(own, "pvp_matches", file))

    thread = threading.Thread(target=run)
    with connection.transaction():
        connection.execute(
            f"insert into raw.pvp_matches ({HEADER})"
            " values ('dfk', '2', %s, true, 'LOSS', 3, '', %s)",
            [ALICE, NOON],
        )
        thread.start()
        with database.connect() as watching:
            waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
            waiting += " and datname = current_database()"
            while thread.is_alive() and not watching.execute(waiting).fetchone():
                time.sleep(0.01)
        assert thread.is_alive()
    thread.join()
    assert [(summary.inserted, summary.updated) for summary in summaries] == [(1, 1)]
    assert stored(connection, "match_id, outcome, hero_deaths") == [
        ("1", "WIN", 1),
        ("2", "WIN", 1),
    ]


# Versions


def test_a_version_that_changes_nothing_is_left_out(
    connection: psycopg.Connection, write: Write
) -> None:
    def hero(day: int, level: int) -> str:
        return f"7,Archer,0,{level},false,2025-01-{day:02}T00:00:00Z"

    def days() -> list[tuple]:
        return stored(connection, "extract(day from updated_at)::int, level", "heroes")

    out_of_order = [hero(5, 2), hero(1, 1), hero(3, 1), hero(2, 1), hero(4, 2), hero(4, 2)]
    summary = load(connection, "heroes", write("h.csv", lines(HEROES, *out_of_order)))
    assert (summary.read, summary.inserted, summary.left_out, summary.unchanged) == (6, 2, 3, 1)
    assert days() == [(1, 1), (4, 2)]

    # Day 2 follows a stored version, day 6 one of the same file, day 4 is stored and corrected.
    later = [hero(6, 3), hero(7, 3), hero(2, 1), hero(4, 3), hero(8, 4)]
    summary = load(connection, "heroes", write("h.csv", lines(HEROES, *later)))
    assert (summary.inserted, summary.updated, summary.left_out) == (1, 1, 3)
    assert days() == [(1, 1), (4, 3), (8, 4)]
    assert load(connection, "heroes", write("h.csv", lines(HEROES, *later))).unchanged == 2


def test_versions_of_pets_are_told_apart_by_chain(
    connection: psycopg.Connection, write: Write
) -> None:
    header = "pet_id,chain_id,rarity,variant,updated_at"
    rows = ["1,1,0,ODD,2025-01-01T00:00Z", "1,2,0,ODD,2025-01-02T00:00Z"]
    same = "1,1,0,ODD,2025-01-03T00:00Z"
    summary = load(connection, "pets", write("p.csv", lines(header, *rows, same)))
    assert (summary.inserted, summary.left_out) == (2, 1)


def test_a_version_that_a_bad_column_hides_is_no_predecessor(
    connection: psycopg.Connection, write: Write
) -> None:
    rows = [
        "7,Archer,0,1,false,2025-01-01T00:00Z",
        "7,Archer,0,high,false,2025-01-02T00:00Z",
        "7,Archer,0,1,false,2025-01-03T00:00Z",
    ]
    summary = load(connection, "heroes", write("h.csv", lines(HEROES, *rows)))
    assert (summary.inserted, summary.left_out, summary.rejected) == (1, 1, 1)


# What is rejected


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (match("1", outcome="WON"), "outcome 'WON' breaks the rule: outcome is WIN, LOSS or DRAW"),
        (match("1", outcome="win"), "outcome 'win' breaks the rule: outcome is WIN, LOSS or DRAW"),
        (match("1", outcome=""), "outcome is missing"),
        (match("1", wallet=""), "wallet_address is missing"),
        (
            match("1", wallet="0x12"),
            "wallet_address '0x12' breaks the rule: "
            "wallet_address is 0x and 40 lower-case hex digits",
        ),
        (match("1", deaths="many"), "hero_deaths 'many' is not a smallint"),
        (match("1", deaths="40000"), "hero_deaths '40000' is not a smallint"),
        (match("1", deaths="1.5"), "hero_deaths '1.5' is not a smallint"),
        (match("1", deaths='""'), "hero_deaths '' is not a smallint"),
        (match("1", at="now"), "matched_at 'now' is not an ISO 8601 time"),
        (match("1", at="yesterday"), "matched_at 'yesterday' is not an ISO 8601 time"),
        (match("1", at="infinity"), "matched_at 'infinity' is not an ISO 8601 time"),
        (match("1", at="01/02/2025"), "matched_at '01/02/2025' is not an ISO 8601 time"),
        (match("1", at="2025-01-01"), "matched_at '2025-01-01' is not an ISO 8601 time"),
        # PostgreSQL would read these
        *(
            (match("1", at=at), f"matched_at '{at}' is not an ISO 8601 time")
            for at in ("2025-01-01T-1:01:01Z", ":026-01-01T01:01:01Z", "2025-01-01T01:01:0TZ")
        ),
        (
            match("1", at="2025-02-30T00:00Z"),
            "matched_at '2025-02-30T00:00Z' is not an ISO 8601 time",
        ),
        (
            match("1", at="2025-01-01T12:30.5"),
            "matched_at '2025-01-01T12:30.5' is not an ISO 8601 time",
        ),
        (match("1", at=""), "matched_at is missing"),
        (match("1", deaths="x", at=""), "matched_at is missing; hero_deaths 'x' is not a smallint"),
        (match("1") + ",more", "the row has 9 values, the header 8"),
        ("dfk,1", "the row has 2 values, the header 8"),
        ("   ", "the row has 1 values, the header 8"),
        (match("1\0").encode(), "the row contains a NUL byte"),
        (match("\xe9").encode("latin-1"), "the row is not UTF-8 text"),
        (match('a"b'), "a quote or a carriage return stands where none may"),
        (match('"a"b'), "a quote or a carriage return stands where none may"),
        (match('"a'), "a quote or a carriage return stands where none may"),
        (match("a\rb"), "a quote or a carriage return stands where none may"),
        (
            match("1" * 513),
            f"match_id '{'1' * 80}' breaks the rule: match_id is at most 512 bytes long",
        ),
        (match("1" * (1 << 21)), "the row is longer than 1 MiB"),
    ],
    ids=lambda given: str(given[-40:]),
)
def test_a_row_that_breaks_the_contract_is_rejected_and_the_rest_loads(
    connection: psycopg.Connection, write: Write, row: str | bytes, reason: str
) -> None:
    assert reason_for(connection, write, row) == reason


@pytest.mark.parametrize(
    "amount", ["1" + "0" * 38, "NaN", "Infinity", "-inf", "1e39", "0xg", "1,5"]
)
def test_what_is_no_amount_is_rejected(
    connection: psycopg.Connection, write: Write, amount: str
) -> None:
    row = f'0x1,1,1,1,{ALICE},{ALICE},"{amount}",{NOON}'
    summary = load(connection, "hunting_drops", write("d.csv", lines(DROPS, row)))
    expected = {"NaN": "amount 'NaN' breaks the rule: amount is a number"}
    assert summary.rejects[0].reason == expected.get(
        amount, f"amount '{amount}' is not a number that fits numeric(38,0)"
    )


@pytest.mark.parametrize(
    "day", ["today", "2025-01-01T00:00:00Z", "1/2/2025", "2025-13-01", "-infinity"]
)
def test_a_date_is_an_iso_8601_date(connection: psycopg.Connection, write: Write, day: str) -> None:
    content = f"price_date,token,usd_price\n{day},JEWEL,1\n2025-01-31,JEWEL,1\n"
    summary = load(connection, "token_prices_daily", write("p.csv", content))
    assert summary.rejects[0].reason == f"price_date '{day}' is not an ISO 8601 date"
    assert stored(connection, "price_date::text", "token_prices_daily") == [("2025-01-31",)]


def test_rejects_are_kept_as_they_were_read(connection: psycopg.Connection, write: Write) -> None:
    mixed = "0x" + "aB" * 20
    rows = [
        match("1", wallet=mixed, outcome="WON", deaths=""),
        "dfk,1",
        "dfk,\xe9".encode("latin-1"),
    ]
    content = b"\n".join(row if isinstance(row, bytes) else row.encode() for row in [HEADER, *rows])
    file = write("m.csv", content)
    load(connection, "pvp_matches", file)
    as_json = {
        "realm": "dfk",
        "match_id": "1",
        "wallet_address": mixed,
        "is_ranked": "true",
        "outcome": "WON",
        "tx_hash": "0xf",
        "matched_at": NOON,
    }
    kept = stored(connection, "line, table_name, file, row_text", "rejected_rows")
    assert [row[:3] for row in kept] == [(line, "pvp_matches", file) for line in (2, 3, 4)]
    assert json.loads(kept[0][3]) == as_json
    assert [row[3] for row in kept[1:]] == ["dfk,1", "dfk,\\xe9"]


def test_a_quote_that_is_never_closed_costs_one_row(
    connection: psycopg.Connection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "CHUNK_BYTES", 2000)
    rows = [match(f"{n:03}", tx_hash='"open' if n == 50 else "x") for n in range(100)]
    summary = load(connection, "pvp_matches", write("m.csv", lines(HEADER, *rows)))
    assert (summary.read, summary.inserted, summary.rejected) == (100, 99, 1)
    assert summary.rejects[0].line == 52


def test_many_rejects_are_counted_and_the_first_are_shown(
    connection: psycopg.Connection, write: Write
) -> None:
    rows = [match(str(n), outcome="WON") for n in range(20_000)]
    summary = load(connection, "pvp_matches", write("m.csv", lines(HEADER, *rows)))
    assert (summary.read, summary.rejected, summary.inserted) == (20_000, 20_000, 0)
    assert [reject.line for reject in summary.rejects] == [2, 3, 4, 5, 6]
    assert stored(connection, "count(*)", "rejected_rows") == [(20_000,)]


def test_strict_loads_nothing_of_a_file_with_a_bad_row(
    connection: psycopg.Connection, write: Write
) -> None:
    file = write("m.csv", lines(HEADER, match("1"), match("2", outcome="WON")))
    summary = load(connection, "pvp_matches", file, strict=True)
    assert (summary.read, summary.inserted, summary.rejected) == (2, 0, 1)
    assert stored(connection, "match_id") == []
    assert len(rejected(connection)) == 1
    good = write("good.csv", lines(HEADER, match("1")))
    assert load(connection, "pvp_matches", good, strict=True).inserted == 1


# What is no file for the table


@pytest.mark.parametrize(
    ("table", "name", "content", "sentence"),
    [
        (
            "pvp_match",
            "m.csv",
            HEADER,
            "there is no table 'pvp_match' to load; did you mean pvp_matches?",
        ),
        ("rejected_rows", "m.csv", HEADER, "there is no table 'rejected_rows' to load"),
        ("pvp_matches", "m.csv", "", "the file has no header"),
        ("pvp_matches", "m.csv", "\n", "the file has no header"),
        (
            "pvp_matches",
            "m.csv",
            HEADER + ",outcom\n",
            "has no column 'outcom'; did you mean outcome?",
        ),
        ("pvp_matches", "m.csv", HEADER + ",loaded_at\n", "has no column 'loaded_at'"),
        ("pvp_matches", "m.csv", HEADER + ",\n", "has no column ''"),
        ("pvp_matches", "m.csv", HEADER + ",Outcome\n", "the column outcome stands twice"),
        ("pvp_matches", "m.csv", HEADER.replace("outcome,", ""), "the file has no column outcome"),
        ("pvp_matches", "m.csv", HEADER.replace(",", ";"), "has no column 'realm;match_id"),
        ("pvp_matches", "m.csv", 'a"b\n', "stands in the header where none may"),
        ("pvp_matches", "m.csv", b"\xff\xfer\x00", "the header contains a NUL byte"),
        ("pvp_matches", "m.csv", b"r\xe9alm\n", "the header is not UTF-8 text"),
        ("pvp_matches", "m.csv", b"a" * (3 << 20), "the header is longer than 1 MiB"),
        ("pvp_matches", "m.xlsx", HEADER, "the name must end in .csv"),
        ("pvp_matches", "csv", HEADER, "the name must end in .csv"),
    ],
    ids=lambda given: str(given[-40:]),
)
def test_what_is_no_file_for_the_table_is_a_wrong_usage(
    connection: psycopg.Connection,
    write: Write,
    table: str,
    name: str,
    content: str | bytes,
    sentence: str,
) -> None:
    with pytest.raises(UsageError) as error:
        load(connection, table, write(name, content))
    assert sentence in str(error.value)
    assert len(str(error.value)) < 500
    assert rejected(connection) == []


def test_a_file_that_is_not_there_is_a_wrong_usage(connection: psycopg.Connection) -> None:
    with pytest.raises(UsageError, match=r"there is no file nowhere\.csv"):
        load(connection, "pvp_matches", "nowhere.csv")


def test_a_folder_cannot_be_read(connection: psycopg.Connection, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(HedgeError, match=r"folder\.csv cannot be read: Is a directory"):
        load(connection, "pvp_matches", str(tmp_path / "folder.csv"))


# Other kinds of files


def test_gzip(connection: psycopg.Connection, write: Write) -> None:
    whole = gzip.compress(lines(HEADER, *(match(str(n)) for n in range(5000))).encode())
    assert load(connection, "pvp_matches", write("m.csv.gz", whole)).inserted == 5000


@pytest.mark.parametrize("part", [slice(0, -20), slice(0, 200), slice(100, None)])
def test_a_broken_gzip_loads_nothing(
    connection: psycopg.Connection, write: Write, part: slice
) -> None:
    whole = gzip.compress(lines(HEADER, *(match(str(n)) for n in range(5000))).encode())
    with pytest.raises(HedgeError, match=r"m\.csv\.gz cannot be read: "):
        load(connection, "pvp_matches", write("m.csv.gz", whole[part]))
    assert stored(connection, "match_id") == []


ENCOUNTER = {
    "chain_id": 1,
    "hunt_id": 1,
    "wallet_address": ALICE,
    "hunt_data_id": 1,
    "result": "WIN",
    "encountered_at": NOON,
}


def test_ndjson(connection: psycopg.Connection, write: Write) -> None:
    rows = [ENCOUNTER | {"hero_ids": [1, None, 3]}, ENCOUNTER | {"hunt_id": 2, "retries": None}]
    content = "\ufeff" + lines(json.dumps(rows[0]), "", json.dumps(rows[1]), end="\r\n")
    for name in ("e.ndjson", "e.jsonl"):
        assert load(connection, "hunting_encounters", write(name, content)).read == 2
    packed = write("e.ndjson.gz", gzip.compress(content.encode()))
    assert load(connection, "hunting_encounters", packed).unchanged == 2
    assert stored(connection, "hunt_id, hero_ids", "hunting_encounters") == [
        (1, [1, None, 3]),
        (2, None),
    ]


def test_an_empty_ndjson_file_has_no_rows(connection: psycopg.Connection, write: Write) -> None:
    assert load(connection, "heroes", write("h.ndjson", "")).read == 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ENCOUNTER | {"luck": 1}, "'luck' is not a column"),
        (ENCOUNTER | {"hunt_id": None}, "hunt_id is missing"),
        (ENCOUNTER | {"hunt_id": 1e5}, "hunt_id '100000.0' is not a bigint"),
        (ENCOUNTER | {"hunt_id": [1]}, "hunt_id is not a single value"),
        (ENCOUNTER | {"enemy_id": {"a": 1}}, "enemy_id is not a single value"),
        (ENCOUNTER | {"enemy_id": "a\0"}, "enemy_id contains a character that is none"),
        (ENCOUNTER | {"enemy_id": "\ud800"}, "enemy_id contains a character that is none"),
        (ENCOUNTER | {"hero_ids": ["1,2", "}"]}, """hero_ids '{"1,2","}"}' is not a bigint[]"""),
        ([1], "the row is not a JSON object"),
        ("{", "the row is not JSON: Expecting property name enclosed in double quotes"),
        ("[" * 100_000, "the row is not JSON: "),
        ("{'a': 1}", "the row is not JSON: "),
    ],
    ids=lambda given: str(given)[-40:],
)
def test_a_bad_line_of_ndjson_is_rejected(
    connection: psycopg.Connection, write: Write, row: dict | list | str, reason: str
) -> None:
    bad = row if isinstance(row, str) else json.dumps(row)
    good = json.dumps(ENCOUNTER | {"hunt_id": 9})
    summary = load(connection, "hunting_encounters", write("e.ndjson", lines(bad, good)))
    assert (summary.inserted, summary.rejected, summary.rejects[0].line) == (1, 1, 1)
    assert summary.rejects[0].reason.startswith(reason)


@pytest.mark.parametrize(
    "content",
    [
        lines(HEADER, match("1")),
        json.dumps(dict(zip(HEADER.split(","), match("1").split(","), strict=True))),
    ],
)
def test_standard_input_is_csv_unless_it_begins_as_json_does(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b"\n" * content.startswith("{") + content.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert load(connection, "pvp_matches", "-").inserted == 1


def test_empty_standard_input_has_no_header(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    with pytest.raises(UsageError, match="standard input: the file has no header"):
        load(connection, "pvp_matches", "-")


def test_parquet(connection: psycopg.Connection, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    noon = datetime(2025, 1, 1, 12, tzinfo=UTC)
    table = pyarrow.table(
        {
            "chain_id": pyarrow.array([1, 1, 1], pyarrow.int32()),
            "hunt_id": pyarrow.array([1.0, 2.0, 2.5]),
            "wallet_address": [ALICE.upper().replace("0X", "0x")] * 3,
            "hunt_data_id": pyarrow.array([Decimal(1)] * 3, pyarrow.decimal128(38)),
            "Result": ["WIN", "LOSS", "WIN"],
            "hero_ids": [[1, 2], None, []],
            "encountered_at": pyarrow.array([noon] * 3, pyarrow.timestamp("ns", "Asia/Tokyo")),
        }
    )
    file = str(tmp_path / "e.parquet")
    parquet.write_table(table, file)
    summary = load(connection, "hunting_encounters", file)
    assert (summary.inserted, summary.rejected) == (2, 1)
    assert summary.rejects[0].reason == "hunt_id '2.5' is not a bigint"
    columns = "hunt_id, hunt_data_id, hero_ids, wallet_address, encountered_at"
    assert stored(connection, columns, "hunting_encounters") == [
        (1, 1, [1, 2], ALICE, noon),
        (2, 1, None, ALICE, noon),
    ]


def test_a_time_without_a_zone_in_parquet_is_utc(
    connection: psycopg.Connection, tmp_path: Path
) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    prices = {"price_date": [date(2025, 1, 1)], "token": ["JEWEL"], "usd_price": [0.1]}
    parquet.write_table(pyarrow.table(prices), tmp_path / "p.parquet")
    load(connection, "token_prices_daily", str(tmp_path / "p.parquet"))
    assert stored(connection, "price_date::text, usd_price::text", "token_prices_daily") == [
        ("2025-01-01", "0.100000000000")
    ]
    seen = {"chain": ["DFK"], "address": [ALICE], "first_tx_at": [datetime(2025, 1, 1, 12)]}
    parquet.write_table(pyarrow.table(seen), tmp_path / "s.parquet")
    load(connection, "wallet_first_seen", str(tmp_path / "s.parquet"))
    assert stored(connection, "first_tx_at::text", "wallet_first_seen") == [
        ("2025-01-01 12:00:00+00",)
    ]


def test_parquet_that_is_none_cannot_be_read(connection: psycopg.Connection, write: Write) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(HedgeError, match=r"h\.parquet cannot be read: "):
        load(connection, "heroes", write("h.parquet", "hero_id\n1\n"))


def test_parquet_without_pyarrow_says_what_to_install(
    connection: psycopg.Connection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UsageError, match=r"pip install 'hedge\[parquet\]'"):
        load(connection, "heroes", write("h.parquet", "PAR1"))


# Size


@pytest.mark.parametrize("tx_hash", ["x", '"a\nb"'])
def test_memory_is_flat_in_the_size_of_the_file(
    connection: psycopg.Connection, write: Write, monkeypatch: pytest.MonkeyPatch, tx_hash: str
) -> None:
    monkeypatch.setattr(sources, "CHUNK_BYTES", 1 << 14)
    table = raw_table(connection, "pvp_matches")

    def peak(rows: int) -> int:
        file = write("m.csv", lines(HEADER, *[match("1", tx_hash=tx_hash)] * rows))
        tracemalloc.start()
        with sources.open_source(file, table) as (source, _):
            read = sum(len(list(chunk.rows)) for chunk in source.chunks())
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert read == rows
        return highest

    assert peak(5000) < 1.2 * peak(1000)


def test_progress_is_told_while_a_file_is_read(
    connection: psycopg.Connection, write: Write
) -> None:
    told: list[tuple] = []
    file = write("m.csv", lines(HEADER, *(match(str(n)) for n in range(20_000))))
    load(connection, "pvp_matches", file, report=lambda *told_now: told.append(told_now))
    size = Path(file).stat().st_size
    assert told[0] == (f"{file}: reading", 1 << 20, size)
    assert told[-2:] == [(f"{file}: reading", size, size), (f"{file}: storing", 0, None)]


# Real input and the command


def test_real_tournaments_and_patrols_load_without_a_reject(
    connection: psycopg.Connection, shared: Path
) -> None:
    for file in sorted((shared / "data" / "metis").glob("*.csv")):
        summary = load(connection, file.stem, str(file))
        assert summary.read == summary.inserted > 0


def run(*arguments: str, stdin: str | None = None) -> tuple[int, str, str]:
    """Run hedge load as a command: exit status, standard output and error."""
    app = typer.Typer()
    app.command()(load_command)
    result = CliRunner().invoke(app, arguments, input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_the_command_tells_what_became_of_each_file(
    connection: psycopg.Connection, write: Write
) -> None:
    good = write("good.csv", lines(HEADER, match("1")))
    bad = write("bad.csv", lines(HEADER, match("1"), *[match("2", outcome="WON")] * 7))
    status, out, err = run("pvp_matches", good, bad)
    assert status == 0
    assert out.splitlines() == [
        f"{good}: 1 read, 1 inserted, 0 updated, 0 unchanged, 0 left out, 0 rejected",
        f"{bad}: 8 read, 0 inserted, 0 updated, 1 unchanged, 0 left out, 7 rejected",
    ]
    rule = "outcome 'WON' breaks the rule: outcome is WIN, LOSS or DRAW"
    assert err.splitlines() == [
        *(f"{bad}:{line}: {rule}" for line in (3, 4, 5, 6, 7)),
        f"{bad}: 2 more rejects in raw.rejected_rows",
    ]


def test_the_command_as_json_and_strict(connection: psycopg.Connection, write: Write) -> None:
    file = write("m.csv", lines(HEADER, match("1"), match("2", outcome="WON")))
    status, out, _ = run("pvp_matches", file, "--strict", "--json")
    assert status == 1
    (summary,) = json.loads(out)
    assert (summary["table"], summary["read"], summary["inserted"]) == ("pvp_matches", 2, 0)
    assert [reject["line"] for reject in summary["rejects"]] == [3]


def test_a_file_that_is_refused_does_not_undo_those_before_it(
    connection: psycopg.Connection, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write("m.csv", lines(HEADER, match("1")))
    with pytest.raises(UsageError, match=r"nowhere\.csv"):
        load_command("raw.pvp_matches", [file, "nowhere.csv"], json=True)
    assert [summary["inserted"] for summary in json.loads(capsys.readouterr().out)] == [1]
    assert stored(connection, "match_id") == [("1",)]


def test_the_command_reads_standard_input(connection: psycopg.Connection) -> None:
    status, out, _ = run("pvp_matches", "-", stdin=lines(HEADER, match("1")))
    assert (status, out.split(",")[0]) == (0, "-: 1 read")


def test_the_command_refuses_a_wrong_table(connection: psycopg.Connection) -> None:
    with pytest.raises(UsageError, match="there is no table 'matches' to load"):
        run("matches", "-")
