"""What the seeds leagues and league_points must satisfy that their schema cannot say: days are in
order, ranges of places do not overlap, and a league has points and a metric source."""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from hedge.project import files
from hedge.project.seed_files import Fault, Row
from hedge.suggestions import did_you_mean

#: How a model computes a league.
_CALL = re.compile(r"metrics_of_league\(\s*['\"](\w*)['\"]")


def faults(project: Path, leagues: list[Row], points: list[Row]) -> Iterator[Fault]:
    """The faults of leagues and of their points, whose rows are sound by themselves."""
    yield from _day_faults(leagues)
    with_points = {row["league_key"] for row in points}
    computed = _computed_leagues(project)
    for league in leagues:
        key = league["key"]
        if not league.is_sound(("key",)):
            continue
        if key not in with_points:
            yield league.fault(f"league {key} has no points: add a line to seeds/league_points.csv")
        if key not in computed:
            yield league.fault(
                f"no metric source computes the league {key}: add one to models/metrics that calls "
                f"metrics_of_league('{key}'){did_you_mean(key, computed)}"
            )
    yield from _unknown_leagues(computed, {league["key"] for league in leagues})
    yield from _range_faults(points)


def _computed_leagues(project: Path) -> dict[str, str]:
    """The leagues that metric sources compute, each with the file of one."""
    return {
        league: path.relative_to(project).as_posix()
        for path in sorted((project / "models" / "metrics").glob("**/*.sql"))
        for league in _CALL.findall(files.read_text(project, path.relative_to(project).as_posix()))
    }


def _unknown_leagues(computed: dict[str, str], leagues: set[str]) -> Iterator[Fault]:
    """Leagues that a metric source computes and the seed lacks: their metrics would be empty."""
    for league, path in computed.items():
        if league not in leagues:
            yield Fault(
                "seeds/leagues.csv",
                1,
                f"there is no league {league}, which {path} computes: add a line"
                + did_you_mean(league, leagues),
            )


def _day_faults(leagues: list[Row]) -> Iterator[Fault]:
    """Leagues that end before they begin, or on the same day."""
    for league in leagues:
        first, end = league["begins_on"], league["ends_before"]
        # days in this form are in the order of their texts
        if league.is_sound(("begins_on", "ends_before")) and first and end and first >= end:
            yield league.fault(
                f"ends_before is {end}, not after begins_on, {first}: no day belongs to the league"
            )


def _range_faults(points: list[Row]) -> Iterator[Fault]:
    """Ranges that end before they begin, and those that share places with the range before."""
    sound = [row for row in points if row.is_sound(("league_key", "place_from", "place_to"))]
    found = []
    for row in sound:
        if _places(row)[1] < _places(row)[0]:
            row.faulty.add("place_to")
            found.append(
                row.fault(
                    f"place_to is {row['place_to']}, before place_from, {row['place_from']}: no "
                    "place is in the range"
                )
            )
    ordered = sorted(
        (row for row in sound if row.is_sound(("place_to",))),
        key=lambda row: (row["league_key"], _places(row)[0]),
    )
    for league, ranges in groupby(ordered, key=lambda row: row["league_key"]):
        before: Row | None = None
        for row in ranges:
            # the seed's schema demands that first places differ
            if before is not None and _places(before)[0] < _places(row)[0] <= _places(before)[1]:
                found.append(
                    row.fault(
                        f"place {row['place_from']} of {league} is in the range of line "
                        f"{before.line} already: ranges of a league do not overlap"
                    )
                )
            if before is None or _places(row)[1] > _places(before)[1]:
                before = row
    yield from sorted(found, key=lambda fault: fault.line)


def _places(row: Row) -> tuple[Decimal, Decimal]:
    """The first and the last place of a range; without a last one, it has no end."""
    return Decimal(row["place_from"]), Decimal(row["place_to"] or "Infinity")
