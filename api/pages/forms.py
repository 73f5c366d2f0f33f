"""Forms: what browsers send, and the redirect that answers it."""

from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Annotated

from litestar import Request
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.params import Body
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api.pages.rendering import remember
from hedge.errors import HedgeError, UsageError

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


async def tried(request: Request, doing: Awaitable[object], success: str, back: str) -> Redirect:
    """Do something for a form and go back to a page, which says what became of it."""
    try:
        await doing
    except (HedgeError, HTTPException) as error:
        sentence = error.detail if isinstance(error, HTTPException) else str(error)
        remember(request, sentence, is_error=True)
    else:
        remember(request, success)
    return go(back)


def go(path: str) -> Redirect:
    """The redirect after a form."""
    return Redirect(path, status_code=HTTP_303_SEE_OTHER)


def instant(name: str, text: str) -> datetime:
    """A time that was typed, in UTC where it names no zone; another text is a UsageError."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{name} '{text[:80]}' is not a time such as 2026-12-01T00:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def whole(name: str, text: str) -> int:
    """A whole number that was typed; another text is a UsageError."""
    if not (text.strip().isascii() and text.strip().isdigit() and len(text.strip()) <= 9):
        raise UsageError(f"{name} '{text[:80]}' is not a whole number")
    return int(text)
