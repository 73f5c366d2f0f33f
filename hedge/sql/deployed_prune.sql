-- Deletes the files of definitions that are not live and were deployed long ago. Kept
-- are those of the ten definitions that were live last, to which an undo can go back,
-- and those that granted an unlock of the last days, whose values somebody may ask
-- about.
with

live_last as (

    select definitions
    from app.live_definitions
    where definitions is not null
    group by definitions
    order by max(run_id) desc
    limit 10

),

kept as (

    select definitions from live_last
    union
    select restored as definitions from app.undos
    where finished_at is null
    union
    select definitions from analytics.tier_unlocks
    where unlocked_at >= now() - %(days)s * interval '1 day'

)

delete from app.deployed_projects as projects
where
    projects.deployed_at < now() - %(days)s * interval '1 day'
    and not exists (
        select from kept
        where kept.definitions = projects.definitions
    )
