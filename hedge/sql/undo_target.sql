-- Where an undo goes back to: the newest run, until `until_run`, with the definitions
-- that begin with `definitions`; without these, the definitions that were live before
-- those that are live. A deploy by an undo stands for the run to which it returned, so
-- that a second undo goes one further back.
with recursive

walk as (

    select
        live.*,
        0 as steps
    from app.live_definitions as live
    where live.run_id = (select max(newest.run_id) from app.live_definitions as newest)

    union all

    select
        earlier.*,
        walk.steps + (walk.returned_to is null)::integer as steps
    from walk
    inner join app.live_definitions as earlier
        on earlier.run_id = coalesce(walk.returned_to, walk.run_before)
    where walk.steps < 1

),

target as (

    select
        run_id,
        definitions
    from walk
    where steps = 1 and %(definitions)s::text is null

    union all

    select
        max(run_id) as run_id,
        definitions
    from app.live_definitions
    where
        starts_with(definitions, %(definitions)s)
        and (run_id <= %(until_run)s or %(until_run)s::bigint is null)
    group by definitions

)

select
    target.run_id,
    target.definitions,
    live.started_at as live_since,
    projects.hedge_version,
    projects.deployed_by
from target
inner join app.live_definitions as live on target.run_id = live.run_id
left join app.deployed_projects as projects
    on target.definitions = projects.definitions
order by target.run_id
