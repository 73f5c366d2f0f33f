"""Sessions of browsers: rows of app.sessions, which hold the hash of a random token.

The cookie (encrypted, see api/app.py) holds the token under one of the two keys, a sentence for the
next page, and the sign-in that was begun. Whoever copies it is signed out with its owner.
"""

import secrets
from http import HTTPStatus
from typing import Any, Literal

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.types import Empty

from api import account_shapes
from api.database import Database
from api.problems import Refused
from hedge.tokens import hashed

#: What a cookie holds the token of a session under.
Key = Literal["player", "admin"]
KEYS: tuple[Key, ...] = ("player", "admin")
#: How much of a browser's name is kept, in characters.
BROWSER_LENGTH = 200


def cookie(connection: ASGIConnection) -> dict[str, Any]:
    """What the cookie of a request holds, which may be changed."""
    if not connection.scope.get("session") or connection.scope["session"] is Empty:
        connection.set_session({})
    found: dict[str, Any] = connection.session
    return found


async def begin(
    request: Request, key: Key, *, player: int | None = None, token: int | None = None
) -> None:
    """Begin a session of a player, or of an admin's token, in place of one that the cookie has; 401
    where the player was deleted at the same time."""
    await end(request, key)
    secret = secrets.token_urlsafe(32)
    browser = "".join(filter(str.isprintable, request.headers.get("user-agent", "")))
    created = await _database(request).one(
        dict,
        "session_create",
        session_hash=hashed(secret),
        player=player,
        token=token,
        browser=browser[:BROWSER_LENGTH],
        idle_days=_idle_days(request),
    )
    if created is None:
        raise Refused(
            HTTPStatus.UNAUTHORIZED, "the account was deleted at the same time: sign in again"
        )
    cookie(request)[key] = secret


async def found(connection: ASGIConnection, key: Key) -> dict[str, Any] | None:
    """The row of the session that the cookie has, with player_id and is_admin; None where it has
    none, or one that has ended, which the cookie then forgets."""
    held = cookie(connection)
    if key not in held:
        return None
    row = await _database(connection).one(
        dict,
        "session",
        session_hash=hashed(str(held[key])),
        idle_days=_idle_days(connection),
    )
    if row is None or not (row["is_admin"] if key == "admin" else row["player_id"] is not None):
        del held[key]
        return None
    return row


async def admin_name(request: Request) -> str:
    """Who decides on a page of an admin, for the row of the decision: the name of the token."""
    session = await found(request, "admin")
    return f"admin {session['token_name']}" if session else "admin"


async def end(request: Request, *keys: Key) -> None:
    """End the sessions of this browser that the cookie holds under the keys, and forget them."""
    held = cookie(request)
    hashes = [hashed(str(held.pop(key))) for key in keys if key in held]
    if hashes:
        await _database(request).rows(dict, "session_end", session_hashes=hashes)


async def sign_out(request: Request) -> None:
    """End everything of this browser: its sessions, and the cookie."""
    await end(request, *KEYS)
    request.clear_session()


async def of_player(request: Request, player: int) -> account_shapes.ListedSessions:
    """The sessions of a player."""
    current = str(cookie(request).get("player", ""))
    return account_shapes.ListedSessions(
        sessions=await _database(request).rows(
            account_shapes.Session,
            "sessions",
            player=player,
            session_hash=hashed(current),
            idle_days=_idle_days(request),
        )
    )


async def sign_out_everywhere(request: Request, player: int) -> None:
    """End all sessions of a player, this one included."""
    await _database(request).rows(dict, "sessions_end", player=player)
    cookie(request).pop("player", None)


def _database(connection: ASGIConnection) -> Database:
    database: Database = connection.app.state.database
    return database


def _idle_days(connection: ASGIConnection) -> int:
    days: int = connection.app.state.settings.session_idle_days
    return days
