"""Parquet: what becomes of the values of each type, in each column."""

import datetime as dt
import json
import sys
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from hedge.errors import UsageError
from hedge.loading.sources import UnreadableRow
from hedge.loading.tables import Column
from tests.unit.sources import ALICE, column, outcomes, read, table

WHOLE = column("bigint")
TEXT = column("text")
TIME = column("timestamp with time zone")
DATE = column("date")
JEWEL = column("numeric(38,18)")
USD = column("numeric(30,12)")
GOLD = column("numeric(38,3)")
GENES = column("numeric(78,0)")
ADDRESS = column("text", form="address")
HASH = column("text", form="hash")
IDS = column("bigint[]")


@pytest.fixture
def become(tmp_path: Path):
    """What becomes of an array of Arrow in a column."""

    def read_array(array: Any, column: Column, **options: Any) -> list[str | None]:
        parquet.write_table(pyarrow.table({column.name: array}), tmp_path / "a.parquet", **options)
        return outcomes(read(tmp_path / "a.parquet", table(column)))

    return read_array


@pytest.mark.parametrize(
    ("type_", "bits", "name"), [("float64", 53, "DOUBLE"), ("float32", 24, "FLOAT")]
)
def test_a_float_is_a_whole_number_below_what_its_digits_can_count(
    become, type_: str, bits: int, name: str
) -> None:
    most = 2**bits - 1
    array = pyarrow.array([float(most), float(-most), -0.0, None], type_)
    for whole in (WHOLE, GENES, TEXT, TIME):
        assert become(array, whole) == [str(most), str(-most), "0", None]
    # 2^53 + 1 is the same double as 2^53
    (reason,) = become(pyarrow.array([float(most + 1)], type_), GENES)
    assert reason == (
        f"! value '{float(most + 1)}' cannot be exact:"
        f" a {name} holds whole numbers only below 2^{bits}"
    )


def test_half_floats_are_whole_numbers_below_2_to_the_11(become) -> None:
    array = pyarrow.array([2047.0, 1.5, 2048.0], "float16")
    assert become(array, WHOLE) == [
        "2047",
        "! value '1.5' is not a whole number",
        "! value '2048.0' cannot be exact: a FLOAT16 holds whole numbers only below 2^11",
    ]


@pytest.mark.parametrize("whole", [WHOLE, GENES, TEXT])
def test_a_float_with_a_fraction_is_no_whole_number(become, whole: Column) -> None:
    assert become(pyarrow.array([0.4, 1e-300, float("nan"), float("-inf")]), whole) == [
        "! value '0.4' is not a whole number",
        "! value '1e-300' is not a whole number",
        "! value 'nan' is not a number",
        "! value '-inf' is not a number",
    ]


@pytest.mark.parametrize(
    ("given", "type_", "column", "outcome"),
    [
        (0.1, "float64", USD, "0.1"),
        (-8191.999999999999, "float64", USD, "-8191.999999999999"),
        (8191.5, "float64", USD, "8191.5"),
        (
            8192.0,
            "float64",
            USD,
            "! value '8192.0' cannot be exact: a DOUBLE holds 12 decimals only below 8192",
        ),
        (1 / 3, "float64", USD, "! value '0.3333333333333333' has more than 12 decimals"),
        (1e-13, "float64", USD, "! value '1e-13' has more than 12 decimals"),
        (0.1, "float32", USD, "! value '0.10000000149011612' cannot be exact: a FLOAT holds 12"),
        (0.1, "float32", GOLD, "0.1"),
        (16383.999, "float32", GOLD, "16383.999"),
        (0.0001, "float32", GOLD, "! value '9.999999747378752e-05' has more than 3 decimals"),
        (0.0, "float64", JEWEL, "0"),
        (1e-18, "float64", JEWEL, "0.000000000000000001"),
        (0.00390625, "float64", JEWEL, "0.00390625"),
        (0.0078125, "float64", JEWEL, "! value '0.0078125' cannot be exact: a DOUBLE holds 18"),
        # 100.000000000000000001 is the same double
        (100.0, "float64", JEWEL, "! value '100.0' cannot be exact: a DOUBLE holds 18 decimals"),
        # the smallest half float is 6e-8, so that 1e-12 is the same as 0
        (0.0, "float16", USD, "! value '0.0' cannot be exact: a FLOAT16 does not hold 12 decimals"),
        (0.5, "float16", GOLD, "0.5"),
        (2.0, "float16", GOLD, "! value '2.0' cannot be exact: a FLOAT16 holds 3 decimals only"),
        (0.1, "float64", column("double precision"), "0.1"),
        (0.1, "float32", column("real"), "0.10000000149011612"),
        (0.1, "float64", column("numeric"), "! value '0.1' cannot be exact"),
    ],
)
def test_a_float_is_exact_where_only_one_value_of_the_column_is_this_float(
    become, given: float, type_: str, column: Column, outcome: str
) -> None:
    (found,) = become(pyarrow.array([given], type_), column)
    assert found == outcome or (found.startswith(outcome) and outcome.startswith("!"))


