-- The runs of the ledger by kind and state: how many there are, when the last one
-- began, in seconds since 1970, and whether it is the newest of its kind that is over.
with

states as (

    select
        kind,
        state,
        count(*) as number,
        max(run_id) as newest,
        max(started_at) as last_started
    from app.etl_runs
    group by kind, state

)

select
    kind,
    state,
    number,
    extract(epoch from last_started)::double precision as last_started,
    case
        when state <> 'RUNNING'
            then (
                newest = max(newest) filter (where state <> 'RUNNING') over (
                    partition by kind
                )
            )::int
    end as is_newest
from states
order by kind, state
