"""Pages that everybody may read: boards, clusters, challenges."""

import asyncio
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from litestar import Request, Response, Router, get
from litestar.params import Parameter
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api import boards, shapes
from api.database import Database
from api.explanations import explained
from api.pages.rendering import page
from api.problems import Refused

#: Rows of a board on one page, and the runs to choose from.
ROWS, RUNS = 50, 24
#: Facts behind a value, at first and at most.
FACTS, MOST_FACTS = 20, 200
Place = Annotated[int, Parameter(query="from", ge=1, le=10**9)]


@get("/")
async def home(request: Request, database: Database) -> Response[str]:
    """Boards and the active season."""
    listed, season = await asyncio.gather(
        database.rows(dict, "page_boards"), database.one(dict, "page_season")
    )
    return page(request, "home.html", boards=listed, season=season)


@get("/find", status_code=HTTP_303_SEE_OTHER)
async def find(cluster: str = "") -> Redirect:
    """From the search field to the cluster's page."""
    name = quote(cluster.strip(), safe="")
    return Redirect(f"/clusters/{name}" if name else "/", status_code=HTTP_303_SEE_OTHER)


@get("/boards/{key:str}")
async def board(
    request: Request,
    database: Database,
    key: str,
    run: int | None = None,
    first: Place = 1,
    cluster: Annotated[str | None, Parameter(query="clusterId")] = None,
) -> Response[str]:
    """A run of a board, the latest unless another is named, and where a cluster stands on it."""
    found = await boards.board(database, key)
    if run is None:
        shown = await boards.latest_run(database, key)
    else:
        shown = await boards.run(database, key, run)
    own = cluster or await _own_cluster(request, database)
    entries, around = [], []
    if shown is not None:
        entries = await database.rows(
            dict, "page_board_entries", run=shown.id, first=first, rows=ROWS, cluster=None
        )
        if own is not None:
            around = await database.rows(
                dict, "page_board_entries", run=shown.id, first=1, rows=ROWS, cluster=own
            )
    return page(
        request,
        "board.html",
        board=found,
        runs=await boards.runs(database, key, limit=RUNS),
        run=shown,
        asked=run,
        entries=entries,
        around=around,
        own=own,
        first=first,
        rows=ROWS,
    )


async def _own_cluster(request: Request, database: Database) -> str | None:
    """The cluster of the player who is signed in."""
    if request.user.player_id is None:
        return None
    found = await database.one(shapes.Me, "player", player=request.user.player_id)
    return found and found.cluster_id


@get("/clusters/{cluster:str}")
async def cluster(request: Request, database: Database, cluster: str) -> Response[str]:
    """Everything that a cluster has reached."""
    head, challenges, activity, track = await asyncio.gather(
        database.one(dict, "page_cluster", cluster=cluster),
        database.rows(dict, "page_challenges", cluster=cluster, challenge=None),
        database.rows(dict, "page_activity", cluster=cluster),
        database.rows(dict, "page_season_track", cluster=cluster),
    )
    if head is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no cluster {cluster}")
    return page(
        request,
        "cluster.html",
        cluster=head,
        challenges=challenges,
        activity=activity,
        track=track,
    )


@get("/clusters/{cluster:str}/challenges/{key:str}")
async def challenge(
    request: Request,
    database: Database,
    cluster: str,
    key: str,
    window: str = "all_time",
    limit: Annotated[int, Parameter(ge=1, le=MOST_FACTS)] = FACTS,
) -> Response[str]:
    """One value of a cluster, its ladder, what is missing to the next rung, and the facts behind
    the value in a window."""
    head, found, rungs, (explanation, windows) = await asyncio.gather(
        database.one(dict, "page_cluster", cluster=cluster),
        database.one(dict, "page_challenges", cluster=cluster, challenge=key),
        database.rows(dict, "page_rungs", cluster=cluster, challenge=key),
        # refuses what is not known
        explained(request, database, cluster, key, window, limit),
    )
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"cluster {cluster} has no value of a challenge {key}")
    return page(
        request,
        "challenge.html",
        cluster=head,
        challenge=found,
        rungs=rungs,
        explanation=explanation,
        windows=windows,
        limit=limit,
        most=MOST_FACTS,
    )


router = Router("/", route_handlers=[home, find, board, cluster, challenge])
