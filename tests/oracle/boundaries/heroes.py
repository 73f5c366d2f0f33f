"""Heroes and pets: versions, owners, kinds; summons, mutations and lines of ancestors."""

from datetime import datetime
from itertools import product

from ..instants import AS_OF, DAY, TICK
from .town import RECENTLY, STRANGER, Home, Town, gene_number

SKILLS = {
    "passive_skill_1": "Leadership",
    "passive_skill_2": "Toxic",
    "active_skill_1": "Daze",
    "active_skill_2": "Stun",
}
#: Names of genes that only a mutation produces, for one slot after the other.
MUTATED = {"class": "Paladin", "subclass": "Bard"} | SKILLS
LEGENDS = ("Dragoon", "Sage", "Spellbow", "DreadKnight")


def owned(town: Town) -> None:
    """Levels, rarities, classes, rent; weights, families and variants of pets."""
    for name, columns in {
        "a hero": {},
        "a hero that is rented": {"is_rented": True},
        "a hero of no level": {"level": 0},
        "a mythic hero": {"rarity": 4},
        "a legendary hero": {"rarity": 3},
        "a mythic hero of no known class": {"rarity": 4, "main_class": "warrior"},
    }.items():
        home = town.home(name)
        for _ in range(2):
            home.put("heroes", **{"level": 9} | columns)
    for name, before, after in (
        ("rented", {}, {"is_rented": True}),
        ("returned", {"is_rented": True}, {}),
        ("sold and bought back", {"owner_wallet": STRANGER}, {}),
        ("grown", {"level": 3}, {"level": 8}),
        ("shrunk", {"level": 8}, {"level": 3}),
    ):
        home = town.home(f"a hero that was {name}")
        hero = home.put("heroes", RECENTLY - 400 * DAY, **before)["hero_id"]
        home.put("heroes", RECENTLY - DAY, **before, hero_id=hero)
        home.put("heroes", RECENTLY, **after, hero_id=hero)
    for rarity in range(6):
        for variant in ("NORMAL", "ODD", "ULTRA_ODD"):
            home = town.home(f"pets of rarity {rarity}, {variant}")
            home.put("pets", rarity=rarity, variant=variant)
            home.put("pets", rarity=rarity, variant=variant)
    for table, key in (("heroes", "hero_id"), ("pets", "pet_id")):
        home = town.home(f"four versions in {table}")
        first = home.put(table, RECENTLY - 3 * DAY)
        for number in range(3):
            home.put(table, RECENTLY - number * DAY, rarity=number + 1, **{key: first[key]})
    for family in (None, "dragon"):
        town.home(f"an odd pet of family {family}").put("pets", family=family, variant="ODD")
    for name, chains in {"higher": (53935, 1088), "lower": (1088, 53935)}.items():
        home = town.home(f"a pet that goes to the chain with the {name} number")
        pet = home.put("pets", RECENTLY, chain_id=chains[1], rarity=2)["pet_id"]
        home.put("pets", RECENTLY, pet_id=pet, chain_id=chains[0], owner_wallet=STRANGER)
        home = town.home(f"a pet that goes later to the chain with the {name} number")
        pet = home.put("pets", RECENTLY, chain_id=chains[1], rarity=2)["pet_id"]
        home.put("pets", RECENTLY + TICK, pet_id=pet, chain_id=chains[0], rarity=3)


