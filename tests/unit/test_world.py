"""The demo world: every file satisfies the contract, and equal calls produce equal bytes."""

import csv
import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest

from hedge.world import AS_OF, EXPECTED, RELIC_ITEMS, stories, write_world

PROJECT = Path(__file__).resolve().parents[2]

Row = dict[str, str]
World = dict[str, list[Row]]


@dataclass(frozen=True)
class Contract:
    """What the migration promises about a raw table."""

    types: dict[str, str]
    required: set[str]
    natural_key: tuple[str, ...]
    words: dict[str, set[str]]


def read_contract() -> dict[str, Contract]:
    """The tables of facts (those with loaded_at and of no chain), as the migrations create them."""
    migrations = sorted((PROJECT / "hedge" / "migrations").glob("*.sql"))
    sql = "".join(path.read_text(encoding="utf-8") for path in migrations)
    tables = re.findall(r"(?ms)^create table raw\.(\w+) \((.*?)^\);", sql)
    return {name: read_table(body) for name, body in tables if is_of_facts(name, body)}


def is_of_facts(name: str, body: str) -> bool:
    """Whether a table of raw holds facts."""
    return "loaded_at" in body and not name.startswith("chain_") and name != "facts_of_files"


def read_table(body: str) -> Contract:
    """The columns between the brackets of a create table, without those that the database sets."""
    columns = re.findall(r"(?m)^    (?!primary|constraint)(\w+) ([a-z]+)\S*(.*?),?$", body)
    columns = [column for column in columns if column[0] not in ("loaded_at", "decoded_at")]
    words = re.findall(r"check \((\w+) in \((.*?)\)\)", body)
    return Contract(
        types={name: type_ for name, type_, _ in columns},
        required={name for name, _, rest in columns if "not null" in rest},
        natural_key=tuple(re.search(r"primary key \((.*?)\)", body).group(1).split(", ")),
        words={name: set(re.findall(r"'(\w+)'", list_)) for name, list_ in words},
    )


CONTRACT = read_contract()
#: The first digits of the hash of each file of the default world.
DIGESTS = {
    "discord_interactions": "20ac5df2",
    "hero_summons": "c4aa7840",
    "heroes": "2ef9a8fe",
    "hunting_drops": "02473b16",
    "hunting_encounters": "3053c52e",
    "influence_predictions": "85549413",
    "jeweler_events": "ebe094e3",
    "lp_harvest_events": "4dcf9859",
    "lp_prices_daily": "1b4bea8e",
    "lp_stake_events": "ca4f7058",
    "metis_battles": "0a116f8b",
    "metis_patrol_events": "b611cfe1",
    "pets": "43589fa6",
    "pvp_matches": "27022451",
    "quest_completions": "25722ea1",
    "seasonal_event_actions": "1264cd43",
    "shell_events": "ac9c76f0",
    "shell_raffle_entries": "1f037efb",
    "shell_raffle_results": "54aac4a8",
    "token_prices_daily": "3ad7c7bc",
    "tournament_entries": "551ac407",
    "tournament_matches": "c75c9d11",
    "vendor_transactions": "3cb9c20e",
    "wallet_first_seen": "d0d7c644",
    "wallets": "269d5f7d",
}

READ = {
    "smallint": lambda text: abs(int(text)) < 2**15,
    "integer": lambda text: abs(int(text)) < 2**31,
    "bigint": lambda text: re.fullmatch(r"\{\d+(,\d+)*\}|\d+", text) and max(ids(text)) < 2**63,
    "numeric": lambda text: re.fullmatch(r"\d{1,78}(\.\d{1,18})?", text),
    "boolean": lambda text: text in {"true", "false"},
    "date": date.fromisoformat,
    "timestamptz": lambda text: text.endswith("Z") and moment(text),
    "text": lambda text: text.strip() == text,
}
"""Whether a text is a value of a PostgreSQL type."""


def ids(text: str) -> list[int]:
    """The numbers of a bigint, or of an array of them."""
    return [int(number) for number in text.strip("{}").split(",")]


def moment(text: str) -> datetime:
    """A time of a file."""
    return datetime.fromisoformat(text)


