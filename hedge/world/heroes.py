"""Facts of heroes, of their summoning, and of pets. Heroes and pets are stored as versions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from hedge.world.chronicle import Chronicle
from hedge.world.clock import block_number, days_ago, iso, moment, moments
from hedge.world.genome import CRYSTALVALE, SERENDALE, Hero, child, founder
from hedge.world.people import DFK_CHAIN, KAIA, METIS, Player, stranger
from hedge.world.town import Town

MYTHIC = 4
PET_FAMILIES = ("ant", "bat", "cat", "dog", "frog", "phoenix", "spider", "turtle")

#: The chain of each realm, and the number that its hero ids are greater than.
_REALMS = {"CV": (DFK_CHAIN, CRYSTALVALE), "SD": (KAIA, SERENDALE)}
_RARITIES, _RARITY_ODDS = range(5), (55, 25, 13, 5, 2)
_MUTATION_ODDS = (45, 25, 15, 8, 4, 2, 1)


def new_hero_id(book: Chronicle, realm: str = "CV") -> int:
    """A hero id that is not used in any realm yet."""
    return _REALMS[realm][1] + book.next_id("hero")


def version(
    book: Chronicle,
    hero: Hero,
    owner: str | None,
    level: int,
    at: datetime,
    *,
    rented: bool = False,
    genes_known: bool = True,
) -> None:
    """A version of a hero that is valid from an instant on."""
    book.add(
        "heroes",
        hero_id=hero.hero_id,
        realm=hero.realm,
        owner_wallet=owner,
        main_class=hero.main_class,
        sub_class=hero.sub_class,
        profession=hero.profession,
        rarity=hero.rarity,
        level=level,
        generation=hero.generation,
        is_rented="true" if rented else "false",
        summoner_id=hero.summoner_id,
        assistant_id=hero.assistant_id,
        stat_genes=int(hero.genome, 32) if genes_known else None,
        updated_at=iso(at),
    )


def recruit(
    book: Chronicle,
    rng: Random,
    owner: str,
    level: int,
    at: datetime,
    rarity: int = 0,
    hero_class: str | None = None,
) -> Hero:
    """A new hero of generation 0."""
    hero = Hero(new_hero_id(book), founder(rng, hero_class), rarity)
    version(book, hero, owner, level, at)
    return hero


def born(book: Chronicle, wallet: str, hero: Hero, at: datetime) -> None:
    """The summoning of a hero by a wallet."""
    book.add(
        "hero_summons",
        chain_id=_REALMS[hero.realm][0],
        hero_id=hero.hero_id,
        tx_hash=book.transaction(),
        log_index=0,
        block_number=block_number(at),
        summoner_wallet=wallet,
        summoner_id=hero.summoner_id,
        assistant_id=hero.assistant_id,
        stat_genes=int(hero.genome, 32),
        visual_genes=int(hero.genome[::-1], 32),
        rarity=hero.rarity,
        generation=hero.generation,
        summoned_at=iso(at),
    )


def summon(
    book: Chronicle,
    rng: Random,
    wallet: str,
    parents: tuple[Hero, Hero],
    at: datetime,
    *,
    mutations: int = 0,
    rarity: int = 0,
    hero_class: str | None = None,
    realm: str = "CV",
) -> Hero:
    """A new hero, summoned from two others with a number of upward mutations (0 to 6)."""
    summoner, assistant = parents
    hero = Hero(
        new_hero_id(book, realm),
        child(
            rng,
            summoner.genome,
            assistant.genome,
            mutations=mutations,
            hero_class=hero_class,
        ),
        rarity,
        max(summoner.generation, assistant.generation) + 1,
        summoner.hero_id,
        assistant.hero_id,
    )
    born(book, wallet, hero, at)
    return hero


def open_tavern(town: Town, rng: Random) -> None:
    """Heroes of unlinked wallets that anybody can hire as a parent. The genes of every eighth
    hero are unknown, and so are the mutations of its children."""
    for number in range(40):
        hero = Hero(new_hero_id(town.book), founder(rng), number % 5)
        version(
            town.book,
            hero,
            stranger(number),
            1 + number,
            days_ago(900),
            genes_known=number % 8 > 0,
        )
        town.tavern.append(hero)


def raise_heroes(town: Town, player: Player, count: int) -> None:
    """`count` versions of heroes that gain levels, are rented out, or are sold."""
    rng = player.rng
    while count > 0:
        rarity = rng.choices(_RARITIES, _RARITY_ODDS)[0]
        hero = Hero(
            new_hero_id(town.book, "SD" if rng.random() < 0.1 else "CV"),
            founder(rng, rng.choice("ghijkl") if rng.random() < 0.1 else None),
            rarity,
        )
        owner: str | None = player.wallet()
        level = 0
        for at in moments(rng, min(count, rng.randint(1, 4))):
            count -= 1
            level = min(100, level + rng.randint(1, 8))
            chance = rng.random()
            if chance < 0.06:
                owner = town.someone(rng)
            elif chance < 0.08:
                owner = None
            rented = 0.08 < chance < 0.14
            known = rng.random() < 0.8
            version(town.book, hero, owner, level, at, rented=rented, genes_known=known)


def summon_heroes(town: Town, player: Player, count: int) -> None:
    """`count` summons, from own heroes, earlier summons and heroes for hire."""
    rng, book = player.rng, town.book
    stable = [recruit(book, rng, player.wallet(), 3, moment(rng)) for _ in range(2)]
    for at in moments(rng, count):
        parents = (rng.choice(stable), rng.choice((*stable[-6:], *town.tavern[:3])))
        if parents[0] is parents[1]:
            parents = (parents[0], rng.choice(town.tavern))
        hero = summon(
            book,
            rng,
            player.wallet(),
            parents,
            at,
            mutations=rng.choices(range(7), _MUTATION_ODDS)[0],
            rarity=rng.choices(_RARITIES, _RARITY_ODDS)[0],
            realm="SD" if rng.random() < 0.1 else "CV",
        )
        stable.append(hero)
        if rng.random() < 0.5:
            version(book, hero, player.wallet(), 1, at + timedelta(hours=1))


def pet_version(
    book: Chronicle,
    pet_id: int,
    owner: str | None,
    rarity: int,
    family: str | None,
    variant: str,
    at: datetime,
    chain: int = DFK_CHAIN,
) -> None:
    """A version of a pet that is valid from an instant on."""
    book.add(
        "pets",
        pet_id=pet_id,
        chain_id=chain,
        owner_wallet=owner,
        egg_type=pet_id % 4,
        rarity=rarity,
        appearance=pet_id % 200,
        family=family,
        variant=variant,
        updated_at=iso(at),
    )


def hatch(book: Chronicle, owner: str, rarities: Sequence[int], at: datetime, variant: str) -> None:
    """A new pet for each of the rarities, of one family after the other."""
    for number, rarity in enumerate(rarities):
        family = PET_FAMILIES[number % len(PET_FAMILIES)]
        pet_version(book, book.next_id("pet"), owner, rarity, family, variant, at)


def keep_pets(town: Town, player: Player, count: int) -> None:
    """`count` versions of pets, some of which get another owner."""
    rng, book = player.rng, town.book
    while count > 0:
        pet_id, owner = book.next_id("pet"), player.wallet()
        rarity = rng.choices(_RARITIES, _RARITY_ODDS)[0]
        family = rng.choice((*PET_FAMILIES, None))
        variant = rng.choices(("NORMAL", "ODD", "ULTRA_ODD"), (80, 17, 3))[0]
        chain = METIS if rng.random() < 0.15 else DFK_CHAIN
        for at in moments(rng, rng.choice((1, 1, 1, 2))):
            count -= 1
            pet_version(book, pet_id, owner, rarity, family, variant, at, chain)
            owner = town.someone(rng)
