"""What holds for every documented operation: unknown query parameters are refused, and what is
deprecated says so in the header Deprecation (RFC 9745)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from litestar import Litestar, Request
from litestar.openapi.spec import Operation, Parameter

from api.problems import Refused

#: The methods of operations, as OpenAPI names them.
METHODS = ("get", "post", "put", "patch", "delete")
#: Operations that others call with parameters of their own: Discord, and the probes of hosters.
TAKE_ANY_PARAMETER = {"/auth/discord/callback", "/healthz", "/readyz"}
#: The other beginning of every documented path.
VERSION = "/v1"


_RELEASE = datetime(2026, 11, 28, tzinfo=UTC)
#: Since when query parameters are deprecated, by path and name: `after` stands for them.
PARAMETERS = {
    ("/leaderboards/{key}/runs", "before"): _RELEASE,
    ("/admin/etl/runs", "before"): _RELEASE,
}
#: Since when it is deprecated that POST /admin/leaderboards and /admin/seasons without /v1 replace
#: what exists: PUT /admin/leaderboards/{key} and /admin/seasons/{season} change it.
REPLACING_BY_POST = _RELEASE


def is_versioned(request: Request[Any, Any, Any]) -> bool:
    """Whether the path of a request begins with /v1."""
    return request.scope.get("root_path") == VERSION


def query_parameters(app: Litestar) -> Mapping[tuple[str, str], frozenset[str]]:
    """The names of the query parameters of each documented operation, by method and path."""
    # not of the whole document as JSON, which takes longer than all of this
    return {
        (method.upper(), path): frozenset(
            one.name
            for one in operation.parameters or ()
            if isinstance(one, Parameter) and one.param_in == "query"
        )
        for path, item in (app.openapi_schema.paths or {}).items()
        for method in METHODS
        if isinstance(operation := getattr(item, method), Operation)
    }


async def check(request: Request[Any, Any, Any]) -> None:
    """Refuse a query parameter that the operation does not have, and a path under /v1 that is not
    documented; note what is deprecated, for headers_of."""
    path = request.scope["path_template"]
    method = "GET" if request.method == "HEAD" else request.method
    known = request.app.state.query_parameters.get((method, path))
    if known is None:
        if is_versioned(request):
            raise Refused(HTTPStatus.NOT_FOUND, f"no path {VERSION}{request.scope['path']}")
        return
    for name in request.query_params:
        if name not in known and path not in TAKE_ANY_PARAMETER:
            raise Refused(
                HTTPStatus.BAD_REQUEST,
                f"there is no parameter '{name[:80]}' here, only {', '.join(sorted(known))}"
                if known
                else f"there is no parameter '{name[:80]}' here",
                code="unknown_parameter",
            )
        if since := PARAMETERS.get((path, name)):
            note(request, since)


def note(request: Request[Any, Any, Any], deprecated_since: datetime) -> None:
    """Note that a request uses what is deprecated, and since when."""
    request.scope["state"].setdefault("deprecated_since", deprecated_since)


def headers_of(scope_state: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """The headers of the answer to a request that uses what is deprecated."""
    since: datetime | None = scope_state.get("deprecated_since")
    return [] if since is None else [(b"deprecation", f"@{since.timestamp():.0f}".encode())]
