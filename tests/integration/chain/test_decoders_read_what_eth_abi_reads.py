"""Every decoder against eth-abi: for generated values of every type, and for data that is broken,
decoders show what eth-abi reads, and nothing where it refuses."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.rendering import render
from tests.support import abi
from tests.support.abi import Event

EVENTS = abi.events()
#: Events with types that no event of the seed has, or not so deep in each other.
OTHERS = [
    abi.event("others", f"{name}({parameters})")
    for name, parameters in {
        "Words": "int8 small, int24 indexed change, int64 wide, int72 wider, int256 widest,"
        " bytes1 kind, bytes4 indexed selector, bytes32 root, uint16 odd, uint40 instant",
        "Arrays": "int16[] changes, bool[] flags, bytes3[] codes, string[] words, bytes[] blobs,"
        " uint256[][] rows, uint8[2][] pairs, uint8[][2] two, address[3] three",
        "Tuples": "(uint256 id, (string name, (uint8 a, uint8 b) inner) middle)[] tuples,"
        " (bool won, (uint16 low, uint16 high) range) flat, (uint8 x, uint8 y)[2] points,"
        " (uint8 x, string y)[2] labels, bytes blob",
        "Hashes": "string indexed name, uint256[] indexed ids, (uint8 a, uint8 b) indexed two",
        "Nothing": "",
    }.items()
]
#: One of each kind of shape.
SOME = {
    "PatrolCompleted", "TournamentMatch", "HuntCompleted", "PetHatchedV2", "RaffleStarted",
    "Words", "Arrays", "Tuples", "Hashes", "Nothing",
}  # fmt: skip
CHAIN = 77
BLOCK = 1_000_000
ADDRESS = bytes(19) + b"\1"


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in which every contract has an address on a chain of the test."""
    transaction.execute("select app.create_log_partitions(%s, %s, %s)", [CHAIN, BLOCK, BLOCK])
    transaction.execute(
        "insert into analytics.chain_events (contract, event, signature, topic0, topics)"
        " select * from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[])",
        [
            [one.contract for one in OTHERS],
            [one.name for one in OTHERS],
            [one.signature for one in OTHERS],
            [f"0x{one.topic0.hex()}" for one in OTHERS],
            [1 + len(one.indexed) for one in OTHERS],
        ],
    )
    transaction.execute(
        "insert into analytics.chain_contracts (contract, chain_id, address)"
        " select distinct contract, %s::integer, %s from analytics.chain_events",
        [CHAIN, f"0x{ADDRESS.hex()}"],
    )
    return transaction


@st.composite
def logs_of(draw: st.DrawFn, event: Event) -> tuple[list[bytes], bytes]:
    """The topics after the first one and the data of a log: sound, or changed in one place."""
    values = [draw(abi.topics_of(one)) for one in event.indexed]
    values += [draw(abi.values_of(one)) for one in event.others]
    topics, data = event.encode(values)
    parts = [*topics, data]
    place = draw(st.integers(0, len(parts) - 1))
    change: Callable[[bytes], bytes] = draw(st.sampled_from(_CHANGES))(draw, place < len(topics))
    parts[place] = change(parts[place])
    return parts[:-1], parts[-1]


def _as_it_is(draw: st.DrawFn, is_topic: bool) -> Callable[[bytes], bytes]:
    return lambda found: found


def _another_length(draw: st.DrawFn, is_topic: bool) -> Callable[[bytes], bytes]:
    more, left = draw(st.binary(max_size=40)), draw(st.floats(0, 1))
    if is_topic:
        return lambda found: found
    return lambda found: found[: round(len(found) * left)] if left < 0.9 else found + more


def _another_byte(draw: st.DrawFn, is_topic: bool) -> Callable[[bytes], bytes]:
    place, byte = draw(st.floats(0, 1)), draw(st.sampled_from([0, 1, 2, 32, 127, 128, 255]))

    def change(found: bytes) -> bytes:
        at = round((len(found) - 1) * place)
        return found[:at] + bytes([byte]) + found[at + 1 :] if found else found

    return change


