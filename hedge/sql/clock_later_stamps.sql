-- The stamps that are later than now, the latest first, and what time it is by the
-- clock of the server.
select
    relation,
    column_name,
    stamps,
    latest,
    clock_timestamp() as this_moment
from app.later_stamps(%(relations)s::text[])
order by latest desc, relation asc, column_name asc
