-- Facts of logs that wait for a value, by the raw table: for one that only a file, or a
-- seed, can say, or for one that other logs, blocks or calls give.
select
    kinds.table_name,
    case
        when kinds.missing && app.columns_of_files(kinds.table_name) then 'file'
        else 'chain'
    end as waits_for,
    sum(kinds.facts)::bigint as number
from app.pending_counts as kinds
group by kinds.table_name, waits_for
order by kinds.table_name, waits_for
