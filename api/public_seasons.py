"""Routes of seasons, which need no sign-in."""

import re
from http import HTTPStatus
from typing import Annotated

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api import paging, season_shapes
from api.database import Database
from api.numbers import digits
from api.paging import After, Limit
from api.problems import Refused


@get("/seasons")
async def list_seasons(
    request: Request, database: NamedDependency[Database], limit: Limit = 100, after: After = ""
) -> Response[season_shapes.PageOfSeasons]:
    """Active seasons, the newest first; those that are over and those to come, too."""
    found = await database.rows(season_shapes.ListedSeason, "seasons", season=None)
    page, following = paging.slice_of(found, limit, after, lambda season: season.id)
    body = season_shapes.PageOfSeasons(seasons=page, next=following)
    return paging.answer(request, body, following)


@get("/seasons/active")
async def active_season(database: NamedDependency[Database]) -> season_shapes.Season:
    """The current season."""
    found = await database.one(season_shapes.Season, "season_active")
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "no season goes on", code="unknown_season")
    return found


@get("/seasons/{season:str}")
async def one_season(
    database: NamedDependency[Database], season: FromPath[str]
) -> season_shapes.SeasonDefinition:
    """An active season with the weights of its challenges and its levels."""
    found = await _season(database, season)
    return season_shapes.SeasonDefinition(
        **{name: getattr(found, name) for name in found.__struct_fields__},
        weights=await database.rows(season_shapes.SeasonWeight, "seasons_weights", season=season),
        levels=await database.rows(season_shapes.SeasonLevel, "season_levels"),
    )


@get("/seasons/{season:str}/standings")
async def standings(
    request: Request,
    database: NamedDependency[Database],
    season: FromPath[str],
    limit: Limit = 100,
    after: After = "",
) -> Response[season_shapes.SeasonStandings]:
    """The clusters with points in an active season, most points first."""
    found = await _season(database, season)
    points, cluster = paging.place(after, str, str) or [None, ""]
    if points is not None and not re.fullmatch(r"\d{1,60}(\.\d{1,6})?", points, re.ASCII):
        raise paging.refused(after)
    entries = await database.rows(
        season_shapes.SeasonEntry,
        "season_standings",
        season=season,
        after_points=points,
        after_cluster=cluster,
        limit=limit + 1,
    )
    page, following = paging.cut(
        entries, limit, lambda entry: [digits(entry.points), entry.cluster_id]
    )
    body = season_shapes.SeasonStandings(season=found, entries=page, next=following)
    return paging.answer(request, body, following)


@get("/seasons/{season:str}/progress")
async def season_progress(
    database: NamedDependency[Database],
    season: FromPath[str],
    cluster: Annotated[str, QueryParameter(name="clusterId")],
) -> season_shapes.SeasonProgress:
    """The points and the level of a cluster in a season; zero points where it has none."""
    found = await database.one(
        season_shapes.SeasonProgress, "season_progress", season=season, cluster=cluster
    )
    if found is not None:
        return found
    if await database.one(dict, "season_known", season=season) is None:
        raise _unknown(season)
    raise Refused(HTTPStatus.NOT_FOUND, f"no cluster {cluster}", code="unknown_cluster")


async def _season(database: Database, season: str) -> season_shapes.ListedSeason:
    found = await database.one(season_shapes.ListedSeason, "seasons", season=season)
    if found is None:
        raise _unknown(season)
    return found


def _unknown(season: str) -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, f"no season {season}", code="unknown_season")


router = Router(
    "/",
    route_handlers=[list_seasons, active_season, one_season, standings, season_progress],
    tags=["seasons"],
)
