"""The OpenAPI document: its settings, and the problems that each operation may respond with."""

from http import HTTPStatus
from typing import get_args

from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    PathItem,
    Reference,
    RequestBody,
    Schema,
    SecurityScheme,
    Server,
)
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

from api import described, operations
from api.problems import CODES, CODES_OF_CAUSES, Problem
from hedge.webhooks import EventType

#: Public paths whose answer depends on the caller.
KNOW_THE_CALLER = {
    "/leaderboards/{key}/latest",
    "/clusters/{cluster}/progress/{challenge}",
    "/clusters/{cluster}/progress/{challenge}/difference",
}


def _reference(schema: str) -> Reference:
    return Reference(ref=f"#/components/schemas/{schema}")


_STRING, _NULL = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.NULL)

#: api.problems.Problem
PROBLEM = Schema(
    type=OpenAPIType.OBJECT,
    title="Problem",
    description="Problem details (RFC 9457).",
    properties={
        name: Schema(
            type=OpenAPIType.INTEGER if name == "status" else OpenAPIType.STRING,
            enum=sorted({*CODES.values(), *CODES_OF_CAUSES}) if name == "code" else None,
            const="about:blank" if name == "type" else None,
        )
        for name in Problem.__struct_fields__
    },
    required=list(Problem.__struct_fields__),
)

#: What app.event_message() writes, which is the text of an event in a stream and of a webhook.
EVENT = Schema(
    type=OpenAPIType.OBJECT,
    title="Event",
    description="What has changed: the JSON in the lines `data:` of a stream, and in the body that"
    " is sent to a webhook. `details` depends on the type.",
    properties={
        "id": Schema(type=OpenAPIType.INTEGER),
        "type": Schema(type=OpenAPIType.STRING, enum=list(get_args(EventType))),
        "at": Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.DATE_TIME),
        "clusterId": Schema(one_of=[_STRING, _NULL]),
        "leaderboardKey": Schema(one_of=[_STRING, _NULL]),
        "details": Schema(type=OpenAPIType.OBJECT, additional_properties=True),
    },
    required=["id", "type", "at", "clusterId", "leaderboardKey", "details"],
)

CONFIG = OpenAPIConfig(
    title="Hedge",
    version="1",
    description="Challenge progress, boards and seasons of DeFi Kingdoms players. Every path is"
    " also under /v1. Numbers have every digit of the tables; times are ISO 8601 in UTC.",
    servers=[
        Server(url="/v1", description="The paths that stay"),
        Server(url="/", description="The same paths, as they were published first"),
    ],
    use_handler_docstrings=True,
    webhooks={
        "event": PathItem(
            post=Operation(
                operation_id="receiveEvent",
                tags=["events"],
                summary="ReceiveEvent",
                description="What a webhook is sent, signed as Standard Webhooks describe it.",
                request_body=RequestBody(
                    required=True,
                    content={"application/json": OpenAPIMediaType(schema=_reference("Event"))},
                ),
                responses={"2XX": OpenAPIResponse(description="The event has arrived.")},
                security=[],
            )
        )
    },
    components=Components(
        security_schemes={
            "token": SecurityScheme(
                type="http",
                scheme="bearer",
                description="The token of an admin, or of a service, which acts for a player with"
                " the header X-Discord-Id.",
            ),
            "session": SecurityScheme(
                type="apiKey",
                name="hedge_session",
                security_scheme_in="cookie",
                description="The session of a browser that has signed in with Discord.",
            ),
        },
    ),
    # The files of Swagger UI are served by this service: a page loads nothing from other hosts.
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
    """Add to every operation the problems that it may respond with."""
    schema = app.openapi_schema
    schema.components.schemas |= {"Problem": PROBLEM, "Event": EVENT}
    for path, item in (schema.paths or {}).items():
        for method in operations.METHODS:
            operation: Operation | None = getattr(item, method)
            if operation is not None:
                if method == "post" and path in ("/admin/leaderboards", "/admin/seasons"):
                    operation.responses = (operation.responses or {}) | _made(operation)
                problems = _problems(path, method, operation)
                operation.responses = (operation.responses or {}) | {
                    str(status.value): _problem(status) for status in sorted(problems)
                }
    described.complete(schema, KNOW_THE_CALLER)


#: The beginnings of paths below which a change may not fit to what is stored.
_CONFLICTING = ("/api/me/wallets", "/api/me/merges", "/api/me/rewards", "/admin/")


def _problems(path: str, method: str, operation: Operation) -> set[HTTPStatus]:
    statuses = {HTTPStatus.SERVICE_UNAVAILABLE}
    if path == "/healthz":
        return set()
    if path == "/readyz":
        return statuses
    # Every path is refused that contains a NUL character. An unknown token is refused where the
    # response depends on the caller.
    statuses |= {HTTPStatus.BAD_REQUEST}
    if path.startswith(("/api/", "/admin/", "/auth/")) or path in KNOW_THE_CALLER:
        statuses |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    if "{" in path or path in ("/api/me/progress", "/seasons/active", "/events"):
        statuses |= {HTTPStatus.NOT_FOUND}
    if operation.request_body is not None:
        statuses |= {HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    if method != "get" and path.startswith(_CONFLICTING):
        statuses |= {HTTPStatus.CONFLICT}
    if (method, path) == ("patch", "/api/me"):
        statuses |= {HTTPStatus.CONFLICT}
    if path.startswith(("/auth/", "/api/me/wallets")) and method in ("get", "post"):
        statuses |= {HTTPStatus.TOO_MANY_REQUESTS}
    if path.startswith("/api/me/merges") and method == "post":
        statuses |= {HTTPStatus.TOO_MANY_REQUESTS}
    if path == "/events":
        statuses |= {HTTPStatus.TOO_MANY_REQUESTS}
    if path == "/auth/discord/callback":
        statuses |= {HTTPStatus.BAD_GATEWAY}
    return statuses


def _made(operation: Operation) -> dict[str, OpenAPIResponse | Reference]:
    """The response 201 of an operation that answers with it under /v1."""
    made = (operation.responses or {})["200"]
    assert isinstance(made, OpenAPIResponse)
    return {"201": OpenAPIResponse(description="Made, under /v1", content=made.content)}


def _problem(status: HTTPStatus) -> OpenAPIResponse:
    return OpenAPIResponse(
        description=status.phrase,
        content={"application/problem+json": OpenAPIMediaType(schema=_reference("Problem"))},
    )
