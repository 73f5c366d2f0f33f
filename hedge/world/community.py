"""Facts of Discord, of limited-time events, and of the first transaction of a wallet."""

from datetime import datetime, timedelta

from hedge.world.chronicle import Chronicle
from hedge.world.clock import BEGINNING, END, iso, moment
from hedge.world.people import CHAIN_LABELS, Player
from hedge.world.town import Town

_COMMANDS = ("progress", "leaderboard", "season", "help")
_KINDS = ("MESSAGE", "COMMAND", "HELPFUL", "EVENT", "ONBOARDING_STEP")
_KIND_ODDS = (40, 40, 10, 8, 2)
_ACTIONS, _ACTION_ODDS = ("PARTICIPATION", "QUEST", "BOSS_KILL"), (60, 30, 10)


def interact(book: Chronicle, discord_id: str, kind: str, at: datetime) -> None:
    """An interaction of an account on Discord."""
    number = book.next_id("interaction")
    book.add(
        "discord_interactions",
        interaction_id=number,
        discord_id=discord_id,
        kind=kind,
        command=_COMMANDS[number % len(_COMMANDS)] if kind == "COMMAND" else None,
        topic="heroes" if kind == "HELPFUL" else None,
        occurred_at=iso(at),
    )


def chat(town: Town, player: Player, count: int) -> None:
    """`count` interactions, four in ten of them a plain message; none without a Discord id."""
    if player.discord_id is None:
        return
    for kind in player.rng.choices(_KINDS, _KIND_ODDS, k=count):
        interact(town.book, player.discord_id, kind, moment(player.rng))


def take_part(book: Chronicle, wallet: str, kind: str, at: datetime) -> None:
    """An action in an event: PARTICIPATION, QUEST or BOSS_KILL. Each quarter has one event."""
    book.add(
        "seasonal_event_actions",
        event_key=f"{at.year}-q{(at.month + 2) // 3}",
        wallet_address=wallet,
        action_kind=kind,
        ref_id=f"deed-{book.next_id('deed')}",
        occurred_at=iso(at),
    )


def celebrate(town: Town, player: Player, count: int) -> None:
    """`count` actions in events."""
    for kind in player.rng.choices(_ACTIONS, _ACTION_ODDS, k=count):
        take_part(town.book, player.wallet(), kind, moment(player.rng))


def first_seen(book: Chronicle, wallet: str, at: datetime, chain: str = CHAIN_LABELS[0]) -> None:
    """The first transaction of a wallet on a chain."""
    book.add("wallet_first_seen", chain=chain, address=wallet, first_tx_at=iso(at))


def arrive(town: Town, player: Player) -> None:
    """The first transactions of each wallet on one or two chains; some wallets have none."""
    rng = player.rng
    span = int((END - BEGINNING).total_seconds())
    for wallet in player.wallets:
        for chain in CHAIN_LABELS[: rng.choice((0, 1, 1, 1, 2))]:
            at = BEGINNING + timedelta(seconds=int(span * rng.random()))
            first_seen(town.book, wallet, at, chain)
