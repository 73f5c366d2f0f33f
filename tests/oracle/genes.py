"""Stat genes, upward mutations and parents.

Source: shared/README.md, "Facts to know". Stat genes are 48 base-32 digits, twelve
traits of four digits each, R3 R2 R1 D from left to right, most significant first.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .shapes import Lists, Row, Slot


def genes_of_slot(stat_genes: int, position: int) -> tuple[int, int, int, int]:
    """The four genes (D, R1, R2, R3) of the trait at a position (0 to 11)."""
    dominant_digit = 44 - 4 * position
    dominant, r1, r2, r3 = (
        stat_genes // 32 ** (dominant_digit + higher) % 32 for higher in range(4)
    )
    return dominant, r1, r2, r3


def mutated_slots(child: int, summoner: int, assistant: int, lists: Lists) -> list[Slot]:
    """The slots in which a child mutated upward, from its and its parents' genes.

    A slot mutated when its dominant gene is the child of a mutation pair and
    neither parent carries that gene among its four of the same slot.
    """
    mutated = []
    for slot in lists.slots:
        dominant = genes_of_slot(child, slot.position)[0]
        if dominant not in lists.mutated_genes(slot.trait):
            continue
        carried = {
            *genes_of_slot(summoner, slot.position),
            *genes_of_slot(assistant, slot.position),
        }
        if dominant not in carried:
            mutated.append(slot)
    return mutated


@dataclass(frozen=True)
class Birth:
    """A hero as a parent: its genes, its own parents, and its summoning.

    summon is the row of hero_summons, None where the hero is only in `heroes`.
    """

    stat_genes: int
    summoner_id: int | None
    assistant_id: int | None
    summon: Row | None


class Ancestry:
    """Looks up parents, independent of time.

    A hero is looked up by its id alone: in hero_summons first (the lowest chain_id
    where two chains have the id), then in heroes: the latest of all its versions with
    known stat_genes, with the parents of that version. An id of None or 0, or an id in
    neither table, is unknown.
    """

    def __init__(self, summons: Iterable[Row], heroes: Iterable[Row], lists: Lists):
        """Index the rows of hero_summons and of heroes, unfiltered."""
        self._lists = lists
        self._summons: dict[int, Row] = {}
        for row in sorted(summons, key=lambda row: row["chain_id"]):
            self._summons.setdefault(row["hero_id"], row)
        self._versions: dict[int, Row] = {}
        for row in sorted(heroes, key=lambda row: row["updated_at"]):
            if row["stat_genes"] is not None:
                self._versions[row["hero_id"]] = row

    def birth(self, hero_id: int | None) -> Birth | None:
        """A hero by its id, None where its genes are unknown."""
        if not hero_id:
            return None
        summon = self._summons.get(hero_id)
        row = summon or self._versions.get(hero_id)
        if row is None:
            return None
        return Birth(
            stat_genes=int(row["stat_genes"]),
            summoner_id=row["summoner_id"],
            assistant_id=row["assistant_id"],
            summon=summon,
        )

    def mutations(
        self, stat_genes: int, summoner_id: int | None, assistant_id: int | None
    ) -> list[Slot]:
        """The mutated slots of genes with these parents; none where a parent is unknown."""
        summoner, assistant = self.birth(summoner_id), self.birth(assistant_id)
        if summoner is None or assistant is None:
            return []
        return mutated_slots(
            int(stat_genes), summoner.stat_genes, assistant.stat_genes, self._lists
        )

    def mutation_count(self, hero_id: int | None) -> int:
        """The mutation count of a hero looked up as a parent; 0 when unknown."""
        birth = self.birth(hero_id)
        if birth is None:
            return 0
        return len(self.mutations(birth.stat_genes, birth.summoner_id, birth.assistant_id))


def mutations_of_genealogy(path: Path, lists: Lists | None = None) -> dict[int, int]:
    """The mutation count of every hero of data/heroes/hero_genealogy.csv, by hero_id.

    The file has a row per hero: hero_id, summoner_id and assistant_id (0: none) and
    stat_genes in decimal. Heroes without parents count 0. Skill genes are unknown there and
    written as 0, which is not the child of any pair, so that only class and subclass can
    mutate. The lists default to the project's seeds.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = [
            {
                "chain_id": 53935,
                "hero_id": int(row["hero_id"]),
                "summoner_id": int(row["summoner_id"] or 0),
                "assistant_id": int(row["assistant_id"] or 0),
                "stat_genes": int(row["stat_genes"]),
            }
            for row in csv.DictReader(file)
        ]
    ancestry = Ancestry(rows, [], lists or Lists.read())
    return {row["hero_id"]: ancestry.mutation_count(row["hero_id"]) for row in rows}
