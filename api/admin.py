"""What an admin does: boards, seasons, runs and requests, over the functions of hedge."""

import dataclasses
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, delete, get, post, put
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from api import shapes
from api.database import Database, rows, with_connection
from api.identity import require_admin
from api.problems import Refused, request_id
from hedge import boards, runs, seasons
from hedge.addresses import stored
from hedge.errors import UsageError
from hedge.queue import requests

Limit = Annotated[int, Parameter(ge=1, le=1000, description="How many at most.")]
UNSET = msgspec.UNSET


class Board(shapes.Body):
    """A board: what it ranks by, over which periods, who may be on it."""

    key: str
    name: str
    category_key: str
    metric_source: str
    metric_key: str
    time_window: str
    description: str = ""
    fallback_metric_source: str | None = None
    fallback_metric_key: str | None = None
    is_active: bool = True
    is_public: bool = True
    verified_only: bool = False
    max_entries: int = 1000


class BoardRun(shapes.Shape):
    """A run of a board, whatever became of it."""

    id: int
    leaderboard_key: str
    period_start: datetime | None
    period_end: datetime | None
    status: str
    as_of: datetime | None
    row_count: int | None
    error: str | None
    started_at: datetime | None
    finished_at: datetime | None


class ListedBoard(Board):
    """A board and its newest run."""

    newest_run: BoardRun | None = None


class BoardChanges(shapes.Body):
    """What to change of a board; what is left out stays."""

    name: str | msgspec.UnsetType = UNSET
    category_key: str | msgspec.UnsetType = UNSET
    metric_source: str | msgspec.UnsetType = UNSET
    metric_key: str | msgspec.UnsetType = UNSET
    time_window: str | msgspec.UnsetType = UNSET
    description: str | msgspec.UnsetType = UNSET
    fallback_metric_source: str | msgspec.UnsetType | None = UNSET
    fallback_metric_key: str | msgspec.UnsetType | None = UNSET
    is_active: bool | msgspec.UnsetType = UNSET
    is_public: bool | msgspec.UnsetType = UNSET
    verified_only: bool | msgspec.UnsetType = UNSET
    max_entries: int | msgspec.UnsetType = UNSET


class Period(shapes.Body):
    """A half-open period; without one, the one that holds now."""

    period_start: datetime | None = None
    period_end: datetime | None = None


class Season(shapes.Body):
    """A season; SEASON scoring counts what happens inside, LIFETIME values as they stand."""

    id: str
    name: str
    starts_at: datetime
    ends_at: datetime
    is_active: bool = False
    scoring: str = "SEASON"


class SeasonChanges(shapes.Body):
    """What to change of a season; what is left out stays."""

    name: str | msgspec.UnsetType = UNSET
    starts_at: datetime | msgspec.UnsetType = UNSET
    ends_at: datetime | msgspec.UnsetType = UNSET
    is_active: bool | msgspec.UnsetType = UNSET
    scoring: str | msgspec.UnsetType = UNSET


class Weight(shapes.Body):
    """Points per unit of a challenge's value."""

    challenge_key: str
    weight: float


class Kind(shapes.Body):
    """The kind of a run for everybody."""

    kind: str


class Asked(shapes.Shape):
    """A run that was asked for, and where to look for it."""

    request_id: int
    look_at: str


class Model(shapes.Shape):
    """What a run did with one table."""

    name: str
    state: str
    rows: int | None
    seconds: float


class Run(shapes.Shape):
    """A row of the ledger; scope_size None is everybody."""

    run_id: int
    kind: str
    scope_size: int | None
    as_of: datetime
    state: str
    started_at: datetime
    finished_at: datetime | None
    models: list[Model]
    error: str | None


class RunRequest(shapes.Shape):
    """A request that is not served yet: WAITING, RUNNING or PARKED with its error."""

    request_id: int
    kind: str
    cluster_id: str | None
    reason: str
    caused_by: str | None
    requested_at: datetime
    attempts: int
    next_attempt_at: datetime
    state: str
    error: str | None


