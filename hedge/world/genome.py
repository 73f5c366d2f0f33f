"""Genes of the heroes in the demo world.

A genome is a text of 48 base-32 digits: twelve traits of four genes each, in the order
R3 R2 R1 D, so that the dominant gene is the last. `int(genome, 32)` is the number that the
game calls stat genes. The positions of the traits are in seeds/gene_layout.csv, the meanings of
the genes in seeds/hero_traits.csv.
"""

from random import Random
from typing import NamedTuple

#: The hero ids of the two realms are greater than these numbers.
CRYSTALVALE, SERENDALE = 10**12, 2 * 10**12

#: gene -> class: twelve basic, six advanced, three elite and one exalted.
_CLASSES = {
    "0": "Warrior",
    "1": "Knight",
    "2": "Thief",
    "3": "Archer",
    "4": "Priest",
    "5": "Wizard",
    "6": "Monk",
    "7": "Pirate",
    "8": "Berserker",
    "9": "Seer",
    "a": "Legionnaire",
    "b": "Scholar",
    "g": "Paladin",
    "h": "DarkKnight",
    "i": "Summoner",
    "j": "Ninja",
    "k": "Shapeshifter",
    "l": "Bard",
    "o": "Dragoon",
    "p": "Sage",
    "q": "Spellbow",
    "s": "DreadKnight",
}
_PROFESSIONS = {"0": "mining", "2": "gardening", "4": "fishing", "6": "foraging"}

#: The genes of all 22 classes.
CLASS_GENES = "".join(_CLASSES)

#: The genes of single classes, and of the four that the challenge Summoner of Legends requires.
PALADIN, DARK_KNIGHT, DREADKNIGHT = "g", "h", "s"
LEGENDARY = "opqs"

#: The positions of these traits.
CLASS, SUBCLASS, PROFESSION, ACTIVE_SKILL = 0, 1, 2, 5

#: The genes that a hero of generation 0 can carry, by trait: class, subclass, profession,
#: four skills, then boosts, crafting and element.
_BASIC = ("0123456789ab",) * 2 + ("0246",) + ("01234567",) * 4 + ("02468ace",) * 5

#: The traits that can mutate upward, and the genes that are a child of a pair
#: (seeds/mutation_pairs.csv), from advanced to exalted.
_UPWARD = {
    CLASS: "ghijklopqs",
    SUBCLASS: "ghijklopqs",
    **dict.fromkeys((3, 4, 5, 6), "ghijops"),
}


class Hero(NamedTuple):
    """The attributes of a hero that never change; hero_id is unique in all realms."""

    hero_id: int
    genome: str
    rarity: int = 0
    generation: int = 0
    summoner_id: int | None = None
    assistant_id: int | None = None

    @property
    def realm(self) -> str:
        return "SD" if self.hero_id > SERENDALE else "CV"

    @property
    def main_class(self) -> str:
        return _CLASSES[dominant(self.genome, CLASS)]

    @property
    def sub_class(self) -> str:
        return _CLASSES[dominant(self.genome, SUBCLASS)]

    @property
    def profession(self) -> str:
        return _PROFESSIONS[dominant(self.genome, PROFESSION)]


def genes(genome: str, trait: int) -> str:
    """The four genes of a trait, R3 R2 R1 D."""
    return genome[4 * trait : 4 * trait + 4]


def dominant(genome: str, trait: int) -> str:
    """The dominant gene of a trait, which the hero shows."""
    return genome[4 * trait + 3]


def carrying(genome: str, dominants: dict[int, str]) -> str:
    """The genome with the dominant genes of some traits replaced."""
    digits = list(genome)
    for trait, gene in dominants.items():
        digits[4 * trait + 3] = gene
    return "".join(digits)


def founder(rng: Random, hero_class: str | None = None) -> str:
    """The genome of a hero without parents: basic genes, except for a given class gene."""
    genome = "".join("".join(rng.choices(basic, k=4)) for basic in _BASIC)
    return carrying(genome, {CLASS: hero_class}) if hero_class else genome


def child(
    rng: Random,
    mother: str,
    father: str,
    *,
    mutations: int = 0,
    hero_class: str | None = None,
) -> str:
    """The genome of a summoned hero with a number of upward mutations (0 to 6).

    Each trait is inherited from one parent. In a mutated trait the dominant gene is replaced by
    a gene that neither parent carries; where they carry all of them, the trait does not mutate.
    A given class gene counts as the first mutation.
    """
    traits = list(_UPWARD)[1:] if hero_class else list(_UPWARD)
    mutated = set(rng.sample(traits, mutations - 1 if hero_class else mutations))
    parts = []
    for trait in range(len(_BASIC)):
        four = genes(mother if rng.random() < 0.5 else father, trait)
        if trait == CLASS and hero_class:
            four = four[:3] + hero_class
        elif trait in mutated:
            carried = genes(mother, trait) + genes(father, trait)
            four = four[:3] + _fresh(rng, trait, carried, four[3])
        parts.append(four)
    return "".join(parts)


def _fresh(rng: Random, trait: int, carried: str, otherwise: str) -> str:
    """A gene of an upward mutation that no parent carries; rarer genes are less likely."""
    free = [gene for gene in _UPWARD[trait] if gene not in carried]
    return free[int(len(free) * rng.random() ** 3)] if free else otherwise
