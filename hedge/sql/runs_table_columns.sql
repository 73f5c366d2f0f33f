-- The columns of a table in schema analytics, in order; null where it does not exist.
select array_agg(column_name::text order by ordinal_position)
from information_schema.columns
where table_schema = 'analytics' and table_name = %(table)s