def _another_word(draw: st.DrawFn, is_topic: bool) -> Callable[[bytes], bytes]:
    """A word that is a pointer or length at an edge, or absurd."""
    place, nearby = draw(st.floats(0, 1)), draw(st.integers(-33, 33))
    number = draw(st.sampled_from([0, 32, 64, 256, 2**31 - 1, 2**32, 2**63, 2**255, 2**256 - 1]))

    def change(found: bytes) -> bytes:
        at = round((len(found) // 32 - 1) * place) * 32
        word = max(number or len(found) + nearby, 0).to_bytes(32, "big")
        return found[:at] + word + found[at + 32 :] if len(found) >= 32 else found

    return change


_CHANGES = [_as_it_is, _as_it_is, _another_length, _another_byte, _another_byte, _another_word]


def check(connection: psycopg.Connection, event: Event, logs: list[tuple[list[bytes], bytes]]):
    """Compare what the decoder of an event shows of some logs with what eth-abi reads in them."""
    with connection.transaction(force_rollback=True), connection.cursor() as cursor:
        cursor.executemany(
            "insert into raw.chain_logs (chain_id, block_number, tx_hash, log_index, address,"
            " topic0, topic1, topic2, topic3, data)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                [
                    CHAIN,
                    BLOCK,
                    bytes(32),
                    place,
                    ADDRESS,
                    event.topic0,
                    *(topics + [None] * 3)[:3],
                    data,
                ]
                for place, (topics, data) in enumerate(logs)
            ],
        )
        view = event.decoder and f"select * from analytics.{event.decoder}"
        query = view or render(
            f"{{{{ decoded_log('{event.contract}', '{event.signature}') }}}}", {}
        )
        cursor.execute(
            f"select * from ({query}) as decoded where chain_id = {CHAIN}"
            f" and block_number = {BLOCK} order by log_index"
        )
        rows = cursor.fetchall()
        names = [column.name for column in cursor.description]
        first = names.index("is_decodable")
        types = _types(connection, [column.type_code for column in cursor.description[first + 1 :]])
    assert len(rows) == len(logs)
    for row, (topics, data) in zip(rows, logs, strict=True):
        values = event.decode(topics, data)
        found = list(row[first + 1 :])
        where = f"{event.signature}: {[one.hex() for one in topics]} {data.hex()}"
        assert row[first] == (values is not None), where
        wanted = [None] * len(types) if values is None else event.shown(values, types)
        assert found == wanted, where


def _types(connection: psycopg.Connection, oids: list[int]) -> list[str]:
    cursor = connection.execute(
        "select format_type(each, null) from unnest(%s::oid[]) with ordinality as of (each, place)"
        " order by place",
        [oids],
    )
    return [name for (name,) in cursor]


def compare(connection: psycopg.Connection, event: Event, examples: int) -> None:
    """Compare for so many lists of logs."""

    # a failure names its log, and to look for a shorter one would take minutes
    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(logs_of(event), min_size=1, max_size=30))
    def compares(logs: Any) -> None:
        check(connection, event, logs)

    compares()


@pytest.mark.parametrize(
    "event", [one for one in EVENTS + OTHERS if one.name in SOME], ids=lambda one: one.name
)
def test_a_decoder_of_each_shape(connection: psycopg.Connection, event: Event) -> None:
    compare(connection, event, 4)


@pytest.mark.parametrize(
    "examples", [pytest.param(6, marks=pytest.mark.ci), pytest.param(50, marks=pytest.mark.full)]
)
def test_every_event_of_the_seed_and_all_types(
    connection: psycopg.Connection, examples: int
) -> None:
    assert len(EVENTS) > 65
    for event in EVENTS + OTHERS:
        compare(connection, event, examples)
