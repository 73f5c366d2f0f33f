"""Facts of METIS: patrols, shells, raffles, bets on battles, tournaments."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from hedge.world.adventures import match
from hedge.world.chronicle import Chronicle
from hedge.world.clock import BEGINNING, END, block_number, iso, moment
from hedge.world.people import METIS, STRANGERS, Player, stranger
from hedge.world.town import Town

_DIFFICULTIES = (
    *("NORMAL", "NORMAL", "NORMAL", "HARD", "HARD", None),
    *("ELITE", "BOSS", "LEGENDARY", "SEASONAL_ELITE", "ENHANCED"),
)
_SHELL_SOURCES = ("patrol", "daily_quest", "weekly_quest", "frequent_quester")

#: The sides of a battle.
HOST, OPPONENT = 1, 2

#: The id of the first random battle; smaller ids belong to stories.py.
_FIRST_BATTLE = 101


def patrol(book: Chronicle, wallet: str, difficulty: str | None, result: str, at: datetime) -> None:
    """A patrol that ends in WIN or LOSS; the difficulty is None where it is unknown."""
    patrol_id = book.next_id("patrol")
    book.add(
        "metis_patrol_events",
        chain_id=METIS,
        patrol_id=patrol_id,
        tx_hash=book.transaction(),
        log_index=0,
        wallet_address=wallet,
        trial_id=patrol_id % 7,
        stage=patrol_id % 5,
        difficulty=difficulty,
        fights_completed=3 if result == "WIN" else patrol_id % 3,
        result=result,
        completed_at=iso(at),
    )


def go_on_patrol(town: Town, player: Player, count: int) -> None:
    """`count` patrols."""
    rng = player.rng
    for _ in range(count):
        difficulty = rng.choice(_DIFFICULTIES)
        result = "WIN" if rng.random() < 0.7 else "LOSS"
        patrol(town.book, player.wallet(), difficulty, result, moment(rng))


def shells(
    book: Chronicle,
    wallet: str,
    event: str,
    amount: int,
    at: datetime,
    source: str | None = None,
) -> None:
    """An event of whole shells: EARN, CLAIM (of earned shells) or SPEND."""
    book.add(
        "shell_events",
        tx_hash=book.transaction(),
        log_index=0,
        chain_id=METIS,
        wallet_address=wallet,
        event_type=event,
        source=source,
        shell_amount=amount,
        occurred_at=iso(at),
    )


def gather_shells(town: Town, player: Player, count: int) -> None:
    """`count` shell events."""
    rng = player.rng
    for _ in range(count):
        event = rng.choice(("EARN", "EARN", "EARN", "CLAIM", "SPEND"))
        source = rng.choice(_SHELL_SOURCES) if event == "EARN" else None
        amount = 1 + int(8 * rng.random())
        shells(town.book, player.wallet(), event, amount, moment(rng), source)


def raffle_number(at: datetime) -> int:
    """The number of the shell raffle at an instant; there is one each week."""
    return (at - BEGINNING).days // 7 + 1


def enter_raffle(book: Chronicle, wallet: str, tickets: int, at: datetime) -> None:
    """An entry into the raffle of the week."""
    book.add(
        "shell_raffle_entries",
        raffle_id=raffle_number(at),
        wallet_address=wallet,
        tickets=tickets,
        tx_hash=book.transaction(),
        log_index=0,
        entered_at=iso(at),
    )


def win_raffle(book: Chronicle, wallet: str, entered_at: datetime) -> None:
    """The win of a wallet in the raffle of a week, drawn at the end of the week."""
    raffle = raffle_number(entered_at)
    book.add(
        "shell_raffle_results",
        raffle_id=raffle,
        winner_wallet=wallet,
        prize_token="JEWEL",
        prize_amount=250,
        tx_hash=book.transaction(),
        log_index=0,
        drawn_at=iso(BEGINNING + timedelta(weeks=raffle)),
    )


def try_raffles(town: Town, player: Player, count: int) -> None:
    """`count` entries; one player in thirty wins with the last of them."""
    rng = player.rng
    for _ in range(count):
        wallet, at = player.wallet(), moment(rng)
        enter_raffle(town.book, wallet, rng.randint(1, 20), at)
    if count and rng.random() < 1 / 30:
        win_raffle(town.book, wallet, at)


def battle(
    book: Chronicle,
    battle_id: int,
    sides: tuple[str, str],
    winner: int | None,
    created_at: datetime,
    completed_at: datetime | None,
) -> None:
    """A battle of a host and an opponent; winner is HOST, OPPONENT, or None while it is open."""
    book.add(
        "metis_battles",
        chain_id=METIS,
        battle_id=battle_id,
        host_wallet=sides[0],
        opponent_wallet=sides[1],
        winner_wallet=sides[winner - 1] if winner else None,
        winner_side=winner,
        settings_1=battle_id * 32,
        settings_2=battle_id * 1024,
        created_at=iso(created_at),
        completed_at=iso(completed_at) if completed_at else None,
    )


def hold_battles(town: Town, rng: Random) -> None:
    """All random battles. Each is also a ranked match of its two players."""
    for number in range(town.battles):
        host, opponent = town.someone(rng), town.someone(rng)
        begins, winner = _begin_of_battle(town, number), winning_side(number)
        ends = begins + timedelta(hours=2) if winner else None
        battle_id = _FIRST_BATTLE + number
        battle(town.book, battle_id, (host, opponent), winner, begins, ends)
        if ends and host != opponent:
            outcome = "WIN" if winner == HOST else "LOSS"
            match(
                town.book,
                host,
                opponent,
                outcome,
                ends,
                queue="SQUAD",
                realm="METIS",
                match_id=battle_id,
            )


def _begin_of_battle(town: Town, number: int) -> datetime:
    """The start of a battle. Battles have equal distances, so it follows from the number."""
    between = int((END - BEGINNING).total_seconds()) // town.battles
    return BEGINNING + timedelta(seconds=number * between)


def winning_side(number: int) -> int | None:
    """The side that won a battle; None for one in twenty, which did not end.

    It follows from the number alone, by multiplicative hashing (Knuth, TAOCP 3, 6.4).
    """
    if number % 20 == 7:
        return None
    return OPPONENT if (number * 2654435761 >> 16) % 2 else HOST


def vote(
    book: Chronicle,
    battle_id: int,
    wallet: str,
    action: str,
    side: int | None,
    at: datetime,
    influence: int = 100,
) -> None:
    """A vote: influence is put on a side (ADD), moved (CHANGE) or withdrawn (WITHDRAW)."""
    book.add(
        "influence_predictions",
        battle_id=battle_id,
        wallet_address=wallet,
        action=action,
        side=side,
        influence=influence,
        tx_hash=book.transaction(),
        log_index=0,
        voted_at=iso(at),
    )


def bet(town: Town, player: Player, count: int) -> None:
    """Bets on `count` battles. Some are changed, withdrawn, placed with a second wallet as well, or
    placed after the end of the battle."""
    rng, book = player.rng, town.book
    for _ in range(count):
        number = rng.randrange(town.battles)
        battle_id, begins = _FIRST_BATTLE + number, _begin_of_battle(town, number)
        wallet, side, chance = player.wallet(), rng.choice((1, 2)), rng.random()
        at = begins + timedelta(minutes=150 if chance < 0.03 else rng.randint(1, 90))
        vote(book, battle_id, wallet, "ADD", side, at)
        later = at + timedelta(minutes=5)
        if 0.03 < chance < 0.11:
            vote(book, battle_id, wallet, "CHANGE", 3 - side, later)
        elif 0.11 < chance < 0.18:
            vote(book, battle_id, wallet, "WITHDRAW", None, later)
        elif 0.18 < chance < 0.23:
            vote(book, battle_id, player.wallets[-1], "ADD", side, later)


def win_bets(town: Town, player: Player, count: int) -> None:
    """Bets on the winners of the last completed battles: `count`, or fewer where there are fewer
    battles."""
    completed = (n for n in range(town.battles * 19 // 20, 0, -1) if winning_side(n))
    for number, _ in zip(completed, range(count), strict=False):
        at = _begin_of_battle(town, number) + timedelta(minutes=30)
        side = winning_side(number)
        vote(town.book, _FIRST_BATTLE + number, player.wallets[0], "ADD", side, at)


def register(
    book: Chronicle,
    tournament: int,
    wallet: str,
    at: datetime,
    rank: int | None = None,
    ended_at: datetime | None = None,
    *,
    official: bool = True,
) -> None:
    """The entry of a wallet into a tournament, and its final rank, None before the end."""
    book.add(
        "tournament_entries",
        chain_id=METIS,
        tournament_id=tournament,
        wallet_address=wallet,
        is_official="true" if official else "false",
        registered_at=iso(at),
        final_rank=rank,
        ended_at=iso(ended_at) if ended_at else None,
    )


def bracket_match(
    book: Chronicle,
    tournament: int,
    slot: int,
    players: tuple[str, str | None],
    winner: str,
    at: datetime,
) -> None:
    """A match of a tournament. A bye has no second player."""
    book.add(
        "tournament_matches",
        tx_hash=book.transaction(),
        log_index=0,
        chain_id=METIS,
        tournament_id=tournament,
        bracket_slot=slot,
        player_a=players[0],
        player_b=players[1],
        winner_wallet=winner,
        block_number=block_number(at),
        completed_at=iso(at),
    )


def compete(town: Town, player: Player, count: int) -> None:
    """About `count` facts of tournaments. The player's first two wallets enter together and,
    as the fourth and fifth player, meet in the first round."""
    for _ in range(count // 10):
        hold_tournament(town, player.rng, player.wallets[:2])


def hold_tournament(town: Town, rng: Random, entrants: Sequence[str] = ()) -> None:
    """A tournament of five to eight wallets, with byes where a player has no opponent.

    Some tournaments are not official, some do not end, and some players are not registered.
    """
    at, tournament = moment(rng), town.book.next_id("tournament")
    others = [town.someone(rng) for _ in range(8)]
    others += [stranger(STRANGERS + number) for number in range(5)]
    invited = dict.fromkeys((*others[:3], *entrants, *others[3:]))
    players = list(invited)[: rng.randint(5, 8)]
    finished = rng.random() < 0.9
    ranks = _play_bracket(town.book, rng, tournament, players, at, finished=finished)
    official = rng.random() < 0.8
    for wallet in players:
        if rng.random() < 0.97:
            register(
                town.book,
                tournament,
                wallet,
                at - timedelta(hours=1),
                ranks[wallet] if finished else None,
                at + timedelta(hours=3) if finished else None,
                official=official,
            )


def _play_bracket(
    book: Chronicle,
    rng: Random,
    tournament: int,
    players: Sequence[str],
    at: datetime,
    *,
    finished: bool,
) -> dict[str, int]:
    """The matches of three rounds, or of one if it does not end.

    Returns the rank of each wallet.
    """
    slot, ranks = 8, dict.fromkeys(players, 1)
    left, byes = list(players), 8 - len(players)
    for loser_rank in (5, 3, 2) if finished else (5,):
        half = (len(left) + byes) // 2
        opponents: list[str | None] = [*left[half:], *(None,) * byes]
        winners: list[str] = []
        for one, other in zip(left[:half], reversed(opponents), strict=True):
            slot += 1
            winner = one if other is None or rng.random() < 0.5 else other
            loser = other if winner == one else one
            bracket_match(book, tournament, slot, (one, other), winner, at)
            if loser:
                ranks[loser] = loser_rank
            winners.append(winner)
        left, byes, at = winners, 0, at + timedelta(hours=1)
    return ranks


def win_tournament_matches(
    book: Chronicle, wallet: str, wins: int, rank: int, at: datetime
) -> None:
    """An official tournament against unlinked wallets, with a number of wins and a final rank. With
    another rank than 1 the last match is lost."""
    tournament = book.next_id("tournament")
    matches = wins if rank == 1 else wins + 1
    for number in range(matches):
        rival = stranger(number)
        winner = wallet if number < wins else rival
        at += timedelta(minutes=30)
        bracket_match(book, tournament, 9 + number, (wallet, rival), winner, at)
    register(book, tournament, wallet, at - timedelta(hours=3), rank, at)
