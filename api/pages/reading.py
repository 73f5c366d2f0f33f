"""Pages that everybody may read: boards, clusters, challenges."""

import asyncio
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from litestar import Request, Response, Router, get
from litestar.params import Parameter
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api import shapes
from api.database import Database
from api.explanations import explained
from api.pages.rendering import page
from api.problems import Refused
from api.public import NEWEST

#: Rows of a board on one page.
ROWS = 50
#: Facts behind a value, at first and at most.
FACTS, MOST_FACTS = 20, 200
Place = Annotated[int, Parameter(query="from", ge=1, le=10**9)]


@get("/")
async def home(request: Request, database: Database) -> Response[str]:
    """Boards and the active season."""
    boards, season = await asyncio.gather(
        database.rows(dict, "page_boards"), database.one(dict, "page_season")
    )
    return page(request, "home.html", boards=boards, season=season)


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
    found = await database.one(shapes.Board, "boards", key=key, after="", limit=1)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no board {key}")
    runs = await database.rows(
        shapes.BoardRun, "board_runs", key=key, run=None, before=NEWEST, limit=24
    )
    shown = await _run(database, key, run)
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
        runs=runs,
        run=shown,
        asked=run,
        entries=entries,
        around=around,
        own=own,
        first=first,
        rows=ROWS,
    )


async def _run(database: Database, key: str, run: int | None) -> shapes.BoardRun | None:
    """The run that is asked for, else the latest, else None."""
    if run is None:
        return await database.one(shapes.BoardRun, "board_latest_run", key=key)
    found = None
    if 0 <= run < NEWEST:
        found = await database.one(
            shapes.BoardRun, "board_runs", key=key, run=run, before=NEWEST, limit=1
        )
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"board {key} has no complete run {run}")
    return found


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
