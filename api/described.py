"""Completes the OpenAPI document with what generators and readers need: names, descriptions,
security, headers and examples, from the files in api/openapi."""

import dataclasses
import functools
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from litestar.openapi.spec import (
    OpenAPI,
    OpenAPIHeader,
    OpenAPIResponse,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
    Tag,
)
from litestar.openapi.spec.enums import OpenAPIType

from api.operations import METHODS, PARAMETERS
from api.shape import Body, Shape

FOLDER = Path(__file__).parent / "openapi"
TAGS = {
    "boards": "Boards and their runs.",
    "seasons": "Seasons, their standings, and the points of clusters.",
    "challenges": "The catalogue of challenges.",
    "clusters": "The progress of clusters. A cluster is one person with all linked wallets.",
    "events": "Streams of what changes.",
    "me": "The account of a signed-in player, or of the player for whom a service acts.",
    "sign-in": "Signing in with Discord, for browsers.",
    "admin": "Boards, seasons, runs and wallets, for an admin's token.",
    "service": "Whether the service works.",
}
#: Patterns of names that Litestar composes, which depend on the other applications of the process,
#: and better names.
RENAMED = {
    r".*\d+CompleteToResponseBody(_\d+)?": "AdminCompleteTo",
    r".*ListedBoard_\d+BoardRunResponseBody(_\d+)?": "NewestBoardRun",
    r".*Run_\d+ModelResponseBody(_\d+)?": "RunModel",
}
#: Who may call: a player by cookie, or a token. An operation of the last kind answers anybody.
PLAYER: list[dict[str, list[str]]] = [{"session": []}, {"token": []}]
ANYBODY_OR_PLAYER: list[dict[str, list[str]]] = [{}, *PLAYER]


def _text(description: str, *, schema: Schema | None = None) -> OpenAPIHeader:
    return OpenAPIHeader(description=description, schema=schema or Schema(type=OpenAPIType.STRING))


HEADERS = {
    "X-Request-Id": _text("The id of the request, which is also in the log."),
    "Deprecation": _text("Since when what the request uses is deprecated (RFC 9745): @SECONDS."),
    "Link": _text('The next page (RFC 8288): <PATH>; rel="next". Absent on the last page.'),
    "ETag": _text("The version of the answer, for If-None-Match."),
    "Retry-After": _text(
        "After how many seconds to try again.", schema=Schema(type=OpenAPIType.INTEGER)
    ),
}
#: The headers of an answer that a script of another origin may read.
EXPOSED = [*HEADERS, "Age", "WWW-Authenticate", "X-Hedge-Version", "X-Hedge-Project"]

DISCORD_ID = Parameter(
    name="X-Discord-Id",
    param_in="header",
    description="With the token of a service: the Discord id of the player for whom it acts.",
    schema=Schema(type=OpenAPIType.STRING, pattern="^[0-9]{1,20}$"),
)


