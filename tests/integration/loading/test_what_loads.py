"""Rows that load, and what a file sets of a table."""

import json

import psycopg
import pytest

from hedge.loading import load, reading
from hedge.loading.sources import chunks
from tests.integration.loading import (
    ALICE,
    DROPS,
    HASH,
    HEADER,
    HEROES,
    NOON,
    Write,
    lines,
    match,
    stored,
)


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
    file = write("m.csv", lines(HEADER, match("1", tx_hash=""), match("2", realm='""')))
    load(connection, "pvp_matches", file)
    assert stored(connection, "match_id, tx_hash, realm") == [("1", None, "dfk"), ("2", HASH, "")]


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


@pytest.mark.parametrize(
    "spelling",
    [
        "2025-03-01T10:00:00Z",
        "2025-03-01T10:00:00.123Z",
        "2025-03-01 10:00:00.123 UTC",
        "2025-03-01T10:00:00+00:00",
        "2025-03-01T10:00:00.123000+00:00",
        "2025-03-01 10:00:00+00",
        "2025-03-01 10:00:00.1+00",
    ],
)
def test_common_spellings_of_times_take_the_fast_path(
    connection: psycopg.Connection,
    write: Write,
    spelling: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_by_the_slow_path = []
    monkeypatch.setattr(
        reading, "create_functions", lambda *_: read_by_the_slow_path.append(spelling)
    )
    load(connection, "pvp_matches", write("m.csv", lines(HEADER, match("1", at=spelling))))
    assert len(stored(connection, "matched_at")) == 1
    assert read_by_the_slow_path == []


def test_quoted_values_hold_commas_quotes_and_line_ends(
    connection: psycopg.Connection, write: Write
) -> None:
    values = ["a,b", 'a"b', "a\nb", "a\r\nb", "\\.", "\\N", '","', " "]
    rows = [match(str(n), realm='"' + v.replace('"', '""') + '"') for n, v in enumerate(values)]
    summary = load(
        connection, "pvp_matches", write("m.csv", lines(HEADER, *rows, match("x", at="now")))
    )
    assert stored(connection, "match_id, realm") == [(str(n), v) for n, v in enumerate(values)]
    assert summary.rejects[0].line == 2 + len(values) + 2  # two values hold a line end


@pytest.mark.parametrize("size", [64, 220, 221, 1000])
def test_records_may_lie_across_chunks(
    connection: psycopg.Connection, write: Write, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", max(size, 220))
    rows = [match(f"{n:02}", realm='"a\n""b"' if n % 3 else "c") for n in range(50)]
    file = write("m.csv", lines(HEADER, *rows, match("bad", deaths="many")))
    summary = load(connection, "pvp_matches", file)
    assert (summary.read, summary.inserted, summary.rejected) == (51, 50, 1)
    assert summary.rejects[0].line == 2 + 50 + sum(1 for n in range(50) if n % 3)
    assert stored(connection, "match_id, realm") == [
        (f"{n:02}", 'a\n"b' if n % 3 else "c") for n in range(50)
    ]


def test_amounts_keep_every_digit(connection: psycopg.Connection, write: Write) -> None:
    largest = "9" * 38
    drop = {
        **dict(tx_hash=HASH, log_index=1, chain_id=1, hunt_id=1, wallet_address=ALICE),
        **dict(item_address=ALICE, dropped_at=NOON, amount=0),
    }
    as_json = json.dumps(drop).replace('"amount": 0', f'"amount": {largest}')
    load(connection, "hunting_drops", write("d.ndjson", as_json))
    row = f"{HASH[:-1]}a,1,1,1,{ALICE},{ALICE},{largest},{NOON}"
    load(connection, "hunting_drops", write("d.csv", lines(DROPS, row)))
    assert stored(connection, "tx_hash, amount::text", "hunting_drops") == [
        (HASH[:-1] + "a", largest),
        (HASH, largest),
    ]


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
    assert (summary.read, summary.inserted, summary.unchanged, summary.repeated) == (3, 1, 0, 2)
    assert stored(connection, "hero_deaths") == [(3,)]


def test_only_the_columns_of_the_file_are_set(connection: psycopg.Connection, write: Write) -> None:
    load(connection, "pvp_matches", write("m.csv", lines(HEADER, match("1"), match("2"))))
    (before,) = stored(connection, "min(loaded_at)")[0]
    header = "realm,match_id,wallet_address,is_ranked,outcome,matched_at"
    rows = [f"dfk,{n},{ALICE},true,{result},{NOON}" for n, result in [(1, "LOSS"), (2, "WIN")]]
    summary = load(connection, "pvp_matches", write("m.csv", lines(header, *rows)))
    assert (summary.inserted, summary.updated, summary.unchanged) == (0, 1, 1)
    assert stored(connection, f"match_id, outcome, tx_hash, loaded_at > '{before}'") == [
        ("1", "LOSS", HASH, True),
        ("2", "WIN", HASH, False),
    ]


def test_a_table_whose_file_has_nothing_but_the_key(
    connection: psycopg.Connection, write: Write
) -> None:
    file = write("b.csv", "chain_id,battle_id\n1,1\n1,2\n1,1\n")
    assert load(connection, "metis_battles", file).inserted == 2
    again = load(connection, "metis_battles", file)
    assert (again.unchanged, again.repeated) == (2, 1)


def test_two_loads_in_one_transaction(connection: psycopg.Connection, write: Write) -> None:
    with connection.transaction():
        load(connection, "pvp_matches", write("m.csv", lines(HEADER, match("1"))))
        load(connection, "heroes", write("h.csv", lines(HEROES, f"1,Archer,0,1,f,{NOON}")))
    assert stored(connection, "match_id") == [("1",)]
    assert stored(connection, "hero_id", "heroes") == [(1,)]
