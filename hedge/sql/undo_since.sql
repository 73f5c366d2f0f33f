-- The first run with other definitions than those that were live in a run.
select min(run_id) as run_id
from app.live_definitions
where run_id > %(run)s
