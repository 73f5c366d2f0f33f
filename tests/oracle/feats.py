"""Summoned heroes with their mutations, and the epic feats."""

from collections.abc import Iterable

from .genes import genes_of_slot
from .holdings import owned_heroes, owned_pets
from .players import Player, Scene, Value
from .shapes import Row

MYTHIC = 4

CROWNED_DAYS = 1000

LEGENDARY_CLASSES = ("Dragoon", "Sage", "Spellbow", "DreadKnight")


def onchain_summoning(scene: Scene, player: Player) -> dict[str, Value]:
    """Heroes that the cluster itself summoned, their mutations and classes."""
    ancestry = scene.ancestry
    children = own_summons(scene, player)
    mutations = [own_mutations(scene, child) for child in children]
    royal = [
        child
        for child, slots in zip(children, mutations, strict=True)
        if len(slots) >= 1
        and ancestry.mutation_count(child["summoner_id"]) >= 3
        and ancestry.mutation_count(child["assistant_id"]) >= 3
    ]
    classes = {dominant_class(scene, child) for child in children}
    has = {name: scene.lists.genes["class"].get(name) in classes for name in LEGENDARY_CLASSES}
    return {
        "perfect_pairing_unlocked": any(
            len({slot.domain for slot in slots}) >= 2 for slots in mutations
        ),
        "mutagenic_specialist_count": sum(len(slots) >= 3 for slots in mutations),
        "mythmaker_count": sum(child["rarity"] == MYTHIC for child in children),
        "royal_lineage_count": len(royal),
        "legendary_class_flags": int(all(has.values())),
        **{f"has_{name.lower()}": done for name, done in has.items()},
    }


def own_summons(scene: Scene, player: Player) -> list[Row]:
    """The cluster's summons in the window."""
    return scene.rows_inside(player, "hero_summons", "summoned_at", "summoner_wallet")


def own_mutations(scene: Scene, summon: Row) -> list:
    """The mutated slots of a row of hero_summons."""
    return scene.ancestry.mutations(
        summon["stat_genes"], summon["summoner_id"], summon["assistant_id"]
    )


def dominant_class(scene: Scene, summon: Row) -> int:
    """The dominant class gene of a row of hero_summons."""
    (position,) = (slot.position for slot in scene.lists.slots if slot.name == "class")
    return genes_of_slot(int(summon["stat_genes"]), position)[0]


def epic_feats(
    scene: Scene, player: Player, sources: dict[str, dict[str, Value]]
) -> dict[str, Value]:
    """The six epic feats, from the other metrics of the same window and from facts."""
    lists = scene.lists
    patrols, tournaments = (
        sources["onchain_metis_patrol"],
        sources["onchain_tournaments"],
    )
    children = own_summons(scene, player)
    dread_knight = lists.genes["class"].get("DreadKnight")
    mythic_classes = {
        hero["main_class"] for hero in owned_heroes(scene, player) if hero["rarity"] == MYTHIC
    }
    odd_families = {
        pet["family"] for pet in owned_pets(scene, player) if pet["variant"] in ("ODD", "ULTRA_ODD")
    }
    return {
        "vangardian_unlocked": bool(
            patrols["wins"] >= 100
            and patrols["elite_wins"] >= 25
            and sources["onchain_shells"]["shells_collected"] >= 500
            and sources["onchain_influence"]["bets_won"] >= 50
            and tournaments["entries"] >= 10
            and tournaments["top_finish"]
        ),
        "worldforged_summoner_unlocked": any(
            dominant_class(scene, child) == dread_knight and len(own_mutations(scene, child)) >= 4
            for child in children
        ),
        "grandmaster_geneweaver_unlocked": any(
            ends_a_line_of_three(scene, player, child) for child in children
        ),
        "eternal_collector_unlocked": covers(mythic_classes, lists.genes["class"]),
        "crowned_jeweler_unlocked": (
            sources["onchain_staking"]["stake_duration_days"] >= CROWNED_DAYS
        ),
        "mythic_menagerie_unlocked": covers(odd_families, lists.pet_families),
    }


def ends_a_line_of_three(scene: Scene, player: Player, child: Row) -> bool:
    """Whether a child with two mutations has a parent of the cluster with two, which has a
    parent of the cluster with one. Each time it can be either parent.
    """
    if len(own_mutations(scene, child)) < 2:
        return False
    for parent_id in (child["summoner_id"], child["assistant_id"]):
        parent = own_ancestor(scene, player, parent_id, mutations=2)
        if parent is None:
            continue
        for grandparent_id in (parent["summoner_id"], parent["assistant_id"]):
            if own_ancestor(scene, player, grandparent_id, mutations=1):
                return True
    return False


def own_ancestor(
    scene: Scene, player: Player, hero_id: int | None, *, mutations: int
) -> Row | None:
    """The summoning of a hero, where the cluster did it before the end of the window and the
    hero has at least `mutations` mutations.
    """
    birth = scene.ancestry.birth(hero_id)
    if birth is None or birth.summon is None:
        return None
    own = birth.summon["summoner_wallet"] in player.wallets
    if not own or birth.summon["summoned_at"] >= scene.window.ends_at:
        return None
    return birth.summon if scene.ancestry.mutation_count(hero_id) >= mutations else None


def covers(found: Iterable[str | None], wanted: Iterable[str]) -> bool:
    """Whether all wanted values were found; an empty list is never covered."""
    wanted = set(wanted)
    return bool(wanted) and wanted <= set(found)
