"""What `hedge chain status` and `hedge chain decode` say of logs that nothing takes, and of
reorganizations."""

import contextlib
import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from cli import chain, following
from hedge.chain import status
from hedge.chain.decoding import Decoded
from hedge.chain.status import ChainStatus, UndecodedStatus

AT = datetime(2026, 11, 30, 4, 31, 51, tzinfo=UTC)


def of_chain(**values: Any) -> ChainStatus:
    """A chain of which nothing is to be said but the values."""
    given = ("chain_id", "is_configured", "is_followed", "is_halted", *values)
    nothing = {
        each.name: 0 if each.type in (int, "int") else None
        for each in dataclasses.fields(ChainStatus)
        if each.name not in given and each.default_factory is dataclasses.MISSING
    }
    return ChainStatus(
        **{
            "chain_id": 1088,
            "is_configured": True,
            "is_followed": True,
            "is_halted": False,
            **nothing,
            **values,
        }
    )


def kind(topic0: str, logs: int, first: int, reason: Any = "unknown event") -> UndecodedStatus:
    return UndecodedStatus("pvp_diamond", reason, topic0, logs, first, first + 5)


def test_the_newest_kinds_of_logs_are_listed_and_older_ones_counted() -> None:
    kinds = [kind(f"0x{number:02}", 2, 100 + number) for number in range(12)]
    found = following.sentences(
        of_chain(undecoded_logs=[*kinds, kind("0xa", 1, 7, "malformed data")])
    )
    assert found[:2] == [
        "chain 1088: pvp_diamond has 1 log with malformed data (topic 0xa), in blocks 7 to 12",
        "chain 1088: pvp_diamond has 2 logs with unknown event (topic 0x11), in blocks 111 to 116",
    ]
    assert found[-2:] == [
        "chain 1088: pvp_diamond has 2 logs with unknown event (topic 0x02), in blocks 102 to 107",
        "chain 1088: pvp_diamond has 4 logs with unknown event of 2 older kinds, which"
        " hedge chain status --json lists",
    ]
    assert len(found) == 1 + 10 + 1


def test_one_reorganization_is_one() -> None:
    one = of_chain(reorganizations=1, deepest_reorganization=1, last_reorganization_at=AT)
    assert following.sentences(one) == [
        "chain 1088: 1 reorganization, the deepest of 1 block, the last at 2026-11-30 04:31:51"
    ]
    two = of_chain(reorganizations=2, deepest_reorganization=3, last_reorganization_at=AT)
    assert following.sentences(two) == [
        "chain 1088: 2 reorganizations, the deepest of 3 blocks, the last at 2026-11-30 04:31:51"
    ]


def test_a_log_that_no_decoder_takes_is_told_when_it_was_read() -> None:
    decoded = "0 facts inserted, 0 updated, 0 removed, 0 wait for a value"
    assert chain._sentence(Decoded(batches=1, logs=5)) == f"5 logs decoded: {decoded}"
    for undecoded, words in ((1, "1 log is"), (2, "2 logs are")):
        assert chain._sentence(Decoded(batches=1, logs=5, undecoded=undecoded)) == (
            f"5 logs decoded: {decoded}; {words} of known contracts and no decoder takes them:"
            " hedge chain status says why"
        )


def test_numbers_are_on_the_right_of_their_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(following, "migrated_connection", contextlib.nullcontext)
    found = [of_chain(head_number=7, block_number=5, lag_blocks=2)]
    monkeypatch.setattr(status, "status", lambda _: found)
    following.status()
    header, row, *_ = capsys.readouterr().out.splitlines()
    for column, value in (("head", "7"), ("followed to", "5"), ("lag", "2")):
        end = header.index(column) + len(column)
        assert row[:end].endswith(f" {value}")
