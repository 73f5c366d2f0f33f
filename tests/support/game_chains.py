"""Generated chains whose logs are events of METIS, so that they become facts."""

import random
from typing import Any

from tests.support.abi import Event
from tests.support.chains import Chain, Json
from tests.support.evm import EVENTS, addresses

METIS = 1088
PLAYERS = ["0x" + f"{number:02x}" * 20 for number in range(0xA1, 0xA6)]
NOBODY = "0x" + "00" * 20
CONTRACT = "pvp_diamond"


class GameChain(Chain):
    """A chain whose logs are patrols, battles, votes, shells, matches, and some that are none."""

    def __init__(self, **options: Any) -> None:
        """options are those of Chain."""
        self.contracts = addresses(METIS)
        super().__init__([self.contracts[CONTRACT]], **options)

    def _event(self) -> tuple[bytes, list[bytes], bytes]:
        event, values = _made(self.dice)
        topics, data = event.encode(values)
        kind = self.dice.random()
        if kind < 0.05:
            # too short to be decoded
            data = data[:-7]
        elif kind < 0.1:
            # an event that nobody knows
            return self.addresses[0], [self.dice.randbytes(32), *topics], data
        elif kind < 0.2:
            # another contract says the same
            return b"\xee" * 20, [event.topic0, *topics], data
        return self.addresses[0], [event.topic0, *topics], data

    def _mined_again(
        self, old: Json, topics: list[bytes], data: bytes
    ) -> tuple[list[bytes], bytes]:
        # what an event says is part of the transaction here
        return [bytes.fromhex(one[2:]) for one in old["topics"]], bytes.fromhex(old["data"][2:])


def _made(dice: random.Random) -> tuple[Event, list[Any]]:
    """An event with values in the order of Event.encode. Numbers of patrols and battles are few, so
    that many logs speak of one."""
    player, other = dice.sample(PLAYERS, 2)
    number, amount = dice.randint(1, 40), dice.randrange(10 ** dice.randint(1, 30))
    influence = (1, 2, 3, 4)
    values: dict[str, list[Any]] = {
        "PatrolStarted": [number, player, dice.randint(1, 9)],
        "PatrolCompleted": [number, player, dice.randint(0, 9), dice.random() < 0.5],
        "BattleCreated": [number, player, amount, 2**256 - 1],
        "BattleAccepted": [number, player, other, amount, 0],
        "BattleCompleted": [number, dice.choice([player, NOBODY]), dice.randint(0, 2)],
        "BattleSpectatorAdded": [number, player, 1, amount, influence],
        "BattleSpectatorVoteChanged": [number, player, 2, amount, influence],
        "BattleSpectatorWithdrew": [number, player, 2, amount, influence],
        "BattleSpectatorRemoved": [number, player],
        "ShellsEarned": [player, amount],
        "ShellsClaimed": [player, amount, (1, 2, 3, 4, 5, 6)],
        "WeeklyShellQuestComplete": [player, amount],
        "TournamentMatch": [
            *(number, player, dice.choice([other, NOBODY])),
            *(dice.randint(1, 63), dice.choice([player, NOBODY]), 0, 0, 2**255),
        ],
    }
    name = dice.choice(list(values))
    return EVENTS[CONTRACT, name], values[name]
