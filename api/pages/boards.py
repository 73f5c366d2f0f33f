"""Public pages of boards: a board with its periods, and the winners of past periods."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api import board_shapes, boards
from api.database import Database
from api.instants import parse_instant
from api.pages.readers import own_cluster
from api.pages.rendering import page
from hedge.counting import decimals
from hedge.names import folded

#: Entries of a board on one page, and the newest board runs that it links to.
ROWS, RUNS = 50, 24
#: Players that a search in a board lists, and the longest text that it looks for.
FOUND, LONGEST = 20, 100
#: Past periods with their winners: beside a board, and on a page of their own.
WINNERS_BESIDE, WINNERS = 3, 24
Place = Annotated[int, QueryParameter(name="from", ge=1, le=10**9)]


@get("/boards")
async def all_boards() -> Redirect:
    """The boards stand on the first page."""
    return Redirect("/#boards", status_code=HTTP_303_SEE_OTHER)


@get("/boards/{key:str}")
async def board(
    request: Request,
    database: NamedDependency[Database],
    key: FromPath[str],
    run: FromQuery[int | None] = None,
    first: Place = 1,
    cluster: Annotated[str | None, QueryParameter(name="clusterId")] = None,
    find: FromQuery[str] = "",
) -> Response[str] | Redirect:
    """A board run, the one that readers see unless another is given, and a cluster's neighbours.
    With find, the players of the run whose id or shown name begins with it; where that is one, a
    redirect to its place."""
    found = await boards.board(database, key)
    if run is None:
        shown = await boards.latest_run(database, key)
    else:
        shown = await boards.run(database, key, run)
    matches: list[dict[str, Any]] | None = None
    if shown is not None and (text := find.strip()):
        matches = await _matches(database, shown.id, text)
        if len(matches) == 1 or (matches and matches[0]["is_whole"]):
            return _place_of(key, run, matches[0]["cluster_id"])
    own = await own_cluster(request, database)
    near = cluster or own
    context: dict[str, Any] = {"entries": [], "around": [], "standing": None, "periods": {}}
    if shown is not None:
        context = await _shown(database, key, shown, first, near)
    keys, winners, current, runs = await asyncio.gather(
        database.rows(dict, "page_board_keys", key=key),
        database.rows(dict, "page_board_winners", key=key, before=None, limit=WINNERS_BESIDE),
        boards.current_periods(database, [key]),
        boards.runs(database, key, limit=RUNS),
    )
    return page(
        request,
        "board.html",
        board=found,
        runs=runs,
        run=shown,
        requested_run=run,
        keys=keys,
        winners=winners,
        current=current[key],
        now=datetime.now(UTC),
        asked=cluster,
        near=near,
        own=own,
        first=first,
        rows=ROWS,
        find=find.strip()[:LONGEST],
        matches=matches,
        most=FOUND,
        **context,
    )


async def _matches(database: Database, run: int, text: str) -> list[dict[str, Any]]:
    """Players of a run whose id or shown name begins with a text, one more than are listed."""
    if len(text) > LONGEST:
        return []
    return await database.rows(
        dict, "page_board_found", run=run, text=text, folded=folded(text), limit=FOUND + 1
    )


def _place_of(key: str, run: int | None, cluster: str) -> Redirect:
    """The redirect to the place of a cluster in a run, the one that readers see unless another is
    given."""
    query = {"run": str(run)} if run is not None else {}
    asked = urlencode(query | {"clusterId": cluster})
    return Redirect(f"/boards/{quote(key)}?{asked}#near", status_code=HTTP_303_SEE_OTHER)


async def _shown(
    database: Database, key: str, shown: board_shapes.BoardRun, first: int, near: str | None
) -> dict[str, Any]:
    """What a board shows of a run: a page of entries with the ranks of the period before, and the
    place of a cluster with its neighbours."""
    periods = await periods_beside(database, key, shown.id)
    before = periods["before"]["run_id"] if "before" in periods else None
    asked = {"run": shown.id, "previous": before}
    entries = await database.rows(
        dict, "page_board_entries", **asked, first=first, rows=ROWS, cluster=None
    )
    around: list[dict[str, Any]] = []
    standing = None
    if near is not None:
        around, standing = await asyncio.gather(
            database.rows(dict, "page_board_entries", **asked, first=1, rows=ROWS, cluster=near),
            database.one(dict, "page_board_standing", **asked, cluster=near),
        )
    columns = zip_longest(*([one["score"], *one["further_values"]] for one in (*entries, *around)))
    listed = any(one["cluster_id"] == near for one in entries)
    places = {one["place"] for one in entries}
    return {
        "periods": periods,
        "standing": standing,
        "entries": entries,
        # no row is shown twice, and none apart from a list that has the cluster
        "around": [one for one in around if not listed and one["place"] not in places],
        "listed": listed,
        "digits": [decimals(column, 2) for column in columns],
    }


async def periods_beside(database: Database, key: str, run: int) -> Mapping[str, Mapping[str, Any]]:
    """The runs that count of the periods `before` and `after` that of a run, where there are; of a
    board of all time, the last runs of the days before and after."""
    found = await database.rows(dict, "page_board_periods", key=key, run=run)
    return {one["side"]: one for one in found}


@get("/boards/{key:str}/winners")
async def winners(
    request: Request,
    database: NamedDependency[Database],
    key: FromPath[str],
    before: FromQuery[str | None] = None,
) -> Response[str]:
    """The first three of each period that is over, the latest period first; of those that ended
    before an instant, where one is given."""
    found = await boards.board(database, key)
    instant = None if before is None else parse_instant("before", before)
    past: Sequence[dict[str, Any]] = await database.rows(
        dict, "page_board_winners", key=key, before=instant, limit=WINNERS + 1
    )
    shown = past[:WINNERS]
    scores = [one["score"] for period in shown for one in period["winners"]]
    return page(
        request,
        "winners.html",
        board=found,
        past=shown,
        is_first=instant is None,
        has_more=len(past) > WINNERS,
        digits=decimals(scores, 2),
    )


router = Router("/", route_handlers=[all_boards, board, winners])
