"""GET /healthz and /readyz: whether the process lives, and whether it can answer requests."""

from datetime import datetime
from http import HTTPStatus
from typing import Literal

import psycopg
import structlog
from litestar import Request, get

from api.database import Database, with_connection
from api.deployed import Deployed
from api.problems import Refused, one_line
from api.remembered import Remembered
from api.response_cache import ResponseCache
from api.shape import Shape
from hedge import __version__, versions
from hedge.errors import DatabaseAway

log = structlog.get_logger("hedge.api")
#: Seconds for which what was found out is sent again, however many ask.
LIFETIME = 1.0
#: Milliseconds in which the database has to say how fresh the numbers are.
LONGEST_STATEMENT = 1000


class Freshness(Shape):
    """How fresh the numbers are, and who computes them: the as-of instants of the last full and
    incremental runs that succeeded, when the oldest request was made that is not served and not
    parked, how many are parked, and how many workers are alive. None of it makes the service not
    ready."""

    last_full_run: datetime | None
    last_incremental_run: datetime | None
    oldest_request: datetime | None
    parked_requests: int
    workers: int


class Readiness(Shape):
    """What the service can answer: everything (ready), or while the database is away the boards
    that it holds in memory (boards_from_memory). boards_in_memory are the latest boards that it
    could send then; project is the hash of the deployed project, null until it is known."""

    status: Literal["ready", "boards_from_memory"]
    version: str
    project: str | None
    boards_in_memory: int
    freshness: Freshness | None


@get("/healthz", tags=["service"])
async def healthz() -> dict[str, str]:
    """Whether the process lives. The database is not asked."""
    return {"status": "ok"}


@get("/readyz", tags=["service"])
async def readyz(request: Request) -> Readiness:
    """Whether requests can be answered: the database responds, has the tables that the service
    reads, and serves this version of Hedge; or it is away, and boards are held in memory. How fresh
    the numbers are stands beside it, and does not count."""
    state = request.app.state
    cache: ResponseCache = state.response_cache
    deployed: Deployed = state.deployed
    remembered: Remembered = state.readiness
    try:
        found = await remembered.get(lambda: _of_the_database(state.database, deployed))
    except (psycopg.OperationalError, DatabaseAway) as error:
        if not cache.kept:
            raise
        log.warning("the database does not answer", error=one_line(error))
        return _readiness("boards_from_memory", deployed, cache, None)
    if isinstance(found, str):
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, found)
    return _readiness("ready", deployed, cache, found)


def _readiness(
    status: Literal["ready", "boards_from_memory"],
    deployed: Deployed,
    cache: ResponseCache,
    freshness: Freshness | None,
) -> Readiness:
    return Readiness(
        status=status,
        version=__version__,
        project=deployed.definitions,
        boards_in_memory=cache.kept,
        freshness=freshness,
    )


async def _of_the_database(database: Database, deployed: Deployed) -> Freshness | str | None:
    """How fresh the numbers are, None where that cannot be told, or why the database cannot be
    used; raises the error of the driver where it does not answer."""
    if not (await database.single(dict, "is_ready"))["is_ready"]:
        return "the tables are not there yet: hedge db migrate and hedge etl deploy"
    if fault := await with_connection(versions.fault):
        return str(fault)
    try:
        async with database.briefly(LONGEST_STATEMENT) as ask:
            (found,) = await ask("freshness")
        await deployed.read(database)
    except (psycopg.errors.QueryCanceled, psycopg.ProgrammingError) as error:
        log.warning("how fresh the numbers are cannot be told", error=one_line(error))
        return None
    return Freshness(**found)
