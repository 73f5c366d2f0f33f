"""Matches of two wallets in which the winner is another one each time, for rules of suspects."""

from datetime import UTC, datetime, timedelta

import psycopg

from tests.support import put, pvp_match


def put_in_turns(
    connection: psycopg.Connection, one: str, other: str, numbers: range = range(12)
) -> None:
    """Put both sides of a match for each number, a minute apart; odd ones are won by one."""
    for number in numbers:
        winner, loser = (one, other) if number % 2 else (other, one)
        at = datetime.now(UTC) - timedelta(minutes=90 - number)
        for own, against, outcome in ((winner, loser, "WIN"), (loser, winner, "LOSS")):
            named = {"match_id": f"turn {number}", "opponent_wallet": against}
            put(connection, pvp_match(own, outcome, at, **named))
