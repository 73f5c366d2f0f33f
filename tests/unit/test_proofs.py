"""The file of a proof is read as it was written, or refused with a sentence that names it."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli import proving
from hedge.analysis import proof_files
from hedge.errors import UsageError

WALLET = "0x" + "a1" * 20
LOG = proof_files.Log(
    chain_id=1088,
    block_number=7,
    block_hash=None,
    tx_hash="0x" + "0b" * 32,
    log_index=0,
    address="0x" + "c7" * 20,
    topics=["0x" + "01" * 32],
    data="0x",
)
PROOF = proof_files.Proof(
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
    links=[proof_files.Link(WALLET, "DFKCHAIN", datetime(2026, 5, 1, tzinfo=UTC), None)],
    logs=[LOG],
    facts=[
        proof_files.Entry(
            "jeweler_events",
            {"log_index": 1},
            msgspec.Raw(b'{"jewel_amount": 12345678901234567890.123456789012345678}'),
        )
    ],
    prices=[],
)
CONTENT = proof_files.written(PROOF)
IS_NONE = "proof.json is no proof of hedge chain prove: "


def test_a_proof_is_read_as_it_was_written() -> None:
    found = proof_files.read(CONTENT, "proof.json")
    assert (found.value, found.as_of, found.links) == (PROOF.value, PROOF.as_of, PROOF.links)
    assert proof_files.written(found) == CONTENT
    # no digit of an amount is lost
    assert b"12345678901234567890.123456789012345678" in CONTENT


LINK = {"address": WALLET, "chain": "", "linked_at": "2026-05-01T00:00:00Z", "verified_at": None}
ENTRY = {"table": "pets", "key": {"pet_id": 1}, "fact": {}}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 2}, "its format is 2, and this version reads 1"),
        ({"format": True}, "its format is true, and this version reads 1"),
        ({"value": "many"}, 'value is "many": Expected'),
        ({"value": ""}, 'value is "": Expected'),
        ({"value": "sNaN"}, 'value is "sNaN": Expected'),
        ({"value": "Infinity"}, 'value is "Infinity": Expected'),
        ({"value": "1_000"}, 'value is "1_000": Expected'),
        ({"value": "1e5"}, 'value is "1e5": Expected'),
        ({"value": "2\n"}, r'value is "2\n": Expected'),
        ({"value": 2}, "value is 2: Expected `str`, got `int`"),
        ({"logs": {}}, "logs: Expected `array`, got `object`"),
        ({"links": [LINK | {"address": "0xa1"}]}, 'links[0].address is "0xa1": Expected'),
        (
            {"logs": [msgspec.to_builtins(LOG) | {"data": "0xabc"}]},
            'logs[0].data is "0xabc": Expec',
        ),
        ({"links": [LINK, LINK]}, f"links has {WALLET} 2 times"),
        ({"logs": [msgspec.to_builtins(LOG)] * 2}, f"logs has 1088 {LOG.tx_hash} 0 2 times"),
        ({"facts": [ENTRY, ENTRY]}, 'facts has pets {"pet_id": 1} 2 times'),
        ({"prices": [ENTRY, ENTRY]}, 'prices has pets {"pet_id": 1} 2 times'),
        ({"facts": [ENTRY | {"fact": [1]}]}, "facts[0].fact is [1] and no object"),
        ({"prices": [ENTRY | {"fact": "x"}]}, 'prices[0].fact is "x" and no object'),
        ({"facts": [ENTRY | {"fact": {"a": "b\0"}}]}, r'"b\u0000" contains the character NUL'),
        ({"as_of": "noon"}, 'as_of is "noon": Invalid RFC3339'),
        ({"as_of": "2026-06-01T12:00:00"}, 'as_of is "2026-06-01T12:00:00": Expected `datetime` '),
        ({"as_of": "0001-01-01T00:00:00+14:00"}, "as_of is 0001-01-01T00:00:00+00:00, which is"),
        (
            {"links": [LINK | {"linked_at": "0001-01-01T00:00:00Z"}]},
            "links[0].linked_at is 0001-01-01T00:00:00+00:00, which is out of range",
        ),
        (
            {"links": [LINK | {"verified_at": "9999-01-01T00:00:00Z"}]},
            "links[0].verified_at is 9999-01-01T00:00:00+00:00, which is out of range",
        ),
        ({"window": "season:1"}, "window is \"season:1\": Invalid enum value 'season:1'"),
        ({"cluster": ""}, 'cluster is "": Expected `str` of length >= 1'),
        (
            {"value": "3", "logs": []},
            "its value is 3, and it lists no log, so it proves nothing",
        ),
        ({"secret": 1}, "Object contains unknown field `secret`"),
        ({"seeds": {"a": 1}}, "seeds[...]: Expected `str`, got `int`"),
    ],
)
def test_a_damaged_value_is_named(changes: dict[str, Any], sentence: str) -> None:
    content = msgspec.json.encode(msgspec.json.decode(CONTENT) | changes)
    with pytest.raises(UsageError) as refused:
        proof_files.read(content, "proof.json")
    assert str(refused.value).startswith(IS_NONE + sentence)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Input data was truncated"),
        (CONTENT[:-40], "Input data was truncated"),
        (b"[]", "it is [] and no JSON object"),
        (b"7", "it is 7 and no JSON object"),
        (b"\xff\xfe", "byte 1 (0xff) is no UTF-8"),
        (b'{"hedge": "\xff"}', "byte 12 (0xff) is no UTF-8"),
        (b'{"format": 1, "value": "\\ud800 and more text"}', "JSON is malformed"),
        (b'{"a":' + b"[" * 9000 + b"]" * 9000 + b"}", "its JSON is nested too deeply"),
        (b'{"a": 1e999}', "Number out of range"),
    ],
)
def test_what_is_no_json_of_a_proof_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        proof_files.read(content, "proof.json")
    assert str(refused.value).startswith(IS_NONE + sentence)


def test_a_proof_of_nothing_needs_no_log() -> None:
    content = msgspec.json.encode(msgspec.json.decode(CONTENT) | {"value": "0.00", "logs": []})
    assert proof_files.read(content, "proof.json").logs == []


def read_or_refused(content: bytes) -> proof_files.Proof | None:
    """The proof of a file, or None where it is refused as it should be."""
    sentence = ""
    try:
        return proof_files.read(content, "proof.json")
    except UsageError as refused:
        sentence = str(refused)
    assert sentence.startswith(IS_NONE)
    assert "\n" not in sentence
    return None


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_file_with_other_bytes_is_read_or_refused(data: st.DataObject) -> None:
    """Bytes that are put in place of others lead to no other error than a refusal."""
    start = data.draw(st.integers(0, len(CONTENT)))
    end = data.draw(st.integers(start, min(len(CONTENT), start + 40)))
    new = data.draw(
        st.one_of(st.binary(max_size=6), st.sampled_from([b"null", b"-1", b"[]", b'"']))
    )
    read_or_refused(CONTENT[:start] + new + CONTENT[end:])


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_file_with_another_value_is_read_or_refused(data: st.DataObject) -> None:
    """Any JSON in place of a value leads to no other error than a refusal."""
    scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    document = msgspec.json.decode(CONTENT)
    place: Any = document
    while True:
        steps = list(place) if isinstance(place, dict) else list(range(len(place)))
        step = data.draw(st.sampled_from(steps))
        if not isinstance(place[step], dict | list) or not place[step] or data.draw(st.booleans()):
            break
        place = place[step]
    place[step] = data.draw(scalars | st.lists(scalars, max_size=2) | st.just({}))
    found = read_or_refused(msgspec.json.encode(document))
    if found is not None:
        written = proof_files.written(found)
        assert proof_files.written(proof_files.read(written, "again")) == written


def test_standard_output_gets_what_a_file_gets(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    monkeypatch.setattr(proving, "migrated_connection", contextlib.nullcontext)
    monkeypatch.setattr(proving.proofs, "prove", lambda *_, **__: PROOF)
    proving.prove("busy", "patrol_warden")
    printed, _ = capsysbinary.readouterr()
    proving.prove("busy", "patrol_warden", output=tmp_path / "proof.json")
    assert printed == (tmp_path / "proof.json").read_bytes()
