-- Facts of logs that wait for a value, by the raw table.
select
    pending.table_name,
    count(*) as number
from raw.pending_facts as pending
group by pending.table_name
order by pending.table_name
