"""Rows that are rejected, each with its reason, while the others load."""

import json
from pathlib import Path

import psycopg
import pytest

from hedge.errors import HedgeError, UsageError
from hedge.loading import load
from hedge.loading.sources import chunks
from tests.integration.loading import (
    HASH,
    HEADER,
    NOON,
    Write,
    lines,
    match,
    rejected,
    stored,
)


def reason_for(connection: psycopg.Connection, write: Write, row: str | bytes) -> str:
    """Why a line of pvp_matches is refused, while the lines around it load."""
    row = row if isinstance(row, bytes) else row.encode()
    around = [HEADER.encode(), match("before").encode(), row, match("after").encode(), b""]
    summary = load(connection, "pvp_matches", write("m.csv", b"\n".join(around)))
    assert (summary.inserted, summary.rejected) == (2, 1)
    assert summary.rejects[0].line == 3
    return summary.rejects[0].reason


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
        (match("1", deaths="many"), "hero_deaths 'many' is not a decimal number"),
        (match("1", deaths="40000"), "hero_deaths '40000' is out of the range of smallint"),
        (match("1", deaths="1.5"), "hero_deaths '1.5' is not a whole number"),
        (match("1", deaths='""'), "hero_deaths '' is not a decimal number"),
        (match("1", at="now"), "matched_at 'now' is not an ISO 8601 time"),
        (match("1", at="yesterday"), "matched_at 'yesterday' is not an ISO 8601 time"),
        (match("1", at="infinity"), "matched_at 'infinity' is not an ISO 8601 time"),
        (match("1", at="01/02/2025"), "matched_at '01/02/2025' is not an ISO 8601 time"),
        (
            match("1", at="2025-01-01"),
            "matched_at '2025-01-01' is a day and no time: its midnight is 2025-01-01T00:00Z",
        ),
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
        (
            match("1", deaths="x", at=""),
            "matched_at is missing; hero_deaths 'x' is not a decimal number",
        ),
        (match("1") + ",more", "the row has 9 values, the header 8"),
        ("dfk,1", "the row has 2 values, the header 8"),
        ("   ", "the row has 1 values, the header 8"),
        (match("1\0").encode(), "the row contains a NUL byte"),
        (
            match("\xe9").encode("latin-1"),
            "the row is not UTF-8 text: its byte 0xe9 would be '\xe9' in Latin-1; convert the file",
        ),
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
    "day", ["today", "2025-01-01T00:00:01Z", "1/2/2025", "2025-13-01", "-infinity"]
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
        "tx_hash": HASH,
        "matched_at": NOON,
    }
    kept = stored(connection, "line, table_name, file, row_text", "rejected_rows")
    assert [row[:3] for row in kept] == [(line, "pvp_matches", file) for line in (2, 3, 4)]
    assert json.loads(kept[0][3]) == as_json
    assert [row[3] for row in kept[1:]] == ["dfk,1", "dfk,\\xe9"]


def test_what_is_recorded_of_a_line_is_what_was_wrong_last(
    connection: psycopg.Connection, write: Write
) -> None:
    file = write("m.csv", lines(HEADER, match("1", outcome="WON"), match("2", outcome="WON")))
    load(connection, "pvp_matches", file)
    (before,) = connection.execute("select max(rejected_at) from raw.rejected_rows").fetchone()
    write("m.csv", lines(HEADER, match("1", outcome="WON"), match("2", outcome="LOST")))
    load(connection, "pvp_matches", file)
    columns = f"line, row_text::json ->> 'outcome', rejected_at > '{before}'"
    assert stored(connection, columns, "rejected_rows") == [(2, "WON", False), (3, "LOST", True)]


def test_the_largest_values_and_rows_load_and_rejects_are_cut(
    connection: psycopg.Connection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 3000)
    # 512 bytes in two-byte letters; a line of 3,000 bytes with its end
    longest = match("whole", outcome='"WIN' + " " * (2999 - len(match("whole")) - 2) + '"')
    assert len(longest) == 2999
    rows = [match("\xe9" * 256), longest, longest.replace("  ", "   "), match("\xe9" * 257)]
    summary = load(connection, "pvp_matches", write("m.csv", lines(HEADER, *rows)))
    assert summary.inserted == 2
    assert [reject.line for reject in summary.rejects] == [4, 5]
    assert summary.rejects[0].reason == "the row is longer than 1 MiB"
    assert stored(connection, "line, length(row_text)", "rejected_rows")[0] == (4, 2000)


def test_a_quote_that_is_never_closed_costs_one_row(
    connection: psycopg.Connection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 2000)
    rows = [match(f"{n:03}", realm='"open' if n == 50 else "x") for n in range(100)]
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
        ("pvp_matches", "m.csv", "", "the file is empty"),
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
        ("pvp_matches", "m.csv", HEADER.replace(",", ":"), "has no column 'realm:match_id"),
        ("pvp_matches", "m.csv", 'a"b\n', "stands in the header where none may"),
        ("pvp_matches", "m.csv", b"rea\x00lm,match_id", "the header contains a NUL byte"),
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
