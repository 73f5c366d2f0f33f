"""Instants in query parameters, bodies and forms."""

from datetime import datetime

from hedge.errors import UsageError
from hedge.instants import instant_of


def parse_instant(name: str, text: str) -> datetime:
    """The instant that a text names, in UTC where it names no zone; a day is its beginning.
    Another text is a UsageError that names the field."""
    try:
        return instant_of(text)
    except ValueError:
        raise UsageError(
            f"{name} '{text[:80]}' is not a time such as 2026-12-01 or 2026-12-01T00:00"
        ) from None
