"""Public pages: the first one, and challenges of a cluster."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Annotated

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from api import boards
from api.database import Database
from api.explanations import difference, explained
from api.instants import parse_instant
from api.pages import history
from api.pages.languages import gettext, later, message
from api.pages.rendering import page
from api.pages.texts import number
from api.problems import Refused
from hedge.analysis.between import CAUSES, sentences

#: The newest facts that explain a value: by default, and at most.
FACTS, MAX_FACTS = 20, 200
#: The decimals of a number that is not rounded: more than any fact has.
EXACT = 40
#: What the cause of a fact is called beside it.
WORDS_OF_CAUSES = {
    "facts": later("facts"),
    "links": later("links"),
    "late": later("late"),
    "exclusions": later("exclusions"),
    "rules": later("rules"),
    "rest": later("rest"),
}


@get("/")
async def home(request: Request, database: NamedDependency[Database]) -> Response[str]:
    """Boards, each with the period that goes on, and the current season."""
    listed, season, periods = await asyncio.gather(
        database.rows(dict, "page_boards"),
        database.one(dict, "page_season"),
        boards.current_periods(database),
    )
    return page(request, "home.html", boards=listed, season=season, periods=periods)


@get("/clusters/{cluster:str}/challenges/{key:str}")
async def challenge(
    request: Request,
    database: NamedDependency[Database],
    cluster: FromPath[str],
    key: FromPath[str],
    window: FromQuery[str] = "all_time",
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_FACTS)] = FACTS,
) -> Response[str]:
    """A cluster's value of a challenge, its ladder, and the facts that explain the value in a
    window."""
    head, found, tiers, past, beside, (explanation, windows) = await asyncio.gather(
        database.one(dict, "page_cluster", cluster=cluster),
        database.one(dict, "page_challenges", cluster=cluster, challenge=key),
        database.rows(dict, "page_tiers", cluster=cluster, challenge=key),
        history.of_challenge(database, cluster, key),
        database.one(dict, "page_challenges_beside", cluster=cluster, challenge=key),
        # refused with 404 where the cluster, challenge or window does not exist
        explained(request, database, cluster, key, window, limit),
    )
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"cluster {cluster} has no value of a challenge {key}")
    return page(
        request,
        "challenge.html",
        cluster=head,
        challenge=found,
        tiers=tiers,
        history=past,
        # a challenge that is retired stands beside none
        beside=beside,
        explanation=explanation,
        windows=windows,
        limit=limit,
        most=MAX_FACTS,
    )


@get("/clusters/{cluster:str}/challenges/{key:str}/difference")
async def challenge_difference(
    request: Request,
    database: NamedDependency[Database],
    cluster: FromPath[str],
    key: FromPath[str],
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_FACTS)] = FACTS,
) -> Response[str]:
    """What makes the difference of a value between what was said at two instants: without the later
    one it is now, without the earlier one it is 30 days before the later one."""
    later = parse_instant("until", until) if until else datetime.now(UTC)
    ends = (parse_instant("since", since) if since else _30_days_before(later), later)
    found = await difference(request, database, cluster, key, *ends, limit)
    return page(
        request,
        "difference.html",
        found=found,
        since=since or f"{ends[0]:%Y-%m-%dT%H:%M}",
        until=until or f"{ends[1]:%Y-%m-%dT%H:%M}",
        sentences=sentences(found, gettext, partial(number, digits=EXACT)),
        causes={cause: message(text) for cause, text in CAUSES.items()},
        words_of_causes={cause: message(text) for cause, text in WORDS_OF_CAUSES.items()},
    )


def _30_days_before(later: datetime) -> datetime:
    earliest = datetime.min.replace(tzinfo=UTC)
    return later - min(timedelta(days=30), later - earliest)


router = Router("/", route_handlers=[home, challenge, challenge_difference])
