-- Gives a webhook a delivery for each event that was told since the last one, at most
-- 1,000, and returns whether there may be more.
with

new_events as (

    select
        events.event_id,
        events.event_type,
        coalesce(
            'cluster ' || events.cluster_id, 'board ' || events.leaderboard_key
        ) as subject
    from app.events
    inner join app.webhooks on webhooks.webhook_id = %(webhook)s
    where events.event_id > webhooks.planned_until
    order by events.event_id
    limit 1000

),

planned as (

    insert into app.webhook_deliveries (webhook_id, event_id, subject)
    select
        webhooks.webhook_id,
        new_events.event_id,
        new_events.subject
    from new_events
    inner join app.webhooks on webhooks.webhook_id = %(webhook)s
    where coalesce(new_events.event_type = any(webhooks.event_types), true)
    order by new_events.event_id
    returning delivery_id

),

advanced as (

    update app.webhooks
    set planned_until = (select max(new_events.event_id) from new_events)
    where webhook_id = %(webhook)s and exists (select from new_events)
    returning webhook_id

)

select
    (select count(*) from new_events) = 1000
    and (select count(*) from planned) + (select count(*) from advanced) > 0 as has_more