def _given(changes: msgspec.Struct) -> dict[str, Any]:
    """The fields that a body names."""
    given = {
        field: getattr(changes, field)
        for field in changes.__struct_fields__
        if getattr(changes, field) is not UNSET
    }
    if not given:
        raise UsageError("the body names nothing to change")
    return given


# -- boards ------------------------------------------------------------------------------


@get("/leaderboards")
async def list_boards() -> list[ListedBoard]:
    """All boards, each with its newest run."""

    def read(connection: Any) -> list[ListedBoard]:
        newest = boards.newest_runs(connection)
        return [
            ListedBoard(
                **dataclasses.asdict(board),
                newest_run=BoardRun(**dataclasses.asdict(newest[board.key]))
                if board.key in newest
                else None,
            )
            for board in boards.all_boards(connection)
        ]

    return await with_connection(read)


@post("/leaderboards", status_code=HTTP_200_OK)
async def put_board(data: Board) -> Board:
    """Make a board, or replace the one of its key."""
    new = boards.Board(**msgspec.structs.asdict(data))
    await with_connection(boards.add, new, replace_existing=True)
    return data


@put("/leaderboards/{key:str}")
async def change_board(key: str, data: BoardChanges) -> Board:
    """Change what is given of a board."""
    await _require_board(key)
    changed = await with_connection(boards.edit, key, **_given(data))
    return Board(**dataclasses.asdict(changed))


@post("/leaderboards/{key:str}/run", status_code=HTTP_202_ACCEPTED)
async def run_board(key: str, data: Period | None = None) -> Asked:
    """Ask for a run of a board."""
    await _require_board(key)
    period = data or Period()
    if (period.period_start is None) != (period.period_end is None):
        raise UsageError("a period has both periodStart and periodEnd")
    span = period.period_start and (period.period_start, period.period_end)
    run = await with_connection(boards.request, key, span or None)
    return Asked(request_id=run, look_at=f"/admin/leaderboards/{key}/runs/{run}")


@get("/leaderboards/{key:str}/runs/{run:int}")
async def board_run(key: str, run: int) -> BoardRun:
    """A run of a board, whatever became of it."""
    await _require_board(key)
    found = await with_connection(boards.any_run, key, run)
    return BoardRun(**dataclasses.asdict(found))


async def _require_board(key: str) -> None:
    try:
        await with_connection(boards.board, key)
    except UsageError as error:
        raise Refused(HTTPStatus.NOT_FOUND, str(error)) from error


# -- seasons -----------------------------------------------------------------------------


@get("/seasons")
async def list_seasons() -> list[Season]:
    """All seasons, the newest first."""
    found = await with_connection(seasons.all_seasons)
    fields = Season.__struct_fields__
    return [Season(**{name: getattr(one, name) for name in fields}) for one in found]


@post("/seasons", status_code=HTTP_200_OK)
async def put_season(data: Season) -> Season:
    """Make a season, or replace the one of its id."""
    new = seasons.Season(**msgspec.structs.asdict(data))
    await with_connection(seasons.add, new, replace_existing=True)
    return data


@put("/seasons/{season:str}")
async def change_season(season: str, data: SeasonChanges) -> Season:
    """Change what is given of a season."""
    await _require_season(season)
    changed = await with_connection(seasons.edit, season, **_given(data))
    return Season(**dataclasses.asdict(changed))


@get("/seasons/{season:str}/weights")
async def season_weights(season: str) -> list[Weight]:
    """What challenges are worth in a season."""
    await _require_season(season)
    found = await with_connection(seasons.weights, season)
    return [Weight(challenge_key=one.challenge_key, weight=float(one.weight)) for one in found]


@post("/seasons/{season:str}/weights", status_code=HTTP_200_OK)
async def put_weights(season: str, data: list[Weight]) -> list[Weight]:
    """Make or replace each given weight; the others stay."""
    await _require_season(season)
    given = [{"challenge_key": one.challenge_key, "weight": f"{one.weight:.6f}"} for one in data]
    await with_connection(seasons.put_weights, season, given)
    return await season_weights.fn(season)


