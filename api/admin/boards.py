"""Boards and their runs."""

from typing import Annotated

from litestar import MediaType, Request, Response, get, post, put
from litestar.dto import DataclassDTO, DTOData
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from api import paging
from api.admin.common import (
    BODY,
    Accepted,
    changes_of,
    create_or_replace,
    existing,
    given_fields,
)
from api.database import with_connection
from api.instants import parse_instant
from api.paging import After, Limit
from api.shape import Body
from hedge import boards
from hedge.boards import Board, BoardRun, ListedBoard
from hedge.errors import UsageError


class BoardBody(DataclassDTO[Annotated[Board, BODY]]):
    """A board."""

    __schema_name__ = "AdminBoard"


class BoardChanges(DataclassDTO[Annotated[Board, changes_of(key="key")]]):
    """The fields of a board to change."""

    __schema_name__ = "BoardChanges"


class ListedBoardBody(DataclassDTO[Annotated[ListedBoard, BODY]]):
    """A board and its newest run."""

    __schema_name__ = "ListedBoard"


class BoardRunBody(DataclassDTO[Annotated[BoardRun, BODY]]):
    """A board run."""

    __schema_name__ = "AdminBoardRun"


class GivenPeriod(Body):
    """A half-open board period of two instants or days (the beginnings of days in UTC); without
    it, the period that contains now."""

    period_start: str | None = None
    period_end: str | None = None


class AcceptedBoardRun(Accepted):
    """A requested board run. run_id is its id, and request_id the same number."""

    run_id: int


@get("/leaderboards", return_dto=ListedBoardBody, media_type=MediaType.JSON)
async def list_boards(
    request: Request, limit: Limit = 1000, after: After = ""
) -> Response[list[ListedBoard]]:
    """All boards by key, each with its newest run."""
    found: list[ListedBoard] = await with_connection(boards.listed_boards)
    page, following = paging.slice_of(found, limit, after, lambda board: board.key)
    return Response(page, media_type=MediaType.JSON, headers=paging.link(request, following))


@post("/leaderboards", dto=BoardBody, status_code=HTTP_200_OK, media_type=MediaType.JSON)
async def put_board(request: Request, data: Board) -> Response[Board]:
    """Create a board. Under /v1 the status is 201, and 409 where the key exists. Without /v1 it is
    200, and a board that has the key is replaced, which is deprecated: PUT changes it."""
    return await create_or_replace(request, boards.add, data)


@put("/leaderboards/{key:str}", dto=BoardChanges, return_dto=BoardBody)
async def change_board(key: str, data: DTOData[Board]) -> Board:
    """Change the given fields of a board."""
    await existing(boards.board, key)
    changed: Board = await with_connection(boards.edit, key, **given_fields(data))
    return changed


@post("/leaderboards/{key:str}/run", status_code=HTTP_202_ACCEPTED)
async def run_board(key: str, data: GivenPeriod | None = None) -> AcceptedBoardRun:
    """Request a run of a board."""
    await existing(boards.board, key)
    period = data or GivenPeriod()
    given = {"periodStart": period.period_start, "periodEnd": period.period_end}
    span = [parse_instant(name, text) for name, text in given.items() if text is not None]
    if len(span) == 1:
        raise UsageError("a period has both periodStart and periodEnd")
    run = await with_connection(boards.request, key, tuple(span) or None)
    look_at = f"/admin/leaderboards/{key}/runs/{run}"
    return AcceptedBoardRun(request_id=run, run_id=run, look_at=look_at)


@get("/leaderboards/{key:str}/runs/{run:int}", return_dto=BoardRunBody)
async def board_run(key: str, run: int) -> BoardRun:
    """A run of a board, of any status."""
    await existing(boards.board, key)
    found: BoardRun = await existing(boards.any_run, key, run)
    return found


HANDLERS = (list_boards, put_board, change_board, run_board, board_run)