def test_decimals_keep_every_digit(become) -> None:
    largest = Decimal("9" * 20 + "." + "9" * 18)
    for kind in (pyarrow.decimal128(38, 18), pyarrow.decimal256(76, 18)):
        array = pyarrow.array([largest, Decimal(-100), Decimal(0)], kind)
        assert become(array, JEWEL) == [f"{largest:f}", "-100", "0"]
    genes = Decimal("3" * 76)
    assert become(pyarrow.array([genes], pyarrow.decimal256(76, 0)), GENES) == ["3" * 76]
    assert become(pyarrow.array([2**64 - 1], "uint64"), GENES) == [str(2**64 - 1)]


def test_bytes_are_the_digits_of_addresses_and_hashes(become) -> None:
    for kind in (pyarrow.binary(20), pyarrow.binary(), pyarrow.large_binary()):
        assert become(pyarrow.array([b"\xaa" * 20, None], kind), ADDRESS) == [ALICE, None]
    assert become(pyarrow.array([b"\xab" * 32], pyarrow.binary(32)), HASH) == ["0x" + "ab" * 32]
    assert become(pyarrow.array([b"\0" * 20], pyarrow.binary(20)), ADDRESS) == ["0x" + "0" * 40]


def test_bytes_of_another_length_are_no_address_and_no_hash(become) -> None:
    padded = b"\0" * 12 + b"\xaa" * 20
    assert become(pyarrow.array([padded, b"\xaa"]), ADDRESS) == [
        f"! value '{padded.hex()}' has 32 bytes, not the 20 of the address",
        "! value 'aa' has 1 bytes, not the 20 of the address",
    ]
    assert become(pyarrow.array([b"\xaa" * 20]), HASH) == [
        f"! value '{'aa' * 20}' has 20 bytes, not the 32 of the hash"
    ]


def test_bytes_are_text_elsewhere(become) -> None:
    assert become(pyarrow.array([ALICE.encode(), b"0x12"]), ADDRESS) == [ALICE, "0x12"]
    assert become(pyarrow.array([b"an address of nobody"]), ADDRESS) == ["an address of nobody"]
    assert become(pyarrow.array([b"5"]), GENES) == ["5"]
    assert become(pyarrow.array(["\xe9".encode(), b"\xe9", b"a\0"]), TEXT) == [
        "\xe9",
        "! value 'e9' is not UTF-8 text",
        "! value 'a\\u0000' contains U+0000, which PostgreSQL stores in no text",
    ]


@pytest.mark.parametrize("kind", ["string", "large_string"])
def test_text_that_claims_to_be_utf_8_and_is_not_is_rejected(become, kind: str) -> None:
    binary = {"string": pyarrow.binary(), "large_string": pyarrow.large_binary()}[kind]
    array = pyarrow.array([b"good", b"\xff"], binary).view(kind)
    assert become(array, TEXT) == ["good", "! value 'ff' is not UTF-8 text"]


