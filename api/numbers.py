"""Exact numbers: a numeric of the database is sent with every digit, and a number of
a body is read with every digit; neither goes through a float."""

import json
import re
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
import psycopg
from litestar import Request, Response
from litestar.exceptions import SerializationException
from litestar.openapi.spec import Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.plugins import OpenAPISchemaPlugin
from litestar.serialization import default_serializer
from litestar.types import Empty, Serializer
from litestar.typing import FieldDefinition
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.json import set_json_loads

#: Encodes what a route returns. A Decimal becomes a JSON number with all of its digits.
encode = msgspec.json.Encoder(enc_hook=default_serializer, decimal_format="number").encode
#: A number with digits behind the point, and no exponent.
_FRACTION = re.compile(r"-?\d+\.\d+")


def exact(text: str) -> int | Decimal:
    """The number that a numeric or a number in JSON is written as, without trailing zeros: an int
    where it is whole."""
    if _FRACTION.fullmatch(text):
        text = text.rstrip("0").rstrip(".")
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)


def digits(number: int | Decimal) -> str:
    """All digits of a number, without an exponent."""
    return f"{number:f}" if isinstance(number, Decimal) else str(number)


class NumberLoader(Loader):
    """Loads numeric as an exact number."""

    def load(self, data: Buffer) -> int | Decimal:
        """The number, see exact."""
        text = bytes(data)
        # most numerics are short and whole, and an answer has hundreds of them
        return int(text) if text.isdigit() else exact(text.decode())


def read_exactly(connection: psycopg.AsyncConnection | psycopg.Connection) -> None:
    """Let a connection load numeric, and the numbers in JSON, as exact numbers."""
    connection.adapters.register_loader("numeric", NumberLoader)
    set_json_loads(partial(json.loads, parse_float=exact), connection)


_decode = msgspec.json.Decoder(float_hook=exact).decode


class ExactRequest(Request[Any, Any, Any]):
    """A request whose body has exact numbers."""

    async def json(self) -> Any:
        """The body; SerializationException where it is no JSON."""
        if self._json is Empty:
            try:
                self._json = _decode(await self.body() or b"null")
            except msgspec.DecodeError as error:
                raise SerializationException(str(error)) from error
        return self._json


class ExactResponse(Response):
    """The response to what a route returns, with exact numbers."""

    def render(
        self, content: Any, media_type: str, enc_hook: Serializer = default_serializer
    ) -> bytes:
        """The body."""
        if media_type.startswith("application/json") and not isinstance(content, bytes | str):
            return encode(content)
        return super().render(content, media_type, enc_hook)


class ExactNumberSchemas(OpenAPISchemaPlugin):
    """Documents a Decimal as the JSON number as which encode writes it."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether a field is a Decimal."""
        return field_definition.annotation is Decimal

    def to_openapi_schema(self, *_: Any, **__: Any) -> Schema:
        """The schema of a JSON number."""
        return Schema(type=OpenAPIType.NUMBER)
