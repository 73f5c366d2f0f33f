"""Errors as problem details (RFC 9457). The detail is a sentence that names the value."""

import re
import uuid
from http import HTTPStatus
from typing import Any, get_args

import msgspec
import psycopg
import structlog
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, ValidationException

from hedge.boards import TimeWindow
from hedge.errors import AlreadyExists, DatabaseAway, HedgeError, UsageError
from hedge.seasons import Scoring

#: The allowed values of fields, for the sentence about another one.
ALLOWED = {"timeWindow": get_args(TimeWindow), "scoring": get_args(Scoring)}

#: What is refused that the database does not admit any more: nothing was changed.
CHANGED_MEANWHILE = "somebody changed or deleted this at the same time: look, and try again"

#: What is refused because the role of PostgreSQL may not do it.
NOT_HERE = "this service may not do that: its role of the database has no right to"

log = structlog.get_logger("hedge.api")


#: What programs tell problems apart by: the code of each status, and the codes that say more.
CODES = {
    HTTPStatus.BAD_REQUEST: "invalid_request",
    HTTPStatus.UNAUTHORIZED: "not_signed_in",
    HTTPStatus.FORBIDDEN: "not_allowed",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_TIMEOUT: "body_too_slow",
    HTTPStatus.CONFLICT: "conflict",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.TOO_MANY_REQUESTS: "too_many_requests",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal_error",
    HTTPStatus.BAD_GATEWAY: "discord_failed",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}
CODES_OF_CAUSES = (
    "unknown_parameter",
    "invalid_cursor",
    "already_exists",
    "name_taken",
    "changed_meanwhile",
    "unknown_board",
    "unknown_challenge",
    "unknown_cluster",
    "unknown_run",
    "unknown_season",
    "unknown_reward",
    "node_failed",
    "not_computed",
    "not_on_board",
    "not_claimable",
)


class Problem(msgspec.Struct):
    """The body of every error. requestId is also in the log, and in the run that the request
    caused; code is one of CODES or CODES_OF_CAUSES."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    requestId: str


class Refused(HTTPException):
    """An error response with a status, a sentence for a person, a code for programs, and
    headers."""

    def __init__(
        self, status: HTTPStatus, detail: str, code: str | None = None, **headers: str
    ) -> None:
        """The response; code is one of CODES_OF_CAUSES, by default that of the status. Headers are
        named by keyword arguments."""
        super().__init__(detail=detail, status_code=status, headers=headers or None)
        self.code = code


def problem_response(request: Request, error: Exception) -> Response[Problem]:
    """The response to an error. An unexpected error is logged, and its response tells nothing
    about it."""
    headers: dict[str, str] = {}
    code = error.code if isinstance(error, Refused) else None
    match error:
        case ValidationException():
            status, detail = HTTPStatus.BAD_REQUEST, _first_fault(error)
        case HTTPException():
            status, detail = HTTPStatus(error.status_code), _fault(None, error.detail)
            if detail == status.phrase:
                detail = _of_route(request, status)
            headers = dict(error.headers or {})
        case AlreadyExists():
            status, detail, code = HTTPStatus.CONFLICT, str(error), "already_exists"
        case UsageError():
            status, detail = HTTPStatus.BAD_REQUEST, str(error)
        case RecursionError():
            status, detail = HTTPStatus.BAD_REQUEST, "the body is nested too deeply"
        case UnicodeDecodeError():
            status, detail = HTTPStatus.BAD_REQUEST, "the body is not UTF-8"
        # Queries look first: what is refused nevertheless was changed in between.
        case psycopg.errors.ForeignKeyViolation() | psycopg.errors.UniqueViolation():
            status, detail, code = HTTPStatus.CONFLICT, CHANGED_MEANWHILE, "changed_meanwhile"
        case psycopg.DataError():
            status, detail = HTTPStatus.BAD_REQUEST, "a value holds what no text or number can"
        # A service whose role may only read shows what is public, and does nothing else.
        case psycopg.errors.InsufficientPrivilege():
            status, detail = HTTPStatus.SERVICE_UNAVAILABLE, NOT_HERE
            log.warning("the role of the database may not do this", error=one_line(error))
        case psycopg.OperationalError() | DatabaseAway():
            status, detail = HTTPStatus.SERVICE_UNAVAILABLE, "the database does not answer"
            headers = {"Retry-After": "5"}
            log.warning("the database does not answer", error=one_line(error))
        case HedgeError():
            status, detail = HTTPStatus.CONFLICT, str(error)
        case _:
            status, detail = HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here"
            log.error("unexpected error", exc_info=error)
    problem = Problem(
        type="about:blank",
        title=status.phrase,
        status=status,
        # JSON can contain half of a surrogate pair, which UTF-8 cannot encode
        detail=(detail or status.phrase).encode("utf-8", "replace").decode(),
        code=code or CODES.get(status, "invalid_request"),
        requestId=request_id(request),
    )
    return Response(
        problem, status_code=status, media_type="application/problem+json", headers=headers
    )


def _of_route(request: Request[Any, Any, Any], status: HTTPStatus) -> str:
    """What an error of the router is about, which says no more than its status."""
    path = request.scope["path"][:200]
    match status:
        case HTTPStatus.NOT_FOUND:
            return f"there is nothing at {path}"
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return f"{request.scope['method']} is not possible at {path}"
    return status.phrase


def one_line(error: Exception) -> str:
    """The message of an error of the database in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def request_id(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The id of this request in the log; a new one where the middleware has set none."""
    state = request.scope.setdefault("state", {})
    name: str = state.setdefault("request_id", uuid.uuid4().hex[:16])
    return name


def _first_fault(error: ValidationException) -> str:
    """The first fault in a body or a parameter, after the name of the field."""
    extra = error.extra
    if isinstance(extra, list) and extra and isinstance(extra[0], dict):
        return _fault(extra[0].get("key"), str(extra[0].get("message", error.detail)))
    return _fault(None, error.detail)


def _fault(field: str | None, message: str) -> str:
    """A fault after the name of its field, which msgspec writes behind the message."""
    if field is None and (found := re.fullmatch(r"(.*) - at `\$\.([\w.\[\]]+)`", message)):
        message, field = found.groups()
    if field in ALLOWED and (found := re.fullmatch(r"Invalid enum value '(.*)'", message)):
        *others, last = ALLOWED[field]
        message = f"'{found[1][:80]}' is not {', '.join(others)} or {last}"
    return f"{field}: {message}" if field else message
