-- Deletes the events of more than so many days ago, records the last id of them, and
-- returns how many events were deleted. The ids follow the order in which the events
-- were told.
with

old as (

    select max(event_id) as last_id
    from app.events
    where told_at < now() - %(days)s * interval '1 day'

),

deleted as (

    delete from app.events
    using old
    where
        events.event_id <= old.last_id
        -- of a cluster that was deleted while a run told of it
        or (
            events.cluster_id is not null
            and not exists (
                select from app.wallet_clusters as clusters
                where clusters.cluster_id = events.cluster_id
            )
        )
    returning events.event_id

),

recorded as (

    update app.pruned_events
    set pruned_until = old.last_id
    from old
    where old.last_id > pruned_events.pruned_until
    returning pruned_events.is_only

)

select count(*) as events
from deleted
where (select count(*) from recorded) >= 0
