"""The Litestar application: routes, who calls, errors, logs, documentation."""

import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
import swagger_ui
from litestar import Litestar, Request, Router, get
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.middleware.session.client_side import CookieBackendConfig
from litestar.plugins.prometheus import PrometheusConfig, PrometheusController
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import ASGIApp, Receive, Scope, Send

from api import admin, auth, me, public
from api.database import Database
from api.documentation import CONFIG, document_problems
from api.identity import Identify
from api.pages import rendering, routes
from api.pages.errors import answer
from api.problems import Refused
from api.recent import Recent
from api.settings import Settings

log = structlog.get_logger("hedge.api")
SWAGGER = Path(swagger_ui.__file__).parent / "static"
#: Larger bodies are refused: no body of ours has a thousandth of it.
LARGEST_BODY = 1_000_000


def create_app(settings: Settings | None = None) -> Litestar:
    """The application, for an ASGI server."""
    settings = settings or Settings.read()
    database = Database()

    @asynccontextmanager
    async def connected(_: Litestar) -> AsyncIterator[None]:
        await database.open()
        yield
        await database.close()

    session = CookieBackendConfig(
        secret=settings.secret_key,
        key="hedge_session",
        secure=settings.is_production,
        # front ends on other sites send it along, which browsers allow only over https
        samesite="none" if settings.is_production and settings.origins else "lax",
    )

    def read_session(app: ASGIApp) -> ASGIApp:
        return session.middleware(app=app)

    prometheus = PrometheusConfig(app_name="hedge", prefix="hedge", group_path=True)
    app = Litestar(
        route_handlers=[
            public.router,
            # who calls is found out only where the answer depends on it
            Router(
                "/",
                route_handlers=[
                    public.explain,
                    me.router(settings),
                    auth.router(settings),
                    admin.router,
                    routes.router(settings),
                ],
                middleware=[read_session, DefineMiddleware(Identify, exclude_http_methods=())],
            ),
            healthz,
            readyz,
            Metrics,
            create_static_files_router(
                "/schema/static", directories=[SWAGGER], include_in_schema=False
            ),
        ],
        lifespan=[connected],
        state=State({"database": database, "settings": settings, "recent": Recent()}),
        dependencies={"database": Provide(lambda: database, sync_to_thread=False)},
        exception_handlers={Exception: answer, HTTPException: answer},
        middleware=[
            name_request,
            prometheus.middleware,
        ],
        cors_config=CORSConfig(
            allow_origins=list(settings.origins), allow_credentials=True, max_age=3600
        )
        if settings.origins
        else None,
        request_max_body_size=LARGEST_BODY,
        openapi_config=CONFIG,
        template_config=TemplateConfig(instance=rendering.engine()),
    )
    document_problems(app)
    return app


class Metrics(PrometheusController):
    """What Prometheus reads."""

    path = "/metrics"
    include_in_schema = False


@get("/healthz", tags=["service"])
async def healthz() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "ok"}


@get("/readyz", tags=["service"])
async def readyz(request: Request) -> dict[str, str]:
    """Whether the database answers and holds what the service reads."""
    found = await request.app.state.database.one(dict, "is_ready")
    if not found["is_ready"]:
        raise Refused(503, "the tables are not there yet: hedge db migrate and hedge etl deploy")
    return {"status": "ready"}


def name_request(app: ASGIApp) -> ASGIApp:
    """Middleware: an id for every request, in its log line, its errors and the runs it causes."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        name = uuid.uuid4().hex[:16]
        scope.setdefault("state", {})["request_id"] = name
        started, status = time.perf_counter(), 500

        async def send_named(message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((b"x-request-id", name.encode()))
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=name):
            try:
                await app(scope, receive, send_named)
            finally:
                log.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    milliseconds=round((time.perf_counter() - started) * 1000, 1),
                )

    return middleware
