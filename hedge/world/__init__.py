"""The demo world: generated facts and clusters, which `hedge demo` loads.

    write_world(Path("world"))              # 300 clusters, some 40,000 facts
    write_world(Path("big"), 20_000)        # about two million

The clusters, by number: three whose metrics can be checked by hand (stories.py); clusters
whose facts suffice for exactly one tier of a challenge, and some with the last tier of several
challenges (ladders.py); clusters with random facts, and in the last fifth clusters with a
linked wallet and almost no facts (crowd.py). One function for each kind of fact: heroes.py,
adventures.py, metis.py, finance.py, community.py.
"""

from pathlib import Path
from random import Random

from hedge.world import crowd, finance, heroes, ladders, metis, stories
from hedge.world.adventures import RELIC_ITEMS
from hedge.world.chronicle import COLUMNS, Chronicle
from hedge.world.clock import AS_OF
from hedge.world.people import (
    CHAIN_LABELS,
    Player,
    cluster_id,
    make_player,
    make_stranger,
)
from hedge.world.stories import EXPECTED
from hedge.world.town import Life, Town

__all__ = ["AS_OF", "COLUMNS", "EXPECTED", "RELIC_ITEMS", "write_world"]

#: The clusters with planned facts, in the order of their numbers.
_PLANNED: tuple[Life, ...] = (*stories.LIVES, *ladders.LIVES)


def write_world(
    directory: Path, clusters: int = 300, seed: int = 1, activity: float = 1.0
) -> dict[str, Path]:
    """Write one CSV per raw table, and wallets.csv (cluster_id, address, chain,
    discord_id); return name -> path.

    The same arguments produce the same bytes; EXPECTED is true for all arguments. activity
    scales the number of random facts: at 1.0 a large world has about a hundred facts per
    cluster. With 300 clusters every tier of every challenge is reached; below about ninety
    there are no random clusters, and tiers are missing. Memory does not grow with clusters.

    Raises ValueError for fewer clusters than the three of stories.py.
    """
    if clusters < len(stories.LIVES):
        raise ValueError(f"a world has at least 3 clusters, not {clusters}")
    with Chronicle(directory) as book:
        active = clusters - clusters // 5 if clusters > len(_PLANNED) else clusters
        town = Town(
            book,
            crowd=range(len(_PLANNED) + 1, active + 1),
            battles=max(400, int(clusters * activity / 2)),
            activity=activity,
        )
        _write_shared_facts(town, Random(f"{seed}:town"), clusters)
        for number in range(1, clusters + 1):
            player = make_player(number, seed, on_discord=number <= len(_PLANNED))
            _link_wallets(book, player)
            if number <= len(_PLANNED):
                _PLANNED[number - 1](town, player)
            elif number in town.crowd:
                crowd.write_random_facts(town, player)
            else:
                crowd.write_few_facts(town, player)
        for number in range(1 + clusters // 50):
            crowd.write_random_facts(town, make_stranger(number, seed))
    return book.paths


def _write_shared_facts(town: Town, rng: Random, clusters: int) -> None:
    """Write the facts that belong to no single player: prices, heroes for hire, battles,
    tournaments."""
    finance.set_prices(town.book, rng)
    heroes.open_tavern(town, rng)
    metis.hold_battles(town, rng)
    for _ in range(1 + int(clusters * town.activity / 16)):
        metis.hold_tournament(town, rng)


def _link_wallets(book: Chronicle, player: Player) -> None:
    """Write the links of a player's wallets to the cluster."""
    for number, address in enumerate(player.wallets):
        book.add(
            "wallets",
            cluster_id=cluster_id(player.number),
            address=address,
            chain=CHAIN_LABELS[number % len(CHAIN_LABELS)],
            discord_id=player.discord_id,
        )
