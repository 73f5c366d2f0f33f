-- The deliveries of a webhook, newest first; with a state those in it.
select
    deliveries.delivery_id,
    deliveries.event_id,
    events.event_type,
    events.cluster_id,
    events.leaderboard_key,
    deliveries.state,
    deliveries.attempts,
    deliveries.next_attempt_at,
    deliveries.attempted_at,
    deliveries.http_status,
    deliveries.error
from app.webhook_deliveries as deliveries
inner join app.events on deliveries.event_id = events.event_id
where
    deliveries.webhook_id = %(webhook)s
    and deliveries.delivery_id < %(before)s
    and (deliveries.state = %(state)s or %(state)s::text is null)
order by deliveries.delivery_id desc
limit %(limit)s
