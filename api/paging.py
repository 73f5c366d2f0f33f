"""Pages of lists. A client gives `limit` and, for the next page, the cursor `after`, which it has
from the header Link (RFC 8288) and from `next` in the answer, where that is an object. On the last
page there is no header, and `next` is null.

A cursor is opaque to clients: it holds the place of the last element of its page.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from litestar import Request
from litestar.params import QueryParameter

from api.numbers import ExactResponse
from api.problems import Refused
from hedge.ids import is_id

Element = TypeVar("Element")
#: The parameters of a list.
Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="How many at most.")]
After = Annotated[
    str,
    QueryParameter(description="The cursor `next` of the page before; without it, the first page."),
]
#: The first character of a cursor. No key or id has it, which older clients send instead.
_MARK = "~"


def is_cursor(after: str) -> bool:
    """Whether a text is meant as a cursor; else it may be what older clients send."""
    return after.startswith(_MARK)


def cursor(*place: str | int) -> str:
    """The cursor of a place."""
    encoded = base64.urlsafe_b64encode(msgspec.json.encode(place))
    return _MARK + encoded.decode().rstrip("=")


def place(after: str, *types: type) -> list[Any] | None:
    """The place of a cursor, whose parts have the given types; None for the first page. Another
    text is Refused."""
    if not after:
        return None
    try:
        if not is_cursor(after):
            raise ValueError(after)
        encoded = after.removeprefix(_MARK)
        padded = encoded + "=" * (-len(encoded) % 4)
        found = msgspec.json.decode(base64.b64decode(padded, b"-_", validate=True), type=list[Any])
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise refused(after) from None
    if [type(part) for part in found] != list(types) or not all(map(_is_storable, found)):
        raise refused(after)
    return found


def _is_storable(part: str | int) -> bool:
    """Whether a part of a place can be a parameter of a query: a text, or an id."""
    return "\x00" not in part if isinstance(part, str) else is_id(abs(part))


def instant(after: str, text: str) -> datetime:
    """The instant in a cursor, as isoformat() wrote it; another text is Refused."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise refused(after) from None
    if found.tzinfo is None:
        raise refused(after)
    return found


def refused(after: str) -> Refused:
    """The refusal of a text that is no cursor of the list."""
    return Refused(
        HTTPStatus.BAD_REQUEST,
        f"after: '{after[:80]}' is not a cursor of this list",
        code="invalid_cursor",
    )


def cut(
    found: Sequence[Element], limit: int, place_of: Callable[[Element], Sequence[str | int]]
) -> tuple[list[Element], str | None]:
    """A page of at most limit elements, and the cursor of the next one. found are the elements
    of the page and, where there are more, at least one more."""
    page = list(found[:limit])
    return page, cursor(*place_of(page[-1])) if len(found) > limit else None


def slice_of(
    whole: Sequence[Element], limit: int, after: str, key_of: Callable[[Element], str]
) -> tuple[list[Element], str | None]:
    """A page of a short list that is read whole, and the cursor of the next one. The keys of its
    elements are unique."""
    begin = 0
    if previous := place(after, str):
        keys = [key_of(element) for element in whole]
        if previous[0] not in keys:
            raise refused(after)
        begin = keys.index(previous[0]) + 1
    return cut(whole[begin:], limit, lambda element: [key_of(element)])


def link(request: Request, following: str | None) -> dict[str, str]:
    """The header Link to the next page, whose cursor is given."""
    if following is None:
        return {}
    given = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    kept = [(name, value) for name, value in given if name not in ("after", "before")]
    query = urlencode([*kept, ("after", following)], safe=_MARK)
    path = quote(request.scope.get("root_path", "") + request.scope["path"])
    return {"Link": f'<{path}?{query}>; rel="next"'}


def answer(request: Request, content: Any, following: str | None) -> ExactResponse:
    """The response with a page, and the header Link to the next one."""
    return ExactResponse(content, headers=link(request, following))
