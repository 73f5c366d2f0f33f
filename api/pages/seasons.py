"""The page of a season: standings, levels, what gives points, and how far a player is."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api.database import Database
from api.pages import rewards
from api.pages.readers import own_cluster
from api.pages.rendering import page
from api.problems import Refused

#: Entries of the standings on one page.
ROWS = 50
Place = Annotated[int, QueryParameter(name="from", ge=1, le=10**6)]


@get("/season")
async def current_season(
    request: Request, database: NamedDependency[Database]
) -> Response[str] | Redirect:
    """Redirect to the current season, else to the newest, with the same query; without any, a page
    that says so."""
    seasons = await database.rows(dict, "page_seasons")
    shown = next((one for one in seasons if one["state"] == "current"), None)
    shown = shown or next(iter(seasons), None)
    if shown is None:
        return page(request, "season.html", season=None)
    query = f"?{request.url.query}" if request.url.query else ""
    address = f"/season/{quote(shown['id'], safe='')}{query}"
    return Redirect(address, status_code=HTTP_303_SEE_OTHER)


@get("/season/{season:str}")
async def season(
    request: Request,
    database: NamedDependency[Database],
    season: FromPath[str],
    first: Place = 1,
    cluster: Annotated[str | None, QueryParameter(name="clusterId")] = None,
) -> Response[str]:
    """An active season; with a cluster, else for who is signed in, the points of each challenge and
    what is missing to the next level."""
    found = await database.one(dict, "page_season_of_id", season=season)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no season {season}", code="unknown_season")
    own = await own_cluster(request, database)
    near = cluster or own
    asked: dict[str, Any] = {"season": season, "cluster": near}
    seasons, entries, levels, challenges = await asyncio.gather(
        database.rows(dict, "page_seasons"),
        database.rows(dict, "page_season_standings", season=season, first=first, rows=ROWS),
        database.rows(dict, "page_season_track", **asked),
        database.rows(dict, "page_season_challenges", **asked),
    )
    count, standing, who = await asyncio.gather(
        database.single(dict, "page_season_count", season=season),
        database.one(dict, "page_season_own", **asked),
        database.one(dict, "page_cluster", cluster=near),
    )
    return page(
        request,
        "season.html",
        season=found,
        seasons=seasons,
        ranked=count["ranked"],
        entries=entries,
        levels=levels,
        challenges=challenges,
        standing=standing,
        who=who,
        asked=cluster,
        near=near,
        own=own,
        first=first,
        rows=ROWS,
        given=await database.rows(dict, "page_season_rewards", season=season),
        rewards=await rewards.own(request, database, season),
    )


router = Router("/", route_handlers=[current_season, season])
