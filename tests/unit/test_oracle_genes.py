"""What the oracle reads of genes and genealogies, on stories small enough to be checked by eye."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest

from tests.oracle import (
    mutations_of_genealogy,
)
from tests.oracle.genes import genes_of_slot
from tests.oracle.january import (
    BUSY,
    LISTS,
    RIVAL,
    at,
    measured,
)

SHARED = Path(__file__).resolve().parents[3] / "shared"
GENEALOGY = SHARED / "data" / "heroes" / "hero_genealogy.csv"


def genes(**slots: str | tuple[str, ...]) -> int:
    """Stat genes from gene names: a dominant one, or (D, R1, R2, R3).

    Slots that are not named hold gene 0, which no pair brings forth.
    """
    number = 0
    for slot in LISTS.slots:
        names = slots.get(slot.name, ())
        for higher, name in enumerate((names,) if isinstance(names, str) else names):
            digit = 44 - 4 * slot.position + higher
            number += LISTS.genes[slot.trait][name] * 32**digit
    return number


def summon(hero_id: int, parents: tuple, stat_genes: int, **columns) -> dict:
    """A summon of busy on New Year's Day."""
    return {
        "chain_id": 53935,
        "hero_id": hero_id,
        "summoner_wallet": BUSY,
        "summoner_id": parents[0],
        "assistant_id": parents[1],
        "stat_genes": stat_genes,
        "rarity": 0,
        "summoned_at": at(1),
    } | columns


def test_genes_are_read_from_the_most_significant_digit():
    dragoon = genes(**{"class": ("Dragoon", "Knight", "Thief", "Archer")})
    assert dragoon == ((3 * 32 + 2) * 32 + 1) * 32**45 + 24 * 32**44
    assert genes_of_slot(dragoon, 0) == (24, 1, 2, 3)
    assert genes_of_slot(dragoon, 1) == (0, 0, 0, 0)


def test_a_gene_that_a_parent_carries_is_no_mutation():
    plain = genes()
    carrier = genes(subclass=("Knight", "Thief", "Archer", "Paladin"))
    child = genes(**{"class": "Paladin", "subclass": "Paladin"})
    unlocked = [
        measured(
            "onchain_summoning",
            hero_summons=[
                summon(1, (None, None), plain),
                summon(2, (0, 0), parent),
                summon(3, (1, 2), child),
                # an unknown parent: nothing is counted
                summon(4, (1, 99), child),
            ],
        )["perfect_pairing_unlocked"]
        for parent in (plain, carrier)
    ]
    assert unlocked == [True, False]


def test_three_generations_of_own_summons_deepen():
    one = genes(**{"class": "Paladin"})
    two = genes(**{"class": "Ninja", "subclass": "Bard", "active_skill_2": "Stun"})
    three = genes(
        **{"class": "DreadKnight", "subclass": "Sage"},
        active_skill_1="Daze",
        passive_skill_2="Toxic",
    )
    elder = at(1) - timedelta(days=400)
    line = [
        summon(1, (0, 0), genes(), summoned_at=elder),
        summon(2, (1, 1), one, summoned_at=elder),
        summon(3, (2, 1), two, summoned_at=elder),
        summon(4, (3, 3), three, rarity=4),
    ]
    feats = measured("epic_feats", hero_summons=line)
    assert feats["grandmaster_geneweaver_unlocked"]
    assert feats["worldforged_summoner_unlocked"]
    summoning = measured("onchain_summoning", hero_summons=line)
    assert summoning == {
        "perfect_pairing_unlocked": True,
        "mutagenic_specialist_count": 1,
        "mythmaker_count": 1,
        # both parents are hero 3, with three mutations
        "royal_lineage_count": 1,
        "legendary_class_flags": 0,
        "has_dragoon": False,
        "has_sage": False,
        "has_spellbow": False,
        "has_dreadknight": True,
    }
    line[1]["summoner_wallet"] = RIVAL
    feats = measured("epic_feats", hero_summons=line)
    assert not feats["grandmaster_geneweaver_unlocked"]


@pytest.mark.skipif(not GENEALOGY.exists(), reason="the shared heroes are not here")
def test_the_genealogy_is_decoded_as_its_class_names_say():
    class_of = {gene: name for name, gene in LISTS.genes["class"].items()}
    with GENEALOGY.open(newline="", encoding="utf-8") as file:
        heroes = list(csv.DictReader(file))
    for hero in heroes:
        stat_genes = int(hero["stat_genes"])
        assert class_of[genes_of_slot(stat_genes, 0)[0]] == hero["main_class"]
        assert class_of[genes_of_slot(stat_genes, 1)[0]] == hero["sub_class"]

    counts = mutations_of_genealogy(GENEALOGY)
    assert len(counts) == len(heroes) == 20_966
    founders = [hero for hero in heroes if hero["summoner_id"] == "0"]
    assert not any(counts[int(hero["hero_id"])] for hero in founders)
    assert set(counts.values()) == {0, 1, 2}
