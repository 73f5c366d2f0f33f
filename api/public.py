"""Routes that need no sign-in: seasons, challenges, progress."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar import Request, Response, Router, get
from litestar.params import Parameter

from api import paging, shapes
from api.database import Database
from api.explanations import explained
from api.paging import After, Limit
from api.problems import Refused


@get("/seasons/active")
async def active_season(database: Database) -> shapes.Season:
    """The current season."""
    found = await database.one(shapes.Season, "season_active")
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "no season goes on")
    return found


@get("/seasons/{season:str}/progress")
async def season_progress(
    database: Database, season: str, cluster: Annotated[str, Parameter(query="clusterId")]
) -> shapes.SeasonProgress:
    """The points and the level of a cluster in a season."""
    found = await database.one(dict, "seasons_of_cluster", season=season, cluster=cluster)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"cluster {cluster} has no points in season {season}")
    return shapes.SeasonProgress(
        points=found["points"],
        level=found["level"],
        next_level_threshold=found["next_level_threshold"],
        as_of=found["updated_at"],
    )


@get("/challenges")
async def challenges(
    request: Request, database: Database, limit: Limit = 100, after: After = ""
) -> Response[list[shapes.Category]]:
    """Categories with their active challenges and ladders."""
    found = msgspec.convert(await database.rows(dict, "challenges"), list[shapes.Category])
    page, following = paging.slice_of(found, limit, after, lambda category: category.key)
    return paging.answer(request, page, following)


@get("/clusters/{cluster:str}/progress")
async def cluster_progress(database: Database, cluster: str) -> shapes.ClusterProgress:
    """Values, tiers, next thresholds and unlock times of a cluster in all active challenges."""
    return await progress_of(database, cluster)


async def progress_of(database: Database, cluster: str) -> shapes.ClusterProgress:
    """The progress of a cluster; it has no challenges before the first run for the cluster."""
    found = await database.rows(dict, "cluster_progress", cluster=cluster)
    if not found and await database.one(dict, "cluster_known", cluster=cluster) is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no cluster {cluster}")
    computed = [row["as_of"] for row in found]
    return shapes.ClusterProgress(
        cluster_id=cluster,
        as_of=min(computed, default=None),
        challenges=[shapes.ChallengeProgress(**row) for row in found],
    )


@get("/clusters/{cluster:str}/progress/{challenge:str}", tags=["public"])
async def explain(
    request: Request,
    database: Database,
    cluster: str,
    challenge: str,
    window: str = "all_time",
    limit: Limit = 20,
) -> shapes.Explanation:
    """The evidence of a cluster's value in a challenge: the ladder, the facts that count, newest
    first, and the number of excluded rows by reason. The window is all_time, rolling_180d or
    season:ID. Facts from Discord are shown to the player of the cluster and to admins only."""
    found, _ = await explained(request, database, cluster, challenge, window, limit)
    return shapes.of_explanation(found)


router = Router(
    "/",
    route_handlers=[active_season, season_progress, challenges, cluster_progress],
    tags=["public"],
)
