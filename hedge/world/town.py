"""The state that the players of the demo world share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from hedge.world.chronicle import Chronicle
from hedge.world.genome import Hero
from hedge.world.people import STRANGERS, Player, stranger, wallet_address


@dataclass(slots=True)
class Town:
    """The files to write facts to, and the wallets, battles and heroes that facts refer to."""

    book: Chronicle
    #: The numbers of the clusters with random facts. A random opponent or buyer is one of
    #: these, so that the metrics of all other clusters are exactly as planned.
    crowd: range
    #: The number of METIS battles.
    battles: int
    #: The scale of the number of random facts; 1.0 is about a hundred facts per cluster.
    activity: float = 1.0
    #: Heroes of unlinked wallets that anybody can hire as a parent.
    tavern: list[Hero] = field(default_factory=list)

    def someone(self, rng: Random) -> str:
        """A wallet of a cluster with random facts, or in one case of ten an unlinked wallet."""
        if not self.crowd or rng.random() < 0.1:
            return stranger(rng.randrange(STRANGERS))
        return wallet_address(rng.choice(self.crowd))


#: A function that writes all facts of one player.
Life = Callable[[Town, Player], None]
