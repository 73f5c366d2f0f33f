"""Leagues of tournaments: points by place, and how often a cluster was first, second or third.

The rules, as docs/boards-and-seasons.md has them:

- A registration with a final rank is a place in a tournament, at ended_at, or at registered_at
  where that is missing. A registration without one counts for nothing.
- It belongs to every league whose chain, kind and days include the tournament; the day is that of
  UTC.
- Of several places of a cluster in a tournament and window the best counts, then that of the
  smaller address.
- A place gives the points of its range, and none outside of all. The points of a window are those
  of every tournament (SUM), of the one with the most (MAX) or of the last (LAST): the one with the
  greatest (time, chain_id, tournament_id). The other metrics count every tournament.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from .players import Player, Scene, Value
from .shapes import Lists, Window, World

EVERY_PLACE = 2**31
"""An end of a range that no place exceeds."""

MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True)
class League:
    """A league; points are (first place, last place or None, points)."""

    key: str
    aggregate: str
    chain_id: int | None = None
    only_official: bool = True
    begins_on: date | None = None
    ends_before: date | None = None
    early_exit_from: int | None = None
    points: tuple[tuple[int, int | None, Decimal], ...] = ()

    def points_of(self, place: int) -> Decimal:
        """The points of a place."""
        return sum(
            (
                points
                for first, last, points in self.points
                if place in range(first, (last or EVERY_PLACE) + 1)
            ),
            Decimal(0),
        )


@dataclass(frozen=True)
class Placing:
    """The place of a cluster in a tournament that ended at an instant."""

    at: datetime
    chain_id: int
    tournament_id: int
    place: int


def metrics_of_league(scene: Scene, player: Player, league: League) -> dict[str, Value]:
    """The metrics of a cluster in a league and window."""
    placings = placings_in(scene, player, league)
    in_order = sorted(placings, key=lambda one: (one.at, one.chain_id, one.tournament_id))
    points = [league.points_of(one.place) for one in in_order]
    of_window = {"SUM": points, "MAX": [max(points, default=Decimal(0))], "LAST": points[-1:]}
    places = [one.place for one in placings]
    exits = [
        place for place in places if league.early_exit_from and place >= league.early_exit_from
    ]
    return {
        "points": sum(of_window[league.aggregate], Decimal(0)),
        "firsts": places.count(1),
        "seconds": places.count(2),
        "thirds": places.count(3),
        "seconds_and_thirds": places.count(2) + places.count(3) * MILLIONTH,
        "early_exits": len(exits),
    }


def placings_in(scene: Scene, player: Player, league: League) -> list[Placing]:
    """The best place of a cluster in each tournament of a league, in the window."""
    best: dict[tuple[int, int], tuple[int, str, Placing]] = {}
    for row in scene.rows(player, "tournament_entries"):
        at = row["ended_at"] or row["registered_at"]
        tournament = row["chain_id"], row["tournament_id"]
        if row["final_rank"] is None or not scene.window.holds(at):
            continue
        if not belongs(league, row["chain_id"], at.astimezone(UTC).date()):
            continue
        if league.only_official and not scene.is_official(*tournament):
            continue
        found = (
            row["final_rank"],
            row["wallet_address"],
            Placing(at, *tournament, row["final_rank"]),
        )
        if tournament not in best or found[:2] < best[tournament][:2]:
            best[tournament] = found
    return [placing for *_, placing in best.values()]


def belongs(league: League, chain_id: int, day: date) -> bool:
    """Whether tournaments of a chain that end on a day are of a league, official ones or not."""
    return (
        league.chain_id in (None, chain_id)
        and (league.begins_on is None or day >= league.begins_on)
        and (league.ends_before is None or day < league.ends_before)
    )


def nonzero_metrics_of_league(
    world: World, window: Window, lists: Lists, league: League
) -> dict[str, dict[str, Value]]:
    """The metrics of each cluster in a league and window that are not zero; a cluster without any
    is left out."""
    scene = Scene(world, window, lists)
    found = {
        cluster: {
            key: value
            for key, value in metrics_of_league(scene, scene.player(cluster), league).items()
            if value
        }
        for cluster in world.clusters
    }
    return {cluster: metrics for cluster, metrics in found.items() if metrics}
