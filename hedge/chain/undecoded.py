"""Logs of known contracts that no decoder takes, counted in raw.undecoded_logs by block.

Either the contract emits an event that the seed chain_events does not have, or with another number
of topics; or the data are not what the signature of the event says.
"""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from hedge import database
from hedge.chain.spans import Batch


@dataclass(frozen=True)
class Kinds:
    """What logs a batch has: how many, their first topics, and whether some contract of theirs has
    no event with their first topic and number of topics."""

    logs: int
    topics: list[bytes]
    has_unknown: bool


def kinds(connection: psycopg.Connection, batch: Batch) -> Kinds:
    """What logs a batch has."""
    statement = sql.SQL(_KINDS).format(blocks=batch.blocks, chain=batch.chain_id)
    return Kinds(*database.one_row(connection.execute(statement)))


def count(connection: psycopg.Connection, batch: Batch, kinds: Kinds) -> int:
    """Count the logs of a batch anew, which is of these kinds; returns how many there are that no
    decoder takes."""
    parts: dict[str, sql.Composable] = {"blocks": batch.blocks}
    connection.execute(sql.SQL(_FORGET).format(**parts))
    found = 0
    if kinds.has_unknown:
        found += _put(connection, sql.SQL(_COUNT_UNKNOWN).format(**parts))
    decoders = connection.execute(_DECODERS, {"topics": kinds.topics}).fetchall()
    if decoders:
        of_decoders = sql.SQL(" union all ").join(
            sql.SQL(_MALFORMED).format(
                contract=contract, topic0=topic0, view=sql.Identifier("analytics", view), **parts
            )
            for contract, topic0, view in decoders
        )
        found += _put(connection, sql.SQL(_COUNT_MALFORMED).format(of_decoders=of_decoders))
    return found


def _put(connection: psycopg.Connection, statement: sql.Composed) -> int:
    """Execute a statement that returns the number of logs of each row that it has inserted; returns
    their sum."""
    return sum(logs for (logs,) in connection.execute(statement))


# To ask that of a few kinds takes a fifth of the time of asking log_unknown of every log.
_KINDS = """
    with kinds as (
        select
            address, topic0, num_nonnulls(topic0, topic1, topic2, topic3) as topics,
            count(*) as number_of_logs
        from raw.chain_logs
        where {blocks}
        group by 1, 2, 3
    )
    select
        coalesce(sum(number_of_logs), 0)::bigint,
        coalesce(array_agg(distinct topic0) filter (where topic0 is not null), '{{}}'),
        coalesce(bool_or(exists (
            select from analytics.chain_contracts as contracts
            where
                contracts.chain_id = {chain}
                and decode(substr(contracts.address, 3), 'hex') = kinds.address
                and not exists (
                    select from analytics.chain_events as events
                    where
                        events.contract = contracts.contract
                        and decode(substr(events.topic0, 3), 'hex') = kinds.topic0
                        and events.topics = kinds.topics
                )
        )), false)
    from kinds
"""

_FORGET = "delete from raw.undecoded_logs where {blocks}"

_COUNT_UNKNOWN = """
    insert into raw.undecoded_logs
        (chain_id, block_number, contract, address, topic0, reason, number_of_logs)
    select
        chain_id, block_number, contract, decode(substr(address, 3), 'hex'),
        decode(substr(topic0, 3), 'hex'), 'unknown event', count(*)
    from analytics.log_unknown
    where {blocks} and removed_at is null
    group by chain_id, block_number, contract, address, topic0
    returning number_of_logs
"""

# Not from analytics.log_undecodable: to plan all decoders takes longer than to read a few blocks.
_DECODERS = """
    select events.contract, decode(substr(events.topic0, 3), 'hex') as topic0, events.decoder
    from analytics.chain_events as events
    where
        decode(substr(events.topic0, 3), 'hex') = any(%(topics)s)
        and to_regclass('analytics.' || events.decoder) is not null
    order by events.contract, events.event
"""

_MALFORMED = """
    select chain_id, block_number, {contract} as contract, address, {topic0}::bytea as topic0
    from {view}
    where {blocks} and removed_at is null and not is_decodable
"""

_COUNT_MALFORMED = """
    insert into raw.undecoded_logs
        (chain_id, block_number, contract, address, topic0, reason, number_of_logs)
    select
        chain_id, block_number, contract, decode(substr(address, 3), 'hex'), topic0,
        'malformed data', count(*)
    from ({of_decoders}) as malformed
    group by chain_id, block_number, contract, address, topic0
    returning number_of_logs
"""
