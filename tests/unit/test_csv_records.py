"""CSV files of rewards and weights: what is wrong with one is named with file and line."""

import errno
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from hedge import rewards, seasons
from hedge.errors import HedgeError, UsageError
from hedge.project import csv_files

REWARDS = b"reward_key,name,quantity,kind"
NOT_UTF_8 = "the byte 0xe9, which is 'é' in Latin-1, is not UTF-8: save the file as UTF-8"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"challenge,weight\n",
            ":1: the header lacks the column challenge_key: its columns are challenge_key, weight",
        ),
        (
            b"challenge_key\n",
            ":1: the header lacks the column weight: its columns are challenge_key, weight",
        ),
        (
            b"",
            ":1: the header lacks the column challenge_key: its columns are challenge_key, weight",
        ),
        (b"challenge_key,weight\nwins,1\n\xe9,1\n", f":3: {NOT_UTF_8}"),
        (b"weight,challenge_key,weight\n", ":1: the header names the column weight twice"),
        (
            b"challenge_key,weight\n\nwins\n",
            ":3: the row has 1 values for the 2 columns of the first line: weight would have none",
        ),
        (
            b'challenge_key,weight\nwins,"1\n',
            ":2: a quote is not closed, or one inside a value is not doubled: unexpected end of"
            " data",
        ),
        (None, " cannot be read: No such file or directory"),
    ],
)
def test_a_file_of_weights_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / "weights.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        seasons.read_weights(str(file))
    assert str(caught.value) == f"{file}{sentence}"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (REWARDS + b",rank_fron\n", ":1: no column 'rank_fron'; did you mean rank_from?: "),
        (b"reward_key,name,quantity\n", ":1: the header lacks the column kind: "),
        (REWARDS + b"\nbanner,\xe9,1,LEVEL\n", f":2: {NOT_UTF_8}"),
        (REWARDS + b"\nbanner,A, B,1,LEVEL\n", ":2: the row has 5 values for the 4 columns of "),
    ],
)
def test_a_file_of_rewards_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "rewards.csv"
    file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        rewards.read_definitions(str(file))
    assert str(caught.value).startswith(f"{file}{sentence}")


def test_a_byte_order_mark_and_the_order_of_columns_do_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "rewards.csv"
    file.write_bytes(
        b"\xef\xbb\xbfname,reward_key,kind,quantity,level\r\nThe banner,banner,LEVEL,1,\r\n"
    )
    (row,) = rewards.read_definitions(str(file))
    assert row == dict.fromkeys(rewards.COLUMNS) | {
        **{"reward_key": "banner", "name": "The banner", "quantity": "1", "kind": "LEVEL"}
    }


def test_a_file_with_a_first_line_alone_has_no_rows(tmp_path: Path) -> None:
    file = tmp_path / "weights.csv"
    file.write_text("challenge_key,weight\n")
    assert seasons.read_weights(str(file)) == []
    assert csv_files.records(str(file), ("weight",), ("challenge_key",)) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("a, b", "a, b"),
        (-1, "-1"),
        (True, "true"),
        (Decimal("-2.500000"), "-2.5"),
        (Decimal("1E+3"), "1000"),
        (datetime(2026, 5, 1, 2, tzinfo=timezone(timedelta(hours=2))), "2026-05-01T00:00:00Z"),
        *((f"{first}x", f"'{first}x") for first in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"),
    ],
)
def test_a_text_that_a_spreadsheet_would_compute_has_an_apostrophe(
    value: object, text: str
) -> None:
    assert csv_files.harmless(value) == text


def test_a_disk_at_fault_is_no_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", fail)
    for read in (seasons.read_weights, rewards.read_definitions):
        with pytest.raises(HedgeError, match=r"a\.csv cannot be read: Input") as caught:
            read("a.csv")
        assert not isinstance(caught.value, UsageError)
