-- The logs that state the facts of proof_facts, each with what names its facts, as JSON
-- that has the same text wherever the same log is stored. Those of an object are read
-- once, up to the last of its facts.
create temporary table proof_logs on commit drop as
with
objects as (
    select
        facts.raw_table,
        facts.found_by,
        max(facts.occurred_at) as occurred_at
    from pg_temp.proof_facts as facts
    where facts.is_of_logs
    group by facts.raw_table, facts.found_by
),

stated as (
    select
        objects.raw_table,
        objects.found_by,
        known.chain_id,
        known.block_number,
        known.tx_hash,
        known.log_index
    from objects
    cross join
        lateral app.logs_of_fact(
            objects.raw_table, objects.found_by, objects.occurred_at
        ) as known
)

select
    stated.raw_table,
    stated.found_by,
    app.log_as_json(logs) as log
from stated
inner join raw.chain_logs as logs
    on
        stated.tx_hash = logs.tx_hash
        and stated.log_index = logs.log_index
        and stated.chain_id = logs.chain_id
        and stated.block_number = logs.block_number
        and logs.removed_at is null
