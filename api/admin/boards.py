"""Boards and their runs."""

from dataclasses import dataclass, fields, replace
from typing import Annotated, Any

import msgspec
from litestar import MediaType, Request, Response, get, post, put
from litestar.dto import DataclassDTO, DTOConfig, DTOData
from litestar.params import FromPath, FromQuery, JSONBody
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
from api.problems import request_id
from api.shape import Body
from hedge import boards
from hedge.boards import Board, BoardRun, Direction, ListedBoard, OrderingKey
from hedge.errors import UsageError

#: The fields that bodies show as orderingKeys. The first two keys have their older fields too.
_KEY_FIELDS = {
    *("metric_direction", "fallback_direction"),
    *("third_metric_source", "third_metric_key", "third_direction"),
    *("fourth_metric_source", "fourth_metric_key", "fourth_direction"),
}


class BoardKey(Body):
    """A metric by which a board ranks, and its direction: with desc the largest values come
    first."""

    metric_source: str
    metric_key: str
    direction: Direction = "desc"


@dataclass(frozen=True, kw_only=True)
class GivenBoard(Board):
    """A board whose metrics are its ordering_keys, or in the older form one metric and a
    fallback metric."""

    metric_source: str = ""
    metric_key: str = ""
    ordering_keys: list[BoardKey] | None = None


@dataclass(frozen=True, kw_only=True)
class ShownBoard(Board):
    """A board with all its ordering keys."""

    ordering_keys: list[BoardKey]


@dataclass(frozen=True, kw_only=True)
class ShownListedBoard(ListedBoard):
    """The same with the newest run."""

    ordering_keys: list[BoardKey]


def _body(**given: Any) -> DTOConfig:
    return replace(BODY, exclude=_KEY_FIELDS, **given)


class GivenBoardBody(DataclassDTO[Annotated[GivenBoard, _body()]]):
    """A board."""

    __schema_name__ = "GivenBoard"


class BoardBody(DataclassDTO[Annotated[ShownBoard, _body()]]):
    """A board."""

    __schema_name__ = "AdminBoard"


_CHANGES = changes_of(key="key")


class BoardChanges(
    DataclassDTO[Annotated[GivenBoard, replace(_CHANGES, exclude=_CHANGES.exclude | _KEY_FIELDS)]]
):
    """The fields of a board to change."""

    __schema_name__ = "BoardChanges"


class ListedBoardBody(DataclassDTO[Annotated[ShownListedBoard, _body(max_nested_depth=2)]]):
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


def _written(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a board that a body sets; UsageError where it names its metrics twice."""
    given = dict(given)
    keys = given.pop("ordering_keys", None)
    if keys is None:
        return given
    for name in _OLDER_FORM:
        if given.pop(name, None):
            raise UsageError(
                f"orderingKeys name the metrics already: leave {_OLDER_FORM[name]} out"
            )
    return given | boards.fields_of_keys(
        [OrderingKey(**msgspec.structs.asdict(key)) for key in keys]
    )


#: The fields of the older form, and their names in bodies.
_OLDER_FORM = {
    "metric_source": "metricSource",
    "metric_key": "metricKey",
    "fallback_metric_source": "fallbackMetricSource",
    "fallback_metric_key": "fallbackMetricKey",
}


def _values(record: Any) -> dict[str, Any]:
    """The fields of a record by their names."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _board_of(given: GivenBoard) -> Board:
    """The board of a body; UsageError where it names no metric."""
    written = _written(_values(given))
    if not (written["metric_source"] and written["metric_key"]):
        raise UsageError("a board has orderingKeys, or metricSource and metricKey")
    return Board(**written)


def _keys(board: Board) -> list[BoardKey]:
    return [BoardKey(**_values(key)) for key in boards.ordering_keys(board)]


def _shown(board: Board) -> ShownBoard:
    return ShownBoard(**_values(board), ordering_keys=_keys(board))


@get("/leaderboards", return_dto=ListedBoardBody, media_type=MediaType.JSON)
async def list_boards(
    request: Request, limit: Limit = 1000, after: After = ""
) -> Response[list[ShownListedBoard]]:
    """All boards by key, each with its newest run."""
    found = [
        ShownListedBoard(**_values(board), ordering_keys=_keys(board))
        for board in await with_connection(boards.listed_boards)
    ]
    page, following = paging.slice_of(found, limit, after, lambda board: board.key)
    return Response(page, media_type=MediaType.JSON, headers=paging.link(request, following))


@post(
    "/leaderboards",
    dto=GivenBoardBody,
    return_dto=BoardBody,
    status_code=HTTP_200_OK,
    media_type=MediaType.JSON,
)
async def put_board(request: Request, data: JSONBody[GivenBoard]) -> Response[ShownBoard]:
    """Create a board. Its metrics are orderingKeys, one to four, or metricSource and metricKey and
    those of the fallback. Under /v1 the status is 201, and 409 where the key exists. Without /v1 it
    is 200, and a board that has the key is replaced, which is deprecated: PUT changes it."""
    stored = await create_or_replace(request, boards.add, _board_of(data))
    return Response(
        _shown(stored.content), media_type=MediaType.JSON, status_code=stored.status_code
    )


@put("/leaderboards/{key:str}", dto=BoardChanges, return_dto=BoardBody)
async def change_board(
    key: FromPath[str], data: JSONBody[DTOData[GivenBoard]], unchecked: FromQuery[bool] = False
) -> ShownBoard:
    """Change the given fields of a board; orderingKeys are replaced as a whole. A draft goes live
    by its state alone, and where nothing is missing, unless unchecked."""
    await existing(boards.board, key)
    changes = _written(given_fields(data))
    return _shown(await with_connection(boards.edit, key, unchecked=unchecked, **changes))


@post("/leaderboards/{key:str}/run", status_code=HTTP_202_ACCEPTED)
async def run_board(
    request: Request, key: FromPath[str], data: JSONBody[GivenPeriod | None] = None
) -> AcceptedBoardRun:
    """Request a run of a board."""
    await existing(boards.board, key)
    period = data or GivenPeriod()
    given = {"periodStart": period.period_start, "periodEnd": period.period_end}
    span = [parse_instant(name, text) for name, text in given.items() if text is not None]
    if len(span) == 1:
        raise UsageError("a period has both periodStart and periodEnd")
    run = await with_connection(boards.request, key, tuple(span) or None, request_id(request))
    look_at = f"/admin/leaderboards/{key}/runs/{run}"
    return AcceptedBoardRun(request_id=run, run_id=run, look_at=look_at)


@get("/leaderboards/{key:str}/runs/{run:int}", return_dto=BoardRunBody)
async def board_run(key: FromPath[str], run: FromPath[int]) -> BoardRun:
    """A run of a board, of any status."""
    await existing(boards.board, key)
    found: BoardRun = await existing(boards.any_run, key, run)
    return found


HANDLERS = (list_boards, put_board, change_board, run_board, board_run)
