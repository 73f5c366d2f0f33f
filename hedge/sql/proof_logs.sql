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
    app.log_as_json(logs) as log
from stated
inner join raw.chain_logs as logs
    on
        stated.tx_hash = logs.tx_hash
        and stated.log_index = logs.log_index
        and stated.chain_id = logs.chain_id
        and stated.block_number = logs.block_number
        and logs.removed_at is null
