-- How many workers of Citus may hold data.
select count(*)
from pg_dist_node
where noderole = 'primary' and isactive and shouldhaveshards and groupid <> 0
