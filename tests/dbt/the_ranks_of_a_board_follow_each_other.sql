-- The ranks of a board are dense: they begin with 1 and have no gap, except where
-- entries were removed with deleted accounts.
select
    entries.run_id,
    max(entries.rank) as last_rank,
    count(distinct entries.rank) as ranks

from {{ ref('leaderboard_entries') }} as entries
inner join {{ source('ledger', 'leaderboard_runs') }} as runs
    on entries.run_id = runs.id
group by entries.run_id, runs.removed_entries
having max(entries.rank) > count(distinct entries.rank) + runs.removed_entries
