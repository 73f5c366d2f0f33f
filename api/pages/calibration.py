"""The page of an admin that shows the distribution of a challenge's values, and what other
thresholds would do. hedge.analysis.calibration computes the numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any

import psycopg
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from api.database import Database, with_connection
from api.pages.rendering import page
from api.problems import Refused
from hedge.analysis import calibration
from hedge.analysis.calibration import Bucket, Calibration
from hedge.errors import HedgeError, UsageError


@dataclass(frozen=True)
class Column:
    """A bucket as a column of the chart; height in percent of the highest column."""

    bucket: Bucket
    height: float


@get("/calibration")
async def show(
    request: Request,
    database: NamedDependency[Database],
    challenge: FromQuery[str] = "",
    population: FromQuery[str] = calibration.POPULATION,
    typed: Annotated[list[str] | None, QueryParameter(name="at")] = None,
) -> Response[str]:
    """The histogram of a challenge and its ladder, with the thresholds that the admin entered,
    else with suggested thresholds."""
    catalogue = await database.single(dict, "page_catalogue")
    chosen = challenge or catalogue["challenges"][0]["key"]
    if population not in calibration.POPULATIONS:
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            f"'{population}' is not a population: {', '.join(calibration.POPULATIONS)}",
        )
    context = await with_connection(_context, chosen, population, typed)
    return page(
        request,
        "admin_calibration.html",
        choices=catalogue["challenges"],
        chosen=chosen,
        population=population,
        typed=typed,
        **context,
    )


def _context(
    connection: psycopg.Connection, challenge: str, population: str, typed: Sequence[str] | None
) -> dict[str, Any]:
    """The values of the template. Entered thresholds that are invalid give a fault, and the page
    shows suggested ones."""
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
        "current_lines": _lines(above_zero, ladder.thresholds),
        "lines": _lines(above_zero, found.thresholds if found else []),
    }


def _calibrated(
    connection: psycopg.Connection, challenge: str, population: str, typed: Sequence[str] | None
) -> Calibration:
    thresholds = calibration.parse_thresholds(",".join(typed)) if typed else None
    return calibration.calibrate(connection, challenge, population, thresholds=thresholds)


def _lines(buckets: Sequence[Bucket], thresholds: Sequence[Decimal]) -> list[float]:
    """The positions of thresholds on the x axis, in columns. The scale within a column is
    logarithmic; a threshold outside of the chart is at its edge."""
    positions = []
    for threshold in thresholds:
        full_columns = sum(bucket.below_value <= threshold for bucket in buckets)
        begun = [bucket for bucket in buckets if bucket.from_value <= threshold]
        if 0 < len(begun) > full_columns:
            low, high = buckets[full_columns].from_value, buckets[full_columns].below_value
            positions.append(full_columns + math.log(threshold / low) / math.log(high / low))
        else:
            positions.append(float(full_columns))
    return positions
