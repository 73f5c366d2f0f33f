"""Stories that happen on real chains: transactions, and their blocks."""

from datetime import UTC, datetime
from typing import Any

from tests.support.evm import EvmChain, Transaction, emits

METIS, DFK = 1088, 53935
ALICE, BOB, CAROL = ("0x" + digits * 20 for digits in ("a1", "b2", "c3"))
NOBODY = "0x" + "00" * 20
EGG = "0x" + "e9" * 20
JEWEL = 10**18
BEGINNING = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())
DAY = 86_400
#: What nobody reads of a vote.
INFLUENCE = (1, 2, 3, 4)


def day(number: int) -> int:
    """Noon of a day of October 2026."""
    return BEGINNING + (number - 1) * DAY + DAY // 2


def won_match(tournament: int, slot: int, winner: str, loser: str) -> Transaction:
    """A match of a tournament."""
    values = (tournament, winner, loser, slot, winner, 0, 0, 2**255)
    return emits("pvp_diamond", "TournamentMatch", *values)


def patrol(number: int, player: str, *, won: bool) -> Transaction:
    """The end of a patrol."""
    return emits("pvp_diamond", "PatrolCompleted", number, player, 3, won)


def duel(number: int, winner: str, loser: str, kind: int = 0) -> Transaction:
    """A duel: a tuple with arrays and a tuple."""
    scores = (number, 10, 0, 1, 2, 1200, 1225)
    heroes = [7, 2**40], [9] * 5
    values = (number, winner, loser, 1, 2, winner, *heroes, 99, kind, 2, scores)
    return emits("dfk_duel", "DuelCompleted", number, winner, loser, values)


def quest(number: int, player: str, *heroes: int, instance: int = 1) -> Transaction:
    """A quest: one transaction with a log for each hero."""
    values = (number, instance, 3, list(heroes), player, 5, day(1), day(2), 5, 2, 0)
    return Transaction(
        "quest_core", [("QuestCompleted", (number, player, hero, values)) for hero in heroes]
    )


def hunt(number: int, player: str, *, won: bool, data: int = 2) -> Transaction:
    """A hunt, whose tuple has an array of tuples, and what it gave, in one transaction."""
    items = [(EGG, 2, 1), (EGG, 5, 0)]
    values = (number, data, 8, [5, 6], player, 3, day(3), [0, 1], day(2), 1, items)
    events: list[tuple[str, Any]] = [("HuntCompleted", (number, values, won, [5, 6, 7]))]
    if won:
        events.append(("HuntRewardMinted", (number, player, EGG, 4, 0)))
    return Transaction("hunts_diamond", events)


def deposit(player: str, total: int, received: int) -> Transaction:
    """JEWEL is locked: the log has the new total."""
    user = (total * JEWEL, 1, day(30), 2, 3, 4)
    return emits("cjewel", "Deposit", player, user, received * JEWEL + 1, day(4))


def play_on_dfk_chain(chain: EvmChain) -> None:
    """Duels, quests, hunts and deposits, which are final at once."""
    chain.mine(duel(1, ALICE, BOB), duel(2, ALICE, BOB, kind=3), at=day(2))
    chain.mine(duel(3, BOB, ALICE), quest(4, ALICE, 7, 8, 9), quest(5, BOB, 1), at=day(3))
    chain.mine(hunt(1, ALICE, won=True), hunt(2, ALICE, won=False), hunt(3, BOB, won=True, data=1))
    chain.mine(deposit(ALICE, 5, 7), deposit(BOB, 1, 1), at=day(4))
    chain.mine(
        deposit(ALICE, 12, 9),
        emits("lp_staking_diamond", "Deposit", BOB, 1, 3 * JEWEL + 1),
        emits("lp_staking_diamond", "Withdraw", BOB, 1, JEWEL),
    )


def play_on_metis(chain: EvmChain) -> None:
    """What stays, however the chain goes on: a final match and patrol, and a battle that begins."""
    chain.mine(
        emits("pvp_diamond", "PatrolStarted", 1, ALICE, 3),
        emits("pvp_diamond", "BattleCreated", 7, ALICE, 2**255, 11),
        at=day(5),
    )
    chain.mine(patrol(1, ALICE, won=True), won_match(1, 1, ALICE, BOB))
    # so many blocks later they are final
    for _ in range(64):
        chain.mine()
    chain.mine(
        emits("pvp_diamond", "BattleAccepted", 7, ALICE, BOB, 12, 13),
        emits("pvp_diamond", "BattleSpectatorAdded", 7, CAROL, 1, 500, INFLUENCE),
        emits("pvp_diamond", "ShellsEarned", ALICE, 10),
        at=day(6),
    )


def play_what_is_lost(chain: EvmChain) -> list[str]:
    """A history that a reorganization ends; returns the transactions of the last block."""
    chain.mine(
        emits("pvp_diamond", "BattleCompleted", 7, BOB, 2),
        patrol(2, BOB, won=True),
        won_match(1, 2, BOB, ALICE),
        at=day(7),
    )
    chain.mine(won_match(1, 3, BOB, CAROL), emits("pvp_diamond", "ShellsEarned", BOB, 99))
    return chain.mine(won_match(1, 4, ALICE, CAROL))


def play_what_survives(chain: EvmChain) -> list[str]:
    """The other history: who has won another way, what is missing, and what is new."""
    claim = (5, 0, 1, 1, 1, 1)
    chain.mine(
        emits("pvp_diamond", "BattleCompleted", 7, ALICE, 1),
        patrol(2, BOB, won=False),
        won_match(1, 2, ALICE, BOB),
        at=day(7) + 5,
    )
    chain.mine(patrol(3, BOB, won=True), emits("pvp_diamond", "ShellsClaimed", ALICE, 5, claim))
    # each of these has the number and the values that one of the other history has
    last = chain.mine(won_match(1, 4, ALICE, CAROL), at=day(8))
    chain.mine(won_match(2, 1, CAROL, BOB))
    return last
