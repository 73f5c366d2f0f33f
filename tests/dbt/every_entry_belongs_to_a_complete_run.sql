-- Entries and the status come in one transaction.
select
    entries.run_id,
    entries.cluster_id

from {{ ref('leaderboard_entries') }} as entries
left join {{ source('app', 'leaderboard_runs') }} as runs
    on
        entries.run_id = runs.id
        and runs.status = 'COMPLETE'
where runs.id is null
