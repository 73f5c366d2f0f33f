-- Every entry of a board belongs to a complete run: one statement writes both.
select
    entries.run_id,
    entries.cluster_id

from {{ ref('leaderboard_entries') }} as entries
left join {{ source('ledger', 'leaderboard_runs') }} as runs
    on
        entries.run_id = runs.id
        and runs.status = 'COMPLETE'
where runs.id is null