@functools.cache
def table(name: str) -> dict[str, dict[str, str]]:
    """A file of api/openapi."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text())


@functools.cache
def examples() -> dict[str, dict[str, Any]]:
    """The examples of operations: `body` and `answer`, by method and path. They are recorded by
    tests/integration/test_published_answers.py."""
    found: dict[str, dict[str, Any]] = json.loads((FOLDER / "examples.json").read_text())
    return found


def complete(document: OpenAPI, knows_the_caller: set[str]) -> None:
    """Complete a document; knows_the_caller are public paths whose answer depends on the caller."""
    document.tags = [Tag(name=name, description=text) for name, text in TAGS.items()]
    schemas = document.components.schemas
    for old in list(schemas):
        if (new := _renamed(old)) != old:
            schemas[new] = schemas.pop(old)
            schemas[new].title = new
    for part in _parts(document):
        if isinstance(part, Reference):
            prefix, _, name = part.ref.rpartition("/")
            part.ref = f"{prefix}/{_renamed(name)}"
        elif isinstance(part, Schema) and part.one_of:
            # Litestar has null first or last
            part.one_of = sorted(part.one_of, key=_is_null)
    shapes = {one.__name__: one for one in _subclasses(Shape)}
    for name, schema in schemas.items():
        _complete_schema(name, schema, shapes.get(name))
    for path, item in (document.paths or {}).items():
        for method in METHODS:
            operation: Operation | None = getattr(item, method)
            if operation is not None:
                _complete_operation(method.upper(), path, operation, path in knows_the_caller)


def _is_null(schema: Schema | Reference) -> bool:
    return isinstance(schema, Schema) and schema.type == OpenAPIType.NULL


def _renamed(name: str) -> str:
    return next((new for old, new in RENAMED.items() if re.fullmatch(old, name)), name)


def _complete_schema(name: str, schema: Schema, shape: type[Shape] | None) -> None:
    properties = schema.properties or {}
    if shape is not None:
        schema.description = _prose(shape)
        if not issubclass(shape, Body):
            # a Shape has all of its fields, but those that are unset unless they are asked for
            unset = {
                field.encode_name
                for field in msgspec.structs.fields(shape)
                if field.default is msgspec.UNSET
            }
            schema.required = sorted(set(properties) - unset)
            for one in properties.values():
                if isinstance(one, Schema):
                    one.default = None
    for key, one in properties.items():
        one.description = description(name, key)
        # of an optional field Litestar makes a choice of one
        if isinstance(one, Schema) and one.one_of and len(one.one_of) == 1:
            properties[key] = dataclasses.replace(one.one_of[0], description=one.description)


def description(schema: str, key: str) -> str:
    """What a property of a schema means, or one of the parameters."""
    known = table("properties")
    if found := known.get(schema, {}).get(key):
        return found
    if schema != "parameters" and (found := known["any"].get(key)):
        return found
    if schema != "parameters" and key.endswith("Text"):
        return f"All digits of {key.removesuffix('Text')}, for clients whose numbers are doubles."
    raise LookupError(f"api/openapi/properties.toml does not describe {key} of {schema}")


def _prose(shape: type[Shape]) -> str:
    """The docstring of a shape, with the names of fields as they are in JSON."""
    text = " ".join((shape.__doc__ or "").split())
    return re.sub(
        r"\b[a-z]+(?:_[a-z]+)+\b", lambda found: _names_in_json().get(found[0], found[0]), text
    )


@functools.cache
def _names_in_json() -> dict[str, str]:
    """The names of all fields of shapes as they are in JSON."""
    return {
        field.name: field.encode_name
        for one in _subclasses(Shape)
        for field in msgspec.structs.fields(one)
    }


def _name(route: str) -> tuple[str, str]:
    """The tag and the name of an operation."""
    for tag, names in table("operations").items():
        if route in names:
            return tag, names[route]
    raise LookupError(f"api/openapi/operations.toml does not name {route}")


def _complete_operation(
    method: str, path: str, operation: Operation, knows_the_caller: bool
) -> None:
    route = f"{method} {path}"
    tag, operation.operation_id = _name(route)
    operation.tags = [tag]
    if knows_the_caller:
        operation.security = ANYBODY_OR_PLAYER
    elif operation.security is None:
        operation.security = []
    parameters = [one for one in operation.parameters or [] if isinstance(one, Parameter)]
    for parameter in parameters:
        parameter.description = description("parameters", parameter.name)
        parameter.deprecated = (path, parameter.name) in PARAMETERS
    if tag == "me" or knows_the_caller:
        operation.parameters = [*parameters, DISCORD_ID]
    lists = any(parameter.name == "after" for parameter in parameters)
    example = examples().get(route, {})
    if isinstance(operation.request_body, RequestBody) and "body" in example:
        for media in operation.request_body.content.values():
            media.example = _exactly(example["body"])
    for status, response in (operation.responses or {}).items():
        if isinstance(response, OpenAPIResponse):
            names = ["X-Request-Id", "Deprecation", *(["Link"] if lists else [])]
            if "304" in (operation.responses or {}):
                names.append("ETag")
            if status in ("429", "503"):
                names = ["X-Request-Id", "Retry-After"]
            elif status >= "400":
                names = ["X-Request-Id"]
            # a redirect has its own
            own: Mapping[str, Any] = response.headers or {}
            response.headers = {name: HEADERS[name] for name in names} | dict(own)
            if status < "300" and "answer" in example:
                for media in (response.content or {}).values():
                    media.example = _exactly(example["answer"])


def _exactly(example: Any) -> msgspec.Raw:
    """An example as JSON. Litestar would leave out what is null in it."""
    return msgspec.Raw(msgspec.json.encode(example))


def _subclasses(of: type[Shape]) -> Iterator[type[Shape]]:
    for one in of.__subclasses__():
        yield one
        yield from _subclasses(one)


def _parts(node: Any) -> Iterator[Any]:
    """Every object of a document, each once for each place where it stands."""
    if dataclasses.is_dataclass(node):
        yield node
        for field in dataclasses.fields(node):
            yield from _parts(getattr(node, field.name))
    elif isinstance(node, Mapping):
        for one in node.values():
            yield from _parts(one)
    elif isinstance(node, list | tuple):
        for one in node:
            yield from _parts(one)
