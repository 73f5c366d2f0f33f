"""Calibration: how a challenge's values are spread over a population, and which thresholds
would spread the players over its ladder. Everything is counted in SQL (hedge/sql/calibration_*).
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise

import psycopg
from psycopg.rows import class_row, scalar_row

from hedge import runs
from hedge.errors import HedgeError, UsageError
from hedge.queries import query

#: The clusters that can be asked about: all, those with a value above zero, and those that did
#: anything in the last 180 days (models/progress/challenge_population.sql).
POPULATIONS = ("all", "nonzero", "active")
#: A number of more digits is nobody's threshold.
MOST_DIGITS = 30
#: What is shown of a spread.
FRACTIONS = tuple(map(Decimal, ("0.10", "0.25", "0.50", "0.75", "0.90", "0.95", "0.99")))
#: The shares of the population that are to stay below the rungs, unless others are given.
TARGETS = tuple(map(Decimal, ("0.40", "0.70", "0.90", "0.97")))


@dataclass(frozen=True)
class Rung:
    """A rung as it stands in the seed challenge_tiers; thresholds are in the metric's unit."""

    tier_code: str
    display_name: str
    threshold: Decimal
    sort_order: int
    is_prestige: bool
    takes_target: bool


@dataclass(frozen=True)
class Ladder:
    """The rungs of a challenge, lowest first."""

    challenge_key: str
    challenge: str
    unit: str | None
    rungs: list[Rung]

    @property
    def thresholds(self) -> list[Decimal]:
        """What the rungs ask for, lowest first."""
        return [rung.threshold for rung in self.rungs]


@dataclass(frozen=True)
class Percentile:
    """The value that this fraction of a population does not exceed."""

    fraction: Decimal
    value: Decimal


@dataclass(frozen=True)
class Spread:
    """How values are spread: how many clusters, the percentiles, the largest; as of the oldest
    of the values."""

    clusters: int
    clusters_above_zero: int
    percentiles: list[Percentile]
    largest: Decimal
    as_of: datetime


@dataclass(frozen=True)
class Bucket:
    """How many clusters have a value from from_value on and below below_value."""

    from_value: Decimal
    below_value: Decimal
    clusters: int
    share: Decimal


@dataclass(frozen=True)
class RungShare:
    """How many clusters stand on a rung, and which share of the population that is; rung 0 is
    below the first, without a threshold. reached_share counts those on higher rungs too."""

    rung: int
    threshold: Decimal | None
    clusters: int
    share: Decimal
    reached_share: Decimal


@dataclass(frozen=True)
class Calibration:
    """A ladder as it stands beside other thresholds: suggested ones, with the target of each
    rung that has one, or those that were given."""

    ladder: Ladder
    population: str
    spread: Spread
    targets: list[Decimal | None] | None
    thresholds: list[Decimal]
    standing_shares: list[RungShare]
    shares: list[RungShare]
    warnings: list[str]
    seed_rows: list[str]


def calibrate(
    connection: psycopg.Connection,
    challenge: str,
    population: str = "all",
    targets: Sequence[Decimal] | None = None,
    thresholds: Sequence[Decimal] | None = None,
) -> Calibration:
    """Suggest thresholds by targets, fractions of the population that stay below a rung, or look
    at the given thresholds instead.

    A five-rung ladder keeps its first threshold, so that it takes four targets. A feat, which
    has one rung, targets or thresholds that do not fit the ladder, and an unknown challenge or
    population are a UsageError. Thresholds that would not rise have no seed_rows.
    """
    if targets is not None and thresholds is not None:
        raise UsageError("--targets suggest thresholds and --thresholds give them: use one of them")
    found = ladder(connection, challenge)
    if len(found.rungs) == 1:
        raise UsageError(
            f"{challenge} is a feat: its one rung is reached or not, there is nothing to calibrate"
        )
    by_rung = None
    if thresholds is None:
        targets = targets or TARGETS
        by_rung = _targets_of(found, targets)
        # suggested are the percentiles at the targets, made readable
        at_targets = spread(connection, challenge, population, targets).percentiles
        suggested = iter(_readable(connection, [one.value for one in at_targets]))
        thresholds = [
            rung.threshold if target is None else next(suggested)
            for rung, target in zip(found.rungs, by_rung, strict=True)
        ]
    elif len(thresholds) != len(found.rungs):
        raise UsageError(
            f"{challenge} has {len(found.rungs)} rungs, not the {len(thresholds)} "
            f"of {_listed(thresholds)}"
        )
    else:
        _require_rising("thresholds", thresholds)
    seen = spread(connection, challenge, population)
    warnings = _warnings(connection, seen, thresholds)
    rises = all(lower < upper for lower, upper in pairwise(thresholds))
    return Calibration(
        ladder=found,
        population=population,
        spread=seen,
        targets=by_rung,
        thresholds=list(thresholds),
        standing_shares=shares(connection, challenge, found.thresholds, population),
        shares=shares(connection, challenge, thresholds, population) if rises else [],
        warnings=warnings,
        seed_rows=_seed_rows(found, thresholds) if rises else [],
    )


