"""Logs and blocks of nodes: what their values become, exactly, and the sentences that refuse."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedge.chain import rows
from hedge.chain.rows import Block, Log

WORD, OTHER = "0x" + "0a" * 32, "0x" + "Fb" * 32


def a_log(**changes: Any) -> dict[str, Any]:
    """A log as a node gives it."""
    return {
        "address": "0x" + "aB" * 20,
        "blockHash": WORD,
        "blockNumber": "0x8ef057",
        "data": "0x00ff",
        "logIndex": "0x23",
        "removed": False,
        "topics": [WORD, OTHER],
        "transactionHash": OTHER,
        "transactionIndex": "0x5",
    } | changes


def a_block(**changes: Any) -> dict[str, Any]:
    """A block as a node gives it."""
    return {
        "number": "0x10",
        "hash": WORD,
        "parentHash": OTHER,
        "timestamp": "0x6553f100",
        "transactions": [],
    } | changes


# How a node may write a value, and how it may not: blanks, signs, digits of other scripts, other
# types, and words that are too short or too long by what the next one lacks.
_BAD_WORDS: list[Any] = [
    *(OTHER[2:], WORD[:-1], f"{WORD}0", f"{WORD[:-1]} ", f" {WORD}", f"{WORD[:-2]}0x", "0x", ""),
    *(f"0X{WORD[2:]}", f"0x0x{WORD[4:]}", f"0x{'0 ' * 32}", f"0x{chr(0x663) * 64}", OTHER.upper()),
    *(None, 7, b"\n" * 32, list(WORD), "1x" + WORD[2:]),
]
_BAD_NUMBERS: list[Any] = [
    *("5", "0x", "0X5", "0x_5", "0x5_1", " 0x5", "0x5 ", "0x-5", "-0x5", "0x0x5", "0xg", "0x5\n"),
    *(f"0x{chr(0x663)}", 5, True, None, b"0x5", ["0", "x", "5"], hex(2**31), hex(2 * 10**18)),
]
_WORDS = st.sampled_from([WORD, OTHER, *_BAD_WORDS])
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "blockHash": _WORDS,
    "transactionHash": _WORDS,
    "blockNumber": st.sampled_from(_BAD_NUMBERS) | st.integers(-1, 2**70).map(hex),
    "logIndex": st.sampled_from(_BAD_NUMBERS) | st.integers(-1, 2**40).map(hex),
    "address": st.sampled_from(["0x" + "ab" * 19, "ab" * 21, "0x" + "a " * 20, None, 7]),
    "topics": st.lists(_WORDS, max_size=5) | st.sampled_from([None, WORD, {WORD: 1}, (WORD,), 3]),
    "data": st.sampled_from(["0x", "", "0x0", "0x00 ff", " 0x00", "00ff", "0X00", "x0ab", None, 5])
    | st.binary(max_size=70).map(lambda payload: f"0x{payload.hex()}"),
    "removed": st.sampled_from([True, False, None, 0, 1, "true"]),
}
_LOGS = st.one_of(
    *(st.fixed_dictionaries({name: values}) for name, values in _VALUES.items()),
    st.fixed_dictionaries({}, optional=_VALUES),
)


@settings(max_examples=400)
@given(_LOGS)
def test_a_log_that_is_read_at_once_is_what_its_values_are(changes: dict[str, Any]) -> None:
    found = msgspec.convert(a_log(**changes), rows.NodeLog)
    try:
        expected: Log | str = rows._log_by_value(found)
    except ValueError as error:
        expected = str(error)
    try:
        log: Log | str = rows.log_of_node(found)
    except ValueError as error:
        log = str(error)
    assert log == expected
    assert not isinstance(log, Log) or [*map(type, log)] == [*map(type, expected)]


def test_logs_as_nodes_write_them_are_read_at_once() -> None:
    for topics in range(5):
        found = msgspec.convert(a_log(topics=[WORD] * topics), rows.NodeLog)
        assert rows._usual_log(found) == rows._log_by_value(found)


def test_a_log_of_a_node() -> None:
    assert rows.log_of_node(a_log()) == Log(
        block_number=0x8EF057,
        block_hash=b"\x0a" * 32,
        tx_hash=b"\xfb" * 32,
        log_index=0x23,
        address=b"\xab" * 20,
        topic0=b"\x0a" * 32,
        topic1=b"\xfb" * 32,
        topic2=None,
        topic3=None,
        data=b"\x00\xff",
        is_removed=False,
    )
    assert rows.log_of_node(a_log(removed=True)).is_removed
    bare = a_log(topics=[], data="0x", logIndex=7, blockHash=None)
    del bare["removed"]
    found = rows.log_of_node(bare)
    assert (found.topic0, found.data, found.log_index, found.block_hash) == (None, b"", 7, None)


def test_a_block_of_a_node() -> None:
    at = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert rows.block_of_node(a_block()) == Block(16, b"\x0a" * 32, b"\xfb" * 32, at)
    assert rows.block_of_node(a_block(parentHash=None)).parent_hash is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"data": "0x123"}, "data '0x123' has an odd number of hexadecimal digits"),
        ({"data": "0x1g"}, "data '0x1g' is not a text of hexadecimal digits"),
        ({"data": "0x12 34"}, "data '0x12 34' is not a text of hexadecimal digits"),
        ({"data": 12}, "data 12 is not a text of hexadecimal digits"),
        ({"data": None}, "data is missing"),
        ({"address": "0xab"}, "address '0xab' has 2 hexadecimal digits, not 40"),
        ({"address": ""}, "address '' has 0 hexadecimal digits, not 40"),
        ({"blockHash": WORD + "00"}, f"blockHash '{WORD}00' has 66 hexadecimal digits, not 64"),
        ({"transactionHash": None}, "transactionHash is missing"),
        ({"blockNumber": None}, "blockNumber is missing"),
        ({"blockNumber": "16"}, "blockNumber '16' is not a number such as 0x1f"),
        ({"blockNumber": "0x"}, "blockNumber '0x' is not a number such as 0x1f"),
        ({"blockNumber": "0x1_0"}, "blockNumber '0x1_0' is not a number such as 0x1f"),
        ({"blockNumber": "-0x1"}, "blockNumber '-0x1' is not a number such as 0x1f"),
        ({"blockNumber": -1}, "blockNumber -1 is below 0"),
        ({"blockNumber": 1.5}, "blockNumber 1.5 is not a whole number"),
        ({"blockNumber": True}, "blockNumber True is not a whole number"),
        (
            {"blockNumber": "0x8000000000000000"},
            "blockNumber '0x8000000000000000' is above 1000000000000000000",
        ),
        ({"logIndex": "0x80000000"}, "logIndex '0x80000000' is above 2147483647"),
        ({"topics": [WORD] * 5}, "topics has 5 words, and a log has at most 4"),
        ({"topics": [WORD, None]}, "topics[1] is missing"),
        ({"topics": ["0x00"]}, "topics[0] '0x00' has 2 hexadecimal digits, not 64"),
        ({"topics": WORD}, f"topics '{WORD}' is not a list"),
        ({"topics": None}, "topics is missing"),
        ({"removed": "no"}, "removed 'no' is neither true nor false"),
    ],
    ids=str,
)
def test_a_log_that_is_none_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^") as caught:
        rows.log_of_node(a_log(**changes))
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"hash": None}, "hash is missing"),
        ({"number": "0xg"}, "number '0xg' is not a number such as 0x1f"),
        ({"parentHash": "0x0"}, "parentHash '0x0' has 1 hexadecimal digits, not 64"),
        (
            {"timestamp": 1_700_000_000_000},
            "timestamp 1700000000000 is after the year 9999: it counts seconds",
        ),
        ({"timestamp": None}, "timestamp is missing"),
    ],
    ids=str,
)
def test_a_block_that_is_none_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^") as caught:
        rows.block_of_node(a_block(**changes))
    assert str(caught.value) == sentence


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^\[1\] is not an object$"):
        rows.log_of_node([1])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([None, b"b" * 32, None, None], f"topic1 '{'62' * 32}' follows no topic0"),
        ([b"a" * 32, None, b"b" * 32, None], f"topic2 '{'62' * 32}' follows no topic1"),
        ([b"a" * 31, None, None, None], f"topic0 '{'61' * 31}' has 31 bytes, not 32"),
    ],
    ids=["first", "middle", "short"],
)
def test_topics_in_columns_have_no_gaps(words: list[bytes | None], sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^") as caught:
        rows.topics_in_columns(words)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1.0", "n '1.0' is not a whole number"),
        ("0x10", "n '0x10' is not a whole number"),
        ("٣", "n '٣' is not a whole number"),
        ("-1", "n '-1' is below 0"),
        ("", "n is missing"),
        ("101", "n '101' is above 100"),
        ("0" * 31, f"n '{'0' * 31}' has more than 30 digits"),
        ("1" * 30, f"n '{'1' * 30}' is above 100"),
    ],
)
def test_a_number_of_an_exporter_that_is_none_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^") as caught:
        rows.whole("n", text, 100)
    assert str(caught.value) == sentence


@given(st.binary(max_size=100), st.booleans(), st.booleans())
def test_bytes_keep_every_digit(value: bytes, is_upper: bool, has_prefix: bool) -> None:
    digits = value.hex().upper() if is_upper else value.hex()
    assert rows.octets("data", f"0x{digits}" if has_prefix else digits) == value
    assert rows.octets("data", value, len(value)) == value


@given(st.integers(0, rows.LARGEST_BLOCK))
def test_numbers_keep_every_digit(value: int) -> None:
    for text in (hex(value), f"0x{value:020x}", value):
        assert rows.quantity("number", text, rows.LARGEST_BLOCK) == value
    assert rows.whole("number", str(value), rows.LARGEST_BLOCK) == value


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused_with_a_sentence_about_it(text: str) -> None:
    for read in (lambda: rows.octets("data", text), lambda: rows.quantity("data", text, 2**63)):
        sentence, found = "data ", None
        try:
            found = read()
        except ValueError as error:
            sentence = str(error)
        assert sentence.startswith("data ")
        digits = text.strip().removeprefix("0x").removeprefix("0X")
        assert found is None or not digits or int(digits, 16) >= 0
