"""Public pages: boards, and challenges of a cluster."""

import asyncio
from http import HTTPStatus
from itertools import zip_longest
from typing import Annotated
from urllib.parse import quote

from litestar import Request, Response, Router, get
from litestar.params import Parameter
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api import account_shapes, boards
from api.database import Database
from api.explanations import explained
from api.pages.rendering import page
from api.problems import Refused
from hedge.counting import decimals

#: Entries of a board on one page, and the newest board runs that it links to.
ROWS, RUNS = 50, 24
#: The newest facts that explain a value: by default, and at most.
FACTS, MAX_FACTS = 20, 200
Place = Annotated[int, Parameter(query="from", ge=1, le=10**9)]


@get("/")
async def home(request: Request, database: Database) -> Response[str]:
    """Boards and the current season."""
    listed, season = await asyncio.gather(
        database.rows(dict, "page_boards"), database.one(dict, "page_season")
    )
    return page(request, "home.html", boards=listed, season=season)


@get("/find", status_code=HTTP_303_SEE_OTHER)
async def find(cluster: str = "") -> Redirect:
    """Redirect from the search field to the page of a cluster."""
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
    """A board run, the one that readers see unless another is given, and a cluster's neighbours."""
    found = await boards.board(database, key)
    if run is None:
        shown = await boards.latest_run(database, key)
    else:
        shown = await boards.run(database, key, run)
    own = await _own_cluster(request, database)
    near = cluster or own
    entries, around = [], []
    if shown is not None:
        entries = await database.rows(
            dict, "page_board_entries", run=shown.id, first=first, rows=ROWS, cluster=None
        )
        if near is not None:
            around = await database.rows(
                dict, "page_board_entries", run=shown.id, first=1, rows=ROWS, cluster=near
            )
    keys = await database.rows(dict, "page_board_keys", key=key)
    columns = zip_longest(*([one["score"], *one["further_values"]] for one in (*entries, *around)))
    listed = next((one for one in entries if one["cluster_id"] == near), None)
    places = {one["place"] for one in entries}
    return page(
        request,
        "board.html",
        board=found,
        runs=await boards.runs(database, key, limit=RUNS),
        run=shown,
        requested_run=run,
        entries=entries,
        # no row is shown twice, and none apart from a list that has the cluster
        around=[one for one in around if listed is None and one["place"] not in places],
        listed=listed,
        digits=[decimals(column, 2) for column in columns],
        further_keys=[one["metric"] for one in keys[1:]],
        asked=cluster,
        near=near,
        own=own,
        first=first,
        rows=ROWS,
    )


async def _own_cluster(request: Request, database: Database) -> str | None:
    """The cluster of the player who is signed in."""
    if request.user.player_id is None:
        return None
    found = await database.one(account_shapes.Me, "player", player=request.user.player_id)
    return found.cluster_id if found is not None else None


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
    head, found, tiers, beside, (explanation, windows) = await asyncio.gather(
        database.one(dict, "page_cluster", cluster=cluster),
        database.one(dict, "page_challenges", cluster=cluster, challenge=key),
        database.rows(dict, "page_tiers", cluster=cluster, challenge=key),
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
        # a challenge that is retired stands beside none
        beside=beside,
        explanation=explanation,
        windows=windows,
        limit=limit,
        most=MAX_FACTS,
    )


router = Router("/", route_handlers=[home, find, board, challenge])
