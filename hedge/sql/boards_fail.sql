-- Marks board runs as FAILED with the reason. They are locked in the order of their
-- ids, as wherever several runs are written.
with locked as (
    select id from app.leaderboard_runs
    where id = any(%(runs)s) and status = 'PROCESSING'
    order by id
    for update
)

update app.leaderboard_runs as runs
set status = 'FAILED', error = %(error)s, finished_at = now()
from locked
where runs.id = locked.id
