"""Calls of contracts for values that no log gives, which facts wait for: the seed chain_calls.

A call has one argument, a number of the fact that waits, and its result is one word of 32 bytes.
"""

from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from hedge import database
from hedge.chain.nodes import Node
from hedge.queries import query

#: How many calls are made at once.
AT_ONCE = 200


def call(connection: psycopg.Connection, node: Node, block: int) -> int:
    """Make the calls that facts of a chain wait for, at a block, and store the results; returns how
    many were made. What a contract refuses is stored, too, and not asked again."""
    if not database.exists(connection, "analytics.chain_calls"):
        return 0
    made = 0
    while calls := _wanted(connection, node.chain):
        results = node.calls_of_contracts(
            [
                (bytes(one["address"]), _data(one["called_function"], one["argument"]))
                for one in calls
            ],
            block,
        )
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(
                query("chain_put_call_result"),
                [
                    {
                        "chain": node.chain,
                        "contract": one["contract"],
                        "called_function": one["called_function"],
                        "argument": one["argument"],
                        "result": _word(result, one["result_word"]),
                    }
                    for one, result in zip(calls, results, strict=True)
                ],
            )
        made += len(calls)
    return made


def _wanted(connection: psycopg.Connection, chain: int) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        parameters = {"chain": chain, "limit": AT_ONCE}
        return cursor.execute(query("chain_wanted_calls"), parameters).fetchall()


def _data(signature: str, argument: Decimal) -> bytes:
    """A call as a contract takes it: the function by the hash of its signature, and a word."""
    from eth_utils import keccak

    selector: bytes = keccak(signature.replace(" ", "").encode())[:4]
    return selector + int(argument).to_bytes(32)


def _word(result: bytes | None, place: int) -> Decimal | None:
    """A word of a result, from 0; None where there is none."""
    word = (result or b"")[32 * place : 32 * place + 32]
    return Decimal(int.from_bytes(word)) if len(word) == 32 else None
