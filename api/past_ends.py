"""The progress of a cluster at the ends of past days, weeks and months. A run computes it where
somebody asks for it; until then the answer is 202, with what is known."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.status_codes import HTTP_202_ACCEPTED

from api import paging, rate_limits, shapes
from api.database import Database
from api.existing import require_challenge, require_cluster
from api.paging import After
from api.problems import Refused, request_id
from hedge.errors import UsageError

#: How the ends of periods are called, with the unit of PostgreSQL and how many are known at most.
UNITS = {"days": ("day", 92), "weeks": ("week", 104), "months": ("month", 60)}
#: So many requests for ends may wait, of all clusters.
MOST_REQUESTS = 1000
#: After how many seconds to look again.
LATER = "2"


@get(
    "/clusters/{cluster:str}/history/progress",
    responses={
        HTTP_202_ACCEPTED: ResponseSpec(
            shapes.PastProgress, description="A run computes ends of the page: ask again later."
        )
    },
)
async def past_progress(
    request: Request,
    database: NamedDependency[Database],
    cluster: FromPath[str],
    ends: FromQuery[Literal["days", "weeks", "months"]],
    challenge: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=31, description="How many at most.")] = 12,
    after: After = "",
) -> Response[shapes.PastProgress]:
    """The progress of a cluster at the ends of past days, weeks or months (in UTC; weeks begin on
    Monday), newest first: 92 days, 104 weeks or 60 months at most. With a challenge only in that.
    At the ends of days, challenges that count what happened on Discord are left out.

    It is computed with the wallets that are linked now. Where an end is not computed yet, or
    something has changed since, the status is 202: ask again after the seconds of Retry-After."""
    await require_cluster(database, cluster)
    if challenge is not None:
        await require_challenge(database, challenge)
    unit, most = UNITS[ends]
    listed = await database.rows(dict, "challenges_at_ends", unit=unit)
    shown = {row["key"] for row in listed}
    if challenge is not None and challenge not in shown:
        raise UsageError(
            f"challenge {challenge} counts what happened on Discord, of which single days are not"
            " shown: ask for ends=weeks or ends=months"
        )
    place = paging.place(after, str)
    before = paging.instant(after, place[0]) if place else None
    found = await database.rows(
        dict,
        "cluster_ends",
        cluster=cluster,
        challenges=sorted(shown if challenge is None else {challenge}),
        unit=unit,
        most=most,
        before=before,
        limit=limit + 1,
    )
    rows, following = paging.cut(found, limit, lambda end: [end["ends_at"].isoformat()])
    missing = [end for end in rows if not end["is_current"]]
    if missing:
        await _ask(request, database, cluster, missing)
    unlocks = await database.rows(
        shapes.UnlockedTier,
        "cluster_unlocks",
        cluster=cluster,
        challenge=challenge,
        # those before are on the next page
        since=rows[-1]["ends_at"] if following else None,
        before=before,
    )
    body = shapes.PastProgress(
        cluster_id=cluster,
        ends=[_shown(end) for end in rows],
        unlocks=unlocks,
        next=following,
    )
    answer = paging.answer(request, body, following)
    if missing:
        answer.status_code = HTTP_202_ACCEPTED
        answer.headers["Retry-After"] = LATER
    return answer


def _shown(end: dict[str, Any]) -> shapes.PastEnd:
    return shapes.PastEnd(
        ends_at=end["ends_at"],
        as_of=end["as_of"],
        is_current=end["is_current"],
        challenges=[shapes.PastValue(**one) for one in end["challenges"]],
    )


async def _ask(
    request: Request, database: Database, cluster: str, missing: list[dict[str, Any]]
) -> None:
    """Request the run that computes ends of a cluster, unless one is requested that will. Refused
    is what cannot be computed now."""
    requested = await database.single(
        dict, "cluster_ends_requested", cluster=cluster, most=MOST_REQUESTS
    )
    if requested["is_parked"]:
        raise Refused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"past progress of cluster {cluster} cannot be computed at present: its run failed",
            **{"Retry-After": "600"},
        )
    if requested["is_requested"] and all(end["is_asked_for"] for end in missing):
        return
    await rate_limits.count_past_ends(request)
    if requested["is_full"]:
        raise Refused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"{MOST_REQUESTS} clusters wait for their past progress: try again later",
            **{"Retry-After": "60"},
        )
    await database.rows(
        dict,
        "cluster_ends_request",
        cluster=cluster,
        ends=[end["ends_at"] for end in missing],
        caused_by=request_id(request),
    )
