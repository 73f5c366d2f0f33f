"""Pages of an admin, who signs in with a token: runs, requests, raw tables, boards, seasons."""

import asyncio
from http import HTTPStatus
from typing import Any, cast

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER
from psycopg.types.json import Jsonb

from api import rate_limits, sessions
from api.admin.common import existing
from api.database import Database, with_connection
from api.identity import require_admin_session, require_page_of_ours
from api.instants import parse_instant
from api.pages import calibration, definitions, exclusions, merges, rewards
from api.pages.errors import error_response
from api.pages.forms import (
    Form,
    parse_whole_number,
    redirect,
    redirect_with_error,
    redirect_with_outcome,
)
from api.pages.rendering import page
from api.problems import Refused, request_id
from api.settings import Settings
from hedge import boards, completeness, seasons
from hedge.chain import status
from hedge.ids import is_id
from hedge.queue import requests
from hedge.runs import data_tests
from hedge.tokens import hashed

#: Requests that the page reads, the oldest first.
MAX_REQUESTS = 500


def sign_in_page(request: Request, error: Exception) -> Response:
    """The sign-in form where the session is not an admin's; else the usual response to an error."""
    if not isinstance(error, Refused) or error.status_code != HTTPStatus.UNAUTHORIZED:
        return error_response(request, error)
    notice = request.session.pop("notice", None)
    return page(request, "admin_sign_in.html", HTTPStatus.UNAUTHORIZED, notice=notice)


@post("/sign-in", guards=[require_page_of_ours], status_code=HTTP_303_SEE_OTHER)
async def sign_in(request: Request, database: NamedDependency[Database], data: Form) -> Redirect:
    """Begin a session of an admin's token."""
    token = await database.one(dict, "token", hash=hashed(data.get("token", "").strip()))
    if token is None or token["role"] != "admin":
        return redirect_with_error(request, "this is not the token of an admin", "/admin")
    await sessions.begin(request, "admin", token=token["token_id"])
    return redirect("/admin")


@post("/sign-out", guards=[require_page_of_ours], status_code=HTTP_303_SEE_OTHER)
async def sign_out(request: Request) -> Redirect:
    """End the session of the admin; that of a player stays."""
    await sessions.end(request, "admin")
    return redirect("/")


# -- runs --------------------------------------------------------------------------------


@get()
async def overview(request: Request, database: NamedDependency[Database]) -> Response[str]:
    """The newest runs, the requests in every state, and what the data tests have found."""
    health, tables, runs, waiting, tests = await asyncio.gather(
        database.rows(dict, "page_health"),
        _states_of_tables(request, database),
        database.rows(dict, "page_runs", run=None),
        with_connection(requests.unserved, limit=MAX_REQUESTS),
        with_connection(data_tests),
    )
    return page(
        request,
        "admin_runs.html",
        health=health,
        tables=tables,
        runs=runs,
        requests=waiting,
        most=MAX_REQUESTS,
        tests=tests,
    )


@get("/runs/{run:int}")
async def one_run(
    request: Request, database: NamedDependency[Database], run: FromPath[int]
) -> Response[str]:
    """One run with its models."""
    found = await database.one(dict, "page_runs", run=run) if is_id(run) else None
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no run {run}")
    return page(request, "admin_run.html", run=found)


@post("/requests", status_code=HTTP_303_SEE_OTHER)
async def create_request(request: Request, data: Form) -> Redirect:
    """Request a run: of a cluster where one is given, else FULL or INCREMENTAL."""
    cluster = data.get("cluster", "").strip() or None
    kind = "CLUSTER" if cluster else data.get("kind", "")
    if kind == "CLUSTER" and cluster is None:
        return redirect_with_error(request, "name the cluster", "/admin")
    change = with_connection(requests.create, kind, cluster, request_id(request))
    return await redirect_with_outcome(request, change, "The run is requested.", "/admin")


@post("/requests/retry", status_code=HTTP_303_SEE_OTHER)
async def retry(request: Request, data: Form) -> Redirect:
    """Let the worker try a parked request again."""

    async def change() -> None:
        number = parse_whole_number("request", data.get("request", ""))
        await with_connection(requests.retry, number)

    return await redirect_with_outcome(request, change(), "The request is tried again.", "/admin")


# -- tables ------------------------------------------------------------------------------


@get("/tables")
async def tables(request: Request, database: NamedDependency[Database]) -> Response[str]:
    """The freshness of raw tables, and the rejected rows."""
    found, rejected, states = await asyncio.gather(
        database.rows(dict, "page_freshness"),
        database.rows(dict, "page_rejected"),
        _states_of_tables(request, database),
    )
    return page(
        request,
        "admin_tables.html",
        tables=found,
        rejected=rejected,
        states={one["table_name"]: one for one in states},
    )


async def _states_of_tables(request: Request, database: Database) -> list[dict[str, Any]]:
    """Whether raw tables are fresh, by the thresholds of the deployed project."""
    deployed = request.app.state.deployed
    limits: dict[str, dict[str, int]] = {}
    for which in ("warn_after", "error_after"):
        for table, seconds in getattr(deployed, which).items():
            limits.setdefault(table, {})[which] = seconds
    return await database.rows(dict, "page_freshness_states", thresholds=Jsonb(limits))


