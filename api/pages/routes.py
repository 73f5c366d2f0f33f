"""The routes of the pages, which the OpenAPI document does not contain."""

from litestar import Response, Router, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware
from litestar.static_files import create_static_files_router

from api.pages import (
    account,
    admin,
    board_files,
    boards,
    catalogue,
    comparing,
    profile,
    reading,
    search,
    seasons,
)
from api.pages.rendering import ICON, STATIC
from api.settings import Settings

#: How pages and their files are compressed for browsers that say they can read it. What programs
#: download, and caches keep by its ETag, is sent as it is.
COMPRESSION = CompressionConfig(
    "gzip", gzip_compress_level=6, exclude=[r"/entries\.(csv|json)$", r"/rewards\.csv$"]
)


@get("/favicon.ico", include_in_schema=False, cache_control=CacheControlHeader(max_age=86_400))
async def favicon() -> Response[bytes]:
    """The icon that browsers ask for where a page names none, such as /schema and JSON."""
    return Response(ICON, media_type="image/x-icon")


def router(settings: Settings) -> Router:
    """All pages, their script and their style sheets, which are sent compressed."""
    return Router(
        "/",
        middleware=[DefineMiddleware(CompressionMiddleware, config=COMPRESSION)],
        route_handlers=[
            favicon,
            reading.router,
            boards.router,
            board_files.router,
            search.router,
            comparing.router,
            seasons.router,
            catalogue.router,
            profile.router,
            account.router(settings),
            admin.router(settings),
            create_static_files_router(
                "/static",
                directories=[STATIC],
                # the address contains the hash of the file
                cache_control=CacheControlHeader(max_age=31_536_000, immutable=True),
                include_in_schema=False,
            ),
        ],
        include_in_schema=False,
    )
