"""Random families of heroes, versions of heroes and pets, and whole collections of them."""

from collections.abc import Sequence

from .dice import STRANGER, Dice, Hero, Scene, loose_log
from .genes import genes_of_slot
from .instants import AS_OF, TIMES


def family_member(dice: Dice, scene: Scene) -> None:
    """A hero of the family with its parents, mutations and places.

    It is known to hero_summons, to heroes only, or to neither; the first two of a
    family are founders, later ones mostly descend from the last few. Rarely another
    chain has a summon of the same id.
    """
    family = scene.family
    hero_id = len(family) + 1
    if dice.chance(6):
        hero_id += 1_000_000_000_000
    kin = [hero.hero_id for hero in family[-4:]]
    parents: list[int | None] = [None, None]
    if len(kin) >= 2:
        stranger = (None, 0, 777)
        parents = [dice.pick(stranger) if dice.chance(7) else dice.pick(kin) for _ in range(2)]
    hero = Hero(hero_id, *parents, stat_genes=inherit(dice, scene, parents))
    place = dice.pick(("summons",) * 10 + ("heroes",) * 4 + ("nowhere",))
    if place == "summons":
        put_summon(dice, scene, hero)
    if place == "heroes":
        put_hero(dice, scene, hero)
    family.append(hero)


def put_summon(dice: Dice, scene: Scene, hero: Hero) -> None:
    """The summon of a hero of the family, mostly by the wallet of its founder."""
    own = not dice.chance(30)
    wallet = scene.founder if own else scene.wallet(dice)
    row = {
        "chain_id": dice.pick((53935, 53935, 8217)),
        "hero_id": hero.hero_id,
        **loose_log(dice),
        "block_number": dice.pick((None, 30_000_000)),
        "summoner_wallet": wallet,
        "summoner_id": hero.summoner_id,
        "assistant_id": hero.assistant_id,
        "stat_genes": hero.stat_genes,
        "visual_genes": dice.pick((None, 0, 32**48 - 1)),
        "rarity": dice.maybe((4, 0, 1, 2, 3)),
        "generation": dice.pick((None, 1, 2)),
        "summoned_at": scene.when(dice),
    }
    scene.put("hero_summons", row)
    if dice.chance(6):
        other = row | {
            "chain_id": dice.pick((1088, 60000)),
            "summoner_wallet": scene.wallet(dice),
            "stat_genes": scene.family[-1].stat_genes if scene.family else 0,
            "summoned_at": scene.when(dice),
        }
        scene.put("hero_summons", other)


def inherit(dice: Dice, scene: Scene, parents: Sequence[int | None]) -> int:
    """Stat genes that mutate in a chosen set of the six slots, where that can be.

    A mutated slot gets a gene that is the child of a pair and that no parent carries,
    the child of the parents' own pair if they are one. Other slots take a gene that
    a parent carries. Dominant genes of founders are mostly basic.
    """
    lists, family = scene.lists, {hero.hero_id: hero for hero in scene.family}
    known = [family[parent].stat_genes for parent in parents if parent in family]
    mask = dice.pick((0, 63, 63, 63, 7, 7, 56, 27, 15, 62, 62, 31, 1, 3, 5, 32))
    turn, advanced, royal = dice.byte(), dice.chance(8), dice.chance(25)
    digits = [(turn + index) % 32 for index in range(48)]
    for number, slot in enumerate(lists.slots):
        carried = [genes_of_slot(genes, slot.position) for genes in known]
        all_genes = scene.genes(slot.trait)
        taken = {gene for four in carried for gene in four}
        free = sorted(lists.mutated_genes(slot.trait) - taken)
        step = turn + 5 * number
        if carried:
            four = carried[step % len(carried)]
            dominant = four[(0, 0, 0, 1, 2, 3, 3)[step % 7]]
        else:
            pair = lists.pairs[slot.trait][step % len(lists.pairs[slot.trait])]
            first = lists.pairs[slot.trait][step % 4]
            dominant = pair[2] if advanced else first[turn % 2]
        if mask >> number & 1 and free and (known or advanced):
            dominant = free[step % len(free)]
            if slot.name == "class" and royal:
                dominant = free[-1]
            elif len(carried) == 2:
                mates = {carried[0][0], carried[1][0]}
                for mother, father, child in lists.pairs[slot.trait]:
                    if mates == {mother, father} and child in free:
                        dominant = child
        recessive = [
            all_genes[step * (higher + 2) % width]
            for higher, width in enumerate((8, 9, len(all_genes)))
        ]
        place = 4 * slot.position
        # left to right: R3 R2 R1 D
        digits[place : place + 4] = [*reversed(recessive), dominant]
    genes = 0
    for digit in digits:
        genes = genes * 32 + digit
    return genes


