"""Rate limits that the API and the pages share: both count in the same store."""

from litestar import Request
from litestar.middleware import DefineMiddleware
from litestar.middleware.rate_limit import RateLimitConfig

from api.settings import Settings


def sign_ins(settings: Settings) -> DefineMiddleware:
    """Middleware: beginning and ending a sign-in, counted by address."""
    return RateLimitConfig(("minute", settings.sign_ins_a_minute), store="sign_ins").middleware


def links(settings: Settings) -> DefineMiddleware:
    """Middleware: linking and verifying wallets, counted by player."""
    return RateLimitConfig(
        ("minute", settings.links_a_minute),
        identifier_for_request=_player_or_address,
        store="links",
    ).middleware


def _player_or_address(request: Request) -> str:
    if "user" in request.scope and request.user.player_id is not None:
        return f"player {request.user.player_id}"
    return request.client.host if request.client else ""
