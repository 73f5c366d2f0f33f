"""The run ledger, and requests for runs."""

from http import HTTPStatus
from typing import Annotated

from litestar import Request, get, post
from litestar.dto import DataclassDTO, DTOConfig
from litestar.status_codes import HTTP_202_ACCEPTED

from api.admin.common import BODY, Accepted, existing
from api.database import with_connection
from api.problems import Refused, request_id
from api.shapes import Body, Limit
from hedge import runs
from hedge.errors import UsageError
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
async def run_cluster(request: Request, cluster: str) -> Accepted:
    """Request a run for one cluster."""
    number = await existing(requests.create, "CLUSTER", cluster, request_id(request))
    return Accepted(request_id=number, look_at=REQUESTS)


@post("/etl/run", status_code=HTTP_202_ACCEPTED)
async def run_everybody(request: Request, data: Kind) -> Accepted:
    """Request a FULL or INCREMENTAL run."""
    kind = data.kind.upper()
    if kind not in ("FULL", "INCREMENTAL"):
        raise UsageError(f"kind '{data.kind[:80]}' is not FULL or INCREMENTAL")
    number = await with_connection(requests.create, kind, None, request_id(request))
    return Accepted(request_id=number, look_at=REQUESTS)


@get("/etl/runs", return_dto=RunBody)
async def list_runs(limit: Limit = 100, before: int = 2**62) -> list[Run]:
    """Runs, newest first; before is the cursor, the last runId of the previous page."""
    found: list[Run] = await with_connection(runs.ledger, limit, before)
    return found


@get("/etl/runs/{run:int}", return_dto=RunBody)
async def one_run(run: int) -> Run:
    """One run."""
    found: list[Run] = await with_connection(runs.ledger, 1, run + 1)
    if not found or found[0].run_id != run:
        raise Refused(HTTPStatus.NOT_FOUND, f"no run {run}")
    return found[0]


@get("/etl/requests", return_dto=RequestBody)
async def list_requests(limit: Limit = 100, after: int = 0) -> list[requests.Request]:
    """Requests that are not served yet, oldest first; after is the cursor, the last requestId of
    the previous page."""
    found: list[requests.Request] = await with_connection(requests.unserved, after, limit)
    return found


@post("/etl/requests/{number:int}/retry", status_code=HTTP_202_ACCEPTED)
async def retry(number: int) -> Accepted:
    """Retry a parked request."""
    await existing(requests.retry, number)
    return Accepted(request_id=number, look_at=REQUESTS)


HANDLERS = (run_cluster, run_everybody, list_runs, one_run, list_requests, retry)
