"""Pages of an admin: the state of a board or season with what is missing, and who changed what."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api.database import with_connection
from api.pages.forms import Form, redirect_with_outcome
from api.pages.rendering import page
from hedge import audit, boards, seasons
from hedge.errors import UsageError
from hedge.ids import LARGEST

#: Changes on one page.
ROWS = 100


@post("/boards/state", status_code=HTTP_303_SEE_OTHER)
async def put_state(request: Request, data: Form) -> Redirect:
    """Give a board or season a state; a draft goes live where nothing is missing, or unchecked."""
    kind, key, state = (data.get(name, "").strip() for name in ("kind", "key", "state"))

    async def change() -> None:
        if kind not in ("board", "season"):
            raise UsageError(f"'{kind[:80]}' is no kind of a definition: board or season")
        subject = boards if kind == "board" else seasons
        await with_connection(subject.edit, key, unchecked="unchecked" in data, state=state)

    return await redirect_with_outcome(
        request, change(), f"{kind.title()} {key} is {state}.", "/admin/boards"
    )


@get("/boards/changes")
async def show_changes(
    request: Request,
    kind: FromQuery[str] = "",
    key: FromQuery[str] = "",
    first: Annotated[int | None, QueryParameter(name="from", ge=1, le=LARGEST)] = None,
) -> Response[str]:
    """Changes of boards, seasons, weights, rewards and challenges, the newest first."""
    chosen = kind if kind in audit.KINDS else None
    before = None if first is None else first + 1
    found: list[Any] = await with_connection(
        audit.changes, chosen, key.strip() or None, before, ROWS + 1
    )
    return page(
        request,
        "admin_audit.html",
        changes=found[:ROWS],
        following=found[ROWS].change_id if len(found) > ROWS else None,
        kinds=audit.KINDS,
        kind=chosen or "",
        key=key.strip(),
    )


HANDLERS = (put_state, show_changes)
