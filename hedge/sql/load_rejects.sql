-- Record the rejected rows of a file. Loading the same file again changes nothing.
insert into raw.rejected_rows (table_name, file, line, row_text, reason)
select
    %(table)s as table_name,
    %(file)s as file,
    line,
    row_text,
    reason
from pg_temp.hedge_rejects
order by line
on conflict (table_name, file, line) do update
    set
        row_text = excluded.row_text,
        reason = excluded.reason,
        rejected_at = excluded.rejected_at
    where
    (rejected_rows.row_text, rejected_rows.reason)
    is distinct from (excluded.row_text, excluded.reason)
