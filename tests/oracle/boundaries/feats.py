"""Lines of three generations around each of their conditions, and the goals of Vangardian."""

from itertools import product

from ..instants import AS_OF, DAY, TICK
from .heroes import plain, summon
from .town import RECENTLY, STRANGER, Home, Town, gene_number

OLD = AS_OF - 500 * DAY


def line(
    home: Home,
    mutations: tuple[int, int, int] = (1, 2, 2),
    sides: tuple[int, int] = (0, 0),
    **columns: dict[str, object],
) -> None:
    """A grandparent, a parent and a child of a cluster with so many mutations.

    columns change the row of one of them. The sides say which parent the parent and the
    grandparent are; the other one is a stranger's.
    """
    genes = (
        {"class": "Paladin"},
        {"subclass": "DarkKnight", "active_skill_1": "Daze"},
        {"passive_skill_1": "Toxic", "active_skill_2": "Stun"},
    )
    others = plain(home, OLD - DAY), plain(home, OLD - DAY)
    ancestors = others
    names = ("grandparent", "parent", "child")
    for name, slots, count, side in zip(names, genes, mutations, (*sides, 0), strict=True):
        row = {"at": RECENTLY if name == "child" else OLD} | columns.get(name, {})
        hero = summon(home, dict([*slots.items()][:count]), ancestors, **row)
        # the side on which the next one has this one as its parent
        ancestors = (hero, others[0]) if side == 0 else (others[0], hero)


def lines(town: Town) -> None:
    """Depths, sides, summoners and times of a line of three."""
    for mutations in ((1, 2, 2), (0, 2, 2), (1, 1, 2), (1, 2, 1), (1, 2, 0), (1, 0, 2)):
        line(town.home(f"a line with {mutations} mutations"), mutations)
    for sides in product((0, 1), (0, 1)):
        line(town.home(f"a line by sides {sides}"), sides=sides)
    for name in ("grandparent", "parent", "child"):
        line(town.home(f"a line with a stranger's {name}"), **{name: {"summoner_wallet": STRANGER}})
        neighbour = town.home(f"the neighbour who summoned a {name}")
        home = town.home(f"a line with the neighbour's {name}")
        line(home, **{name: {"summoner_wallet": neighbour.wallet}})
        home = town.home(f"a line with a {name} of the other wallet")
        line(home, **{name: {"summoner_wallet": home.another_wallet()}})
        home = town.home(f"a line with a {name} of a wallet that has left")
        line(home, **{name: {"summoner_wallet": home.another_wallet(active=False)}})
        for place, at in {"just before": AS_OF - TICK, "at": AS_OF}.items():
            line(town.home(f"a line with a {name} {place} the as-of instant"), **{name: {"at": at}})
    home = town.home("a parent that is known from heroes only")
    others = plain(home, OLD), plain(home, OLD)
    grandparent = summon(home, {"class": "Paladin"}, others, OLD)
    parent = next(town.numbers)
    genes = gene_number(town.lists, {"subclass": "DarkKnight", "active_skill_1": "Daze"})
    home.put(
        "heroes",
        OLD,
        hero_id=parent,
        stat_genes=genes,
        summoner_id=grandparent,
        assistant_id=others[0],
    )
    child = {"passive_skill_1": "Toxic", "active_skill_2": "Stun"}
    summon(home, child, (parent, others[0]))
    home = town.home("two lines, of which the later one counts")
    line(home, parent={"at": AS_OF + DAY})
    line(home)


GOALS = {"patrols": 100, "elite": 25, "shells": 500, "bets": 50, "entries": 10, "rank": 3}


def vangardian(town: Town) -> None:
    """Every goal met exactly, and each one missed by one."""
    battles = [town.put("metis_battles", RECENTLY)["battle_id"] for _ in range(GOALS["bets"])]
    elite = min(town.lists.elite_difficulties)
    for missed in (None, *GOALS):
        home = town.home(f"every goal of Vangardian but {missed}")
        goals = GOALS | ({missed: GOALS[missed] - 1} if missed else {})
        for number in range(goals["patrols"]):
            difficulty = elite if number < goals["elite"] else None
            home.put("metis_patrol_events", difficulty=difficulty)
        home.put("shell_events", shell_amount=goals["shells"])
        for battle in battles[: goals["bets"]]:
            home.put("influence_predictions", RECENTLY - DAY, battle_id=battle)
        for number in range(goals["entries"]):
            rank = 1 if number == 0 and missed != "rank" else 4
            home.put("tournament_entries", final_rank=rank)
    home = town.home("every goal of Vangardian and more")
    for _ in range(GOALS["patrols"] + 1):
        home.put("metis_patrol_events", difficulty=elite)
    home.put("shell_events", shell_amount=10_000)
    for battle in battles:
        home.put("influence_predictions", RECENTLY - DAY, battle_id=battle)
    for _ in range(GOALS["entries"] + 1):
        home.put("tournament_entries", final_rank=3)


CASES = (lines, vangardian)
