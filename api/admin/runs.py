"""The run ledger, and requests for runs."""

from typing import Annotated

from litestar import MediaType, Request, Response, get, post
from litestar.dto import DataclassDTO, DTOConfig
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_202_ACCEPTED

from api import paging
from api.admin.common import BODY, Accepted, existing
from api.database import with_connection
from api.paging import After, Limit
from api.problems import request_id
from api.shape import Body
from hedge import runs
from hedge.errors import UsageError
from hedge.ids import LARGEST, id_of
from hedge.queue import requests
from hedge.runs import Run

#: The path that lists the requests which are not served yet.
REQUESTS = "/admin/etl/requests"


class RunBody(
    DataclassDTO[Annotated[Run, DTOConfig(rename_strategy="camel", exclude={"seconds"})]]
):
    """A run."""

    __schema_name__ = "Run"


class RequestBody(DataclassDTO[Annotated[requests.Request, BODY]]):
    """A request for a run."""

    __schema_name__ = "RunRequest"


class Kind(Body):
    """The kind of a run for every cluster: FULL or INCREMENTAL."""

    kind: str


@post("/etl/clusters/{cluster:str}/run", status_code=HTTP_202_ACCEPTED)
async def run_cluster(request: Request, cluster: FromPath[str]) -> Accepted:
    """Request a run for one cluster."""
    number = await existing(requests.create, "CLUSTER", cluster, request_id(request))
    return Accepted(request_id=number, look_at=REQUESTS)


@post("/etl/run", status_code=HTTP_202_ACCEPTED)
async def run_everybody(request: Request, data: JSONBody[Kind]) -> Accepted:
    """Request a FULL or INCREMENTAL run."""
    kind = data.kind.upper()
    if kind not in ("FULL", "INCREMENTAL"):
        raise UsageError(f"kind '{data.kind[:80]}' is not FULL or INCREMENTAL")
    number = await with_connection(requests.create, kind, None, request_id(request))
    return Accepted(request_id=number, look_at=REQUESTS)


@get("/etl/runs", return_dto=RunBody, media_type=MediaType.JSON)
async def list_runs(
    request: Request,
    limit: Limit = 100,
    after: After = "",
    before: Annotated[int, QueryParameter(description="As after: the last runId.")] = LARGEST,
) -> Response[list[Run]]:
    """Runs, newest first."""
    place = paging.place(after, int)
    behind = place[0] if place else before
    found: list[Run] = await with_connection(runs.ledger, limit + 1, behind)
    page, following = paging.cut(found, limit, lambda run: [run.run_id])
    return Response(page, media_type=MediaType.JSON, headers=paging.link(request, following))


@get("/etl/runs/{run:int}", return_dto=RunBody)
async def one_run(run: FromPath[int]) -> Run:
    """One run."""
    found: Run = await existing(runs.run_of_number, run)
    return found


@get("/etl/requests", return_dto=RequestBody, media_type=MediaType.JSON)
async def list_requests(
    request: Request, limit: Limit = 100, after: After = ""
) -> Response[list[requests.Request]]:
    """Requests that are not served yet, oldest first."""
    # older clients send the last requestId of the page before
    given = id_of(after)
    (behind,) = [given] if given is not None else paging.place(after, int) or [0]
    found: list[requests.Request] = await with_connection(requests.unserved, behind, limit + 1)
    page, following = paging.cut(found, limit, lambda one: [one.request_id])
    return Response(page, media_type=MediaType.JSON, headers=paging.link(request, following))


@post("/etl/requests/{number:int}/retry", status_code=HTTP_202_ACCEPTED)
async def retry(number: FromPath[int]) -> Accepted:
    """Retry a parked request."""
    await existing(requests.retry, number)
    return Accepted(request_id=number, look_at=REQUESTS)


HANDLERS = (run_cluster, run_everybody, list_runs, one_run, list_requests, retry)
