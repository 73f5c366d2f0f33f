"""Values of Python as text that PostgreSQL casts."""

from datetime import date
from decimal import Decimal
from typing import Any

from hedge.loading.tables import Column


def text_of(column: Column, value: Any) -> str | None:
    """A value as text that PostgreSQL can cast; ValueError where a column cannot hold it."""
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case str():
            if "\0" in value or not _is_unicode(value):
                raise ValueError(f"{column.name} contains a character that is none")
            return value
        case int():
            return str(value)
        case float():
            return f"{value:.0f}" if value.is_integer() else repr(value)
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case list() if column.type.endswith("[]"):
            return "{" + ",".join(_element(text_of(column, item)) for item in value) + "}"
    raise ValueError(f"{column.name} is not a single value")


def _element(text: str | None) -> str:
    """An element of a PostgreSQL array literal."""
    if text is None:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