def read(paths: dict[str, Path]) -> World:
    """All rows of all files."""
    world = {}
    for name, path in paths.items():
        with path.open(encoding="utf-8", newline="") as file:
            world[name] = list(csv.DictReader(file))
    return world


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of the default world."""
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def world(paths: dict[str, Path]) -> World:
    """The rows of the default world."""
    return read(paths)


@pytest.fixture(scope="module")
def homes(world: World) -> dict[str, str]:
    """The cluster of each linked address."""
    return {link["address"]: link["cluster_id"] for link in world["wallets"]}


def bytes_of(directory: Path, **arguments: float) -> dict[str, bytes]:
    """What write_world writes with these arguments."""
    files = write_world(directory, **arguments)
    return {name: path.read_bytes() for name, path in files.items()}


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    arguments = {"clusters": 130, "seed": 7, "activity": 0.5}
    once = bytes_of(tmp_path / "once", **arguments)
    assert once == bytes_of(tmp_path / "again", **arguments)


def test_the_world_is_the_one_that_the_documentation_describes(paths: dict[str, Path]) -> None:
    """A change of the generator changes published numbers: it is made on purpose, with this."""
    digests = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()}
    assert {name: digest[:8] for name, digest in digests.items()} == DIGESTS


@pytest.mark.parametrize("other", [{"seed": 8}, {"activity": 0.2}, {"clusters": 140}])
def test_other_arguments_give_another_world(tmp_path, other):
    arguments = {"clusters": 130, "seed": 7, "activity": 0.5}
    one = bytes_of(tmp_path / "one", **arguments)
    two = bytes_of(tmp_path / "two", **arguments | other)
    assert one["quest_completions"] != two["quest_completions"]


def test_a_world_has_at_least_the_clusters_of_the_stories(tmp_path):
    with pytest.raises(ValueError, match=r"^a world has at least 3 clusters, not 2$"):
        write_world(tmp_path, clusters=2)
    assert len(read(write_world(tmp_path, clusters=3))["wallets"]) == 4


def test_there_is_a_file_for_each_raw_table_and_for_the_wallets(paths):
    assert len(CONTRACT) == 24
    assert set(paths) == {*CONTRACT, "wallets"}
    header = paths["wallets"].read_text(encoding="utf-8").partition("\n")[0]
    assert header == "cluster_id,address,chain,discord_id"


@pytest.mark.parametrize("table", CONTRACT)
def test_a_table_has_rows_and_the_columns_of_the_contract(world, table):
    assert world[table]
    assert list(world[table][0]) == list(CONTRACT[table].types)


@pytest.mark.parametrize("table", CONTRACT)
def test_natural_keys_are_unique(world, table):
    key = CONTRACT[table].natural_key
    keys = [tuple(row[column] for column in key) for row in world[table]]
    assert all(all(values) for values in keys)
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("table", CONTRACT)
def test_values_are_of_the_type_of_their_column(world, table):
    contract = CONTRACT[table]
    for row in world[table]:
        assert not [name for name in contract.required if not row[name]], row
        for name, text in row.items():
            assert not text or READ[contract.types[name]](text), (name, text)


@pytest.mark.parametrize("table", CONTRACT)
def test_words_are_words_of_the_contract(world, table):
    for name, words in CONTRACT[table].words.items():
        found = {row[name] for row in world[table]} - {""}
        assert found <= words
        assert len(found) > 1


def test_addresses_are_made_up_ones(world):
    addresses = {
        value
        for rows in world.values()
        for row in rows
        for name, value in row.items()
        if value and name.endswith(("wallet", "address", "player_a", "player_b"))
    }
    assert len(addresses) > 500
    for address in addresses:
        assert re.fullmatch("0xde30[0-9a-f]{36}", address)


def test_a_wallet_is_linked_once_and_a_person_has_one_discord_id(world):
    addresses = [link["address"] for link in world["wallets"]]
    assert len(addresses) == len(set(addresses))
    people = {(link["cluster_id"], link["discord_id"]) for link in world["wallets"]}
    assert len(people) == len({cluster for cluster, _ in people}) == 300
    assert {"demo-busy", "demo-idle", "demo-rival", "demo-0004"} <= dict(people).keys()


def test_both_sides_of_a_match_tell_the_same_story(world):
    matches = defaultdict(list)
    for row in world["pvp_matches"]:
        matches[row["realm"], row["match_id"]].append(row)
    for one, other in matches.values():
        assert one["wallet_address"] == other["opponent_wallet"]
        assert one["opponent_wallet"] == other["wallet_address"]
        assert sorted((one["outcome"], other["outcome"])) in (
            ["LOSS", "WIN"],
            ["DRAW", "DRAW"],
        )
        for same in ("matched_at", "is_ranked", "queue_type"):
            assert one[same] == other[same]


def test_private_and_practice_matches_are_not_ranked(world):
    queues = {(row["queue_type"], row["is_ranked"]) for row in world["pvp_matches"]}
    unranked = {queue for queue, ranked in queues if ranked == "false"}
    assert unranked == {"PRIVATE", "PRACTICE"}
    assert len(queues) == 6


def test_a_withdrawal_never_exceeds_what_is_there(world):
    held = defaultdict(float)
    for row in sorted(world["lp_stake_events"], key=lambda row: row["occurred_at"]):
        place = row["wallet_address"], row["chain_id"], row["pool_id"]
        amount = float(row["lp_amount"])
        held[place] += amount if row["action"] == "DEPOSIT" else -amount
        assert held[place] > -1e-6


def test_demo_idle_has_no_facts(world, paths):
    wallets = [link for link in world["wallets"] if link["cluster_id"] == "demo-idle"]
    assert len(wallets) == 1
    for table in CONTRACT:
        text = paths[table].read_text(encoding="utf-8")
        assert wallets[0]["address"] not in text
        assert f",{wallets[0]['discord_id']}," not in text


def test_many_clusters_are_idle_and_a_few_are_very_busy(world, homes):
    facts = defaultdict(int)
    for table in CONTRACT:
        for row in world[table]:
            owner = row.get("wallet_address") or row.get("owner_wallet")
            facts[homes.get(owner)] += 1
    counts = sorted(facts[cluster] for cluster in set(homes.values()))
    assert counts[30] == 0
    assert counts[-1] > 20 * counts[150]


def test_the_hard_cases_are_there(world, homes):
    def some(table: str, **wanted: str) -> bool:
        rows = (row.items() for row in world[table])
        return any(wanted.items() <= row for row in rows)

    def own(table: str, one: str, other: str) -> bool:
        pairs = ((homes.get(row[one]), homes.get(row[other])) for row in world[table])
        return any(mine and mine == yours for mine, yours in pairs)

    assert some("pvp_matches", hero_deaths="")
    assert some("hunting_encounters", result="WIN", surviving_hero_hp="")
    assert some("metis_patrol_events", result="WIN", difficulty="")
    assert some("heroes", is_rented="true")
    assert some("heroes", owner_wallet="")
    assert some("influence_predictions", action="WITHDRAW")
    assert some("metis_battles", completed_at="")
    assert some("quest_completions", status="3")
    assert some("tournament_matches", player_b="")
    assert some("tournament_entries", is_official="false")
    assert some("tournament_entries", ended_at="")
    assert own("pvp_matches", "wallet_address", "opponent_wallet")
    assert own("tournament_matches", "player_a", "player_b")


@pytest.mark.parametrize(
    ("table", "time"),
    [
        ("pvp_matches", "matched_at"),
        ("quest_completions", "completed_at"),
        ("hunting_encounters", "encountered_at"),
        ("heroes", "updated_at"),
        ("discord_interactions", "occurred_at"),
    ],
)
def test_facts_lie_before_and_in_the_season_and_a_few_after_as_of(world, table, time):
    season = datetime.fromisoformat("2026-10-01T00:00:00Z")
    times = [moment(row[time]) for row in world[table]]
    assert sum(at < season for at in times) > 100
    assert sum(season <= at < AS_OF for at in times) > 100
    assert 0 < sum(at >= AS_OF for at in times) < len(times) / 50


def test_some_facts_belong_to_nobody(world, homes):
    for table in ("pvp_matches", "quest_completions", "shell_events"):
        assert any(row["wallet_address"] not in homes for row in world[table])


def test_heroes_change_hands(world):
    owners = defaultdict(set)
    for row in world["heroes"]:
        owners[row["hero_id"]].add(row["owner_wallet"])
    assert any(len(wallets) > 1 for wallets in owners.values())


def test_the_pools_of_demo_busy_keep_their_prices(world):
    prices = defaultdict(set)
    for row in world["lp_prices_daily"]:
        if row["price_date"] < AS_OF.date().isoformat():
            prices[row["chain_id"], row["pool_id"]].add(float(row["usd_per_lp"]))
    assert prices["53935", "0"] == {4.0}
    assert prices["53935", "3"] == {10.0}
    assert all(max(of_pool) > 0 for of_pool in prices.values())


def test_the_table_of_the_stories_says_what_is_expected():
    table_row = r"(?m)^\| (\w+\.\w+) +\| +(\w*) \| +(\w*) \|$"
    rows = re.findall(table_row, stories.__doc__)
    for column, cluster in ((1, "demo-busy"), (2, "demo-rival")):
        values = {row[0]: row[column] for row in rows if row[column]}
        assert values == {metric: str(value).lower() for metric, value in EXPECTED[cluster].items()}
    assert EXPECTED["demo-idle"] == {}


def test_the_relics_of_the_seed_are_those_of_this_world():
    with (PROJECT / "seeds" / "relic_items.csv").open(encoding="utf-8") as file:
        assert [row["item_address"] for row in csv.DictReader(file)] == RELIC_ITEMS
