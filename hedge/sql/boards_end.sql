-- Ends board runs without entries: those that were requested, by a run that was
-- cancelled, wait again, the others are FAILED with the reason. They are locked in the
-- order of their ids, as wherever several runs are written.
with locked as (
    select id from app.leaderboard_runs
    where id = any(%(runs)s) and status = 'PROCESSING'
    order by id
    for update
)

update app.leaderboard_runs as runs
set
    status = case when runs.id = any(%(requested)s) then 'PENDING' else 'FAILED' end,
    started_at = case when runs.id <> all(%(requested)s) then runs.started_at end,
    finished_at = case when runs.id <> all(%(requested)s) then now() end,
    changes_seen = case when runs.id <> all(%(requested)s) then runs.changes_seen end,
    error = case when runs.id <> all(%(requested)s) then %(error)s end
from locked
where runs.id = locked.id