async def _require_season(season: str) -> None:
    try:
        await with_connection(seasons.season, season)
    except UsageError as error:
        raise Refused(HTTPStatus.NOT_FOUND, str(error)) from error


# -- runs --------------------------------------------------------------------------------


@post("/etl/clusters/{cluster:str}/run", status_code=HTTP_202_ACCEPTED)
async def run_cluster(request: Request, cluster: str) -> Asked:
    """Ask for a run of a cluster."""
    try:
        asked = await with_connection(requests.create, "CLUSTER", cluster, request_id(request))
    except UsageError as error:
        raise Refused(HTTPStatus.NOT_FOUND, str(error)) from error
    return Asked(request_id=asked, look_at="/admin/etl/requests")


@post("/etl/run", status_code=HTTP_202_ACCEPTED)
async def run_everybody(request: Request, data: Kind) -> Asked:
    """Ask for a FULL or INCREMENTAL run."""
    kind = data.kind.upper()
    if kind not in ("FULL", "INCREMENTAL"):
        raise UsageError(f"kind '{data.kind[:80]}' is not FULL or INCREMENTAL")
    asked = await with_connection(requests.create, kind, None, request_id(request))
    return Asked(request_id=asked, look_at="/admin/etl/requests")


@get("/etl/runs")
async def list_runs(limit: Limit = 100, before: int = 2**62) -> list[Run]:
    """The runs, newest first; before is the cursor: the last id of the page before."""
    found = await with_connection(runs.ledger, limit, before)
    return [_run(one) for one in found]


@get("/etl/runs/{run:int}")
async def one_run(run: int) -> Run:
    """One run."""
    found = await with_connection(runs.ledger, 1, run + 1)
    if not found or found[0].run_id != run:
        raise Refused(HTTPStatus.NOT_FOUND, f"no run {run}")
    return _run(found[0])


def _run(run: runs.Run) -> Run:
    fields = dataclasses.asdict(run)
    return Run(**fields | {"models": [Model(**model) for model in fields["models"]]})


@get("/etl/requests")
async def list_requests(limit: Limit = 100, after: int = 0) -> list[RunRequest]:
    """Requests that wait, run or are parked, oldest first; after is the cursor."""
    found = await with_connection(requests.unserved, after, limit)
    return [RunRequest(**dataclasses.asdict(one)) for one in found]


@post("/etl/requests/{number:int}/retry", status_code=HTTP_202_ACCEPTED)
async def retry(number: int) -> Asked:
    """Let a parked request be tried again."""
    try:
        await with_connection(requests.retry, number)
    except UsageError as error:
        raise Refused(HTTPStatus.NOT_FOUND, str(error)) from error
    return Asked(request_id=number, look_at="/admin/etl/requests")


# -- wallets -----------------------------------------------------------------------------


@delete("/wallets/{address:str}", status_code=HTTP_200_OK)
async def unlink(request: Request, database: Database, address: str) -> shapes.Wallets:
    """Unlink a wallet, a verified one too; answers the wallets that its player keeps."""
    wallet = stored(address)
    async with database.transaction(request_id(request)) as connection:
        holder = await rows(connection, dict, "wallet_holder", address=wallet)
        if not holder:
            raise Refused(HTTPStatus.NOT_FOUND, f"the wallet {address} is not linked")
        cluster = holder[0]["cluster_id"]
        found = await rows(connection, dict, "cluster_lock", cluster=cluster)
        await rows(connection, dict, "wallet_unlink", cluster=cluster, address=wallet)
        await rows(connection, dict, "wallet_promote", cluster=cluster)
    return shapes.Wallets(
        wallets=await database.rows(shapes.Wallet, "wallets", player=found[0]["player_id"])
    )


router = Router(
    "/admin",
    route_handlers=[
        list_boards,
        put_board,
        change_board,
        run_board,
        board_run,
        list_seasons,
        put_season,
        change_season,
        season_weights,
        put_weights,
        run_cluster,
        run_everybody,
        list_runs,
        one_run,
        list_requests,
        retry,
        unlink,
    ],
    guards=[require_admin],
    security=[{"token": []}],
    tags=["admin"],
)