def put_hero(dice: Dice, scene: Scene, hero: Hero | None, hero_id: int = 0) -> None:
    """A version of a hero of the family, or of one that nobody summoned."""
    genes = hero.stat_genes if hero else None
    if dice.chance(15):
        genes = None
    elif dice.chance(10) and scene.family:
        genes = scene.family[-1].stat_genes
    strange = dice.chance(10)
    owner = scene.wallet(dice)
    row = {
        "hero_id": hero.hero_id if hero else hero_id,
        "realm": dice.maybe(("CV", "SD"), 30),
        "owner_wallet": None if dice.chance(10) else owner,
        "main_class": dice.pick(
            ("Warrior", "Dragoon", "DreadKnight", "DarkKnight", "Bard", "warrior")
        ),
        "sub_class": dice.maybe(("Knight", "Sage"), 30),
        "profession": dice.maybe(("mining", "foraging"), 30),
        "rarity": dice.pick((4, 0, 3, 4)),
        "level": dice.pick((1, 2, 0, 99, 100, 32767)),
        "generation": dice.pick((None, 0, 1)),
        "is_rented": dice.chance(15),
        "summoner_id": None if strange or not hero else hero.summoner_id,
        "assistant_id": None if strange or not hero else hero.assistant_id,
        "stat_genes": genes,
        "updated_at": scene.when(dice),
    }
    scene.put("heroes", row)


def heroes(dice: Dice, scene: Scene) -> None:
    """A version of one of few heroes, so that they change owners."""
    number = dice.byte()
    if scene.family and number % 3:
        put_hero(dice, scene, scene.family[number % len(scene.family)])
    else:
        put_hero(dice, scene, None, hero_id=501 + number % 2)


def pets(dice: Dice, scene: Scene) -> None:
    """A version of one of few pets."""
    families = (*sorted(scene.lists.pet_families)[:2], "dragon")
    owner = scene.wallet(dice)
    row = {
        "pet_id": dice.pick((1, 2, 3, 2_000_000_000_001)),
        "chain_id": dice.pick((53935, 53935, 53935, 1088)),
        "owner_wallet": None if dice.chance(10) else owner,
        "egg_type": dice.maybe((0, 1), 30),
        "rarity": dice.pick((0, 1, 2, 3, 4, 4, 5)),
        "appearance": dice.maybe((7, 70000), 30),
        "family": dice.maybe(families),
        "variant": dice.pick(("NORMAL", "ODD", "ULTRA_ODD")),
        "updated_at": scene.when(dice),
    }
    scene.put("pets", row)


def collection(dice: Dice, scene: Scene) -> None:
    """A mythic hero of each class for the first team, perhaps with one flaw."""
    classes = sorted(scene.lists.genes["class"])
    flawed = dice.byte() % len(classes)
    flaw = dice.pick(({}, {}, {"rarity": 3}, {"is_rented": True}, {"owner_wallet": STRANGER}))
    for number, name in enumerate(classes):
        row = {
            "hero_id": 9000 + number,
            "realm": None,
            "owner_wallet": scene.team[number % len(scene.team)],
            "main_class": name,
            "sub_class": None,
            "profession": None,
            "rarity": 4,
            "level": 1,
            "generation": None,
            "is_rented": False,
            "summoner_id": None,
            "assistant_id": None,
            "stat_genes": None,
            "updated_at": TIMES[0],
        }
        scene.put("heroes", row | flaw if number == flawed else row)


def menagerie(dice: Dice, scene: Scene) -> None:
    """An odd pet of each family for the first team, perhaps with one flaw."""
    families = sorted(scene.lists.pet_families)
    flawed = dice.byte() % max(len(families), 1)
    flaw = dice.pick(({}, {}, {"variant": "NORMAL"}, {"family": None}, {"updated_at": AS_OF}))
    for number, name in enumerate(families):
        row = {
            "pet_id": 9000 + number,
            "chain_id": 53935,
            "owner_wallet": scene.team[number % len(scene.team)],
            "egg_type": None,
            "rarity": 0,
            "appearance": None,
            "family": name,
            "variant": ("ODD", "ULTRA_ODD")[number % 2],
            "updated_at": TIMES[1],
        }
        scene.put("pets", row | flaw if number == flawed else row)


def legends(dice: Dice, scene: Scene) -> None:
    """A summon of each legendary class by the first team, perhaps with one flaw."""
    flawed = dice.byte() % 4
    flaw = dice.pick(({}, {}, {"stat_genes": 0}, {"summoned_at": AS_OF}, {"chain_id": 8217}))
    for number, name in enumerate(("Dragoon", "Sage", "Spellbow", "DreadKnight")):
        row = {
            "chain_id": 53935,
            "hero_id": 9100 + number,
            "tx_hash": None,
            "log_index": None,
            "block_number": None,
            "summoner_wallet": scene.team[number % len(scene.team)],
            "summoner_id": None,
            "assistant_id": None,
            # the dominant class gene is the fourth digit of 48
            "stat_genes": scene.lists.genes["class"][name] * 32**44,
            "visual_genes": None,
            "rarity": None,
            "generation": None,
            "summoned_at": scene.when(dice),
        }
        scene.put("hero_summons", row | flaw if number == flawed else row)
