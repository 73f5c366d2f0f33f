"""What the players of the made-up world share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from hedge.world.chronicle import Chronicle
from hedge.world.genome import Hero
from hedge.world.people import STRANGERS, Player, stranger, wallet_address


@dataclass(slots=True)
class Town:
    """The book of facts, the people one may meet, the heroes one may hire."""

    book: Chronicle
    #: The numbers of the clusters that live at random: whoever meets somebody by
    #: chance meets one of these, so that the numbers of all others stand as written.
    crowd: range
    #: How many METIS battles there are to bet on.
    battles: int
    #: How much the crowd does, 1.0 being about a hundred facts for each cluster.
    activity: float = 1.0
    #: Heroes of strangers, for hire as a parent.
    tavern: list[Hero] = field(default_factory=list)

    def someone(self, rng: Random) -> str:
        """A wallet of the crowd, or now and then one that nobody has linked."""
        if not self.crowd or rng.random() < 0.1:
            return stranger(rng.randrange(STRANGERS))
        return wallet_address(rng.choice(self.crowd))


#: What a player does, from first to last.
Life = Callable[[Town, Player], None]
