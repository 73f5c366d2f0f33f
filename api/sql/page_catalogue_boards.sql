-- The active public boards that rank by the metric of a challenge first.
select
    defs.key,
    defs.name,
    defs.time_window
from analytics.challenges
inner join app.public_boards as defs
    on
        challenges.metric_source = defs.metric_source
        and challenges.metric_key = defs.metric_key
where
    challenges.key = %(challenge)s
    and defs.is_active
    and defs.state = 'live'
order by defs.name, defs.key
