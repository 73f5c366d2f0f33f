-- The events behind an id and until another, of some clusters and public boards, and
-- those that concern everybody. Each has its text for the readers of a stream. Rewards
-- are told to webhooks only.
select
    events.event_id,
    events.event_type,
    events.cluster_id,
    events.leaderboard_key,
    app.event_message(events) as message
from app.events
left join app.public_boards as defs on events.leaderboard_key = defs.key
where
    events.event_id > %(after)s
    and events.event_id <= %(until)s
    and events.event_type not like 'reward.%%'
    and (
        events.cluster_id = any(%(clusters)s)
        or (
            events.leaderboard_key = any(%(boards)s)
            and defs.is_active
        )
        or events.event_type = 'everything.changed'
    )
order by events.event_id
limit %(limit)s
