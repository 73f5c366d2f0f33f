-- Runs of boards as if they were being computed, in a schema of a preview.
create table {schema}.leaderboard_runs as
select
    id,
    leaderboard_key,
    period_start,
    period_end,
    'PROCESSING' as status
from app.leaderboard_runs
where id = any({runs})
