-- How many ends of past periods of a cluster a run has stored.
select count(*)
from app.past_ends
where cluster_id = %(cluster)s and run_id = %(run)s
