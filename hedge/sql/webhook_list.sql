-- Webhooks by number, with how many deliveries are in each state, and the last error.
select
    webhooks.webhook_id,
    webhooks.url,
    webhooks.description,
    webhooks.event_types,
    webhooks.created_at,
    count(*) filter (where deliveries.state = 'WAITING') as waiting,
    count(*) filter (where deliveries.state = 'DELIVERED') as delivered,
    count(*) filter (where deliveries.state = 'FAILED') as failed,
    (
        array_agg(deliveries.error order by deliveries.attempted_at desc)
        filter (where deliveries.state <> 'DELIVERED' and deliveries.error is not null)
    )[1] as last_error
from app.webhooks
left join app.webhook_deliveries as deliveries
    on webhooks.webhook_id = deliveries.webhook_id
where webhooks.webhook_id > %(after)s
group by webhooks.webhook_id
order by webhooks.webhook_id
limit %(limit)s
