"""Calls of contracts for values that no log gives, which facts want: the seed chain_calls.

A call has one argument, a number of the fact, and asks for the state at the end of a block. Only
final blocks are asked for, so that no answer is one of a history that is lost. The block is that of
the fact. Where the node does not have its state any more, a value that never changes is asked for
at the last final block; one that changes is not asked for until a day later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from hedge import database
from hedge.chain.nodes import Node
from hedge.chain.refusals import Unanswered
from hedge.queries import query

#: How many calls are made at once.
AT_ONCE = 200
#: The most bytes of an answer that are kept.
LONGEST_ANSWER = 64 * 32


@dataclass(frozen=True)
class Called:
    """How many calls were answered, and whether others may be wanted still."""

    answered: int = 0
    is_more: bool = False


def call(connection: psycopg.Connection, node: Node, final: int) -> Called:
    """Make some of the calls that facts of a chain want up to a final block, and store the answers.
    What a contract refuses is stored, too, and not asked again.

    They are so few that who follows the chain between two of these calls does not fall behind.
    """
    if not database.exists(connection, "analytics.chain_calls"):
        return Called()
    wanted = _wanted(connection, node.chain, final)
    blocks = [one["block_number"] for one in wanted]
    answers = _asked(node, wanted, blocks)
    again = [
        place
        for place, answer in enumerate(answers)
        if answer is Unanswered.NO_STATE and not wanted[place]["is_of_block"]
    ]
    latest = _asked(node, [wanted[place] for place in again], [final] * len(again))
    for place, answer in zip(again, latest, strict=True):
        answers[place], blocks[place] = answer, final
    with connection.transaction():
        for one, block, answer in zip(wanted, blocks, answers, strict=True):
            _store(connection, node.chain, one, block, answer)
    answered = sum(answer is not Unanswered.NO_STATE for answer in answers)
    return Called(answered, len(wanted) == AT_ONCE)


def _wanted(connection: psycopg.Connection, chain: int, final: int) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        parameters = {"chain": chain, "final": final, "limit": AT_ONCE}
        return cursor.execute(query("chain_wanted_calls"), parameters).fetchall()


def _asked(
    node: Node, wanted: Sequence[dict[str, Any]], blocks: Sequence[int]
) -> list[bytes | Unanswered]:
    calls = [
        (bytes(one["address"]), _data(one["called_function"], one["argument"]), block)
        for one, block in zip(wanted, blocks, strict=True)
    ]
    # one call may answer for a value that changes and for one that does not
    once = list(dict.fromkeys(calls))
    answers = dict(zip(once, node.calls_of_contracts(once), strict=True))
    return [answers[each] for each in calls]


def _store(
    connection: psycopg.Connection,
    chain: int,
    wanted: dict[str, Any],
    block: int,
    answer: bytes | Unanswered,
) -> None:
    parameters = wanted | {"chain": chain}
    if answer is Unanswered.NO_STATE:
        connection.execute(query("chain_note_lacking_state"), parameters)
        return
    given = None if isinstance(answer, Unanswered) else answer[:LONGEST_ANSWER]
    connection.execute(
        query("chain_put_call_result"), parameters | {"block_number": block, "answer": given}
    )


def _data(signature: str, argument: Decimal) -> bytes:
    """A call as a contract takes it: the function by the hash of its signature, and a word."""
    from eth_utils import keccak

    selector: bytes = keccak(signature.replace(" ", "").encode())[:4]
    return selector + int(argument).to_bytes(32)
