"""Errors that a person reads: one sentence that names the value at fault."""


class HedgeError(Exception):
    """Something went wrong; the message is one sentence for a person. Exit status 1."""

    exit_status = 1


class UsageError(HedgeError):
    """What was asked for does not exist or does not make sense. Exit status 2."""

    exit_status = 2
