"""Routes of boards, which need no sign-in."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qsl

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.enums import ScopeType
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.types import ASGIApp, Receive, Scope, Send

from api import board_shapes, boards, paging
from api.accounts import account
from api.cluster_ids import cluster_ids
from api.database import Database
from api.identity import acting_player
from api.instants import parse_instant
from api.numbers import ExactResponse
from api.paging import After, Limit
from api.problems import Refused
from hedge.ids import LARGEST


@get("/leaderboards")
async def list_boards(
    request: Request, database: NamedDependency[Database], limit: Limit = 100, after: After = ""
) -> Response[list[board_shapes.Board]]:
    """Active public boards by key."""
    # older clients send the last key of the page before
    is_key = after and not paging.is_cursor(after)
    (key,) = [after] if is_key else paging.place(after, str) or [""]
    found = await database.rows(board_shapes.Board, "boards", key=None, after=key, limit=limit + 1)
    page, following = paging.cut(found, limit, lambda board: [board.key])
    return paging.answer(request, page, following)


@get("/leaderboards/{key:str}")
async def one_board(
    database: NamedDependency[Database], key: FromPath[str]
) -> board_shapes.BoardDefinition:
    """What a board ranks and when, with the period that goes on and the computed ones."""
    return await boards.definition(database, key)


@get(
    "/leaderboards/{key:str}/latest",
    responses={304: ResponseSpec(None, description="The client has this version: If-None-Match")},
)
async def latest(
    request: Request,
    database: NamedDependency[Database],
    key: FromPath[str],
    limit: Limit = 100,
    after: After = "",
    at: FromQuery[str | None] = None,
    clusters: Annotated[str | None, QueryParameter(name="clusterIds")] = None,
    me: FromQuery[bool] = False,
) -> Response[board_shapes.Standing]:
    """The run of a board for the latest period, at most a second old, or for the period that holds
    the instant `at`. With clusterIds, at most 100 ids with commas between them, only their entries.
    With me=true the answer contains the caller's own entry, and the caller has to be signed in.

    Pages behind a cursor are of the run of the first page, also when there is a newer one."""
    ids = None if clusters is None else cluster_ids("clusterIds", clusters)
    place = paging.place(after, int, int, str)

    async def compute() -> board_shapes.Standing:
        if place:
            run = await boards.run(database, key, place[0])
        else:
            run = await _run(database, key, at)
        return await boards.standing(
            database, key, run, limit, place=place and place[1:], clusters=ids
        )

    if not me:
        cache = request.app.state.response_cache
        response: Response[board_shapes.Standing] = await cache.respond(
            request, compute, lambda found: paging.link(request, found.next)
        )
        return response
    own = await _own_cluster(request, database)
    found = await compute()
    mine = []
    if own is not None:
        mine = await boards.entries(database, found.run, found.previous, 1, clusters=[own])
    found.me = next(iter(mine), None)
    headers = {"Cache-Control": "private, no-store"} | paging.link(request, found.next)
    return ExactResponse(found, headers=headers)


@get("/leaderboards/{key:str}/runs")
async def list_runs(
    request: Request,
    database: NamedDependency[Database],
    key: FromPath[str],
    limit: Limit = 100,
    after: After = "",
    before: Annotated[int, QueryParameter(description="As after: the last id.")] = LARGEST,
) -> Response[list[board_shapes.BoardRun]]:
    """Complete runs, newest first."""
    await boards.board(database, key)
    place = paging.place(after, int)
    found = await boards.runs(database, key, limit + 1, place[0] if place else before)
    page, following = paging.cut(found, limit, lambda run: [run.id])
    return paging.answer(request, page, following)


@get("/leaderboards/{key:str}/runs/{run:int}")
async def one_run(
    request: Request,
    database: NamedDependency[Database],
    key: FromPath[str],
    run: FromPath[int],
    limit: Limit = 100,
    after: After = "",
) -> Response[board_shapes.Standing]:
    """One complete run of a board, with its entries."""
    place = paging.place(after, int, int, str)
    if place and place[0] != run:
        raise paging.refused(after)
    found = await boards.standing(
        database, key, await boards.run(database, key, run), limit, place=place and place[1:]
    )
    return paging.answer(request, found, found.next)


@get("/leaderboards/{key:str}/around")
async def around(
    database: NamedDependency[Database],
    key: FromPath[str],
    cluster: Annotated[str, QueryParameter(name="clusterId")],
    neighbours: Annotated[int, QueryParameter(ge=0, le=100)] = 5,
) -> board_shapes.Standing:
    """The entry of a cluster in the latest run, with its neighbours on both sides."""
    run = await _run(database, key)
    previous = await boards.run_before(database, key, run)
    entries = await database.rows(
        board_shapes.Entry,
        "board_around",
        run=run.id,
        previous_run=previous and previous.run_id,
        cluster=cluster,
        neighbours=neighbours,
    )
    if not entries:
        raise Refused(
            HTTPStatus.NOT_FOUND, f"cluster {cluster} is not on board {key}", code="not_on_board"
        )
    return board_shapes.Standing(
        leaderboard=await boards.head(database, key, run),
        run=run,
        previous=previous,
        entries=entries,
    )


async def _run(database: Database, key: str, at: str | None = None) -> board_shapes.BoardRun:
    """The run that readers see, or the one of the period that holds an instant."""
    if at is None:
        found = await boards.latest_run(database, key)
        fault = f"board {key} was not computed yet"
    else:
        found = await boards.run_at(database, key, parse_instant("at", at))
        fault = f"board {key} was not computed for a period that holds {at[:80]}"
    if found is None:
        await boards.board(database, key)
        raise Refused(HTTPStatus.NOT_FOUND, fault, code="not_computed")
    return found


async def _own_cluster(request: Request, database: Database) -> str | None:
    """The cluster of the caller, None where no wallet was linked yet; 401 without a caller."""
    if request.user.player_id is None:
        raise Refused(HTTPStatus.UNAUTHORIZED, "sign in first: me is your own entry")
    return (await account(database, acting_player(request))).cluster_id


def only_for_me(stack: Sequence[Callable[..., ASGIApp]]) -> Callable[[ASGIApp], ASGIApp]:
    """Middleware that reads who the caller is only where the query has `me`: all other answers are
    the same for everybody, and reading a session costs more than most of them."""

    def wrap(app: ASGIApp) -> ASGIApp:
        knowing = app
        for middleware in reversed(stack):
            knowing = middleware(app=knowing)

        async def choose(scope: Scope, receive: Receive, send: Send) -> None:
            query = b"" if scope["type"] != ScopeType.HTTP else scope["query_string"]
            asks = any(name == "me" for name, _ in parse_qsl(query.decode("latin-1")))
            await (knowing if asks else app)(scope, receive, send)

        return choose

    return wrap


def router(stack: Sequence[Callable[..., Any]]) -> Router:
    """The routes of boards; stack is the middleware that reads who the caller is."""
    return Router(
        "/",
        route_handlers=[
            *(list_boards, one_board, list_runs, one_run, around),
            Router("/", route_handlers=[latest], middleware=[only_for_me(stack)]),
        ],
        tags=["boards"],
    )
