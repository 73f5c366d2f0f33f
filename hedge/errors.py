"""Errors that a person reads: one sentence that names the wrong value."""


class HedgeError(Exception):
    """Something went wrong; the message is one sentence for a person. Exit status 1."""

    exit_status = 1


class UsageError(HedgeError):
    """The input names something that does not exist, or contradicts itself. Exit status 2."""

    exit_status = 2


class DatabaseAway(HedgeError):
    """The database cannot be reached, which may be different in a moment. Exit status 1."""
