-- The logs that state the facts of proof_facts, as JSON that has the same text wherever
-- the same log is stored.
create temporary table proof_logs on commit drop as
with
stated as (
    select distinct
        logs.chain_id,
        logs.block_number,
        logs.tx_hash,
        logs.log_index,
        facts.raw_table,
        facts.key
    from pg_temp.proof_facts as facts
    cross join
        lateral app.logs_of_fact(facts.raw_table, facts.fact, facts.occurred_at)
            as logs
    where facts.is_of_logs
)

select
    stated.raw_table,
    stated.key,
    jsonb_build_object(
        'chain_id', logs.chain_id,
        'block_number', logs.block_number,
        'block_hash', '0x' || encode(logs.block_hash, 'hex'),
        'tx_hash', '0x' || encode(logs.tx_hash, 'hex'),
        'log_index', logs.log_index,
        'address', '0x' || encode(logs.address, 'hex'),
        'topics', (
            select
                coalesce(
                    jsonb_agg(
                        '0x' || encode(topics.word, 'hex') order by topics.place
                    ),
                    '[]'
                )
            from
                unnest(
                    array[logs.topic0, logs.topic1, logs.topic2, logs.topic3]
                ) with ordinality as topics (word, place)
            where topics.word is not null
        ),
        'data', '0x' || encode(logs.data, 'hex')
    ) as log
from stated
inner join raw.chain_logs as logs
    on
        stated.tx_hash = logs.tx_hash
        and stated.log_index = logs.log_index
        and stated.chain_id = logs.chain_id
        and stated.block_number = logs.block_number
        and logs.removed_at is null
