-- Actions of a cluster on each of the last 180 UTC days, and how high their bars are.
with

acted as (

    select
        actions.active_day,
        count(*) as actions
    from analytics.player_actions as actions
    where actions.cluster_id = %(cluster)s and actions.window_key = 'rolling_180d'
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
    coalesce(acted.actions, 0) as actions,
    round(coalesce(acted.actions, 0) * 60.0 / max(acted.actions) over (), 1) as height,
    sum(acted.actions) over () as total,
    count(acted.actions) over () as active_days,
    max(acted.actions) over () as most
from days
left join acted on days.day = acted.active_day
order by days.day
