-- Rows of files that were rejected in the last day, by raw table.
select
    format(
        '%s rows of %s were rejected, the last one at %s: %s',
        count(*),
        table_name,
        to_char(max(rejected_at), 'YYYY-MM-DD HH24:MI'),
        (array_agg(reason order by rejected_at desc))[1]
    ) as finding
from raw.rejected_rows
where rejected_at > now() - interval '1 day'
group by table_name
order by table_name
