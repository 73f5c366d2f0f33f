"""Calibration: the distribution of a challenge's values in a population, and the thresholds at
which given shares of the population would stay below the tiers of its ladder.
SQL computes all numbers (hedge/sql/calibration_*.sql).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise

import psycopg
from psycopg.rows import class_row, scalar_row

from hedge import database, known_names, runs
from hedge.analysis.relations import DEPLOYED, Relations, reading
from hedge.errors import HedgeError, UsageError
from hedge.project import csv_files
from hedge.queries import query

#: The populations: all clusters, those with a value above zero, and those that were active in
#: the last 180 days (models/progress/challenge_population.sql).
POPULATIONS = ("all", "nonzero", "active")
#: Who is calibrated for unless another population is named.
POPULATION = "active"
#: Numbers of more digits are not accepted as thresholds.
MOST_DIGITS = 30
#: Stands for the key of a challenge in the rows that are suggested for a metric without one.
NEW_CHALLENGE = "CHALLENGE"
#: The percentiles that are shown.
FRACTIONS = tuple(map(Decimal, ("0.10", "0.25", "0.50", "0.75", "0.90", "0.95", "0.99")))
#: The shares of the population that should stay below the last four tiers.
TARGETS = tuple(map(Decimal, ("0.40", "0.70", "0.90", "0.97")))


@dataclass(frozen=True)
class Tier:
    """A row of the seed challenge_tiers; threshold is in the unit of the metric, and takes_target,
    a published name, is true."""

    tier_code: str
    display_name: str
    threshold: Decimal
    sort_order: int
    is_prestige: bool
    takes_target: bool


@dataclass(frozen=True)
class Ladder:
    """The tiers of a challenge, lowest first. The field rungs keeps its published name."""

    challenge_key: str
    challenge: str
    unit: str | None
    rungs: list[Tier]

    @property
    def thresholds(self) -> list[Decimal]:
        """The thresholds of the tiers, lowest first."""
        return [tier.threshold for tier in self.rungs]


@dataclass(frozen=True)
class Percentile:
    """The smallest value that at least this fraction of a population does not exceed."""

    fraction: Decimal
    value: Decimal


@dataclass(frozen=True)
class Spread:
    """The distribution of the values of a population; as_of is the instant of the oldest one."""

    clusters: int
    clusters_above_zero: int
    percentiles: list[Percentile]
    largest: Decimal
    as_of: datetime


@dataclass(frozen=True)
class Bucket:
    """The number of clusters whose value is at least from_value and less than below_value."""

    from_value: Decimal
    below_value: Decimal
    clusters: int
    share: Decimal


@dataclass(frozen=True)
class TierShare:
    """The number of clusters that have a tier, and their share of the population.

    rung, a published name, is the number of the tier; 0 is below the first, without a threshold.
    reached_share includes the clusters of higher tiers.
    """

    rung: int
    threshold: Decimal | None
    clusters: int
    share: Decimal
    reached_share: Decimal


@dataclass(frozen=True)
class Calibration:
    """A deployed ladder compared with other thresholds.

    thresholds are suggested, with the target of each tier that has one, or were given, with
    targets None. standing_shares, a published name, are the shares of the thresholds of the
    ladder; none where a metric has no ladder yet. is_edited says that ladder and values are those
    of the edited project, which is not deployed.
    """

    ladder: Ladder
    population: str
    spread: Spread
    targets: list[Decimal] | None
    thresholds: list[Decimal]
    standing_shares: list[TierShare]
    shares: list[TierShare]
    warnings: list[str]
    seed_rows: list[str]
    is_edited: bool = False


def calibrate(
    connection: psycopg.Connection,
    challenge: str,
    population: str = POPULATION,
    targets: Sequence[Decimal] | None = None,
    thresholds: Sequence[Decimal] | None = None,
    relations: Relations = DEPLOYED,
) -> Calibration:
    """Suggest thresholds by targets, which are the fractions of the population that should stay
    below each tier; or examine the given thresholds instead.

    There is a target for each tier, and suggested thresholds always rise. A feat, which has one
    tier, targets or thresholds that do not fit the ladder, and an unknown challenge or population
    are a UsageError.
    """
    if targets is not None and thresholds is not None:
        raise UsageError("--targets suggest thresholds and --thresholds give them: use one of them")
    standing = ladder(connection, challenge, relations)
    tiers = standing.rungs
    if len(tiers) == 1:
        raise UsageError(
            f"{challenge} is a feat: its one tier is reached or not, there is nothing to calibrate"
        )
    percentiles: list[Decimal] = []
    if thresholds is None:
        targets = targets or targets_of(len(tiers))
        _require_target_of_each_tier(standing, targets)
        # A suggested threshold is the percentile at its target, rounded to a readable number.
        asked = spread(connection, challenge, population, targets, relations).percentiles
        percentiles = [one.value for one in asked]
        thresholds = _readable_numbers(connection, percentiles)
    elif len(thresholds) != len(tiers):
        raise UsageError(
            f"{challenge} has {len(tiers)} tiers, not the {len(thresholds)} "
            f"of {_joined(thresholds)}"
        )
    else:
        _require_rising("thresholds", thresholds)
    distribution = spread(connection, challenge, population, relations=relations)
    return Calibration(
        ladder=standing if relations.has_ladder else _with_thresholds(standing, thresholds),
        population=population,
        spread=distribution,
        targets=None if targets is None else list(targets),
        thresholds=list(thresholds),
        standing_shares=shares(connection, challenge, standing.thresholds, population, relations)
        if relations.has_ladder
        else [],
        shares=shares(connection, challenge, thresholds, population, relations),
        warnings=_warnings(connection, population, distribution, percentiles),
        seed_rows=_seed_rows(standing, thresholds),
        is_edited=relations.is_edited,
    )


def ladder(
    connection: psycopg.Connection, challenge: str, relations: Relations = DEPLOYED
) -> Ladder:
    """The ladder of a live challenge; an unknown or other one is a UsageError.

    A metric without a challenge has four tiers, whose thresholds are 0.
    """
    runs.require_deployed(connection)
    if not relations.has_ladder:
        return _new_ladder(connection, challenge, relations)
    asked = {"challenge": challenge}
    rows = connection.execute(reading("calibration_ladder", relations), asked).fetchall()
    if not rows:
        raise known_names.unknown(connection, "challenge", challenge)
    name, state, unit = rows[0][:3]
    if state != "live":
        raise UsageError(f"challenge {challenge} is {state}, so no run computes values of it")
    return Ladder(challenge, name, unit, [Tier(*row[3:]) for row in rows])


def _new_ladder(connection: psycopg.Connection, metric: str, relations: Relations) -> Ladder:
    """The tiers that a challenge on a metric would begin with."""
    unit = database.value(
        connection,
        "select unit from analytics.metrics where metric_source || '.' || metric_key = %s".replace(
            DEPLOYED.metrics, relations.metrics
        ),
        [metric],
    )
    codes = ("BASIC", "ADVANCED", "ELITE", "EXALTED")
    tiers = [
        Tier(code, code.capitalize(), Decimal(0), place, code == codes[-1], takes_target=True)
        for place, code in enumerate(codes, start=1)
    ]
    return Ladder(NEW_CHALLENGE, metric, unit, tiers)


def _with_thresholds(ladder: Ladder, thresholds: Sequence[Decimal]) -> Ladder:
    """A ladder with other thresholds."""
    tiers = [
        replace(tier, threshold=threshold)
        for tier, threshold in zip(ladder.rungs, thresholds, strict=True)
    ]
    return replace(ladder, rungs=tiers)


def spread(
    connection: psycopg.Connection,
    challenge: str,
    population: str = "all",
    fractions: Sequence[Decimal] = FRACTIONS,
    relations: Relations = DEPLOYED,
) -> Spread:
    """The distribution of a challenge's values; a HedgeError where the population is empty."""
    _require_population(population)
    clusters, above_zero, largest, percentiles, as_of = database.one_row(
        connection.execute(
            reading("calibration_spread", relations),
            {"challenge": challenge, "population": population, "fractions": list(fractions)},
        )
    )
    if not clusters:
        whose = {"all": "", "nonzero": " above zero", "active": " and was active of late"}
        raise HedgeError(
            f"nobody has a value of {challenge}{whose[population]} yet: run hedge etl full"
            + ("" if population == "all" else ", or choose the population all")
        )
    return Spread(
        clusters,
        above_zero,
        [Percentile(*pair) for pair in zip(fractions, percentiles, strict=True)],
        largest,
        as_of,
    )


