"""hedge new decoder: which files it writes from the signature of an event, and what it refuses."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hedge.analysis import scaffold
from hedge.analysis.scaffold import signature
from hedge.errors import HedgeError, UsageError
from hedge.project import csv_files
from tests import PROJECT, Hedge
from tests.support import abi

EVENTS = abi.events()
#: An event that no contract has, so that no seed gets it.
RAFFLE = "HuntExampleAwarded(address winner, uint128 amount, uint64 raffleDay, uint64 totalEntries)"
FOLDER = "models/chain/decoders"


@pytest.fixture
def project(project: Path) -> Path:
    """A copy of the project that knows the event of the example, and has no decoder of it."""
    event = signature.read(RAFFLE)
    row = ["hunts_diamond", event.name, event.signature, event.topic0, str(event.topics), "", ""]
    header, *others = rows(project, "chain_events")
    written = [header, *sorted([*others, row], key=lambda one: one[:2])]
    (project / "seeds/chain_events.csv").write_text(csv_files.text(written))
    return project


def rows(project: Path, seed: str) -> list[list[str]]:
    with (project / "seeds" / f"{seed}.csv").open(newline="") as lines:
        return list(csv.reader(lines))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.contract}.{event.name}")
def test_signatures_are_read_as_the_tests_read_them(event: abi.Event) -> None:
    found = signature.read(event.signature)
    assert (found.name, found.signature) == (event.name, event.signature)
    assert found.topic0 == "0x" + event.hash.hex()
    assert found.topics == 1 + len(event.indexed)


@pytest.mark.parametrize(
    "event", [one for one in EVENTS if one.decoder], ids=lambda event: event.decoder
)
def test_columns_are_those_of_the_decoders(event: abi.Event) -> None:
    """Of every decoder that there is, with the names that it gives."""
    text = (PROJECT / FOLDER / f"{event.decoder}.sql").read_text()
    renamed = dict(re.findall(r"'(\w+)': '(\w+)'", text))
    described = yaml.safe_load((PROJECT / FOLDER / f"{event.decoder}.yml").read_text())
    names = [column["name"] for column in described["models"][0]["columns"]]
    wanted = names[names.index("is_decodable") + 1 :]
    assert list(signature.read(event.signature).columns(renamed)) == wanted


def test_a_decoder_is_two_files_and_rows_in_their_places(project: Path) -> None:
    before = rows(project, "chain_events")
    made = scaffold.new_decoder(
        "hunts_diamond",
        f"event {RAFFLE};".replace(", ", ",  "),
        ["hunt_raffle_wins"],
        {"winner": "player"},
        ["raffleDay"],
    )
    name = "log_hunts_diamond_hunt_example_awarded"
    assert made.decoder == name
    assert made.files == [
        "seeds/chain_events.csv",
        f"{FOLDER}/{name}.sql",
        f"{FOLDER}/{name}.yml",
        "models/chain/log_undecodable.sql",
    ]
    assert made.columns == ["player", "amount", "raffle_day", "total_entries"]
    assert (project / FOLDER / f"{name}.sql").read_text() == (
        "{# The logs HuntExampleAwarded of the contract hunts_diamond. #}\n"
        "{{ decoded_log(\n"
        "    'hunts_diamond',\n"
        "    'HuntExampleAwarded(address winner, uint128 amount, uint64 raffleDay, uint64\n"
        "    totalEntries)',\n"
        "    names={'winner': 'player'},\n"
        "    bigints=['raffleDay']\n"
        ") }}\n"
    )
    described = yaml.safe_load((project / FOLDER / f"{name}.yml").read_text())
    columns = [one["name"] for one in described["models"][0]["columns"]]
    assert columns[-4:] == made.columns
    after = rows(project, "chain_events")
    # the row of the event, which had no decoder, and no other one
    assert [one for one in after if one not in before] == [
        ["hunts_diamond", "HuntExampleAwarded", RAFFLE, made.topic0, "1", "hunt_raffle_wins", name]
    ]
    assert len(after) == len(before)
    assert after[1:] == sorted(after[1:], key=lambda row: row[:2])
    listed = re.findall(r"^    '(log_\w+)',$", (project / made.files[-1]).read_text(), re.MULTILINE)
    assert name in listed
    assert listed == sorted(listed)
    assert len(listed) == len([one for one in EVENTS if one.decoder]) + 1


def test_a_new_contract_gets_a_row(project: Path) -> None:
    given: dict[str, Any] = {"address": "ab" * 20, "chain": 8217, "from_block": 7}
    made = scaffold.new_decoder("fishing", "Caught(uint256 indexed fishId)", **given)
    before, after = rows(PROJECT, "chain_contracts"), rows(project, "chain_contracts")
    assert [one for one in after if one not in before] == [
        ["fishing", "8217", "0x" + "ab" * 20, "7", ""]
    ]
    assert after[1:] == sorted(after[1:], key=lambda row: (row[0], int(row[1])))
    assert made.files[0] == "seeds/chain_contracts.csv"
    # and on another chain, where it has the decoder already, a person adds the row
    with pytest.raises(UsageError, match="Caught of fishing has the decoder log_fishing_caught"):
        scaffold.new_decoder("fishing", "Caught(uint256 indexed fishId)")


@pytest.mark.parametrize(
    ("contract", "event", "options", "words"),
    [
        (
            "hunts_diamon",
            RAFFLE,
            {},
            "^the seed chain_contracts has no contract hunts_diamon; did you mean hunts_diamond",
        ),
        ("gold", "Transfer(address indexed a, address indexed b, uint256 c)", {}, "already"),
        ("gold", "Approval", {}, "'Approval' is no signature of an event"),
        ("gold", "A(uint amount)", {}, "'uint' of 'uint amount' is no type .*: write uint256"),
        ("gold", "A(uint7 a)", {}, "'uint7' of 'uint7 a' is no type of a parameter"),
        ("gold", "A(bytes33 a)", {}, "'bytes33' of"),
        ("gold", "A(uint256)", {}, "'uint256' is no parameter with a type and a name"),
        ("gold", "A((uint8 a b)", {}, r"^the parentheses of '\(uint8 a b' do not match$"),
        ("gold", "A(uint8 a) b)", {}, r"^the parentheses of 'uint8 a\) b' do not match$"),
        ("gold", "A(uint8 indexed a,uint8 indexed b,uint8 indexed c,uint8 indexed d)", {}, "4 ind"),
        (
            "gold",
            "A(address from)",
            {},
            "column from of A is a word of SQL: give it another name, such as --rename from=",
        ),
        ("gold", "A(uint8 aB, uint8 a_b)", {}, "the column a_b of A is there twice"),
        ("gold", "A(uint8 ab)", {"names": {"abc": "x"}}, "--rename abc: .*; did you mean ab"),
        ("gold", "A(uint8 ab)", {"bigints": ["ac"]}, "--bigint ac: the event has no such"),
        ("gold", "A(uint8 a)", {"tables": ["Wins"]}, "'Wins' is not a name in snake_case"),
        ("new", "A(uint8 a)", {"address": "0x" + "ab" * 20}, "--address goes with --chain"),
        ("new", "A(uint8 a)", {"address": "0xab", "chain": 1}, "'0xab' is not an address"),
        ("gold", "A(uint8 a)", {"chain": 1}, "--chain and --from-block go with --address, that"),
        ("gold", "A(uint8 a)", {"from_block": 0}, "--from-block go with --address, that of a new"),
        (
            "hunts_diamond",
            "HuntExampleAwarded(address a)",
            {},
            "topic of HuntExampleAwarded of hunts_diamond is 0x.* in the seed chain_events, and",
        ),
    ],
)
def test_what_is_no_event_is_refused_and_nothing_is_written(
    project: Path, contract: str, event: str, options: dict[str, Any], words: str
) -> None:
    def written() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in project.rglob("*") if path.is_file()}

    before = written()
    with pytest.raises(UsageError, match=words):
        scaffold.new_decoder(contract, event, **options)
    assert written() == before


@pytest.mark.parametrize(
    ("seed", "more", "words"),
    [
        (
            "chain_contracts",
            b'fishing,8217,"0xab\n',
            "seeds/chain_contracts.csv.*a quote is not closed",
        ),
        ("chain_events", b"fishing,Caught\n", "seeds/chain_events.csv.*the row has 2 values for"),
    ],
)
def test_a_seed_with_a_fault_is_named_and_nothing_is_written(
    project: Path, seed: str, more: bytes, words: str
) -> None:
    file = project / "seeds" / f"{seed}.csv"
    file.write_bytes(file.read_bytes() + more)
    before = file.read_bytes()
    with pytest.raises(HedgeError, match=words):
        scaffold.new_decoder("gold", "A(uint8 a)")
    assert file.read_bytes() == before
    assert not (project / FOLDER / "log_gold_a.sql").exists()


def test_the_command_says_what_it_wrote(project: Path, hedge: Hedge) -> None:
    code, out, err = hedge("new", "decoder", "gold", "A(address from)", "--rename", "from=sender")
    assert (code, err) == (0, "")
    assert "log_gold_a reads logs with the topic 0x" in out
    assert "Columns of parameters: sender." in out
    code, _, err = hedge("new", "decoder", "gold", "B(address from)", "--rename", "from")
    assert code == 2
    assert "--rename takes NAME=OTHER, such as from=sender, not 'from'" in err
