"""The input of the oracle: a world of raw facts, a window, the lists, the catalogue."""

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

Row = dict[str, Any]

SEEDS = Path(__file__).resolve().parents[2] / "seeds"

DOMAIN_OF_SLOT = {
    "class": "class",
    "subclass": "subclass",
    "active_skill_1": "active skill",
    "active_skill_2": "active skill",
    "passive_skill_1": "passive skill",
    "passive_skill_2": "passive skill",
}
"""The six trait slots that mutate, and the domain of each (shared/README.md)."""

TRAIT_OF_DOMAIN = {
    "class": "class",
    "subclass": "class",
    "active skill": "active_skill",
    "passive skill": "passive_skill",
}
"""The trait whose mutation pairs a domain uses: a subclass uses those of classes."""


@dataclass(frozen=True)
class Link:
    """A wallet (lower case) of a cluster; only active links count."""

    cluster_id: str
    address: str
    active: bool = True


@dataclass(frozen=True)
class Exclusion:
    """What is valid at the instant of a world, of one cluster, one wallet, or one fact: a raw
    table and the position of a row in it.

    A cluster is excluded from a metric (source and key), a board, a season, or, where all of
    these are None, from everything; a wallet and a fact are excluded from everything.
    """

    cluster: str | None = None
    wallet: str | None = None
    fact: tuple[str, int] | None = None
    metric: tuple[str, str] | None = None
    board: str | None = None
    season: str | None = None

    @property
    def is_of_everything(self) -> bool:
        """Whether it is from nothing in particular."""
        return self.metric is None and self.board is None and self.season is None


