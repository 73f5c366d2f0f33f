-- Facts that lack a value, by table, by what is missing and by what the calls are at
-- that could supply it.
select
    pending.chain_id,
    pending.table_name,
    pending.missing,
    pending.calls as reason,
    count(*) as facts,
    min(pending.since) as since
from raw.pending_facts as pending
group by pending.chain_id, pending.table_name, pending.missing, pending.calls
order by
    pending.chain_id, pending.table_name, pending.missing,
    pending.calls nulls first
