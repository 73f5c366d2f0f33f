"""Routes that need no sign-in: boards, seasons, challenges, progress."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar import Request, Response, Router, get
from litestar.openapi import ResponseSpec
from litestar.params import Parameter

from api import boards, shapes
from api.database import Database
from api.explanations import explained
from api.problems import Refused
from api.shapes import Limit


@get("/leaderboards")
async def list_boards(
    database: Database, limit: Limit = 100, after: str = ""
) -> list[shapes.Board]:
    """Active public boards by key; after is the cursor, the last key of the previous page."""
    return await database.rows(shapes.Board, "boards", key=None, after=after, limit=limit)


@get(
    "/leaderboards/{key:str}/latest",
    responses={304: ResponseSpec(None, description="The client has this version: If-None-Match")},
)
async def latest(
    request: Request, database: Database, key: str, limit: Limit = 100
) -> Response[shapes.Standing]:
    """The run of a board for the latest period; the response is at most a second old."""

    async def compute() -> shapes.Standing:
        return await _run_with_entries(database, key, await _latest_run(database, key), limit)

    cache = request.app.state.response_cache
    response: Response[shapes.Standing] = await cache.respond(request, compute)
    return response


@get("/leaderboards/{key:str}/runs")
async def list_runs(
    database: Database, key: str, limit: Limit = 100, before: int = boards.NEWEST
) -> list[shapes.BoardRun]:
    """Complete runs, newest first; before is the cursor, the last id of the previous page."""
    await boards.board(database, key)
    return await boards.runs(database, key, limit, before)


@get("/leaderboards/{key:str}/runs/{run:int}")
async def one_run(database: Database, key: str, run: int, limit: Limit = 100) -> shapes.Standing:
    """One complete run of a board, with its first entries."""
    return await _run_with_entries(database, key, await boards.run(database, key, run), limit)


@get("/leaderboards/{key:str}/around")
async def around(
    database: Database,
    key: str,
    cluster: Annotated[str, Parameter(query="clusterId")],
    neighbours: Annotated[int, Parameter(ge=0, le=100)] = 5,
) -> shapes.Standing:
    """The entry of a cluster in the latest run, with its neighbours on both sides."""
    run = await _latest_run(database, key)
    entries = await database.rows(
        shapes.Entry, "board_around", run=run.id, cluster=cluster, neighbours=neighbours
    )
    if not entries:
        raise Refused(HTTPStatus.NOT_FOUND, f"cluster {cluster} is not on board {key}")
    return shapes.Standing(
        leaderboard=await _board_head(database, key, run), run=run, entries=entries
    )


async def _latest_run(database: Database, key: str) -> shapes.BoardRun:
    found = await boards.latest_run(database, key)
    if found is None:
        await boards.board(database, key)
        raise Refused(HTTPStatus.NOT_FOUND, f"board {key} was not computed yet")
    return found


async def _board_head(database: Database, key: str, run: shapes.BoardRun) -> shapes.BoardHead:
    board = await boards.board(database, key)
    return shapes.BoardHead(
        key=key, name=board.name, period_start=run.period_start, period_end=run.period_end
    )


async def _run_with_entries(
    database: Database, key: str, run: shapes.BoardRun, limit: int
) -> shapes.Standing:
    return shapes.Standing(
        leaderboard=await _board_head(database, key, run),
        run=run,
        entries=await database.rows(shapes.Entry, "board_entries", run=run.id, limit=limit),
    )


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
async def challenges(database: Database) -> list[shapes.Category]:
    """Categories with their active challenges and ladders."""
    return msgspec.convert(await database.rows(dict, "challenges"), list[shapes.Category])


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
    route_handlers=[
        list_boards,
        latest,
        list_runs,
        one_run,
        around,
        active_season,
        season_progress,
        challenges,
        cluster_progress,
    ],
    tags=["public"],
)
