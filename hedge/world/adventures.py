"""Facts of quests, hunts and matches against other players."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

from hedge.world.chronicle import Chronicle, array
from hedge.world.clock import block_number, iso, moment
from hedge.world.people import DFK_CHAIN, KAIA, Player
from hedge.world.town import Town

# quest_instance_id and status, see seeds/code_values.csv
FISHING, FORAGING, GOLD_MINING, TOKEN_MINING = 1, 2, 3, 4
COMPLETED, CANCELLED, EXPEDITION = 2, 3, 4

# hunt_data_id
MAD_BOAR, MOTHERCLUCKER = 1, 2
_ENEMIES = {MAD_BOAR: "MAD_BOAR", MOTHERCLUCKER: "BAD_MOTHERCLUCKER"}

#: The relics of the demo world. Which items of the game are relics is not known; the same list is
#: seeds/relic_items.csv.
RELIC_ITEMS = [f"0xde307e11c{number:031x}" for number in range(1, 6)]
ORDINARY_ITEMS = [f"0xde3017e3{number:032x}" for number in range(1, 9)]

_OPPOSITE = {"WIN": "LOSS", "LOSS": "WIN", "DRAW": "DRAW"}
_SCORE_CHANGE = {"WIN": 20, "LOSS": -20, "DRAW": 0}
_QUEUES = ("SOLO", "SQUAD", "WAR", "PACK", "PRIVATE", "PRACTICE")
_UNRANKED = ("PRIVATE", "PRACTICE")


def _some_hero(number: int) -> int:
    """The id of a hero in a party; no other fact refers to it."""
    return 10**12 + number % 5000


def quest(
    book: Chronicle,
    wallet: str,
    kind: int,
    at: datetime,
    status: int = COMPLETED,
    chain: int = DFK_CHAIN,
) -> None:
    """A party of heroes completes a quest of a kind (1 to 6)."""
    number = book.next_id("quest")
    book.add(
        "quest_completions",
        chain_id=chain,
        quest_id=number,
        tx_hash=book.transaction(),
        log_index=0,
        wallet_address=wallet,
        hero_id=_some_hero(number),
        hero_count=1 + number % 6,
        quest_instance_id=kind,
        quest_type=number % 3,
        level=number % 15,
        attempts=5,
        status=status,
        started_at=iso(at - timedelta(hours=2)),
        completed_at=iso(at),
    )


def go_questing(town: Town, player: Player, count: int) -> None:
    """`count` quests; a few are cancelled or still an expedition."""
    rng = player.rng
    for _ in range(count):
        chance = rng.random()
        quest(
            town.book,
            player.wallet(),
            int(1 + 6 * rng.random()),
            moment(rng),
            COMPLETED if chance < 0.9 else CANCELLED if chance < 0.96 else EXPEDITION,
            KAIA if rng.random() < 0.1 else DFK_CHAIN,
        )


def hunt(
    book: Chronicle,
    wallet: str,
    enemy: int,
    result: str,
    at: datetime,
    *,
    survivors: tuple[int, int] | tuple[None, None] = (None, None),
    drops: Iterable[tuple[str, int]] = (),
    log: tuple[str, int] | None = None,
) -> None:
    """A hunt ends in WIN or LOSS.

    survivors: the number of surviving heroes and their hit points, None where unknown.
    drops: the items found, as (item address, amount).
    log: transaction and log index, where several hunts share a transaction.
    """
    hunt_id = book.next_id("hunt")
    tx_hash, log_index = log or (book.transaction(), 0)
    first_hero, time = _some_hero(hunt_id), iso(at)
    book.add(
        "hunting_encounters",
        chain_id=DFK_CHAIN,
        hunt_id=hunt_id,
        tx_hash=tx_hash,
        log_index=log_index,
        block_number=block_number(at),
        wallet_address=wallet,
        hunt_data_id=enemy,
        enemy_id=_ENEMIES[enemy],
        result=result,
        hero_ids=array(range(first_hero, first_hero + 3)),
        retries=hunt_id % 2,
        surviving_hero_count=survivors[0],
        surviving_hero_hp=survivors[1],
        encountered_at=time,
    )
    for position, (item, amount) in enumerate(drops, start=1):
        book.add(
            "hunting_drops",
            tx_hash=tx_hash,
            log_index=log_index + position,
            chain_id=DFK_CHAIN,
            hunt_id=hunt_id,
            wallet_address=wallet,
            item_address=item,
            amount=amount,
            dropped_at=time,
        )


def go_hunting(town: Town, player: Player, count: int) -> None:
    """`count` hunts, up to three in one transaction."""
    rng = player.rng
    while count > 0:
        tx_hash, at, wallet = town.book.transaction(), moment(rng), player.wallet()
        for position in range(min(count, rng.choice((1, 1, 2, 3)))):
            count -= 1
            won = rng.random() < 0.65
            hunt(
                town.book,
                wallet,
                MOTHERCLUCKER if rng.random() < 0.35 else MAD_BOAR,
                "WIN" if won else "LOSS",
                at,
                survivors=_survivors(rng, won=won),
                drops=_drops(rng) if won else (),
                log=(tx_hash, 10 * position),
            )


def _survivors(rng: Random, *, won: bool) -> tuple[int, int] | tuple[None, None]:
    """The survivors of a hunt; unknown in three of five cases."""
    if rng.random() < 0.6:
        return (None, None)
    if not won:
        return (0, 0)
    heroes = rng.randint(1, 3)
    return (heroes, heroes * rng.choice((1, 40, 250)))


def _drops(rng: Random) -> list[tuple[str, int]]:
    """The items of a won hunt: in most cases ordinary ones, rarely a relic."""
    chance = rng.random()
    if chance < 0.02:
        return [(rng.choice(RELIC_ITEMS), 1), (rng.choice(ORDINARY_ITEMS), 2)]
    return [(rng.choice(ORDINARY_ITEMS), rng.randint(1, 5))] if chance < 0.35 else []


def match(
    book: Chronicle,
    wallet: str,
    opponent: str,
    outcome: str,
    at: datetime,
    *,
    deaths: tuple[int | None, int | None] = (None, None),
    queue: str = "SOLO",
    realm: str = "CV",
    match_id: int | None = None,
) -> None:
    """A match, with a row for each side.

    outcome: WIN, LOSS or DRAW, as the first wallet sees it.
    deaths: the number of heroes that each side lost, None where unknown.
    queue: PRIVATE and PRACTICE are not ranked.
    """
    number = book.next_id("match") if match_id is None else match_id
    tx_hash, time = book.transaction(), iso(at)
    ranked = "false" if queue in _UNRANKED else "true"
    sides = (
        (wallet, opponent, outcome, deaths[0]),
        (opponent, wallet, _OPPOSITE[outcome], deaths[1]),
    )
    for log_index, (one, other, result, lost) in enumerate(sides):
        score = 1000 + number % 400
        book.add(
            "pvp_matches",
            realm=realm,
            match_id=number,
            wallet_address=one,
            opponent_wallet=other,
            queue_type=queue,
            is_ranked=ranked,
            outcome=result,
            hero_deaths=lost,
            score_before=score,
            score_after=score + _SCORE_CHANGE[result],
            tx_hash=tx_hash,
            log_index=log_index,
            matched_at=time,
        )


def fight(town: Town, player: Player, count: int) -> None:
    """`count` matches against random wallets, some of them an own second wallet. Some matches
    have the same instant as the one before."""
    rng = player.rng
    skill, at = 0.3 + 0.4 * rng.random(), moment(rng)
    for _ in range(count):
        wallet = player.wallets[0] if rng.random() < 0.8 else player.wallet()
        opponent = player.wallet() if rng.random() < 0.04 else town.someone(rng)
        if opponent == wallet:
            continue
        at = moment(rng) if rng.random() < 0.97 else at
        outcome = "WIN" if rng.random() < skill else "LOSS"
        match(
            town.book,
            wallet,
            opponent,
            "DRAW" if rng.random() < 0.03 else outcome,
            at,
            deaths=(
                _deaths(rng, won=outcome == "WIN"),
                _deaths(rng, won=outcome == "LOSS"),
            ),
            queue=_QUEUES[int(rng.random() ** 2 * len(_QUEUES))],
            realm="SD" if rng.random() < 0.15 else "CV",
        )


def _deaths(rng: Random, *, won: bool) -> int | None:
    """The number of heroes of three that one side lost; unknown in half of the cases."""
    if rng.random() < 0.5:
        return None
    return rng.randint(0 if rng.random() < 0.3 else 1, 2) if won else 3