def ladder(connection: psycopg.Connection, challenge: str) -> Ladder:
    """The ladder of an active challenge; an unknown or inactive one is a UsageError."""
    runs.require_deployed(connection)
    rows = connection.execute(query("calibration_ladder"), {"challenge": challenge}).fetchall()
    if not rows:
        raise UsageError(f"no challenge {challenge}")
    name, is_active, unit = rows[0][:3]
    if not is_active:
        raise UsageError(f"challenge {challenge} is not active, so nobody has values of it")
    return Ladder(challenge, name, unit, [Rung(*row[3:]) for row in rows])


def spread(
    connection: psycopg.Connection,
    challenge: str,
    population: str = "all",
    fractions: Sequence[Decimal] = FRACTIONS,
) -> Spread:
    """Percentiles of a challenge's values; a population that nobody belongs to is an error."""
    _require_population(population)
    clusters, above_zero, largest, percentiles, as_of = connection.execute(
        query("calibration_spread"),
        {"challenge": challenge, "population": population, "fractions": list(fractions)},
    ).fetchone()
    if not clusters:
        whose = {"all": "", "nonzero": " above zero", "active": " and was active of late"}
        raise HedgeError(
            f"nobody has a value of {challenge}{whose[population]} yet: run hedge etl full"
        )
    return Spread(
        clusters,
        above_zero,
        [Percentile(*pair) for pair in zip(fractions, percentiles, strict=True)],
        largest,
        as_of,
    )


def histogram(
    connection: psycopg.Connection, challenge: str, population: str = "all"
) -> list[Bucket]:
    """A challenge's values in buckets with readable edges that grow, from zero on; empty where
    nobody belongs to the population."""
    _require_population(population)
    with connection.cursor(row_factory=class_row(Bucket)) as cursor:
        return cursor.execute(
            query("calibration_histogram"), {"challenge": challenge, "population": population}
        ).fetchall()


def shares(
    connection: psycopg.Connection,
    challenge: str,
    thresholds: Sequence[Decimal],
    population: str = "all",
) -> list[RungShare]:
    """How a population would stand on a ladder with these thresholds, which rise strictly."""
    _require_population(population)
    _require_rising("thresholds", thresholds)
    with connection.cursor(row_factory=class_row(RungShare)) as cursor:
        return cursor.execute(
            query("calibration_shares"),
            {"challenge": challenge, "population": population, "thresholds": list(thresholds)},
        ).fetchall()


def parse_targets(text: str) -> list[Decimal]:
    """Fractions as in .40,.70,.90; UsageError unless they rise strictly between 0 and 1."""
    targets = _numbers(text)
    for target in targets:
        if not 0 < target < 1:
            raise UsageError(f"the target {target} is not between 0 and 1")
    _require_rising("targets", targets)
    return targets


def parse_thresholds(text: str) -> list[Decimal]:
    """Thresholds as in 1,5,25; UsageError unless they rise strictly above 0."""
    thresholds = _numbers(text)
    _require_rising("thresholds", thresholds)
    return thresholds


def _numbers(text: str) -> list[Decimal]:
    numbers = []
    for part in text.split(","):
        try:
            number = Decimal(part.strip())
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
            raise UsageError(f"'{part.strip()[:40]}' is not a number")
        numbers.append(number)
    return numbers


def _require_rising(what: str, numbers: Sequence[Decimal]) -> None:
    for lower, upper in pairwise([Decimal(0), *numbers]):
        if lower >= upper:
            raise UsageError(f"the {what} {_listed(numbers)} do not rise at {upper}")


def _require_population(population: str) -> None:
    if population not in POPULATIONS:
        raise UsageError(f"'{population}' is not a population: {', '.join(POPULATIONS)}")


def _targets_of(found: Ladder, targets: Sequence[Decimal]) -> list[Decimal | None]:
    """The target of each rung; None where a rung keeps its threshold."""
    taking = sum(rung.takes_target for rung in found.rungs)
    if len(targets) != taking:
        keeps = ", of which the first keeps its threshold" * (taking < len(found.rungs))
        raise UsageError(
            f"{found.challenge_key} has {len(found.rungs)} rungs{keeps}: "
            f"it takes {taking} targets, not the {len(targets)} of {_listed(targets)}"
        )
    left = iter(targets)
    return [next(left) if rung.takes_target else None for rung in found.rungs]


def _readable(connection: psycopg.Connection, percentiles: list[Decimal]) -> list[Decimal]:
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            query("calibration_suggestions"), {"percentiles": percentiles}
        ).fetchall()


def _warnings(
    connection: psycopg.Connection, seen: Spread, thresholds: Sequence[Decimal]
) -> list[str]:
    (p95,) = [one.value for one in seen.percentiles if one.fraction == Decimal("0.95")]
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            query("calibration_warnings"),
            {
                "clusters": seen.clusters,
                "clusters_above_zero": seen.clusters_above_zero,
                "largest": seen.largest,
                "p95": p95,
                "thresholds": list(thresholds),
            },
        ).fetchall()


def _seed_rows(found: Ladder, thresholds: Sequence[Decimal]) -> list[str]:
    """The ladder as lines of seeds/challenge_tiers.csv."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [
            found.challenge_key,
            rung.tier_code,
            rung.display_name,
            f"{threshold:f}",
            rung.sort_order,
            str(rung.is_prestige).lower(),
        ]
        for rung, threshold in zip(found.rungs, thresholds, strict=True)
    )
    return text.getvalue().splitlines()


def _listed(numbers: Sequence[Decimal]) -> str:
    return ", ".join(str(number) for number in numbers)
