{# The run that reads this, and the one over all changes before it. No row outside. #}
select
    runs.run_id,
    runs.started_at,
    runs.definitions,
    previous.as_of as previous_as_of,
    coalesce(runs.definitions, '') = coalesce(previous.definitions, '')
        as has_same_definitions

from {{ source('ledger', 'etl_runs') }} as runs
left join
    lateral (
        select
            earlier.as_of,
            earlier.definitions
        from {{ source('ledger', 'etl_runs') }} as earlier
        where
            earlier.run_id < runs.run_id
            and earlier.kind in ('FULL', 'INCREMENTAL')
            and earlier.state = 'SUCCESS'
        order by earlier.run_id desc
        limit 1
    ) as previous
    on true
where runs.run_id = app.run_id()
