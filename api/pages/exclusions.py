"""Exclusions and suspects on pages of an admin: who moves is shown before one is applied."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api import sessions
from api.admin.common import existing
from api.database import Database, with_connection
from api.instants import parse_instant
from api.pages.forms import (
    Form,
    parse_whole_number,
    redirect,
    redirect_with_error,
    redirect_with_outcome,
)
from api.pages.rendering import page
from api.problems import request_id
from hedge import boards, exclusions, seasons
from hedge.errors import HedgeError, UsageError
from hedge.exclusions import NewExclusion, previews, suspects

#: How many exclusions, proposals and decisions a page lists.
ROWS = 100
PAGE, SUSPECTS = "/admin/players/exclusions", "/admin/players/suspects"


@get("/players/exclusions")
async def list_exclusions(request: Request, database: NamedDependency[Database]) -> Response[str]:
    """The exclusions, the newest first, with the form of a new one."""

    def read(connection: Any) -> dict[str, Any]:
        return {
            "exclusions": exclusions.listed(connection, limit=ROWS),
            "boards": [one.key for one in boards.listed_boards(connection)],
            "seasons": [one.id for one in seasons.all_seasons(connection)],
        }

    found = await with_connection(read)
    return page(
        request,
        "admin_exclusions.html",
        most=ROWS,
        choices=await database.one(dict, "page_catalogue"),
        **found,
    )


@post("/players/exclusions/previews", status_code=HTTP_303_SEE_OTHER)
async def ask(request: Request, data: Form) -> Redirect:
    """The first step: ask who would move if an exclusion were made, or ended."""
    by = await sessions.admin_name(request)
    proposal = data.get("proposal") or None
    try:
        what = parse_whole_number("exclusion", data["end"]) if "end" in data else _wanted(data)
        clusters: list[str] = []
        if proposal and data.get("clusters") == "all":
            suspect: suspects.Suspect = await with_connection(suspects.one, proposal)
            clusters = suspect.cluster_ids
        number: int = await with_connection(
            previews.ask, what, by, request_id(request), proposal, clusters
        )
    except HedgeError as error:
        return redirect_with_error(request, str(error), SUSPECTS if proposal else PAGE)
    return redirect(f"{PAGE}/previews/{number}")


@get("/players/exclusions/previews/{preview:int}")
async def show_preview(request: Request, preview: FromPath[int]) -> Response[str]:
    """Who would move, with the form of the second step; until a worker has computed it, the page
    looks again."""
    return page(request, "admin_exclusion_preview.html", **await _preview(preview))


@get("/players/exclusions/previews/{preview:int}/part")
async def show_part(request: Request, preview: FromPath[int]) -> Response[str]:
    """The part of the page that the script requests again until it is computed."""
    return page(request, "admin_exclusion_moves.html", **await _preview(preview))


async def _preview(number: int) -> dict[str, Any]:
    """A preview, what it is about, and the proposal of a rule that it is about."""

    def read(connection: Any) -> dict[str, Any]:
        found = previews.found(connection, number)
        ended = found.exclusion_id and exclusions.one(connection, found.exclusion_id)
        wanted = found.wanted and exclusions.Exclusion(**vars(found.wanted))
        waiting = suspects.proposed(connection, proposal=found.proposal) if found.proposal else []
        return {
            "preview": found,
            "about": ended or wanted,
            "ended": ended,
            "suspect": waiting[0] if waiting else None,
        }

    shown: dict[str, Any] = await existing(read)
    return shown


@post("/players/exclusions/apply", status_code=HTTP_303_SEE_OTHER)
async def apply(request: Request, data: Form) -> Redirect:
    """The second step: make or end the exclusion of a preview. One that is about a proposal of a
    rule accepts it."""
    by = await sessions.admin_name(request)

    def change(connection: Any) -> str:
        number = parse_whole_number("preview", data.get("preview", ""))
        shown = previews.found(connection, number)
        if shown.exclusion_id is not None:
            exclusions.end(
                connection, shown.exclusion_id, by, data.get("reason", "").strip() or None
            )
            return f"Exclusion {shown.exclusion_id} is ended; the next run follows it."
        assert shown.wanted is not None  # a constraint of the table
        if shown.proposal is None:
            made = [exclusions.add(connection, shown.wanted, by)]
        else:
            # those that the admin has seen the preview of
            chosen = shown.clusters or [shown.wanted.cluster_id or ""]
            made = suspects.accept(connection, shown.proposal, by, shown.wanted, chosen)
        numbers = ", ".join(map(str, made))
        return f"Made: exclusion {numbers}; the next run follows."

    return await redirect_with_outcome(request, with_connection(change), str, PAGE)


@get("/players/suspects")
async def list_suspects(request: Request) -> Response[str]:
    """What rules propose and nobody has decided, with the newest decisions."""

    def read(connection: Any) -> dict[str, Any]:
        return {
            "suspects": suspects.proposed(connection, limit=ROWS),
            "rules": suspects.rules(connection),
            "decisions": suspects.decisions(connection, limit=ROWS),
        }

    return page(request, "admin_suspects.html", most=ROWS, **await with_connection(read))


@post("/players/suspects/dismiss", status_code=HTTP_303_SEE_OTHER)
async def dismiss(request: Request, data: Form) -> Redirect:
    """Dismiss a proposal, with a reason."""
    by = await sessions.admin_name(request)
    change = with_connection(
        suspects.dismiss, data.get("proposal", ""), by, data.get("reason", "").strip()
    )
    return await redirect_with_outcome(request, change, "The proposal is dismissed.", SUSPECTS)


def _wanted(data: Form) -> NewExclusion:
    """The exclusion that a form describes: kinds and names of what, and from what."""
    given: dict[str, Any] = {}
    what, name = data.get("what", "cluster"), data.get("name", "").strip()
    if not name:
        raise UsageError("name what to exclude: a cluster, a wallet or a fact")
    if what == "fact":
        table, *pairs = name.split()
        given |= {"raw_table": table, "fact": exclusions.key_of_fact(pairs)}
    else:
        given["wallet_address" if what == "wallet" else "cluster_id"] = name
    target, target_name = data.get("from", "everything"), data.get("target", "").strip()
    fields = {"metric": "metric", "board": "board_key", "season": "season_id"}
    if target in fields:
        if not target_name:
            raise UsageError(f"name the {target} that it is excluded from")
        given[fields[target]] = target_name
    elif target_name:
        raise UsageError(f"'{target_name}' is named, and it is excluded from everything")
    for field, label in (("starts_at", "startsAt"), ("ends_at", "endsAt")):
        if text := data.get(label, "").strip():
            given[field] = parse_instant("start" if field == "starts_at" else "end", text)
    return NewExclusion(reason=data.get("reason", "").strip(), **given)


HANDLERS = (list_exclusions, ask, show_preview, show_part, apply, list_suspects, dismiss)
