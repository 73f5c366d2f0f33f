-- Creates a webhook, which gets what is told from now on; returns its number.
insert into app.webhooks (url, description, event_types, secret, planned_until)
select
    %(url)s as url,
    %(description)s as description,
    %(event_types)s::text[] as event_types,
    %(secret)s as secret,
    coalesce(max(events.event_id), 0) as planned_until
from app.events
returning webhook_id
