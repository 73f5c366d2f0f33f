"""Numbers of the database: those that it gives to runs, requests, exclusions, rewards, webhooks and
events, and the largest that its columns hold."""

import re

#: Larger than any number that the database will have given. What is computed from it, such as the
#: number after it, can be a parameter of a query too, since it is a bigint.
LARGEST = 2**62
#: The largest number of a column of the type integer, as chains and places of logs are.
LARGEST_INTEGER = 2**31 - 1


def is_id(number: int) -> bool:
    """Whether a number can be one that the database has given. Of another number nobody needs to
    ask it, and PostgreSQL would refuse a parameter that is no bigint."""
    return 0 <= number <= LARGEST


def id_of(text: str) -> int | None:
    """The number that a text of digits is, or None where it cannot be one that was given."""
    number = int(text) if re.fullmatch("[0-9]{1,19}", text) else -1
    return number if is_id(number) else None
