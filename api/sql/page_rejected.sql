-- The newest rejected rows, and the number of all rejected rows.
select
    rejected.table_name,
    rejected.file,
    rejected.line,
    rejected.reason,
    rejected.rejected_at,
    left(rejected.row_text, 300) as row_text,
    count(*) over () as total
from raw.rejected_rows as rejected
order by rejected.rejected_at desc, rejected.file asc, rejected.line asc
limit 50
