"""Merges of accounts on a page of an admin: what moves is shown before two are merged."""

from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api import sessions
from api.database import with_connection
from api.pages.forms import Form, redirect_with_outcome
from api.pages.rendering import page
from hedge import merging
from hedge.errors import HedgeError

PAGE = "/admin/players/merges"


@get("/players/merges")
async def list_merges(
    request: Request,
    kept: FromQuery[str] = "",
    absorbed: FromQuery[str] = "",
    cluster: FromQuery[str] = "",
) -> Response[str]:
    """The merges, the latest first. With two accounts what a merge of them would move, with the
    form that merges them."""

    def read(connection: Any) -> dict[str, Any]:
        found: dict[str, Any] = {"preview": None, "fault": None}
        if kept or absorbed:
            try:
                found["preview"] = merging.preview(connection, kept.strip(), absorbed.strip())
            except HedgeError as error:
                found["fault"] = str(error)
        return found | {"merges": merging.merges(connection, cluster.strip() or None)}

    return page(
        request,
        "admin_merges.html",
        kept=kept,
        absorbed=absorbed,
        cluster=cluster,
        now=datetime.now(UTC),
        **await with_connection(read),
    )


@post("/players/merges", status_code=HTTP_303_SEE_OTHER)
async def merge(request: Request, data: Form) -> Redirect:
    """Merge an account into another."""
    by = await sessions.admin_name(request)
    change = with_connection(merging.merge, data.get("kept", ""), data.get("absorbed", ""), by)
    return await redirect_with_outcome(
        request, change, lambda done: f"{done.absorbed} was merged into {done.kept}.", PAGE
    )


@post("/players/merges/undo", status_code=HTTP_303_SEE_OTHER)
async def undo(request: Request, data: Form) -> Redirect:
    """Undo the merge of an account."""
    by = await sessions.admin_name(request)
    change = with_connection(merging.split, data.get("absorbed", ""), by)
    return await redirect_with_outcome(
        request, change, lambda done: f"{done.absorbed} is an account of its own again.", PAGE
    )


HANDLERS = (list_merges, merge, undo)
