"""What the routes of an admin share: the form of bodies, look-ups by name, the answer to a
request for a run."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from litestar import MediaType, Request, Response
from litestar.dto import DTOConfig, DTOData
from litestar.status_codes import HTTP_201_CREATED

from api import operations
from api.database import with_connection
from api.problems import Refused
from api.shape import Shape
from hedge.errors import AlreadyExists, UsageError

Record = TypeVar("Record")

#: Records in request bodies and responses.
BODY = DTOConfig(rename_strategy="camel", forbid_unknown_fields=True)


def changes_of(*, key: str) -> DTOConfig:
    """The form of a body that changes a record: every field is optional, and the key, which the
    path names, is no field."""
    return DTOConfig(
        rename_strategy="camel", forbid_unknown_fields=True, partial=True, exclude={key}
    )


def given_fields(changes: DTOData[Any]) -> dict[str, Any]:
    """The fields that a body of changes contains, by their names in hedge; UsageError if none."""
    fields: dict[str, Any] = changes.as_builtins()
    if not fields:
        raise UsageError("the body names nothing to change")
    return fields


def decided_by(request: Request[Any, Any, Any]) -> str:
    """Who decides, for the row of the decision: the role and the name of the token."""
    return f"{request.user.role} {request.user.name}"


async def existing(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of hedge about one thing that the request names. Its UsageError means that
    the thing does not exist, and becomes status 404."""
    try:
        return await with_connection(function, *arguments)
    except UsageError as error:
        raise Refused(HTTPStatus.NOT_FOUND, str(error)) from error


async def create_or_replace(
    request: Request[Any, Any, Any], add: Callable[..., Any], new: Record
) -> Response[Record]:
    """Make a board or season, by hedge's function, and answer with it as it is stored: 201 under
    /v1, where one that exists is AlreadyExists. Without /v1 that one is replaced, and noted as
    deprecated."""
    if operations.is_versioned(request):
        made: Record = await with_connection(add, new)
        return Response(made, media_type=MediaType.JSON, status_code=HTTP_201_CREATED)
    try:
        stored: Record = await with_connection(add, new)
    except AlreadyExists:
        stored = await with_connection(add, new, replace_existing=True)
        operations.note(request, operations.REPLACING_BY_POST)
    return Response(stored, media_type=MediaType.JSON)


class Accepted(Shape):
    """A requested run: the id of the request, and the path that shows its state."""

    request_id: int
    look_at: str