def collections(town: Town) -> None:
    """All classes or families, and all but one in some way."""
    classes, families = sorted(town.lists.genes["class"]), sorted(town.lists.pet_families)
    for name, flaw in {
        "complete": {},
        "with a rented one": {"is_rented": True},
        "with a legendary one": {"rarity": 3},
        "with a sold one": {"owner_wallet": STRANGER},
        "with an unknown one": {"main_class": "Peasant"},
        "with one of the name of a skill": {"main_class": "Toxic"},
        "with one twice": {"main_class": classes[0]},
        "with one too late": {"updated_at": AS_OF},
        "with one before the last 180 days": {"updated_at": AS_OF - 300 * DAY},
    }.items():
        home = town.home(f"mythic heroes of every class {name}")
        for main_class in classes:
            columns = {"rarity": 4, "main_class": main_class}
            home.put("heroes", **columns | (flaw if main_class == classes[-1] else {}))
    for name, flaw in {
        "complete": {},
        "with a normal one": {"variant": "NORMAL"},
        "with an unknown one": {"family": "dragon"},
        "with one of no family": {"family": None},
        "with one twice": {"family": families[0]},
        "with one too late": {"updated_at": AS_OF},
        "with a sold one": {"owner_wallet": STRANGER},
    }.items():
        home = town.home(f"odd pets of every family {name}")
        for number, family in enumerate(families):
            columns = {"family": family, "variant": ("ODD", "ULTRA_ODD")[number % 2]}
            home.put("pets", **columns | (flaw if family == families[-1] else {}))
    for missing in (None, *LEGENDS):
        home = town.home(f"summons of all legends but {missing}")
        for name in LEGENDS:
            if name != missing:
                summon(home, {"class": name})
    summon(town.home("a summon of no known class"), {}, rarity=4, stat_genes=31 * 32**44)
    dragoon = town.lists.genes["class"]["Dragoon"] * 32**44
    summon(town.home("the least genes of a Dragoon"), {}, stat_genes=dragoon)
    summon(town.home("the genes just below a Dragoon"), {}, stat_genes=dragoon - 1)
    summon(town.home("the highest genes"), {}, stat_genes=32**48 - 1)
    home = town.home("summons of every class that is no legend")
    for name in classes:
        if name not in LEGENDS:
            summon(home, {"class": name})


def summon(
    home: Home,
    slots: dict[str, str | tuple[str, ...]],
    parents: tuple[int | None, int | None] = (None, None),
    at: datetime = RECENTLY,
    **columns: object,
) -> int:
    """A summon with genes by their names; the number of the hero."""
    row = home.put(
        "hero_summons",
        at,
        summoner_id=parents[0],
        assistant_id=parents[1],
        **{"stat_genes": gene_number(home.town.lists, slots)} | columns,
    )
    return row["hero_id"]


def plain(home: Home, at: datetime = RECENTLY - 500 * DAY) -> int:
    """A summon of a stranger without mutations."""
    return summon(home, {}, at=at, summoner_wallet=STRANGER)


def mutated(count: int, first: int = 0) -> dict[str, str]:
    """Genes with so many mutations, from some slot on."""
    return dict([*MUTATED.items()][first : first + count])


def mutations(town: Town) -> None:
    """Each slot, each gene, each gene of a parent, each number; parents that are unknown."""
    for rarity in (3, 4, 5, None):
        summon(town.home(f"a summon of rarity {rarity}"), {}, rarity=rarity)
    for slot in MUTATED:
        # with two more, it is the third
        others = [name for name in MUTATED if name != slot][:2]
        home = town.home(f"three mutations, one in {slot}")
        slots = {name: MUTATED[name] for name in (*others, slot)}
        summon(home, slots, (plain(home), plain(home)))
        for side, depth in product((0, 1), range(4)):
            home = town.home(f"{slot}: gene {depth} of parent {side} is no mutation")
            names = [
                next(
                    name
                    for name, gene in town.lists.genes[trait_of(town, slot)].items()
                    if gene == 0
                )
            ] * 4
            names[depth] = MUTATED[slot]
            parents = [plain(home), plain(home)]
            parents[side] = summon(home, {slot: tuple(names)}, summoner_wallet=STRANGER)
            summon(home, slots, tuple(parents))
    for trait, slots in (
        ("class", ("class", "subclass")),
        ("passive_skill", ("passive_skill_1", "passive_skill_2")),
        ("active_skill", ("active_skill_1", "active_skill_2")),
    ):
        for name in town.lists.genes[trait]:
            for slot in slots:
                home = town.home(f"{slot} {name} beside a mutation of another domain")
                beside = "class" if trait != "class" else "active_skill_1"
                summon(home, {slot: name, beside: MUTATED[beside]}, (plain(home), plain(home)))
    for name, slots in {
        "class": ("class",),
        "class and subclass": ("class", "subclass"),
        "both passive skills": ("passive_skill_1", "passive_skill_2"),
        "both active skills": ("active_skill_1", "active_skill_2"),
        "passive and active skills": ("passive_skill_1", "active_skill_1"),
        "subclass and a passive skill": ("subclass", "passive_skill_2"),
    }.items():
        home = town.home(f"domains of {name}")
        summon(home, {slot: MUTATED[slot] for slot in slots}, (plain(home), plain(home)))
    for count in range(7):
        home = town.home(f"{count} mutations")
        summon(home, mutated(count), (plain(home), plain(home)))
        home = town.home(f"a DreadKnight with {count} mutations")
        slots = {"class": "DreadKnight"} | mutated(count - 1, 1) if count else {}
        summon(home, slots, (plain(home), plain(home)))
        home = town.home(f"a Dragoon with {count} mutations")
        slots = {"class": "Dragoon"} | mutated(count - 1, 1) if count else {}
        summon(home, slots, (plain(home), plain(home)))


