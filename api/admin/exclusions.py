"""Exclusions, their previews, and suspects."""

from collections.abc import Sequence

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_202_ACCEPTED

from api import exclusion_shapes as shapes
from api import paging
from api.admin.common import decided_by, existing
from api.database import with_connection
from api.paging import After, Limit
from api.problems import request_id
from hedge import exclusions
from hedge.exclusions import Exclusion, NewExclusion, previews, suspects
from hedge.ids import LARGEST


@get("/exclusions")
async def list_exclusions(
    request: Request,
    cluster: FromQuery[str | None] = None,
    valid: FromQuery[bool] = False,
    limit: Limit = 100,
    after: After = "",
) -> Response[list[shapes.AdminExclusion]]:
    """Exclusions, the newest first: of all, or those that concern a cluster; with valid only those
    that are valid now."""
    (before,) = paging.place(after, int) or [LARGEST]
    found: list[Exclusion] = await with_connection(
        exclusions.listed, cluster=cluster, only_valid=valid, before=before, limit=limit + 1
    )
    page, following = paging.cut(found, limit, lambda one: [one.exclusion_id])
    return paging.answer(request, [shapes.exclusion(one) for one in page], following)


@post("/exclusions", status_code=HTTP_201_CREATED)
async def make_exclusion(
    request: Request, data: JSONBody[shapes.NewAdminExclusion]
) -> shapes.AdminExclusion:
    """Exclude a cluster, a wallet or a fact; the next run follows it. The player reads the
    reason."""
    number: int = await with_connection(exclusions.add, data.record(), decided_by(request))
    return await _one(number)


@post("/exclusions/{exclusion:int}/end", status_code=HTTP_200_OK)
async def end_exclusion(
    request: Request, exclusion: FromPath[int], data: JSONBody[shapes.EndOfExclusion]
) -> shapes.AdminExclusion:
    """End an exclusion; the next run does not follow it any more."""
    await existing(exclusions.one, exclusion)
    await with_connection(exclusions.end, exclusion, decided_by(request), data.reason)
    return await _one(exclusion)


@post("/exclusion-previews", status_code=HTTP_202_ACCEPTED)
async def preview_exclusion(
    request: Request, data: JSONBody[shapes.NewAdminExclusion]
) -> shapes.AskedExclusionPreview:
    """Ask who would move if an exclusion were made. A worker computes it; nothing changes."""
    return await _ask(request, data.record())


@post("/exclusions/{exclusion:int}/end/previews", status_code=HTTP_202_ACCEPTED)
async def preview_end(request: Request, exclusion: FromPath[int]) -> shapes.AskedExclusionPreview:
    """Ask who would move if an exclusion were ended. A worker computes it; nothing changes."""
    await existing(exclusions.one, exclusion)
    return await _ask(request, exclusion)


@get("/exclusion-previews/{preview:int}")
async def show_preview(preview: FromPath[int]) -> shapes.ExclusionPreview:
    """A preview that was asked for, which is kept for a day."""
    return shapes.preview(await existing(previews.found, preview))


@get("/suspects")
async def list_suspects(
    rule: FromQuery[str | None] = None, limit: Limit = 100
) -> list[shapes.Suspect]:
    """What the rules propose and nobody has decided, the most facts first. It is computed when it
    is asked for."""
    found: list[suspects.Suspect] = await with_connection(suspects.proposed, rule=rule, limit=limit)
    return [shapes.Suspect(**vars(one)) for one in found]


@get("/suspects/decisions")
async def list_decisions(
    request: Request, limit: Limit = 100, after: After = ""
) -> Response[list[shapes.SuspectDecision]]:
    """What was decided about proposals, the newest first."""
    (before,) = paging.place(after, int) or [LARGEST]
    found: list[suspects.Decided] = await with_connection(suspects.decisions, before, limit + 1)
    page, following = paging.cut(found, limit, lambda one: [one.decision_id])
    listed = [shapes.SuspectDecision(**vars(one)) for one in page]
    return paging.answer(request, listed, following)


@post("/suspects/{proposal:str}/accept", status_code=HTTP_201_CREATED)
async def accept_suspect(
    request: Request, proposal: FromPath[str], data: JSONBody[shapes.AcceptedSuspect]
) -> shapes.MadeExclusions:
    """Exclude the clusters of a proposal, with the rule as the reason where none is given."""
    found: suspects.Suspect = await existing(suspects.one, proposal)
    numbers: list[int] = await with_connection(
        suspects.accept, proposal, decided_by(request), data.target(found.metric), data.cluster_ids
    )
    return shapes.MadeExclusions(exclusion_ids=numbers)


@post("/suspects/{proposal:str}/previews", status_code=HTTP_202_ACCEPTED)
async def preview_suspect(
    request: Request, proposal: FromPath[str], data: JSONBody[shapes.AcceptedSuspect]
) -> shapes.AskedExclusionPreview:
    """Ask who would move if a proposal were accepted, of all of its clusters together that are to
    be excluded. A worker computes it; nothing changes."""
    found: suspects.Suspect = await existing(suspects.one, proposal)
    wanted, clusters = suspects.chosen(found, data.target(found.metric), data.cluster_ids)
    return await _ask(request, wanted, proposal, clusters)


@post("/suspects/{proposal:str}/dismiss", status_code=HTTP_200_OK)
async def dismiss_suspect(
    request: Request, proposal: FromPath[str], data: JSONBody[shapes.DismissedSuspect]
) -> list[shapes.Suspect]:
    """Dismiss a proposal, which is not proposed again before new facts come. Returns the others, at
    most 100."""
    await existing(suspects.one, proposal)
    await with_connection(suspects.dismiss, proposal, decided_by(request), data.reason)
    found: list[suspects.Suspect] = await with_connection(suspects.proposed, limit=100)
    return [shapes.Suspect(**vars(one)) for one in found]


async def _one(number: int) -> shapes.AdminExclusion:
    return shapes.exclusion(await existing(exclusions.one, number))


async def _ask(
    request: Request,
    what: NewExclusion | int,
    proposal: str | None = None,
    clusters: Sequence[str] = (),
) -> shapes.AskedExclusionPreview:
    number: int = await with_connection(
        previews.ask, what, decided_by(request), request_id(request), proposal, clusters
    )
    return shapes.AskedExclusionPreview(
        preview_id=number, look_at=f"/admin/exclusion-previews/{number}"
    )


HANDLERS = (
    *(list_exclusions, make_exclusion, end_exclusion),
    *(preview_exclusion, preview_end, show_preview),
    *(list_suspects, list_decisions, accept_suspect, preview_suspect, dismiss_suspect),
)
