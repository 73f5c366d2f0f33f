"""NDJSON, gzip, Parquet and standard input; large files; real ones."""

import gzip
import io
import json
import sys
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow
import pytest
from pyarrow import parquet

from hedge.errors import HedgeError, UsageError
from hedge.loading import load, sources
from hedge.loading.sources import chunks
from hedge.loading.tables import raw_table
from tests.integration.loading import (
    ALICE,
    HASH,
    HEADER,
    NOON,
    Write,
    lines,
    match,
    stored,
)


def test_gzip(connection: psycopg.Connection, write: Write) -> None:
    whole = gzip.compress(lines(HEADER, *(match(str(n)) for n in range(5000))).encode())
    loaded = load(connection, "pvp_matches", write("m.csv.gz", whole))
    assert loaded.inserted == 5000
    # no log of a match is known
    assert (loaded.kept_for_log, loaded.differing) == (0, 0)


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


def test_values_of_json_are_those_of_their_columns(
    connection: psycopg.Connection, write: Write
) -> None:
    row = dict(zip(HEADER.split(","), match("1").split(","), strict=True))
    given = row | {"is_ranked": False, "hero_deaths": 3, "realm": "a\\b", "match_id": 12345678901}
    load(connection, "pvp_matches", write("m.ndjson", json.dumps(given)))
    # a key that no row has leaves what is stored
    del given["tx_hash"]
    assert load(connection, "pvp_matches", write("m.ndjson", json.dumps(given))).unchanged == 1
    assert stored(connection, "match_id, is_ranked, hero_deaths, realm, tx_hash") == [
        ("12345678901", False, 3, "a\\b", HASH)
    ]


def test_an_empty_ndjson_file_has_no_rows(connection: psycopg.Connection, write: Write) -> None:
    assert load(connection, "heroes", write("h.ndjson", "")).read == 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ENCOUNTER | {"luck": 1}, "'luck' is not a column"),
        (ENCOUNTER | {"hunt_id": None}, "hunt_id is missing"),
        (ENCOUNTER | {"hunt_id": 1.5}, "hunt_id '1.5' is not a whole number"),
        (ENCOUNTER | {"hunt_id": [1]}, """hunt_id '["1"]' is not a single value"""),
        (
            ENCOUNTER | {"enemy_id": {"a": 1}},
            """enemy_id '{"a": "1"}' is not a single value""",
        ),
        (
            ENCOUNTER | {"enemy_id": "a\0"},
            "enemy_id 'a\\u0000' contains U+0000, which PostgreSQL stores in no text",
        ),
        (
            ENCOUNTER | {"enemy_id": "\ud800"},
            "enemy_id '\\ud800' contains U+D800, which PostgreSQL stores in no text",
        ),
        (ENCOUNTER | {"hero_ids": ["1,2", "}"]}, """hero_ids '{"1,2","}"}' is not a list"""),
        ([1], "the row is not a JSON object"),
        ('{"a"', "the row is not JSON: Expecting ':' delimiter"),
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
    summary = load(connection, "hunting_encounters", write("e.ndjson", lines(good, bad)))
    assert (summary.inserted, summary.rejected, summary.rejects[0].line) == (1, 1, 2)
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


def test_empty_standard_input_is_said_to_be_empty(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    with pytest.raises(UsageError, match="standard input: the file is empty"):
        load(connection, "pvp_matches", "-")


def test_parquet(connection: psycopg.Connection, tmp_path: Path) -> None:
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
    assert summary.rejects[0].reason == "hunt_id '2.5' is not a whole number"
    columns = "hunt_id, hunt_data_id, hero_ids, wallet_address, encountered_at"
    assert stored(connection, columns, "hunting_encounters") == [
        (1, 1, [1, 2], ALICE, noon),
        (2, 1, None, ALICE, noon),
    ]


def test_a_time_without_a_zone_in_parquet_is_utc(
    connection: psycopg.Connection, tmp_path: Path
) -> None:
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


def test_a_row_of_parquet_is_named_by_its_number_in_the_file(
    connection: psycopg.Connection, tmp_path: Path
) -> None:
    # more than one batch of 8,192
    hosts = [ALICE if number != 8500 else "0x12" for number in range(1, 9001)]
    table = {"chain_id": [1] * 9000, "battle_id": range(9000), "host_wallet": hosts}
    parquet.write_table(pyarrow.table(table), tmp_path / "b.parquet")
    summary = load(connection, "metis_battles", str(tmp_path / "b.parquet"))
    assert (summary.inserted, [reject.line for reject in summary.rejects]) == (8999, [8500])


def test_parquet_that_is_none_cannot_be_read(connection: psycopg.Connection, write: Write) -> None:
    with pytest.raises(HedgeError, match=r"h\.parquet cannot be read: "):
        load(connection, "heroes", write("h.parquet", "hero_id\n1\n"))


def test_parquet_without_pyarrow_says_what_to_install(
    connection: psycopg.Connection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UsageError, match=r"pip install 'hedge\[parquet\]'"):
        load(connection, "heroes", write("h.parquet", "PAR1"))


@pytest.mark.parametrize("realm", ["x", '"a\nb"'])
def test_memory_is_flat_in_the_size_of_the_file(
    connection: psycopg.Connection, write: Write, monkeypatch: pytest.MonkeyPatch, realm: str
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1 << 14)
    table = raw_table(connection, "pvp_matches")

    def peak(rows: int) -> int:
        file = write("m.csv", lines(HEADER, *[match("1", realm=realm)] * rows))
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


def test_real_tournaments_and_patrols_load_without_a_reject(
    connection: psycopg.Connection, shared: Path
) -> None:
    for file in sorted((shared / "data" / "metis").glob("*.csv")):
        summary = load(connection, file.stem, str(file))
        assert summary.read == summary.inserted > 0
