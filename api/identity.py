"""Who calls: a player by session cookie, an admin or a service by bearer token, or nobody."""

from dataclasses import dataclass
from http import HTTPStatus

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from api.database import Database
from api.problems import Refused
from hedge.tokens import hashed

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Caller:
    """Who calls. player_id is who acts: the player, or whom a service acts for."""

    role: str
    player_id: int | None = None
    name: str = ""


NOBODY = Caller("nobody")


class Identify(AbstractAuthenticationMiddleware):
    """Finds out who calls; guards decide what they may do."""

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:
        """A bearer token comes before the cookie; a token that is not known is refused."""
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme:
            return AuthenticationResult(await self._by_token(connection, scheme, token), None)
        if connection.session:
            require_own_origin(connection)
        if (player := connection.session.get("player_id")) is not None:
            return AuthenticationResult(Caller("player", player), None)
        return AuthenticationResult(NOBODY, None)

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
    """The player of a Discord account, made on first need."""
    found = await database.one(dict, "player_of_discord", discord_id=discord_id) or (
        await database.one(dict, "player_make", discord_id=discord_id)
    )
    return found["player_id"]


def require_own_origin(connection: ASGIConnection, _: BaseRouteHandler | None = None) -> None:
    """Guard, always with a cookie: what changes something comes from our pages or an allowed
    front end."""
    if connection.scope["method"] in SAFE_METHODS:
        return
    settings = connection.app.state.settings
    origin = connection.headers.get("origin")
    if origin not in (settings.public_url, *settings.origins):
        raise Refused(HTTPStatus.FORBIDDEN, f"the origin {origin} may not do this")


def require_player(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    """Guard: a player, or a service that acts for one."""
    if connection.user.player_id is None:
        raise Refused(HTTPStatus.UNAUTHORIZED, "sign in first")


def require_admin(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    """Guard: an admin's token."""
    if connection.user.role == "nobody":
        raise Refused(
            HTTPStatus.UNAUTHORIZED, "a token is needed", **{"WWW-Authenticate": "Bearer"}
        )
    if connection.user.role != "admin":
        raise Refused(HTTPStatus.FORBIDDEN, "only an admin may do this")


async def require_admin_session(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    """Guard of the pages: an admin's token that the session remembers and nobody revoked."""
    known = connection.session.get("admin", "")
    if not await is_admin(connection.app.state.database, bytes.fromhex(known)):
        connection.session.pop("admin", None)
        raise Refused(HTTPStatus.UNAUTHORIZED, "sign in with an admin's token first")


async def sees_everything(request: Request, player_id: int | None) -> bool:
    """Whether the caller may see what happened on Discord to a player: the player and admins,
    by token or by the session of the pages."""
    if request.user.role == "admin" or (
        player_id is not None and request.user.player_id == player_id
    ):
        return True
    return await is_admin(
        request.app.state.database, bytes.fromhex(request.session.get("admin", ""))
    )


async def is_admin(database: Database, token_hash: bytes) -> bool:
    """Whether a hash is that of an admin's token which nobody revoked."""
    found = await database.one(dict, "token", hash=token_hash) if token_hash else None
    return found is not None and found["role"] == "admin"


def player(request: Request) -> int:
    """The player who acts."""
    return request.user.player_id


def who(request: Request) -> str:
    """Who is counted against a rate limit: the player, else the address."""
    if "user" in request.scope and request.user.player_id is not None:
        return f"player {request.user.player_id}"
    return request.client.host if request.client else ""
