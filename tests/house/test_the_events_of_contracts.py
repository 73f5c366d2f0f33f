"""The events of the seed agree with themselves and with the views that decode them."""

import csv
import re
from pathlib import Path

import pytest

from tests import PROJECT
from tests.house.test_the_rules_of_the_house import MODELS, properties
from tests.support import abi

EVENTS = abi.events()
DECODERS = [path for path in MODELS if path.parent.name == "decoders"]
#: Whose name nobody has published; the topic is that of logs that were seen.
NAME_IS_UNKNOWN = ["TournamentMatch"]
#: Words that are no column where a query names them without a table.
RESERVED = {"from", "to", "user", "order", "group", "end", "table", "current_user"}


def seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.contract}.{event.name}")
def test_the_first_topic_is_the_hash_of_the_signature(event: abi.Event) -> None:
    assert (event.topic0 == event.hash) == (event.name not in NAME_IS_UNKNOWN)


def test_an_event_counts_its_topics_and_names_raw_tables() -> None:
    page = (PROJECT / "docs/raw-tables.md").read_text()
    tables = set(re.findall(r"^## (\w+)$", page, re.MULTILINE))
    for event, row in zip(EVENTS, seed("chain_events"), strict=True):
        assert row["event"] == event.name
        assert int(row["topics"]) == 1 + len(event.indexed)
        assert set(row["raw_tables"].split()) <= tables
        assert bool(row["raw_tables"]) == bool(row["decoder"])


def test_a_decoder_has_the_signature_of_its_event() -> None:
    """The view names it, because macros cannot read a seed while they compile."""
    found = {}
    for path in DECODERS:
        contract, signature = re.search(
            r"decoded_log\(\s*'(\w+)',\s*'([^']*)'", path.read_text()
        ).groups()
        found[path.stem] = contract, " ".join(signature.split())
    wanted = {one.decoder: (one.contract, one.signature) for one in EVENTS if one.decoder}
    assert found == wanted


def test_a_decoder_is_named_after_its_event() -> None:
    for event in EVENTS:
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", event.name).lower()
        assert event.decoder in ("", f"log_{event.contract}_{name}")


@pytest.mark.parametrize("path", DECODERS, ids=lambda path: path.stem)
def test_a_column_of_a_decoder_is_no_reserved_word(path: Path) -> None:
    assert RESERVED & {column["name"] for column in properties(path)["columns"]} == set()


def test_what_does_not_decode_is_asked_of_every_decoder() -> None:
    text = (PROJECT / "models/chain/log_undecodable.sql").read_text()
    assert re.findall(r"^    '(\w+)',$", text, re.MULTILINE) == [path.stem for path in DECODERS]
