"""Who changed what of boards, seasons, weights, rewards and challenges."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromQuery

from api import paging
from api.database import with_connection
from api.paging import After, Limit
from api.shape import Shape
from hedge import audit
from hedge.audit import DefinitionChange, Kind, Operation


class AuditEntry(Shape):
    """A change of a definition: of the board, season or challenge key, or of the weight of the
    challenge part, or the reward part, of the season key. oldValues and newValues hold the fields
    that differ, all of them where it was added or removed. causedBy is the id of the request, runId
    the deploy in the run ledger; null where there is none."""

    change_id: int
    kind: Kind
    key: str
    part: str | None
    operation: Operation
    old_values: dict[str, Any]
    new_values: dict[str, Any]
    changed_at: datetime
    changed_by: str
    caused_by: str | None
    run_id: int | None


@get("/audit")
async def list_changes(
    request: Request,
    kind: FromQuery[Kind | None] = None,
    key: FromQuery[str | None] = None,
    limit: Limit = 100,
    after: After = "",
) -> Response[list[AuditEntry]]:
    """Changes of definitions, the newest first: of a kind, of a board, season or challenge."""
    (behind,) = paging.place(after, int) or [None]
    found: list[DefinitionChange] = await with_connection(
        audit.changes, kind, key, behind, limit + 1
    )
    page, following = paging.cut(found, limit, lambda one: [one.change_id])
    return paging.answer(request, [AuditEntry(**vars(one)) for one in page], following)


HANDLERS = (list_changes,)
