"""Public pages: the first one, clusters, challenges."""

import asyncio
from http import HTTPStatus
from typing import Annotated

from litestar import Request, Response, Router, get
from litestar.params import Parameter

from api import boards
from api.database import Database
from api.explanations import explained
from api.identity import sees_everything
from api.pages import history
from api.pages.rendering import page
from api.problems import Refused

#: The newest facts that explain a value: by default, and at most.
FACTS, MAX_FACTS = 20, 200


@get("/")
async def home(request: Request, database: Database) -> Response[str]:
    """Boards, each with the period that goes on, and the current season."""
    listed, season, periods = await asyncio.gather(
        database.rows(dict, "page_boards"),
        database.one(dict, "page_season"),
        boards.current_periods(database),
    )
    return page(request, "home.html", boards=listed, season=season, periods=periods)


@get("/clusters/{cluster:str}")
async def cluster(request: Request, database: Database, cluster: str) -> Response[str]:
    """The progress of a cluster: season, activity and every challenge. Only the player and admins
    see what happened on Discord."""
    head = await database.one(dict, "page_cluster", cluster=cluster)
    if head is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no cluster {cluster}")
    sees_private = await sees_everything(request, head["player_id"])
    challenges, activity, track = await asyncio.gather(
        database.rows(dict, "page_challenges", cluster=cluster, challenge=None),
        database.rows(dict, "page_activity", cluster=cluster, sees_private=sees_private),
        database.rows(dict, "page_season_track", cluster=cluster),
    )
    return page(
        request,
        "cluster.html",
        cluster=head,
        challenges=challenges,
        activity=activity,
        sees_private=sees_private,
        track=track,
    )


@get("/clusters/{cluster:str}/challenges/{key:str}")
async def challenge(
    request: Request,
    database: Database,
    cluster: str,
    key: str,
    window: str = "all_time",
    limit: Annotated[int, Parameter(ge=1, le=MAX_FACTS)] = FACTS,
) -> Response[str]:
    """A cluster's value of a challenge, its ladder, and the facts that explain the value in a
    window."""
    head, found, tiers, past, (explanation, windows) = await asyncio.gather(
        database.one(dict, "page_cluster", cluster=cluster),
        database.one(dict, "page_challenges", cluster=cluster, challenge=key),
        database.rows(dict, "page_tiers", cluster=cluster, challenge=key),
        history.of_challenge(database, cluster, key),
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
        explanation=explanation,
        windows=windows,
        limit=limit,
        most=MAX_FACTS,
    )


router = Router("/", route_handlers=[home, cluster, challenge])