def test_a_dictionary_is_its_values(become) -> None:
    assert become(pyarrow.array(["WIN", None, "WIN"]).dictionary_encode(), TEXT) == [
        "WIN",
        None,
        "WIN",
    ]
    array = pyarrow.array([b"\xaa" * 20]).dictionary_encode()
    assert become(array, ADDRESS) == [ALICE]


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
@pytest.mark.parametrize(
    ("unit", "ticks", "text"),
    [
        ("s", 0, "1970-01-01T00:00:00Z"),
        ("s", -1, "1969-12-31T23:59:59Z"),
        ("ms", 1_759_276_800_001, "2025-10-01T00:00:00.001Z"),
        ("us", 1_759_276_800_000_001, "2025-10-01T00:00:00.000001Z"),
        ("us", -1, "1969-12-31T23:59:59.999999Z"),
        ("us", 253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ("us", -62_135_596_800_000_000, "0001-01-01T00:00:00Z"),
        ("us", 253_402_300_800_000_000, "! value is 253402300800 seconds from 1970-01-01, not"),
        ("us", -(2**63), "! value is -9223372036855 seconds from 1970-01-01, not between the "),
        ("ns", 1_759_276_800_000_001_000, "2025-10-01T00:00:00.000001Z"),
        # PostgreSQL rejects what is finer than a microsecond
        ("ns", 1_759_276_800_000_000_001, "2025-10-01T00:00:00.000000001Z"),
    ],
)
def test_instants_keep_every_digit(
    become, zone: str | None, unit: str, ticks: int, text: str
) -> None:
    array = pyarrow.array([ticks, None], "int64").cast(pyarrow.timestamp(unit, zone))
    for kind in (TIME, TEXT, DATE):
        found, null = become(array, kind)
        assert found == text or (found.startswith(text) and text.startswith("!"))
        assert null is None


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (dt.datetime(2500, 1, 1), "2500-01-01T00:00:00Z"),
        (dt.datetime(9999, 12, 31, 23, 59, 59, 999_999), "9999-12-31T23:59:59.999999Z"),
        (dt.datetime(1500, 2, 3, 4, 5, 6, 7), "1500-02-03T04:05:06.000007Z"),
    ],
)
def test_the_instants_of_old_programs_do_not_wrap_around(
    become, at: dt.datetime, text: str
) -> None:
    array = pyarrow.array([at, None] * 5000, pyarrow.timestamp("us"))
    found = become(array, TIME, use_deprecated_int96_timestamps=True, row_group_size=3000)
    assert found == [text, None] * 5000


def test_the_nanoseconds_of_old_programs_are_kept(become) -> None:
    array = pyarrow.array([-1, 1_759_276_800_000_000_001], pyarrow.timestamp("ns"))
    assert become(array, TIME, use_deprecated_int96_timestamps=True) == [
        "1969-12-31T23:59:59.999999999Z",
        "2025-10-01T00:00:00.000000001Z",
    ]


def test_dates(become) -> None:
    days = [dt.date(1, 1, 1), dt.date(2025, 10, 1), dt.date(9999, 12, 31), None]
    texts = ["0001-01-01", "2025-10-01", "9999-12-31", None]
    assert become(pyarrow.array(days), DATE) == texts
    assert become(pyarrow.array(days, pyarrow.date64()), DATE) == texts
    (reason,) = become(pyarrow.array([2**31 - 1], "int32").view(pyarrow.date32()), DATE)
    assert reason == "! value is 2147483647 days from 1970-01-01, not between the years 1 and 9999"


@pytest.mark.parametrize(
    "kind", [pyarrow.list_(pyarrow.int64()), pyarrow.large_list(pyarrow.decimal128(38, 3))]
)
def test_lists_are_arrays(become, kind: Any) -> None:
    array = pyarrow.array([[1, None, 3], None, []], kind)
    assert become(array, IDS) == ["{1,NULL,3}", None, "{}"]