@get("/chains")
async def chains(request: Request) -> Response[str]:
    """How far chains are followed, and what they miss."""

    def read(connection: Any) -> dict[str, Any]:
        return {
            "chains": status.status(connection),
            "progress": completeness.of_progress(connection),
        }

    return page(request, "admin_chains.html", **await with_connection(read))


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
async def board_form(
    request: Request, database: NamedDependency[Database], key: FromQuery[str] = ""
) -> Response[str]:
    """The form of a new board or of an existing one."""
    board = check = None
    if key:
        board = await existing(boards.board, key)
        check = await with_connection(boards.check, key)
    choices = await database.one(dict, "page_catalogue")
    return page(request, "admin_board.html", board=board, check=check, choices=choices)


@post("/boards", status_code=HTTP_303_SEE_OTHER)
async def put_board(request: Request, data: Form) -> Redirect:
    """Create a board, or change the one with its key."""
    key, is_new = data.get("key", "").strip(), "new" in data

    async def change() -> None:
        board = boards.Board(
            key=key,
            name=data.get("name", "").strip(),
            description=data.get("description", "").strip(),
            category_key=data.get("category", ""),
            **_keys_of_form(data),
            # boards.add refuses any other word.
            time_window=cast(boards.TimeWindow, data.get("window", "")),
            is_active="isActive" in data,
            is_public="isPublic" in data,
            verified_only="verifiedOnly" in data,
            max_entries=parse_whole_number("most entries", data.get("maxEntries", "")),
            corrected_for_days=parse_whole_number(
                "days of corrections", data.get("correctedForDays", "")
            ),
            is_frozen="isFrozen" in data,
            # and these
            ranking=cast(boards.Ranking, data.get("ranking", "dense")),
            last_key="cluster_id" if data.get("ranking") == "row" else None,
            state=cast(boards.State, data.get("state", "live")),
        )
        await with_connection(boards.add, board, replace_existing=not is_new)

    return await redirect_with_outcome(request, change(), f"Board {key} is saved.", "/admin/boards")


def _keys_of_form(data: Form) -> dict[str, Any]:
    """The fields of the ordering keys of a board: source, key and direction of each."""
    fields: dict[str, Any] = {}
    for name in ("metric", "fallback", "third", "fourth"):
        source, _, key = data.get(name, "").strip().partition(".")
        prefix = name if name == "metric" else f"{name}_metric"
        fields |= {f"{prefix}_source": source or None, f"{prefix}_key": key or None}
        fields[f"{name}_direction"] = data.get(f"{name}Direction") or "desc"
    # a board without a first key is refused by boards.add, which names it
    return fields | {name: fields[name] or "" for name in ("metric_source", "metric_key")}


@post("/boards/run", status_code=HTTP_303_SEE_OTHER)
async def run_board(request: Request, data: Form) -> Redirect:
    """Request a run of a board for its current period."""
    key = data.get("key", "")
    change = with_connection(boards.request, key, None, request_id(request))
    return await redirect_with_outcome(
        request, change, f"A run of board {key} is requested.", "/admin/boards"
    )


@get("/boards/season")
async def season_form(request: Request, season: FromQuery[str] = "") -> Response[str]:
    """The form of a new season or of an existing one, with its weights."""
    found, check, weights = None, None, []
    if season:
        found = await existing(seasons.season, season)
        weights = await with_connection(seasons.weights, season)
        check = await with_connection(seasons.check, season)
    return page(request, "admin_season.html", season=found, check=check, weights=weights)


@post("/boards/season", status_code=HTTP_303_SEE_OTHER)
async def put_season(request: Request, data: Form) -> Redirect:
    """Create a season, or change the one with its id."""
    name, is_new = data.get("id", "").strip(), "new" in data

    async def change() -> None:
        season = seasons.Season(
            id=name,
            name=data.get("name", "").strip(),
            starts_at=parse_instant("start", data.get("startsAt", "")),
            ends_at=parse_instant("end", data.get("endsAt", "")),
            is_active="isActive" in data,
            # Constraints of the table refuse any other word.
            scoring=cast(seasons.Scoring, data.get("scoring", "")),
            state=cast(boards.State, data.get("state", "live")),
        )
        await with_connection(seasons.add, season, replace_existing=not is_new)

    return await redirect_with_outcome(
        request, change(), f"Season {name} is saved.", "/admin/boards"
    )


@post("/boards/season/weight", status_code=HTTP_303_SEE_OTHER)
async def put_weight(request: Request, data: Form) -> Redirect:
    """Set the weight of a challenge in a season."""
    season = data.get("season", "")
    given = [
        {
            "challenge_key": data.get("challenge", "").strip(),
            "weight": data.get("weight", "").strip(),
        }
    ]
    change = with_connection(seasons.put_weights, season, given)
    return await redirect_with_outcome(request, change, "The weight is saved.", "/admin/boards")


def router(settings: Settings) -> Router:
    """The routes of an admin; signing in has a rate limit."""
    return Router(
        "/admin",
        route_handlers=[
            Router(
                "/", route_handlers=[sign_in], middleware=[rate_limits.admin_sign_ins(settings)]
            ),
            sign_out,
            Router(
                "/",
                route_handlers=[
                    *(overview, one_run, create_request, retry, tables, chains),
                    *(list_boards, board_form, put_board, run_board),
                    *(season_form, put_season, put_weight, calibration.show),
                    *(*rewards.HANDLERS, *definitions.HANDLERS),
                    *(*exclusions.HANDLERS, *merges.HANDLERS),
                ],
                guards=[require_page_of_ours, require_admin_session],
            ),
        ],
        # both classes, because the application has a handler for both
        exception_handlers={Exception: sign_in_page, HTTPException: sign_in_page},
    )
