-- Sets the stamps that are later than now to now; how many of each column.
select
    relation,
    column_name,
    stamps
from app.repair_later_stamps()