def histogram(
    connection: psycopg.Connection,
    challenge: str,
    population: str = "all",
    relations: Relations = DEPLOYED,
) -> list[Bucket]:
    """A histogram of a challenge's values, whose buckets begin at zero, grow, and have readable
    edges; empty where the population is."""
    _require_population(population)
    with connection.cursor(row_factory=class_row(Bucket)) as cursor:
        return cursor.execute(
            reading("calibration_histogram", relations),
            {"challenge": challenge, "population": population},
        ).fetchall()


def shares(
    connection: psycopg.Connection,
    challenge: str,
    thresholds: Sequence[Decimal],
    population: str = "all",
    relations: Relations = DEPLOYED,
) -> list[TierShare]:
    """How a population would be distributed over a ladder with these thresholds, which rise
    strictly."""
    _require_population(population)
    _require_rising("thresholds", thresholds)
    with connection.cursor(row_factory=class_row(TierShare)) as cursor:
        return cursor.execute(
            reading("calibration_shares", relations),
            {"challenge": challenge, "population": population, "thresholds": list(thresholds)},
        ).fetchall()


def parse_targets(text: str) -> list[Decimal]:
    """Fractions such as .40,.70,.90; a UsageError unless they rise strictly between 0 and 1."""
    targets = _numbers(text)
    for target in targets:
        if not 0 < target < 1:
            raise UsageError(f"the target {target} is not between 0 and 1")
    _require_rising("targets", targets)
    return targets


