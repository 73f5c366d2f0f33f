"""Versions of heroes and pets: whatever the order in which their logs arrive and which of them are
lost, they are those that a reading in Python finds in the logs that are left."""

import random
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import pytest

from hedge.chain import facts
from hedge.chain.decoding import decode
from tests.integration.chain.facts import (
    ALICE,
    BOB,
    CHAINS,
    DFK,
    NOBODY,
    put_block,
    put_log,
    stored,
    time_of,
)

CLASS_OF_GENES = {0: "Warrior", 2: "Thief", 28: "DreadKnight"}
APPEARANCES = {44: ("dog", "ODD"), 45: ("cat", "NORMAL")}
BLOCKS = 12


@dataclass(frozen=True)
class Change:
    """A log of a hero or pet. kind is state, transfer or born; value is the level, the genes of the
    class, or the appearance."""

    kind: str
    one: int
    owner: str
    value: int
    block: int
    index: int
    removed: bool = field(default=False, compare=False)


def put_hero(connection: psycopg.Connection, change: Change) -> None:
    """Store the log of a hero."""
    place = {"block": change.block, "index": change.index, "removed": change.removed}
    if change.kind == "state":
        state = (0, 0, 0, change.value, 5, NOBODY, 1, 1)
        event, topics, values = "HeroStateUpdated", [change.owner], [change.one, state]
    elif change.kind == "transfer":
        event, topics, values = "Transfer", [ALICE, change.owner, change.one], []
    else:
        event = "HeroDarkSummoned" if change.value == 2 else "HeroSummoned"
        genes = change.value * 32**44
        topics, values = [change.owner], [change.one, 3, 4, genes, 5]
    put_log(connection, "hero_core", event, topics, values, **place)


def put_pet(connection: psycopg.Connection, change: Change) -> None:
    """Store the log of a pet."""
    place = {"block": change.block, "index": change.index, "removed": change.removed}
    if change.kind == "transfer":
        topics = [ALICE, change.owner, change.one]
        put_log(connection, "pet_core", "Transfer", topics, [], **place)
        return
    event = "PetHatchedV2" if change.kind == "born" else "PetUpdatedV2"
    pet = (change.one, 2, "Rex", 1, 2, 3, *[1] * 8, change.value, 1, 0, 0, 0, 0, NOBODY, 0)
    put_log(connection, "pet_core", event, [change.owner, change.one], [pet], **place)


def owner_of(change: Change) -> str | None:
    return None if change.owner == NOBODY else change.owner


def heroes(changes: list[Change]) -> dict[Any, Any]:
    """The versions of heroes: owner, level, class, parents."""
    found: dict[Any, Any] = {}
    levels: dict[int, int] = {}
    born: dict[int, str] = {}
    for change in changes:
        is_version = change.kind != "state" or levels.get(change.one) != change.value
        if change.kind == "state":
            levels[change.one] = change.value
        elif change.kind == "born":
            born[change.one] = CLASS_OF_GENES[change.value]
        if is_version:
            found[change.one, time_of(change.block)] = (
                owner_of(change),
                levels.get(change.one),
                born.get(change.one),
                3 if change.one in born else None,
            )
    return found


def pets(changes: list[Change]) -> dict[Any, Any]:
    """The versions of pets: owner, rarity, appearance, family."""
    found: dict[Any, Any] = {}
    looks: dict[int, int] = {}
    for change in changes:
        if change.kind != "transfer":
            looks[change.one] = change.value
        look = looks.get(change.one)
        found[change.one, time_of(change.block)] = (
            owner_of(change),
            None if look is None else 3,
            look,
            APPEARANCES[look][0] if look in APPEARANCES else None,
        )
    return found


