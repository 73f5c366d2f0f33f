"""The OpenAPI document: what every operation may answer besides success."""

from http import HTTPStatus

from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Reference,
    Schema,
    SecurityScheme,
)
from litestar.openapi.spec.enums import OpenAPIType

from api.problems import Problem

METHODS = ("get", "post", "put", "patch", "delete")

#: api.problems.Problem
PROBLEM = Schema(
    type=OpenAPIType.OBJECT,
    description="Problem details (RFC 9457); detail is a sentence for a person.",
    properties={
        name: Schema(type=OpenAPIType.INTEGER if name == "status" else OpenAPIType.STRING)
        for name in Problem.__struct_fields__
    },
    required=list(Problem.__struct_fields__),
)

CONFIG = OpenAPIConfig(
    title="Hedge",
    version="1",
    description="Challenge progress, boards and seasons of DeFi Kingdoms players.",
    use_handler_docstrings=True,
    components=Components(
        security_schemes={
            "token": SecurityScheme(type="http", scheme="bearer"),
            "session": SecurityScheme(
                type="apiKey", name="hedge_session", security_scheme_in="cookie"
            ),
        },
    ),
    # its files are ours: a page of the service loads nothing from elsewhere
    render_plugins=[
        SwaggerRenderPlugin(
            path="/",
            js_url="/schema/static/swagger-ui-bundle.js",
            css_url="/schema/static/swagger-ui.css",
            standalone_preset_js_url="/schema/static/swagger-ui-standalone-preset.js",
            favicon="",
        )
    ],
)


def document_problems(app: Litestar) -> None:
    """Add to every operation the problems that it may answer."""
    app.openapi_schema.components.schemas["Problem"] = PROBLEM
    for path, item in app.openapi_schema.paths.items():
        for method in METHODS:
            operation: Operation | None = getattr(item, method)
            if operation is not None:
                operation.responses |= {
                    str(status.value): _problem(status)
                    for status in _problems(path, method, operation)
                }


def _problems(path: str, method: str, operation: Operation) -> set[HTTPStatus]:
    statuses = {HTTPStatus.SERVICE_UNAVAILABLE}
    if path == "/healthz":
        return set()
    if path == "/readyz":
        return statuses
    # a path with a NUL is refused, and where it matters who calls, a token that is not known
    statuses |= {HTTPStatus.BAD_REQUEST}
    if path.startswith(("/api/", "/admin/", "/auth/")) or path.endswith("/{challenge}"):
        statuses |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    if "{" in path or path in ("/api/me/progress", "/seasons/active"):
        statuses |= {HTTPStatus.NOT_FOUND}
    if operation.request_body is not None:
        statuses |= {HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    if method != "get" and path.startswith(("/api/me/wallets", "/admin/")):
        statuses |= {HTTPStatus.CONFLICT}
    if path.startswith(("/auth/", "/api/me/wallets")) and method in ("get", "post"):
        statuses |= {HTTPStatus.TOO_MANY_REQUESTS}
    if path == "/auth/discord/callback":
        statuses |= {HTTPStatus.BAD_GATEWAY}
    return statuses


def _problem(status: HTTPStatus) -> OpenAPIResponse:
    return OpenAPIResponse(
        description=status.phrase,
        content={
            "application/problem+json": OpenAPIMediaType(
                schema=Reference(ref="#/components/schemas/Problem")
            )
        },
    )