def parse_thresholds(text: str) -> list[Decimal]:
    """Thresholds such as 1,5,25; a UsageError unless they rise strictly above 0."""
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
            raise UsageError(f"the {what} {_joined(numbers)} do not rise at {upper}")


def _require_population(population: str) -> None:
    if population not in POPULATIONS:
        raise UsageError(f"'{population}' is not a population: {', '.join(POPULATIONS)}")


def targets_of(tiers: int) -> tuple[Decimal, ...]:
    """The targets of so many tiers: TARGETS for the last four, and equal steps below those."""
    below = max(tiers - len(TARGETS), 0)
    steps = (TARGETS[0] * step / (below + 1) for step in range(1, below + 1))
    return (*(round(step, 2) for step in steps), *TARGETS)[-tiers:]


def _require_target_of_each_tier(ladder: Ladder, targets: Sequence[Decimal]) -> None:
    if len(targets) != (number := len(ladder.rungs)):
        raise UsageError(
            f"{ladder.challenge_key} has {number} tiers: it takes {number} targets, "
            f"not the {len(targets)} of {_joined(targets)}"
        )


def _readable_numbers(connection: psycopg.Connection, percentiles: list[Decimal]) -> list[Decimal]:
    """Percentiles rounded to numbers of few digits."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            query("calibration_suggestions"), {"percentiles": percentiles}
        ).fetchall()


def _warnings(
    connection: psycopg.Connection,
    population: str,
    distribution: Spread,
    percentiles: Sequence[Decimal],
) -> list[str]:
    """Sentences about weaknesses of the data, or of the percentiles at the targets."""
    (p95,) = [one.value for one in distribution.percentiles if one.fraction == Decimal("0.95")]
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            query("calibration_warnings"),
            {
                "clusters": distribution.clusters,
                "clusters_above_zero": distribution.clusters_above_zero,
                "largest": distribution.largest,
                "p95": p95,
                "percentiles": list(percentiles),
                "population": population,
            },
        ).fetchall()


def _seed_rows(ladder: Ladder, thresholds: Sequence[Decimal]) -> list[str]:
    """The ladder with these thresholds, as lines of seeds/challenge_tiers.csv."""
    return csv_files.text(
        [
            ladder.challenge_key,
            tier.tier_code,
            tier.display_name,
            f"{threshold:f}",
            tier.sort_order,
            str(tier.is_prestige).lower(),
        ]
        for tier, threshold in zip(ladder.rungs, thresholds, strict=True)
    ).splitlines()


def _joined(numbers: Sequence[Decimal]) -> str:
    return ", ".join(str(number) for number in numbers)
