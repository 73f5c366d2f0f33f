-- What is to be sent to a webhook now, in the order of the events. The deliveries of a
-- cluster or a board follow each other: one waits until those before it have arrived or
-- were given up, and so do those of events that concern everybody with all others.
select
    deliveries.delivery_id,
    deliveries.event_id,
    deliveries.attempts,
    webhooks.url,
    webhooks.secret,
    app.event_message(events) as message
from app.webhook_deliveries as deliveries
inner join app.webhooks on deliveries.webhook_id = webhooks.webhook_id
inner join app.events on deliveries.event_id = events.event_id
where
    deliveries.webhook_id = %(webhook)s
    and deliveries.state = 'WAITING'
    and deliveries.next_attempt_at <= now()
    and not exists (
        select from app.webhook_deliveries as earlier
        where
            earlier.webhook_id = deliveries.webhook_id
            and earlier.state = 'WAITING'
            and earlier.event_id < deliveries.event_id
            and (
                earlier.subject = deliveries.subject
                or earlier.subject is null
                or deliveries.subject is null
            )
    )
order by deliveries.event_id
limit %(limit)s
