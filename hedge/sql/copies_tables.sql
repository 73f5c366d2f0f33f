-- The tables of all copies of facts, by their names with the schema.
select places.copies
from app.copied_tables as copied
cross join lateral app.places_of_copies(copied.table_name) as places
order by places.copies
