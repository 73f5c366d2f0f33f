"""The page of an admin that shows how a challenge's values are spread, and what other thresholds
would do; hedge/calibration counts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any

import psycopg
from litestar import Request, Response, get
from litestar.params import Parameter

from api.database import Database, with_connection
from api.pages.rendering import page
from api.problems import Refused
from hedge.analysis import calibration
from hedge.analysis.calibration import Bucket, Calibration
from hedge.errors import HedgeError, UsageError


@dataclass(frozen=True)
class Column:
    """A bucket as a column of the chart; height in hundredths of the highest."""

    bucket: Bucket
    height: float


@get("/calibration")
async def show(
    request: Request,
    database: Database,
    challenge: str = "",
    population: str = "all",
    typed: Annotated[list[str] | None, Parameter(query="at")] = None,
) -> Response[str]:
    """The histogram of a challenge, its ladder, and beside it the thresholds that were typed, or
    those that are suggested where none were."""
    catalogue = await database.one(dict, "page_catalogue")
    chosen = challenge or catalogue["challenges"][0]["key"]
    if population not in calibration.POPULATIONS:
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            f"'{population}' is not a population: {', '.join(calibration.POPULATIONS)}",
        )
    seen = await with_connection(_look, chosen, population, typed)
    return page(
        request,
        "admin_calibration.html",
        choices=catalogue["challenges"],
        populations=calibration.POPULATIONS,
        chosen=chosen,
        population=population,
        typed=typed,
        **seen,
    )


def _look(
    connection: psycopg.Connection, challenge: str, population: str, typed: Sequence[str] | None
) -> dict[str, Any]:
    """What there is to show; a fault instead of what cannot be."""
    try:
        ladder = calibration.ladder(connection, challenge)
    except UsageError as error:
        raise Refused(HTTPStatus.NOT_FOUND, str(error)) from error
    found, faults = None, []
    for thresholds in (typed, None) if typed else (None,):
        try:
            found = _calibrated(connection, challenge, population, thresholds)
            break
        except HedgeError as error:
            faults.append(str(error))
    above_zero = calibration.histogram(connection, challenge, population)[1:]
    highest = max((bucket.clusters for bucket in above_zero), default=0) or 1
    return {
        "ladder": ladder,
        "found": found,
        "fault": faults[0] if faults else None,
        "columns": [Column(one, 100 * one.clusters / highest) for one in above_zero],
        "lines": _lines(above_zero, ladder.thresholds),
        "tried": _lines(above_zero, found.thresholds if found else []),
    }


def _calibrated(
    connection: psycopg.Connection, challenge: str, population: str, typed: Sequence[str] | None
) -> Calibration:
    thresholds = calibration.parse_thresholds(",".join(typed)) if typed else None
    return calibration.calibrate(connection, challenge, population, thresholds=thresholds)


def _lines(buckets: Sequence[Bucket], thresholds: Sequence[Decimal]) -> list[float]:
    """How far to the right thresholds stand, in columns: within its column a threshold stands
    where a logarithmic scale has it. What lies outside of the chart stands at its edge."""
    places = []
    for threshold in thresholds:
        passed = sum(bucket.below_value <= threshold for bucket in buckets)
        within = [bucket for bucket in buckets if bucket.from_value <= threshold]
        if 0 < len(within) > passed:
            low, high = buckets[passed].from_value, buckets[passed].below_value
            places.append(passed + math.log(threshold / low) / math.log(high / low))
        else:
            places.append(float(passed))
    return places
