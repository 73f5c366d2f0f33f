-- Begins an undo; returns its number. One that was interrupted ends, because what it
-- would have undone is undone by this one.
with

interrupted as (

    update app.undos set finished_at = now()
    where finished_at is null
    returning undo_id

)

insert into app.undos
(restored, returned_to, undone, since_run, until_run, begun_by)
select
    %(restored)s as restored,
    %(returned_to)s as returned_to,
    %(undone)s as undone,
    %(since_run)s as since_run,
    max(live.run_id) as until_run,
    %(begun_by)s as begun_by
from app.live_definitions as live
where (select count(*) from interrupted) >= 0
returning undo_id
