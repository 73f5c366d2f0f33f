-- The columns of a table of the analytics schema, in order; null when there is no
-- table.
select array_agg(column_name::text order by ordinal_position)
from information_schema.columns
where table_schema = 'analytics' and table_name = %(table)s
