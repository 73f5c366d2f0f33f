-- The webhooks that have something to plan or to send now.
select webhooks.webhook_id
from app.webhooks
where
    webhooks.planned_until
    < (select coalesce(max(events.event_id), 0) from app.events)
    or exists (
        select from app.webhook_deliveries as deliveries
        where
            deliveries.webhook_id = webhooks.webhook_id
            and deliveries.state = 'WAITING'
            and deliveries.next_attempt_at <= now()
    )
order by webhooks.webhook_id
