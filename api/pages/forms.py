"""Forms: their fields, and the redirects that respond to them (post, redirect, get)."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from litestar import Request
from litestar.exceptions import HTTPException
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api.pages.rendering import set_notice
from hedge.errors import HedgeError, UsageError

T = TypeVar("T")
Form = URLEncodedBody[dict[str, str]]


async def redirect_with_outcome(
    request: Request, change: Awaitable[T], success: str | Callable[[T], str], path: str
) -> Redirect:
    """Await a change and redirect to a page, whose notice is success, which may depend on the
    result, or the error's sentence."""
    try:
        result = await change
    except (HedgeError, HTTPException) as error:
        sentence = error.detail if isinstance(error, HTTPException) else str(error)
        return redirect_with_error(request, sentence, path)
    set_notice(request, success if isinstance(success, str) else success(result))
    return redirect(path)


def redirect_with_error(request: Request, sentence: str, path: str) -> Redirect:
    """Redirect to a page, whose notice is an error."""
    set_notice(request, sentence, is_error=True)
    return redirect(path)


def redirect(path: str) -> Redirect:
    """The redirect that makes a browser get a page after it has posted a form."""
    return Redirect(path, status_code=HTTP_303_SEE_OTHER)


def parse_whole_number(name: str, text: str) -> int:
    """The whole number in a field; another text is a UsageError."""
    if not (text.strip().isascii() and text.strip().isdigit() and len(text.strip()) <= 9):
        raise UsageError(f"{name} '{text[:80]}' is not a whole number")
    return int(text)
