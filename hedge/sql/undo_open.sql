-- The undo that was interrupted, if there is one. is_current says whether nothing but
-- itself has changed what is live since it began; redeployed is the run of its deploy,
-- where that has succeeded.
with

newest as (

    select
        run_id,
        definitions
    from app.live_definitions
    order by run_id desc
    limit 1

)

select
    undos.undo_id,
    undos.restored,
    undos.returned_to,
    undos.undone,
    undos.since_run,
    undos.until_run,
    redeployed.run_id as redeployed,
    newest.run_id = undos.until_run or redeployed.run_id is not null as is_current
from app.undos
cross join newest
left join newest as redeployed
    on
        undos.until_run < redeployed.run_id
        and undos.restored = redeployed.definitions
where undos.finished_at is null
