-- The column of a raw table with the event time of its facts.
select event_time
from app.watched_tables
where table_name = %(table)s
