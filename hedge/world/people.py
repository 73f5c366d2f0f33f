"""The players of the demo world: clusters, their wallets, and wallets that are not linked."""

from dataclasses import dataclass
from random import Random

#: The three values of chain_id.
DFK_CHAIN, KAIA, METIS = 53935, 8217, 1088

#: The labels of the chains in wallet links.
CHAIN_LABELS = ("DFKCHAIN", "KAIA", "METIS")

#: The id and the number of wallets of the clusters whose metrics can be checked by hand; the
#: others are demo-0004 and so on.
_NAMED = {1: ("demo-busy", 2), 2: ("demo-idle", 1), 3: ("demo-rival", 1)}

#: The number of addresses that are not linked.
STRANGERS = 500


def cluster_id(number: int) -> str:
    """The id of the cluster of this number (from 1)."""
    return _NAMED[number][0] if number in _NAMED else f"demo-{number:04d}"


def wallet_address(number: int, wallet: int = 0) -> str:
    """The generated address of a wallet of the cluster of this number.

    0xde30 ("demo"), 32 hex digits of the cluster, 4 of the wallet.
    """
    return f"0xde30{number:032x}{wallet:04x}"


def stranger(number: int) -> str:
    """An address that is not linked."""
    return f"0xde30ffff{number:032x}"


def discord_id(number: int) -> str:
    """A generated Discord id in the format of a snowflake."""
    return f"99{number:016d}"


@dataclass(frozen=True, slots=True)
class Player:
    """One person, and the random number generator for all facts of this person."""

    number: int
    rng: Random
    wallets: tuple[str, ...]
    discord_id: str | None

    def wallet(self) -> str:
        """A random wallet of the player, the first one more often."""
        if len(self.wallets) == 1 or self.rng.random() < 0.5:
            return self.wallets[0]
        return self.rng.choice(self.wallets)


def make_player(number: int, seed: int, *, on_discord: bool = False) -> Player:
    """The player of a cluster: one to four wallets, and in most cases a Discord id."""
    rng = Random(f"{seed}:{cluster_id(number)}")
    wallets = rng.choices((1, 2, 3, 4), (60, 25, 10, 5))[0]
    if number in _NAMED:
        wallets = _NAMED[number][1]
    if rng.random() < 0.7:
        on_discord = True
    return Player(
        number,
        rng,
        tuple(wallet_address(number, wallet) for wallet in range(wallets)),
        discord_id(number) if on_discord else None,
    )


def make_stranger(number: int, seed: int) -> Player:
    """A person whose wallet is not linked."""
    rng = Random(f"{seed}:stranger-{number}")
    return Player(number, rng, (stranger(number),), f"98{number:016d}")
