"""Signing in and out. api/sessions.py holds the sessions."""

import hmac
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote, unquote, urlsplit

from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect
from litestar.status_codes import HTTP_204_NO_CONTENT, HTTP_302_FOUND

from api import rate_limits, sessions
from api.database import Database
from api.discord import Discord, SignInError
from api.identity import player_of
from api.problems import Refused
from api.settings import Settings


def _discord(settings: Settings) -> Discord:
    if not settings.discord_client_id:
        raise Refused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "sign-in is not set up: HEDGE_DISCORD_CLIENT_ID is not set",
        )
    return Discord(
        settings.discord_client_id,
        settings.discord_client_secret,
        f"{settings.public_url}/auth/discord/callback",
        settings.discord_url,
    )


def own_address(given: str, origins: Sequence[str]) -> str | None:
    """An address as a browser is sent to it: a path of this service, or a page of one of the
    origins. It is decoded and encoded anew, so that what was judged is what the browser reads;
    None for any other address."""
    origin = next((one for one in origins if given == one or given.startswith(f"{one}/")), "")
    rest = given[len(origin) :] or ("/" if origin else "")
    try:
        parts = urlsplit(rest)
    except ValueError:
        return None
    path = unquote(parts.path, errors="replace")
    # Browsers read a backslash as a slash and leave out control characters, and two slashes at
    # the beginning are another host.
    if not all(one.startswith("/") and not one.startswith("//") for one in (rest, path)):
        return None
    if "\\" in rest + path or not path.isprintable():
        return None
    encoded = quote(path, safe="/:@!$&'()*+,;=~", errors="replace")
    kept = "/?:@!$&'()*+,;=~%"
    query = f"?{quote(parts.query, safe=kept)}" if parts.query else ""
    fragment = f"#{quote(parts.fragment, safe=kept)}" if parts.fragment else ""
    return f"{origin}{encoded}{query}{fragment}"


@get("/discord", status_code=HTTP_302_FOUND)
async def sign_in(
    request: Request, return_to: Annotated[str, QueryParameter(name="returnTo")] = "/"
) -> Redirect:
    """Redirect the browser to Discord. After the sign-in it is redirected to returnTo, which is
    a path of this service or a page of an allowed front end."""
    settings: Settings = request.app.state.settings
    target = own_address(return_to, (settings.public_url, *settings.origins))
    if target is None:
        raise Refused(HTTPStatus.BAD_REQUEST, f"returnTo '{return_to[:80]}' is not a page of ours")
    begun = _discord(settings).begin()
    # who is signed in stays signed in until another sign-in is finished
    sessions.cookie(request)["sign_in"] = {
        "state": begun.state,
        "code_verifier": begun.code_verifier,
        "return_to": target,
    }
    return Redirect(begun.url)


@get("/discord/callback", status_code=HTTP_302_FOUND)
async def finish_sign_in(
    request: Request,
    database: NamedDependency[Database],
    code: FromQuery[str] = "",
    error: FromQuery[str] = "",
    returned_state: Annotated[str, QueryParameter(name="state")] = "",
) -> Redirect:
    """Finish the sign-in: Discord redirects the browser to this address."""
    settings: Settings = request.app.state.settings
    begun = sessions.cookie(request).pop("sign_in", {})
    state = begun.get("state", "")
    if not state or not hmac.compare_digest(
        state.encode(), returned_state.encode("utf-8", "replace")
    ):
        raise Refused(HTTPStatus.BAD_REQUEST, "this sign-in was not begun here: sign in again")
    if error or not code:
        raise Refused(HTTPStatus.BAD_REQUEST, "Discord did not sign you in: sign in again")
    try:
        discord_id = await _discord(settings).finish(code, begun["code_verifier"])
    except SignInError as failure:
        raise Refused(HTTPStatus.BAD_GATEWAY, str(failure)) from failure
    await sessions.begin(request, "player", player=await player_of(database, discord_id))
    return Redirect(begun["return_to"])


@post("/sign-out", status_code=HTTP_204_NO_CONTENT)
async def sign_out(request: Request) -> None:
    """End the session, also for whoever has copied its cookie."""
    await sessions.sign_out(request)


def router(settings: Settings) -> Router:
    """The routes of signing in and out, with the rate limit of signing in."""
    return Router(
        "/auth",
        route_handlers=[
            Router(
                "/",
                route_handlers=[sign_in, finish_sign_in],
                middleware=[rate_limits.sign_ins(settings)],
            ),
            # never limited: who shares an address with others can always leave
            sign_out,
        ],
        tags=["sign-in"],
    )
