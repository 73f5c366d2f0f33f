"""Instants that a person or a program writes as text."""

from datetime import UTC, datetime


def instant_of(text: str) -> datetime:
    """The instant of a text in ISO 8601, which is in UTC where it names no zone; a day is its
    beginning. A ValueError for any other text, and for an instant that has no year from 1 to 9999
    in UTC, in which the database answers."""
    found = datetime.fromisoformat(text.strip())
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC)
    try:
        found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
    return found
