"""Pages of an admin, who signs in with a token: runs and requests, tables, boards, seasons."""

import asyncio
from http import HTTPStatus
from typing import Any, cast

from litestar import Request, Response, Router, get, post
from litestar.exceptions import HTTPException
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api.database import Database, with_connection
from api.identity import is_admin, require_admin_session, require_own_origin
from api.pages import calibration
from api.pages.errors import answer
from api.pages.forms import Form, go, instant, tried, whole
from api.pages.rendering import page, remember
from api.problems import Refused, request_id
from api.settings import Settings
from hedge import boards, seasons
from hedge.errors import UsageError
from hedge.queue import requests
from hedge.tokens import hashed

#: Requests that are looked at for the page, the oldest first.
MOST_REQUESTS = 500


def sign_in_page(request: Request, error: Exception) -> Response:
    """Who is not signed in gets the form; any other error is shown as everywhere."""
    if not isinstance(error, Refused) or error.status_code != HTTPStatus.UNAUTHORIZED:
        return answer(request, error)
    notice = request.session.pop("notice", None)
    return page(request, "admin_sign_in.html", HTTPStatus.UNAUTHORIZED, notice=notice)


@post("/sign-in", guards=[require_own_origin], status_code=HTTP_303_SEE_OTHER)
async def sign_in(request: Request, database: Database, data: Form) -> Redirect:
    """Remember the hash of an admin's token in the session."""
    token_hash = hashed(data.get("token", "").strip())
    if await is_admin(database, token_hash):
        request.session["admin"] = token_hash.hex()
    else:
        remember(request, "this is not the token of an admin", is_error=True)
    return go("/admin")


@post("/sign-out", guards=[require_own_origin], status_code=HTTP_303_SEE_OTHER)
async def sign_out(request: Request) -> Redirect:
    """Forget the token."""
    request.session.pop("admin", None)
    return go("/")


# -- runs --------------------------------------------------------------------------------


@get()
async def overview(request: Request, database: Database) -> Response[str]:
    """Runs, and the requests that wait or are parked."""
    runs, waiting = await asyncio.gather(
        database.rows(dict, "page_runs", run=None),
        with_connection(requests.unserved, 0, MOST_REQUESTS),
    )
    return page(request, "admin_runs.html", runs=runs, requests=waiting, most=MOST_REQUESTS)


@get("/runs/{run:int}")
async def one_run(request: Request, database: Database, run: int) -> Response[str]:
    """One run with its models."""
    found = await database.one(dict, "page_runs", run=run) if 0 <= run < 2**63 else None
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no run {run}")
    return page(request, "admin_run.html", run=found)


@post("/requests", status_code=HTTP_303_SEE_OTHER)
async def ask(request: Request, data: Form) -> Redirect:
    """Ask for a run: of a cluster where one is named, else FULL or INCREMENTAL."""
    cluster = data.get("cluster", "").strip() or None
    kind = "CLUSTER" if cluster else data.get("kind", "")
    if kind == "CLUSTER" and cluster is None:
        remember(request, "name the cluster", is_error=True)
        return go("/admin")
    doing = with_connection(requests.create, kind, cluster, request_id(request))
    return await tried(request, doing, "The run is asked for.", "/admin")


@post("/requests/retry", status_code=HTTP_303_SEE_OTHER)
async def retry(request: Request, data: Form) -> Redirect:
    """Let a parked request be tried again."""

    async def doing() -> None:
        number = whole("request", data.get("request", ""))
        await with_connection(requests.retry, number)

    return await tried(request, doing(), "The request is tried again.", "/admin")


# -- tables ------------------------------------------------------------------------------


@get("/tables")
async def tables(request: Request, database: Database) -> Response[str]:
    """How fresh the raw tables are, and what did not load."""
    found, rejected = await asyncio.gather(
        database.rows(dict, "page_freshness"), database.rows(dict, "page_rejected")
    )
    return page(request, "admin_tables.html", tables=found, rejected=rejected)


# -- boards and seasons ------------------------------------------------------------------


@get("/boards")
async def list_boards(request: Request) -> Response[str]:
    """Boards with their newest runs, and seasons."""

    def read(connection: Any) -> dict[str, Any]:
        return {
            "boards": boards.listed_boards(connection),
            "seasons": seasons.all_seasons(connection),
        }

    return page(request, "admin_boards.html", **await with_connection(read))