@dataclass(repr=False)
class World:
    """All facts, links and clusters at one time.

    facts: raw table name -> rows; a row has every column of the contract, with
    native types: int, str, Decimal, bool, aware UTC datetime, date, list[int] or
    None. Rows are unique on the natural key. A table without rows may be missing.
    links: at most one active link per address.
    discord_ids: cluster -> Discord id; a cluster may have none.
    clusters: every cluster, with or without links.
    exclusions: those that are valid at the instant of which the world is asked.
    """

    facts: dict[str, list[Row]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    discord_ids: dict[str, str] = field(default_factory=dict)
    clusters: list[str] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)

    def __repr__(self) -> str:
        """The world without its empty tables, so that a shrunk example is short."""
        facts = {table: rows for table, rows in self.facts.items() if rows}
        return (
            f"World(facts={facts!r}, links={self.links!r}, "
            f"discord_ids={self.discord_ids!r}, clusters={self.clusters!r}, "
            f"exclusions={self.exclusions!r})"
        )

    def counted(self, table: str) -> list[Row]:
        """The rows of a raw table without the facts that are excluded."""
        left_out = {one.fact for one in self.exclusions if one.fact is not None}
        rows = self.facts.get(table, [])
        return [row for place, row in enumerate(rows) if (table, place) not in left_out]

    def is_excluded(self, cluster: str, metric: tuple[str, str]) -> bool:
        """Whether a cluster is excluded from a metric, or from everything."""
        return any(
            one.cluster == cluster and (one.metric == metric or one.is_of_everything)
            for one in self.exclusions
        )

    def listed(self, board: str, values: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """What clusters are ranked by on a board, without those that it does not list."""
        out = {one.cluster for one in self.exclusions if one.board == board}
        return {cluster: value for cluster, value in values.items() if cluster not in out}


@dataclass(frozen=True)
class Window:
    """A half-open span [starts_at, ends_at) in UTC; starts_at None is -infinity."""

    key: str
    starts_at: datetime | None
    ends_at: datetime

    def holds(self, at: datetime | None) -> bool:
        """Whether an instant lies in the window; None does not."""
        if at is None or at >= self.ends_at:
            return False
        return self.starts_at is None or at >= self.starts_at


@dataclass(frozen=True)
class Slot:
    """One of the six trait slots of a hero that can mutate."""

    name: str
    position: int
    domain: str
    trait: str


@dataclass(frozen=True)
class Lists:
    """The lists and codes of the game, which are seeds.

    genes: trait -> name -> gene, of hero_traits.csv.
    pairs: trait -> (parent gene, parent gene, child gene), of mutation_pairs.csv.
    slots: the six slots that mutate, with their position in the genes.
    The weights map a code (pet rarity, Discord kind, seasonal action) to points.
    """

    relic_items: frozenset[str]
    elite_difficulties: frozenset[str]
    purchase_methods: frozenset[str]
    pet_families: frozenset[str]
    genes: Mapping[str, Mapping[str, int]]
    pairs: Mapping[str, tuple[tuple[int, int, int], ...]]
    slots: tuple[Slot, ...]
    pet_rarity_weights: Mapping[int, int]
    discord_kind_weights: Mapping[str, int]
    seasonal_action_weights: Mapping[str, int]

    @classmethod
    def read(cls, directory: Path = SEEDS) -> "Lists":
        """Read the lists from the CSV seeds below a directory.

        Without relic_items.csv the list of relics is empty. Raises FileNotFoundError, with its
        name, for any other seed that is missing.
        """
        relics = frozenset()
        if any(directory.rglob("relic_items.csv")):
            relics = column(directory, "relic_items.csv", "item_address")

        genes: dict[str, dict[str, int]] = {}
        for row in read_csv(directory, "hero_traits.csv"):
            genes.setdefault(row["trait"], {})[row["name"]] = int(row["gene"])

        pairs: dict[str, tuple[tuple[int, int, int], ...]] = {}
        for row in read_csv(directory, "mutation_pairs.csv"):
            gene = genes[row["trait"]]
            pair = gene[row["parent_a"]], gene[row["parent_b"]], gene[row["child"]]
            pairs[row["trait"]] = (*pairs.get(row["trait"], ()), pair)

        slots = []
        for row in read_csv(directory, "gene_layout.csv"):
            if domain := DOMAIN_OF_SLOT.get(row["trait"]):
                trait = TRAIT_OF_DOMAIN[domain]
                slots.append(Slot(row["trait"], int(row["position"]), domain, trait))

        codes: dict[str, dict[str, str]] = {}
        for row in read_csv(directory, "code_values.csv"):
            codes.setdefault(row["code"], {})[row["value"]] = row["meaning"]

        return cls(
            relic_items=relics,
            elite_difficulties=column(directory, "elite_difficulties.csv", "difficulty"),
            purchase_methods=frozenset(
                row["method"]
                for row in read_csv(directory, "vendor_methods.csv")
                if is_true(row["is_purchase"])
            ),
            pet_families=column(directory, "pet_families.csv", "family"),
            genes=genes,
            pairs=pairs,
            slots=tuple(slots),
            pet_rarity_weights={
                int(rarity): int(points) for rarity, points in codes["pet_rarity_weight"].items()
            },
            discord_kind_weights={
                kind: int(points) for kind, points in codes["discord_kind_weight"].items()
            },
            seasonal_action_weights={
                kind: int(points) for kind, points in codes["seasonal_action_weight"].items()
            },
        )

    def mutated_genes(self, trait: str) -> frozenset[int]:
        """The genes of a trait that are the child of a mutation pair."""
        return frozenset(child for _, _, child in self.pairs.get(trait, ()))


@dataclass(frozen=True)
class Tier:
    """One tier of a ladder; the threshold is in the unit of the metric."""

    tier_code: str
    threshold: Decimal
    sort_order: int


@dataclass(frozen=True)
class Challenge:
    """A challenge: a metric and its ladder, lowest tier first."""

    key: str
    category_key: str
    metric_type: str
    metric_source: str
    metric_key: str
    tiers: tuple[Tier, ...]

    @property
    def is_feat(self) -> bool:
        """Whether the ladder has exactly one tier."""
        return len(self.tiers) == 1


@dataclass(frozen=True)
class Catalogue:
    """The active challenges with their ladders, the metrics that are state as of the end of a
    window, and the levels of a season with their thresholds of points."""

    challenges: tuple[Challenge, ...]
    states: frozenset[tuple[str, str]] = frozenset()
    levels: tuple[tuple[int, Decimal], ...] = ()

    @classmethod
    def read(cls, directory: Path = SEEDS) -> "Catalogue":
        """Read challenges.csv, challenge_tiers.csv (or tiers.csv), metrics.csv and
        season_levels.csv below a directory.

        Raises FileNotFoundError, with its name, for a seed that is missing.
        """
        ladders: dict[str, list[Tier]] = {}
        for row in read_csv(directory, "challenge_tiers.csv", "tiers.csv"):
            ladders.setdefault(row["challenge_key"], []).append(
                Tier(
                    tier_code=row["tier_code"],
                    threshold=Decimal(row["threshold_value"]),
                    sort_order=int(row["sort_order"]),
                )
            )
        return cls(
            tuple(
                Challenge(
                    key=row["key"],
                    category_key=row["category_key"],
                    metric_type=row["metric_type"],
                    metric_source=row["metric_source"],
                    metric_key=row["metric_key"],
                    tiers=tuple(sorted(ladders[row["key"]], key=lambda tier: tier.sort_order)),
                )
                for row in read_csv(directory, "challenges.csv")
                if row["state"] == "live"
            ),
            states=frozenset(
                (row["metric_source"], row["metric_key"])
                for row in read_csv(directory, "metrics.csv")
                if row["window_behaviour"] == "as of the end"
            ),
            levels=tuple(
                (int(row["level"]), Decimal(row["points_required"]))
                for row in read_csv(directory, "season_levels.csv")
            ),
        )

    def only(self, metrics: Collection[tuple[str, str]]) -> "Catalogue":
        """The challenges and states of these metrics alone."""
        return replace(
            self,
            challenges=tuple(
                one for one in self.challenges if (one.metric_source, one.metric_key) in metrics
            ),
            states=self.states & frozenset(metrics),
        )

    def is_state(self, key: str) -> bool:
        """Whether a challenge's metric is state as of the end of a window."""
        (found,) = [one for one in self.challenges if one.key == key]
        return (found.metric_source, found.metric_key) in self.states


def read_csv(directory: Path, *names: str) -> list[dict[str, str]]:
    """The rows of the first of the named files that exists anywhere below a directory."""
    for name in names:
        for path in sorted(directory.rglob(name)):
            with path.open(newline="", encoding="utf-8") as file:
                return list(csv.DictReader(file))
    raise FileNotFoundError(f"no {' or '.join(names)} below {directory}")


def column(directory: Path, name: str, key: str) -> frozenset[str]:
    """The distinct values of one column of a seed."""
    return frozenset(row[key] for row in read_csv(directory, name))


def is_true(text: str) -> bool:
    """A boolean of a CSV seed: true or false, in upper or lower case."""
    return text.strip().lower() == "true"