def test_lists_of_one_size_and_of_text_are_arrays(become) -> None:
    array = pyarrow.array([[1, 2], None, [3, 4]], pyarrow.list_(pyarrow.int32(), 2))
    assert become(array, IDS) == ["{1,2}", None, "{3,4}"]
    assert become(pyarrow.array([["1"], ['a"\\']]), IDS) == ["{1}", '{"a\\"\\\\"}']


def test_an_element_that_cannot_be_exact_rejects_its_row(become) -> None:
    assert become(pyarrow.array([[1.0], [2.0, 1e17, 0.5], [3.0]]), IDS) == [
        "{1}",
        "! value '1e+17' cannot be exact: a DOUBLE holds whole numbers only below 2^53",
        "{3}",
    ]


@pytest.mark.parametrize(
    ("array", "column", "reason"),
    [
        (
            pyarrow.array([{"a": 1}]),
            TEXT,
            "'{'a': 1}' has the type struct<a: int64>, which no column holds",
        ),
        (pyarrow.array([[1]]), TEXT, "'[1]' has the type list<"),
        (pyarrow.array([[[1]]]), IDS, "'[1]' has the type list<"),
        (pyarrow.array([dt.timedelta(1)]), WHOLE, "'1 day, 0:00:00' has the type duration[us]"),
        (pyarrow.array([dt.time(1)]), TEXT, "'01:00:00' has the type time64[us], which no"),
        (
            pyarrow.array([[(1, 2)]], pyarrow.map_(pyarrow.int8(), pyarrow.int8())),
            IDS,
            "'[(1, 2)]' has the type map<int8, int8",
        ),
    ],
    ids=lambda given: str(getattr(given, "type", "")),
)
def test_what_is_no_single_value_is_rejected(
    become, array: Any, column: Column, reason: str
) -> None:
    (found,) = become(array, column)
    assert found.startswith(f"! value {reason}")
    assert become(pyarrow.nulls(1, array.type), column) == [None]


def test_other_types(become) -> None:
    assert become(pyarrow.array([True, False, None]), column("boolean")) == ["true", "false", None]
    assert become(pyarrow.array([None]), WHOLE) == [None]
    assert become(pyarrow.array([b"\x01" * 16], pyarrow.uuid()), TEXT) == [
        str(uuid.UUID(bytes=b"\x01" * 16))
    ]


def test_a_rejected_row_is_kept_as_it_was_read(tmp_path: Path) -> None:
    columns = [column("bigint", "id"), column("text", "name"), column("bigint", "rest")]
    given = {"id": [1.0, 2.5], "Name ": [b"\xff", b"\xe9a"], "rest": [None, None]}
    parquet.write_table(pyarrow.table(given), tmp_path / "a.parquet")
    rows = read(tmp_path / "a.parquet", table(*columns))
    assert [type(row) for row in rows] == [UnreadableRow] * 2
    assert [row.line for row in rows] == [1, 2]
    assert json.loads(rows[1].text) == {"id": "2.5", "name": "e961"}
    assert rows[1].reason == "id '2.5' is not a whole number; name 'e961' is not UTF-8 text"


def test_columns_that_the_table_does_not_have(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"velue": [1]}), tmp_path / "a.parquet")
    with pytest.raises(UsageError, match="no column 'velue'; did you mean value"):
        read(tmp_path / "a.parquet", table(WHOLE))


def test_without_pyarrow_it_is_said_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet.write_table(pyarrow.table({"value": [1]}), tmp_path / "a.parquet")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow.parquet", None)
        with pytest.raises(UsageError, match=r"Parquet needs pyarrow: .*'hedge\[parquet\]'"):
            read(tmp_path / "a.parquet", table(WHOLE))
    assert outcomes(read(tmp_path / "a.parquet", table(WHOLE))) == ["1"]
