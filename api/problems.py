"""Errors as problem details (RFC 9457): one shape, with a sentence that names the value."""

import uuid
from http import HTTPStatus
from typing import Any

import msgspec
import psycopg
import psycopg_pool
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from hedge.errors import HedgeError, UsageError

log = structlog.get_logger("hedge.api")


class Problem(msgspec.Struct):
    """What every error answers. request_id is also in the log and on the run it caused."""

    type: str
    title: str
    status: int
    detail: str
    requestId: str


class Refused(HTTPException):
    """An answer other than success, with its sentence."""

    def __init__(self, status: HTTPStatus, detail: str, **headers: str) -> None:
        """A status and a sentence for a person."""
        super().__init__(detail=detail, status_code=status, headers=headers or None)


def answer(request: Request, error: Exception) -> Response[Problem]:
    """Any error as a problem; what nobody expected is logged and tells nothing."""
    headers: dict[str, str] = {}
    match error:
        case ValidationException():
            status, detail = HTTPStatus.BAD_REQUEST, _what_is_invalid(error)
        case HTTPException():
            status, detail = HTTPStatus(error.status_code), error.detail
            headers = dict(error.headers or {})
        case UsageError():
            status, detail = HTTPStatus.BAD_REQUEST, str(error)
        case RecursionError():
            status, detail = HTTPStatus.BAD_REQUEST, "the body is nested too deeply"
        case psycopg.DataError():
            status, detail = HTTPStatus.BAD_REQUEST, "a value holds what no text or number can"
        case psycopg_pool.PoolTimeout() | psycopg.OperationalError():
            status, detail = HTTPStatus.SERVICE_UNAVAILABLE, "the database does not answer"
            headers = {"Retry-After": "5"}
        case HedgeError():
            status, detail = HTTPStatus.CONFLICT, str(error)
        case _:
            status, detail = HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here"
            log.error("unexpected error", exc_info=error)
    problem = Problem(
        type="about:blank",
        title=status.phrase,
        status=status,
        # half a surrogate pair can come in, and cannot go out
        detail=(detail or status.phrase).encode("utf-8", "replace").decode(),
        requestId=request_id(request),
    )
    return Response(
        problem, status_code=status, media_type="application/problem+json", headers=headers
    )


def request_id(request: Request[Any, Any, Any]) -> str:
    """The id that the log gives this request; a new one where no route was found."""
    return request.scope.setdefault("state", {}).setdefault("request_id", uuid.uuid4().hex[:16])


def _what_is_invalid(error: ValidationException) -> str:
    """The first fault of a body or parameter, by its name."""
    extra = error.extra
    if isinstance(extra, list) and extra and isinstance(extra[0], dict):
        named = extra[0].get("key")
        message = extra[0].get("message", error.detail)
        return f"{named}: {message}" if named else message
    return error.detail
