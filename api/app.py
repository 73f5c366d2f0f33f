"""The Litestar application: routes, authentication, errors, logs, documentation."""

import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
import swagger_ui
from litestar import Litestar, Request, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.middleware.session.client_side import CookieBackendConfig
from litestar.plugins.prometheus import PrometheusConfig
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api import (
    admin,
    auth,
    events,
    me,
    merged_accounts,
    metrics,
    operations,
    public,
    public_boards,
    public_clusters,
    public_seasons,
    readiness,
)
from api.database import Database
from api.deployed import Deployed
from api.described import EXPOSED
from api.documentation import CONFIG, document_problems
from api.event_hub import EventHub
from api.identity import Authenticate
from api.numbers import ExactNumberSchemas, ExactRequest, ExactResponse
from api.pages import languages, rendering, routes, sharing
from api.pages.errors import error_response
from api.pictures.painter import Painter
from api.proxies import behind_proxies
from api.remembered import Remembered
from api.response_cache import ResponseCache
from api.settings import Settings
from api.transport import (
    headers_of_every_response,
    with_body_timeout,
    with_head,
    with_headers,
)

log = structlog.get_logger("hedge.api")
SWAGGER = Path(swagger_ui.__file__).parent / "static"
#: Larger request bodies, in bytes, are refused. The largest valid body has about 1 000.
LARGEST_BODY = 1_000_000
#: The header traceparent: the version, the trace, the span of the caller, flags.
TRACE_PARENT = re.compile(rb"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


async def before_request(request: Request[Any, Any, Any]) -> Redirect | None:
    """Refuse what the operation does not take, and redirect what reads a merged account. What
    pages say is in the language of their reader."""
    languages.use(languages.of_request(request))
    await operations.check(request)
    return await merged_accounts.redirect_of(request)


def create_app(settings: Settings | None = None) -> Litestar:
    """The application, for an ASGI server."""
    settings = settings or Settings.read()
    database = Database()
    hub = EventHub(database)
    deployed = Deployed()

    @asynccontextmanager
    async def connected(_: Litestar) -> AsyncIterator[None]:
        await database.open()
        hub.open()
        deployed.watch(database)
        with events.ended_by_signals(hub):
            yield
        await app.state.painter.close()
        await deployed.end()
        await hub.close()
        await database.close()

    session = CookieBackendConfig(
        secret=settings.secret_key,
        key="hedge_session",
        secure=settings.is_production,
        max_age=settings.session_idle_days * 86_400,
        # front ends on other sites send the cookie, which browsers allow only over https
        samesite="none" if settings.is_production and settings.origins else "lax",
    )

    def read_session(app: ASGIApp) -> ASGIApp:
        return session.middleware(app=app)

    # sessions are decrypted only where the response depends on the caller
    who_calls: list[Any] = [read_session, DefineMiddleware(Authenticate, exclude_http_methods=())]
    prometheus = PrometheusConfig(app_name="hedge", prefix="hedge", group_path=True)
    app = Litestar(
        route_handlers=[
            public.router,
            public_boards.router(who_calls),
            public_clusters.router,
            public_seasons.router,
            sharing.router,
            events.router(settings),
            Router(
                "/",
                route_handlers=[
                    public.explain,
                    public.explain_difference,
                    me.router(settings),
                    merged_accounts.router(settings),
                    auth.router(settings),
                    admin.router,
                    routes.router(settings),
                ],
                middleware=who_calls,
            ),
            readiness.healthz,
            readiness.readyz,
            metrics.Metrics,
            create_static_files_router(
                "/schema/static", directories=[SWAGGER], include_in_schema=False
            ),
        ],
        lifespan=[connected],
        state=State(
            {
                "database": database,
                "settings": settings,
                "response_cache": ResponseCache(
                    lambda: headers_of_every_response(settings, deployed)
                ),
                "deployed": deployed,
                "readiness": Remembered(readiness.LIFETIME),
                "metrics": Remembered(metrics.LIFETIME),
                "merged_clusters": Remembered(merged_accounts.LIFETIME),
                "events": hub,
                "painter": Painter(),
            }
        ),
        dependencies={"database": Provide(lambda: database, sync_to_thread=False)},
        exception_handlers={Exception: error_response, HTTPException: error_response},
        middleware=[prometheus.middleware],
        cors_config=CORSConfig(
            allow_origins=list(settings.origins),
            allow_credentials=True,
            expose_headers=EXPOSED,
            max_age=3600,
        )
        if settings.origins
        else None,
        request_max_body_size=LARGEST_BODY,
        before_request=before_request,
        request_class=ExactRequest,
        response_class=ExactResponse,
        plugins=[ExactNumberSchemas()],
        openapi_config=CONFIG,
        # hedge/logs.py says how all is logged, also what libraries log
        logging_config=None,
        template_config=TemplateConfig(instance=rendering.engine()),
    )
    document_problems(app)
    app.state.query_parameters = operations.query_parameters(app)
    # around routing too: a path or method that does not exist is a request like others
    handler = with_headers(with_head(with_body_timeout(app.asgi_handler)), settings, deployed)
    app.asgi_handler = behind_proxies(
        identify_requests(with_version(handler)), settings.trusted_proxies
    )
    return app


def with_version(app: ASGIApp) -> ASGIApp:
    """Serves each path also under /v1, as if the application were mounted there."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(f"{operations.VERSION}/"):
            scope["root_path"] = operations.VERSION
        await app(scope, receive, send)

    return middleware


def _trace(scope: Scope) -> dict[str, str]:
    """The id of the trace that a request belongs to (W3C Trace Context), where it names one."""
    for name, value in scope["headers"]:
        if name == b"traceparent" and (found := TRACE_PARENT.fullmatch(value)):
            return {"trace_id": found[1].decode()}
    return {}


def identify_requests(app: ASGIApp) -> ASGIApp:
    """Gives every request an id, which is in its log line, its response, its errors
    and the runs that it causes; and logs the request."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex[:16]
        scope.setdefault("state", {})["request_id"] = request_id
        started, status, path = time.perf_counter(), 500, scope["path"]

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                    *operations.headers_of(scope["state"]),
                ]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id, **_trace(scope)):
            try:
                await app(scope, receive, send_with_id)
            finally:
                log.info(
                    "request",
                    method=scope["method"],
                    path=path,
                    status=status,
                    milliseconds=round((time.perf_counter() - started) * 1000, 1),
                )

    return middleware