def drawn(rng: random.Random, values: list[int], first: int) -> list[Change]:
    """The lives of two of them; most logs change nothing, and many are in one block. The logs have
    places from the first one on."""
    found = []
    for one in (7, 2**40):
        last = values[0]
        for index in range(14):
            kind = rng.choice(["state", "state", "state", "transfer"]) if index else "born"
            if rng.random() < 0.5:
                last = rng.choice(values)
            owner = rng.choice([ALICE, BOB, NOBODY] if kind == "transfer" else [ALICE, BOB])
            block = min(BLOCKS, 1 + index * BLOCKS // 14 + rng.randrange(2))
            found.append(Change(kind, one, owner, last, block, first + 100 * (one == 7) + index))
    return found


def shown(connection: psycopg.Connection, table: str, columns: list[str]) -> dict[Any, Any]:
    """What is stored and what waits."""
    return {
        (row[0], row[1]): row[2:]
        for row in connection.execute(
            f"select {', '.join(columns)} from raw.{table} where decoded_at is not null union all"
            f" select {', '.join(f'(row).{column}' for column in columns)}"
            " from raw.pending_facts as pending, lateral (select"
            f" jsonb_populate_record(null::raw.{table}, fact || key) as row) as facts"
            " where table_name = %s",
            [table],
        )
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_versions_are_those_of_the_logs_that_are_left(
    transaction: psycopg.Connection, seed: int
) -> None:
    rng = random.Random(seed)
    for look, (family, variant) in APPEARANCES.items():
        transaction.execute(
            "insert into analytics.pet_appearances values (%s, %s, %s)", [look, family, variant]
        )
    for block in range(1, BLOCKS + 1):
        put_block(transaction, DFK, block)
    lives = [
        ("heroes", put_hero, heroes, drawn(rng, [1, 2, 28], 0), "level, main_class, summoner_id"),
        ("pets", put_pet, pets, drawn(rng, [44, 45, 46], 50), "rarity, appearance, family"),
    ]
    # summoned with a class, of which there are three
    changes = [
        (put, replace(one, value=rng.choice([*CLASS_OF_GENES])))
        if table == "heroes" and one.kind == "born"
        else (put, one)
        for table, put, _, life, _ in lives
        for one in life
    ]
    rng.shuffle(changes)
    lost = rng.sample(changes, 9)
    steps = [changes[:20], changes[20:25], changes[25:]]
    steps.append([(put, replace(one, removed=True)) for put, one in lost])
    steps.append(lost[:3])
    for step in steps:
        for put, one in step:
            put(transaction, one)
        decode(transaction)
    left = [pair for pair in changes if pair not in lost[3:]]
    for table, put, read, _, columns in lives:
        known = sorted(
            (one for each, one in left if each == put), key=lambda one: (one.block, one.index)
        )
        wanted = read(known)
        key = "hero_id" if table == "heroes" else "pet_id"
        every = [key, "updated_at", "owner_wallet", *columns.split(", ")]
        assert shown(transaction, table, every) == wanted
        assert len(wanted) > 6


def test_a_log_that_begins_no_version_is_no_fact(transaction: psycopg.Connection) -> None:
    """Nor does it wait. Where a log before it is found later, a version may be none any more."""
    for block in range(1, 5):
        put_block(transaction, DFK, block)
    for block in (2, 3, 4):
        put_hero(transaction, Change("state", 7, ALICE, 5, block, 0))
    decode(transaction)
    waiting = "select fact ->> 'updated_at' from raw.pending_facts order by 1"
    assert len(transaction.execute(waiting).fetchall()) == 1
    put_hero(transaction, Change("state", 7, ALICE, 5, 1, 0))
    decode(transaction)
    assert stored(transaction, "pending_facts", "fact ->> 'level', missing, block_number") == [
        ("5", ["main_class", "rarity", "is_rented"], 1)
    ]


def test_the_generation_of_versions_follows_that_of_the_summoning(
    transaction: psycopg.Connection,
) -> None:
    put_block(transaction, DFK, 1)
    put_block(transaction, DFK, 2)
    put_hero(transaction, Change("born", 7, ALICE, 0, 1, 0))
    put_hero(transaction, Change("state", 7, ALICE, 1, 2, 0))
    decode(transaction)
    generations = "block_number, fact ->> 'generation'"
    assert stored(transaction, "pending_facts", generations) == [(1, None), (2, None)]
    for hero in (3, 4):
        transaction.execute(
            "insert into raw.heroes (hero_id, main_class, rarity, level, generation, is_rented,"
            " updated_at) values (%s, 'Wizard', 1, 1, 2, false, '2026-05-01')",
            [hero],
        )
    decode(transaction)
    assert stored(transaction, "hero_summons", "hero_id, generation") == [(7, 3)]
    assert stored(transaction, "pending_facts", generations) == [(1, "3"), (2, "3")]


def put_summoning(
    connection: psycopg.Connection,
    hero: int,
    classes: tuple[int, int, int],
    block: int,
    *,
    parents: tuple[int, int] = (3, 4),
    event: str = "HeroSummoned",
    **place: Any,
) -> None:
    """Store the log by which a hero was summoned, with the genes of its class, of its second class
    and of its profession."""
    genes = sum(gene << shift for gene, shift in zip(classes, (220, 200, 180), strict=True))
    values = [hero, *parents, genes, 5]
    put_log(connection, "hero_core", event, [ALICE], values, block=block, **place)


def summoned_before(connection: psycopg.Connection, chain: int, hero: int, generation: int) -> None:
    """Store the summoning of a hero as a file says it."""
    connection.execute(
        "insert into raw.hero_summons"
        " (chain_id, hero_id, summoner_wallet, stat_genes, generation, summoned_at)"
        " values (%s, %s, %s, 0, %s, '2026-04-01')",
        [chain, hero, ALICE, generation],
    )


def test_a_version_has_what_the_last_logs_of_the_hero_on_its_chain_say(
    transaction: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    kaia = 8217
    for block in range(1, 5):
        put_block(transaction, DFK, block)
        put_block(transaction, kaia, block)
    thief, knight = (2, 1, 4), (28, 2, 6)
    for hero, event in ((7, "HeroSummoned"), (8, "HeroDarkSummoned")):
        put_summoning(transaction, hero, thief, 1, event=event, index=hero, removed=True)
    for hero, event in ((9, "HeroSummoned"), (10, "HeroDarkSummoned")):
        put_summoning(transaction, hero, thief, 1, event=event, index=hero)
        put_summoning(transaction, hero, knight, 2, event=event, index=hero)
    put_summoning(transaction, 11, thief, 1, parents=(0, 0), index=11)
    # after the version, though at an earlier place of its block
    put_hero(transaction, Change("state", 13, ALICE, 9, 4, 0))
    for hero in range(7, 15):
        put_hero(transaction, Change("transfer", hero, BOB, 0, 3, hero))
    summoned_before(transaction, kaia, 14, 5)
    summoned_before(transaction, DFK, 14, 1)
    with monkeypatch.context() as patched:
        patched.setitem(CHAINS, "hero_core", kaia)
        put_summoning(transaction, 12, thief, 1, index=12)
        put_hero(transaction, Change("state", 12, ALICE, 9, 2, 12))
    decode(transaction)
    said = shown(
        transaction,
        "heroes",
        [
            *("hero_id", "updated_at", "level", "main_class", "sub_class", "profession"),
            *("summoner_id", "assistant_id", "generation"),
        ],
    )
    nothing = (None, None, None, None, None, None, None)
    last = (None, "DreadKnight", "Thief", "Foraging", 3, 4, None)
    assert {hero: said[hero, time_of(3)] for hero in range(7, 15)} == {
        **dict.fromkeys((7, 8, 12, 13), nothing),
        **dict.fromkeys((9, 10), last),
        11: (None, "Thief", "Knight", "Fishing", None, None, 0),
        14: (*nothing[:-1], 5),
    }


def test_a_generation_is_one_more_than_that_of_the_greater_parent(
    transaction: psycopg.Connection,
) -> None:
    """That of a parent is what its summoning on the lowest chain says, else the newest version that
    says one."""
    put_block(transaction, DFK, 1)
    summoned_before(transaction, 8217, 3, 5)
    summoned_before(transaction, DFK, 3, 1)
    summoned_before(transaction, DFK, 5, 2)
    transaction.execute(
        "insert into raw.heroes"
        " (hero_id, main_class, rarity, level, generation, is_rented, updated_at) values"
        " (4, 'Wizard', 1, 1, 12, false, '2026-04-01'),"
        " (4, 'Wizard', 1, 2, 9, false, '2026-05-01'),"
        " (4, 'Wizard', 1, 3, null, false, '2026-05-02')"
    )
    children = {7: (3, 5), 8: (5, 3), 9: (4, 5), 10: (5, 4), 11: (5, 6), 12: (6, 5)}
    for hero, parents in children.items():
        put_summoning(transaction, hero, (0, 0, 0), 1, parents=parents, index=hero)
    put_summoning(transaction, 13, (0, 0, 0), 1, parents=(3, 5), index=13, removed=True)
    decode(transaction)
    found = transaction.execute(
        "select hero_id, generation from raw.hero_summons where decoded_at is not null"
    ).fetchall()
    assert dict(found) == {7: 6, 8: 6, 9: 10, 10: 10, 11: None, 12: None}


def test_a_batch_is_read_once_however_many_spans_wait(
    transaction: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blocks behind those of the batch, too, between which spans wait."""
    reads = []
    insert = facts._insert
    monkeypatch.setattr(facts, "_insert", lambda *given: (reads.append(given), insert(*given)))
    for block in range(1, BLOCKS):
        put_block(transaction, DFK, block)
        put_hero(transaction, Change("transfer", 7, ALICE, 0, block, 0))
    decode(transaction)
    reads.clear()
    transaction.execute(
        "insert into app.undecoded_spans (chain_id, from_block, to_block)"
        " select %s, block, block from generate_series(1, %s, 2) as block",
        [DFK, BLOCKS - 1],
    )
    done = decode(transaction, logs_at_once=1)
    # Transfer is an event of other contracts, too
    of_heroes = [target for target, _ in reads if target.table.name == "heroes"]
    assert len(of_heroes) == done.batches > 3


def test_the_last_log_is_found_by_an_index(transaction: psycopg.Connection) -> None:
    """Whatever else is in the table."""
    put_hero(transaction, Change("state", 7, ALICE, 5, 1, 0))
    transaction.execute("set local enable_seqscan = off")
    plan = "\n".join(
        row
        for (row,) in transaction.execute(
            "explain select * from analytics.facts_of_heroes where chain_id = 53935 and"
            " object_word = any(array['\\x01'::bytea]) and block_number >= 5"
        )
    )
    # of each event, and for the level and the birth before it
    assert plan.count("object_of_log_idx") >= 6 or plan.count("_object") >= 6, plan