def trait_of(town: Town, name: str) -> str:
    """The trait whose genes a slot has."""
    (trait,) = (slot.trait for slot in town.lists.slots if slot.name == name)
    return trait


def parents(town: Town) -> None:
    """Where the genes of a parent are known from."""
    for name in ("unknown", "zero", "null"):
        for side in (0, 1):
            home = town.home(f"parent {side} is {name}")
            both = [plain(home), plain(home)]
            both[side] = {"unknown": 999_999_999, "zero": 0, "null": None}[name]
            summon(home, mutated(4), tuple(both))
    # a mutation of the child that one place knows a parent to carry, and the other does not
    carrier = {"class": "Paladin"}
    genes, none = gene_number(town.lists, carrier), gene_number(town.lists, {})
    for name, known in {
        "heroes": [(RECENTLY, genes)],
        "heroes without genes": [(RECENTLY, None)],
        "heroes, the latest carries": [(RECENTLY - DAY, none), (RECENTLY, genes)],
        "heroes, the latest carries not": [(RECENTLY - DAY, genes), (RECENTLY, none)],
        "heroes, the latest is unknown": [(RECENTLY - DAY, genes), (RECENTLY, None)],
        "heroes after the as-of instant": [(AS_OF + DAY, genes)],
    }.items():
        home = town.home(f"a parent is known from {name}")
        hero = next(town.numbers)
        for at, stat_genes in known:
            home.put("heroes", at, hero_id=hero, owner_wallet=None, stat_genes=stat_genes)
        summon(home, mutated(3), (hero, plain(home)))
    for name, of_summon, of_hero in (("carries", genes, none), ("does not carry", none, genes)):
        home = town.home(f"a parent's summon {name}, its hero otherwise")
        hero = summon(home, {}, stat_genes=of_summon, summoner_wallet=STRANGER)
        home.put("heroes", hero_id=hero, owner_wallet=None, stat_genes=of_hero)
        summon(home, mutated(3), (hero, plain(home)))
        home = town.home(f"a parent's summon on the lower chain {name}")
        hero = summon(home, {}, stat_genes=of_summon, chain_id=8217, summoner_wallet=STRANGER)
        home.put("hero_summons", hero_id=hero, stat_genes=of_hero, summoner_wallet=STRANGER)
        summon(home, mutated(3), (hero, plain(home)))


def royals(town: Town) -> None:
    """Both parents with three mutations, one with two, twice the same, and the child with none."""
    for one, two, child in product((2, 3), (2, 3), (0, 1)):
        home = town.home(f"parents with {one} and {two} mutations, child with {child}")
        ancestors = plain(home), plain(home)
        pair = tuple(
            summon(home, mutated(count, 3), ancestors, summoner_wallet=STRANGER)
            if count == 3
            else summon(home, mutated(count, 4), ancestors, summoner_wallet=STRANGER)
            for count in (one, two)
        )
        summon(home, {"class": "DreadKnight"} if child else {}, pair)
    for count in (2, 3):
        home = town.home(f"one parent with {count} mutations twice")
        parent = summon(home, mutated(count, 3), (plain(home), plain(home)))
        summon(home, {"class": "DreadKnight"}, (parent, parent))


CASES = (owned, collections, mutations, parents, royals)
