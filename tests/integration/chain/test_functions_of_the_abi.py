"""The functions that read the data of logs, each at its edges, against what Python reads there."""

import itertools
from collections.abc import Iterable
from typing import Any

import psycopg

#: Each power of two and its neighbours: a word is read in parts, of which each has an edge there.
NUMBERS = sorted(
    {
        number
        for power in range(257)
        for number in (2**power - 1, 2**power, 2**power + 1)
        if number < 2**256
    }
)
#: What stands before and behind the bytes that are read.
OTHERS = b"\xee"


def ask(
    connection: psycopg.Connection, expression: str, types: str, rows: Iterable[tuple[Any, ...]]
) -> list[Any]:
    """What an expression of the columns a, b, c and d, which have these types, is for each row."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    names = types.split()
    found = connection.execute(
        f"select {expression} from unnest({', '.join(f'%s::{name}[]' for name in names)})"
        f" with ordinality as of ({', '.join('abcd'[: len(names)])}, place) order by place",
        columns,
    )
    return [value for (value,) in found]


def signed(number: int) -> int:
    return number - 2**256 if number >= 2**255 else number


def test_a_word_is_a_number(transaction: psycopg.Connection) -> None:
    """At whatever place, and also where it is the last one."""
    words = [number.to_bytes(32, "big") for number in NUMBERS]
    rows = [(OTHERS * place + word, place) for word in words for place in (0, 33)]
    numbers = [number for number in NUMBERS for _ in range(2)]
    bigints = [number if number < 2**63 else None for number in numbers]
    types = "bytea integer"
    assert ask(transaction, "app.abi_uint(a, b)", types, rows) == bigints
    assert ask(transaction, "app.abi_numeric(a, b)", types, rows) == numbers
    assert ask(transaction, "app.abi_signed(a, b)", types, rows) == list(map(signed, numbers))
    longer = [(payload + OTHERS, place) for payload, place in rows]
    assert ask(transaction, "app.abi_uint(a, b)", types, longer) == bigints
    assert ask(transaction, "app.abi_numeric(a, b)", types, longer) == numbers


def test_a_word_that_is_not_there_whole_is_no_number(transaction: psycopg.Connection) -> None:
    word = (7).to_bytes(32, "big")
    rows = [(word[:31], 0), (word, 1), (word, 32), (b"", 0)]
    for function in ("abi_uint", "abi_numeric", "abi_signed"):
        found = ask(transaction, f"app.{function}(a, b)", "bytea integer", rows)
        assert found == [None] * 4, function


def test_unused_bytes_are_zero_or_continue_the_sign(transaction: psycopg.Connection) -> None:
    """A byte that is not, the first or the last of them, is found; the next one does not matter.
    Bytes that are not there are not zero."""
    rows = []
    for width in range(1, 33):
        for unused in (bytes(width), b"\xff" * width):
            for changed in (unused, b"\x01" + unused[1:], unused[:-1] + b"\x01", unused[:-1]):
                rows += [(OTHERS + changed + after, 1, width) for after in (b"\x7f", b"\x80", b"")]
    types = "bytea integer integer"
    are_zero = [payload[1 : 1 + width] == bytes(width) for payload, _, width in rows]
    assert ask(transaction, "app.abi_is_zero(a, b, c)", types, rows) == are_zero
    signs = [b"\0" if payload[1 + width :] < b"\x80" else b"\xff" for payload, _, width in rows]
    continue_it = [
        payload[1 : 1 + width] == sign * width
        for (payload, _, width), sign in zip(rows, signs, strict=True)
    ]
    assert ask(transaction, "app.abi_is_signed(a, b, c)", types, rows) == continue_it
    assert {*are_zero} == {*continue_it} == {True, False}


def test_a_pointer_leads_behind_the_head_and_before_the_end(
    transaction: psycopg.Connection,
) -> None:
    rows = list(itertools.product([0, 63, 64, 65, 99, 100, 2**63 - 1], [0, 32], [64], [100, 132]))
    places = [
        frame + word if head <= word < ends - frame else None for word, frame, head, ends in rows
    ]
    types = "bigint integer integer integer"
    assert ask(transaction, "app.abi_place(a, b, c, d)", types, rows) == places
    assert {(64, 0, 64, 100), (99, 0, 64, 100), (100, 0, 64, 100)} < {*rows}


def test_an_array_ends_with_the_data(transaction: psycopg.Connection) -> None:
    rows = list(
        itertools.product([0, 1, 2, 3, 2**63 - 1], [32, 64], [1, 32, 64], [64, 95, 96, 127, 128])
    )
    counts = [word if place + word * width <= ends else None for word, place, width, ends in rows]
    types = "bigint integer integer integer"
    assert ask(transaction, "app.abi_count(a, b, c, d)", types, rows) == counts


def test_text_and_bytes_are_padded_to_whole_words(transaction: psycopg.Connection) -> None:
    """What follows the last word does not matter."""
    rows = []
    for width in (0, 1, 31, 32, 33, 63, 64):
        padding = bytes(-width % 32)
        for unused in {padding, padding[:-1] + b"\1" if padding else b"", padding[:-1]}:
            rows += [
                (OTHERS * (1 + width) + unused, 1, width),
                (OTHERS * (1 + width) + unused + OTHERS, 1, width),
            ]
    are_padded = [
        payload[1 + width :][: -width % 32] == bytes(-width % 32) for payload, _, width in rows
    ]
    types = "bytea integer integer"
    assert ask(transaction, "app.abi_is_padded(a, b, c)", types, rows) == are_padded
    assert {*are_padded} == {True, False}


def is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_text_is_utf8_as_python_reads_it(transaction: psycopg.Connection) -> None:
    """Every first byte with second ones at the edges of what may follow it, and as many more as it
    asks for, one fewer, and one more; also as the last of several characters."""
    edges = b"\x00\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xff"
    texts = [b"", b"a"]
    for first, second in itertools.product(range(256), edges):
        texts += [
            bytes([first, second]) + more for more in (b"", b"\x80", b"\xbf\xbf", b"\x80\x7f")
        ]
        texts += [bytes([first]), bytes([first, second]) + b"\xbf\xbf\xbf"]
    texts += [
        "\N{GREEK SMALL LETTER PI}a\U0010ffff\ud7ff\ue000".encode() + b for b in (b"", b"\x80")
    ]
    # the padding behind a text is no part of it
    rows = [(OTHERS + text + bytes(3) + OTHERS, 1, len(text)) for text in texts]
    types = "bytea integer integer"
    found = ask(transaction, "app.abi_is_utf8(a, b, c)", types, rows)
    assert found == [is_utf8(text) for text in texts]
    valid = [row for row, is_valid in zip(rows, found, strict=True) if is_valid]
    shown = [payload[1 : 1 + width].decode() for payload, _, width in valid]
    assert ask(transaction, "app.abi_text(a, b, c)", types, valid) == [
        None if "\0" in text else text for text in shown
    ]


def test_bytes_are_shown_in_hexadecimal_digits(transaction: psycopg.Connection) -> None:
    rows = [(b"\x00\xab\xcd", 1, 2), (b"\x00\xab\xcd", 0, 1), (b"\xab", 0, 0)]
    found = ask(transaction, "app.abi_hex(a, b, c)", "bytea integer integer", rows)
    assert found == ["0xabcd", "0x00", "0x"]
