-- Actions of a cluster on each of the last 180 UTC days, and the heights of their bars.
-- Private actions, those on Discord, are left out unless sees_private is true.
with

daily_actions as (

    select
        actions.active_day,
        count(*) as actions
    from analytics.player_actions as actions
    where
        actions.cluster_id = %(cluster)s
        and actions.window_key = 'rolling_180d'
        -- as models/activity/player_actions.yml says it of the facts
        and (%(sees_private)s or actions.action_kind not like 'DISCORD%%')
    group by actions.active_day

),

days as (

    select
        day_number,
        (now() at time zone 'UTC')::date - 179 + day_number as day
    from generate_series(0, 179) as day_number

)

select
    days.day,
    days.day_number as number,
    coalesce(daily_actions.actions, 0) as actions,
    round(
        coalesce(daily_actions.actions, 0) * 60.0 / max(daily_actions.actions) over (),
        1
    ) as height,
    sum(daily_actions.actions) over () as total,
    count(daily_actions.actions) over () as active_days,
    max(daily_actions.actions) over () as most
from days
left join daily_actions on days.day = daily_actions.active_day
order by days.day
