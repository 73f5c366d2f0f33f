-- The active public boards that rank by the metric of a challenge first.
select
    defs.key,
    defs.name,
    defs.time_window
from analytics.challenges
inner join app.leaderboard_defs as defs
    on
        challenges.metric_source = defs.metric_source
        and challenges.metric_key = defs.metric_key
where
    challenges.key = %(challenge)s
    and defs.is_active
    and defs.is_public
order by defs.name, defs.key
