-- Facts that lack a value, by table and by what is missing.
select
    pending.chain_id,
    pending.table_name,
    pending.missing,
    count(*) as facts,
    min(pending.since) as since
from raw.pending_facts as pending
group by pending.chain_id, pending.table_name, pending.missing
order by pending.chain_id, pending.table_name, pending.missing
