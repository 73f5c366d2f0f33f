"""The file of a proof is read as it was written, or refused with a sentence that names it."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from hedge.analysis import proofs
from hedge.errors import UsageError

PROOF = proofs.Proof(
    format=1,
    hedge="0.2.0",
    cluster="busy",
    challenge="patrol_warden",
    metric_source="onchain_metis_patrol",
    metric_key="wins",
    window="all_time",
    as_of=datetime(2026, 6, 1, 12, tzinfo=UTC),
    value="12345678901234567890.123456",
    project="ab" * 32,
    seeds={"enemy_pools": ""},
    links=[proofs.Link("0x" + "a1" * 20, "DFKCHAIN", datetime(2026, 5, 1, tzinfo=UTC), None)],
    logs=[],
    facts=[
        proofs.Entry(
            "jeweler_events",
            {"log_index": 1},
            msgspec.Raw(b'{"jewel_amount": 12345678901234567890.123456789012345678}'),
        )
    ],
    prices=[],
)


def test_a_proof_is_read_as_it_was_written() -> None:
    content = proofs.written(PROOF)
    found = proofs.read(content, "proof.json")
    assert (found.value, found.as_of, found.links) == (PROOF.value, PROOF.as_of, PROOF.links)
    assert proofs.written(found) == content
    # no digit of an amount is lost
    assert b"12345678901234567890.123456789012345678" in content


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 2}, "has the format 2, and this version reads 1"),
        ({"value": "many"}, "is no proof of hedge chain prove"),
        ({"logs": {}}, r"is no proof of hedge chain prove: Expected `array`.*logs"),
        ({"links": [{"address": "0xa1"}]}, r"is no proof .*regex.*links.*address"),
        ({"as_of": "noon"}, "is no proof of hedge chain prove: Invalid RFC3339.*as_of"),
        ({"secret": 1}, "is no proof of hedge chain prove: .*unknown field `secret`"),
    ],
)
def test_another_file_is_refused(changes: dict[str, Any], sentence: str) -> None:
    content = msgspec.json.encode(msgspec.json.decode(proofs.written(PROOF)) | changes)
    with pytest.raises(UsageError, match=f"^proof.json {sentence}"):
        proofs.read(content, "proof.json")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_what_is_no_json_object_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError, match=r"^proof.json is no proof of hedge chain prove: "):
        proofs.read(content, "proof.json")
