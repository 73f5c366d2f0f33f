-- The ids between which events are: the last one that was deleted because it was old,
-- and the newest one.
select
    pruned.pruned_until,
    greatest(
        pruned.pruned_until,
        (select coalesce(max(events.event_id), 0) from app.events)
    ) as newest
from app.pruned_events as pruned
