"""Authentication of requests (a player by session cookie, an admin or a service by bearer token)
and the guards of routes."""

import hmac
from dataclasses import dataclass
from http import HTTPStatus

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from api import sessions
from api.database import Database
from api.problems import Refused, request_id
from hedge import audit
from hedge.tokens import hashed

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Caller:
    """The sender of a request. player_id is the player, or the player whom a service acts for."""

    role: str
    player_id: int | None = None
    name: str = ""


ANONYMOUS = Caller("anonymous")


class Authenticate(AbstractAuthenticationMiddleware):
    """Sets request.user to the Caller; guards decide what the caller may do."""

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:
        """The Caller by bearer token, else by cookie; an unknown token is refused."""
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        # a proxy before a staging site has credentials of its own, which browsers send to us too
        if scheme and scheme.lower() != "basic":
            return AuthenticationResult(await self._by_token(connection, scheme, token), None)
        if connection.session:
            require_own_origin(connection)
        if (session := await sessions.found(connection, "player")) is not None:
            return AuthenticationResult(Caller("player", session["player_id"]), None)
        return AuthenticationResult(ANONYMOUS, None)

    async def _by_token(self, connection: ASGIConnection, scheme: str, token: str) -> Caller:
        database: Database = connection.app.state.database
        found = None
        if scheme.lower() == "bearer" and token:
            found = await database.one(dict, "token", hash=hashed(token))
        if found is None:
            raise Refused(
                HTTPStatus.UNAUTHORIZED, "the token is not known", **{"WWW-Authenticate": "Bearer"}
            )
        discord_id = connection.headers.get("x-discord-id")
        if discord_id is None:
            return Caller(found["role"], None, found["name"])
        if found["role"] != "service":
            raise Refused(HTTPStatus.FORBIDDEN, "only a service may act for a player")
        if not (discord_id.isascii() and discord_id.isdigit() and len(discord_id) <= 20):
            raise Refused(HTTPStatus.BAD_REQUEST, "X-Discord-Id is not a Discord id")
        return Caller("service", await player_of(database, discord_id), found["name"])


async def player_of(database: Database, discord_id: str) -> int:
    """The player_id of a Discord account, which gets a player at its first sign-in."""
    found = await database.one(dict, "player_of_discord", discord_id=discord_id)
    if found is None:
        found = await database.single(dict, "player_create", discord_id=discord_id)
    player_id: int = found["player_id"]
    return player_id


def require_own_origin(connection: ASGIConnection, _: BaseRouteHandler | None = None) -> None:
    """Guard against forged requests: one that is sent with a cookie and changes something must
    come from the service's own pages or from an allowed front end."""
    scope = connection.scope
    if scope["type"] == ScopeType.HTTP and scope["method"] in SAFE_METHODS:
        return
    settings = connection.app.state.settings
    origin = connection.headers.get("origin")
    if origin not in (settings.public_url, *settings.origins):
        raise Refused(HTTPStatus.FORBIDDEN, f"the origin {origin} may not do this")


def require_page_of_ours(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    """Guard of the forms of an admin: they come from the pages of this service, and from no front
    end on another origin."""
    scope = connection.scope
    if scope["type"] == ScopeType.HTTP and scope["method"] in SAFE_METHODS:
        return
    origin = connection.headers.get("origin")
    if origin != connection.app.state.settings.public_url:
        raise Refused(HTTPStatus.FORBIDDEN, f"the origin {origin} may not do this")


def require_metrics_token(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    """Guard of /metrics: the token of HEDGE_METRICS_TOKEN, where one is set."""
    wanted = connection.app.state.settings.metrics_token
    given = connection.headers.get("authorization", "").encode("latin-1", "replace")
    if wanted and not hmac.compare_digest(given, f"Bearer {wanted}".encode()):
        raise Refused(
            HTTPStatus.UNAUTHORIZED, "a token is needed", **{"WWW-Authenticate": "Bearer"}
        )


def require_player(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    """Guard: a player, or a service that acts for a player."""
    if connection.user.player_id is None:
        raise Refused(HTTPStatus.UNAUTHORIZED, "sign in first")


def require_admin(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    """Guard: an admin's token."""
    if connection.user.role == "anonymous":
        raise Refused(
            HTTPStatus.UNAUTHORIZED, "a token is needed", **{"WWW-Authenticate": "Bearer"}
        )
    if connection.user.role != "admin":
        raise Refused(HTTPStatus.FORBIDDEN, "only an admin may do this")


async def name_caller(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    """Guard that refuses nobody: it says who changes what the route changes. It is asynchronous,
    because a thread could not say it to the handler."""
    caller = connection.user
    audit.act_as(f"{caller.role} {caller.name}", request_id(connection))


def require_program(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    """Guard: the token of an admin, or of a service that acts for itself and not for a player."""
    caller = connection.user
    if caller.role not in ("admin", "service") or caller.player_id is not None:
        raise Refused(
            HTTPStatus.UNAUTHORIZED if caller.role == "anonymous" else HTTPStatus.FORBIDDEN,
            "a token of an admin or of a service is needed, without X-Discord-Id",
            **({"WWW-Authenticate": "Bearer"} if caller.role == "anonymous" else {}),
        )


async def require_admin_session(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    """Guard of the admin's pages: a session of an admin's token, which was not revoked."""
    session = await sessions.found(connection, "admin")
    if session is None:
        raise Refused(HTTPStatus.UNAUTHORIZED, "sign in with an admin's token first")
    audit.act_as(f"admin {session['token_name']}", request_id(connection))


async def sees_everything(request: Request, player_id: int | None) -> bool:
    """Whether the caller may see a player's private facts, which are those from Discord: the
    player may, and an admin, by token or by the session of the pages."""
    if request.user.role == "admin" or (
        player_id is not None and request.user.player_id == player_id
    ):
        return True
    return await sessions.found(request, "admin") is not None


def acting_player(request: Request) -> int:
    """The player_id of the caller, on a route that has the guard require_player."""
    player_id: int = request.user.player_id
    return player_id