@get("/boards/edit")
async def board_form(request: Request, database: Database, key: str = "") -> Response[str]:
    """The form of a new board, or of one that stands."""
    board = None
    if key:
        board = await _found(boards.board, key)
    choices = await database.one(dict, "page_catalogue")
    return page(request, "admin_board.html", board=board, choices=choices)


@post("/boards", status_code=HTTP_303_SEE_OTHER)
async def put_board(request: Request, data: Form) -> Redirect:
    """Make a board, or change the one of its key."""
    key, is_new = data.get("key", "").strip(), "new" in data

    async def doing() -> None:
        source, _, metric = data.get("metric", "").strip().partition(".")
        other, _, fallback = data.get("fallback", "").strip().partition(".")
        board = boards.Board(
            key=key,
            name=data.get("name", "").strip(),
            description=data.get("description", "").strip(),
            category_key=data.get("category", ""),
            metric_source=source,
            metric_key=metric,
            fallback_metric_source=other or None,
            fallback_metric_key=fallback or None,
            # hedge.boards refuses any other word
            time_window=cast(boards.TimeWindow, data.get("window", "")),
            is_active="isActive" in data,
            is_public="isPublic" in data,
            verified_only="verifiedOnly" in data,
            max_entries=whole("most entries", data.get("maxEntries", "")),
        )
        await with_connection(boards.add, board, replace_existing=not is_new)

    return await tried(request, doing(), f"Board {key} is saved.", "/admin/boards")


@post("/boards/run", status_code=HTTP_303_SEE_OTHER)
async def run_board(request: Request, data: Form) -> Redirect:
    """Ask for a run of a board, for the period that holds now."""
    key = data.get("key", "")
    doing = with_connection(boards.request, key)
    return await tried(request, doing, f"A run of board {key} is asked for.", "/admin/boards")


@get("/boards/season")
async def season_form(request: Request, season: str = "") -> Response[str]:
    """The form of a new season, or of one that stands, with what its challenges are worth."""
    found, weights = None, []
    if season:
        found = await _found(seasons.season, season)
        weights = await with_connection(seasons.weights, season)
    return page(request, "admin_season.html", season=found, weights=weights)


@post("/boards/season", status_code=HTTP_303_SEE_OTHER)
async def put_season(request: Request, data: Form) -> Redirect:
    """Make a season, or change the one of its id."""
    name, is_new = data.get("id", "").strip(), "new" in data

    async def doing() -> None:
        season = seasons.Season(
            id=name,
            name=data.get("name", "").strip(),
            starts_at=instant("start", data.get("startsAt", "")),
            ends_at=instant("end", data.get("endsAt", "")),
            is_active="isActive" in data,
            # the constraint of the table refuses any other word
            scoring=cast(seasons.Scoring, data.get("scoring", "")),
        )
        await with_connection(seasons.add, season, replace_existing=not is_new)

    return await tried(request, doing(), f"Season {name} is saved.", "/admin/boards")


@post("/boards/season/weight", status_code=HTTP_303_SEE_OTHER)
async def put_weight(request: Request, data: Form) -> Redirect:
    """Make or replace what a challenge is worth in a season."""
    season = data.get("season", "")
    given = [
        {
            "challenge_key": data.get("challenge", "").strip(),
            "weight": data.get("weight", "").strip(),
        }
    ]
    doing = with_connection(seasons.put_weights, season, given)
    return await tried(request, doing, "The weight is saved.", "/admin/boards")


async def _found(read: Any, name: str) -> Any:
    try:
        return await with_connection(read, name)
    except UsageError as error:
        raise Refused(HTTPStatus.NOT_FOUND, str(error)) from error


def router(settings: Settings) -> Router:
    """The routes of an admin; signing in has a rate limit."""
    limit = RateLimitConfig(("minute", settings.sign_ins_a_minute), store="sign_ins")
    return Router(
        "/admin",
        route_handlers=[
            Router("/", route_handlers=[sign_in], middleware=[limit.middleware]),
            sign_out,
            Router(
                "/",
                route_handlers=[
                    *(overview, one_run, ask, retry, tables),
                    *(list_boards, board_form, put_board, run_board),
                    *(season_form, put_season, put_weight, calibration.show),
                ],
                guards=[require_own_origin, require_admin_session],
            ),
        ],
        # both, because the application names both
        exception_handlers={Exception: sign_in_page, HTTPException: sign_in_page},
    )
