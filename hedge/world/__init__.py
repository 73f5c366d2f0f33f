"""The made-up world that `hedge demo` loads: nobody in it exists.

    write_world(Path("world"))              # 300 clusters, some 40,000 facts
    write_world(Path("big"), 20_000)        # about two million

Who lives in it, by number: three clusters whose numbers can be checked by eye
(stories.py), legends that stand on many tops and clusters that walk the rungs of each
challenge (ladders.py), a crowd that lives at random, and in the last fifth clusters
that have linked a wallet and do nothing with it (crowd.py). What can be done, a
function for each kind of fact: heroes.py, adventures.py, metis.py, finance.py,
community.py.
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

_CAST: tuple[Life, ...] = (*stories.LIVES, *ladders.LIVES)


def write_world(
    directory: Path, clusters: int = 300, seed: int = 1, activity: float = 1.0
) -> dict[str, Path]:
    """Write one CSV per raw table, and wallets.csv (cluster_id, address, chain,
    discord_id); return name -> path.

    The same arguments give the same bytes; EXPECTED holds whatever they are. activity
    scales what the crowd does: at 1.0 a large world has about a hundred facts for each
    cluster. Every rung of every challenge is reached in a world of 300 clusters; below
    about ninety there is no crowd, and rungs are missing. Memory does not grow.

    Raises ValueError for fewer than the three clusters of the stories.
    """
    if clusters < len(stories.LIVES):
        raise ValueError(f"a world has at least 3 clusters, not {clusters}")
    with Chronicle(directory) as book:
        awake = clusters - clusters // 5 if clusters > len(_CAST) else clusters
        town = Town(
            book,
            crowd=range(len(_CAST) + 1, awake + 1),
            battles=max(400, int(clusters * activity / 2)),
            activity=activity,
        )
        _found(town, Random(f"{seed}:town"), clusters)
        for number in range(1, clusters + 1):
            player = make_player(number, seed, on_discord=number <= len(_CAST))
            _link_wallets(book, player)
            if number <= len(_CAST):
                _CAST[number - 1](town, player)
            elif number in town.crowd:
                crowd.live(town, player)
            else:
                crowd.doze(town, player)
        for number in range(1 + clusters // 50):
            crowd.live(town, make_stranger(number, seed))
    return book.paths


def _found(town: Town, rng: Random, clusters: int) -> None:
    """What is there before anybody lives: prices, the tavern, battles, tournaments."""
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
