-- The period that a run of each board would rank, a fault where there is none or where
-- it may not be ranked again, and whether the board is due.
--
-- Where no keys are given, they are those of active boards that are not retired, and of
-- drafts where these are asked for.
--
-- The period is the given one, else the one that contains the as-of instant (mode
-- CURRENT), the last complete one (PREVIOUS), or the one that can be due (DUE): the
-- last complete day, week or month, the season that began last, or all time. A board is
-- due when it has no complete run of that period as of an instant after its end or,
-- where the period has not ended, as of the current UTC day.
with

boards as (

    select
        named.key,
        defs.time_window,
        defs.metric_source,
        defs.metric_key,
        defs.is_frozen,
        defs.state,
        case defs.time_window
            when 'DAILY' then 'day'
            when 'WEEKLY' then 'week'
            when 'MONTHLY' then 'month'
        end as unit,
        defs.key is not null as is_known
    from (
        select unnest(%(keys)s::text[]) as key
        union
        select key from app.leaderboard_defs
        where
            is_active
            and state <> 'retired'
            and (state <> 'draft' or %(drafts)s)
            and %(keys)s::text[] is null
    ) as named
    left join app.leaderboard_defs as defs on named.key = defs.key

),

starts as (

    select
        *,
        date_trunc(unit, %(as_of)s, 'UTC') as this_start,
        date_trunc(
            unit, date_trunc(unit, %(as_of)s, 'UTC') - interval '1 microsecond', 'UTC'
        ) as previous_start
    from boards

),

periods as (

    select
        starts.*,
        case
            when %(period_start)s::timestamptz is not null then %(period_start)s
            when starts.unit is null then seasons.starts_at
            when %(mode)s = 'CURRENT' then starts.this_start
            else starts.previous_start
        end as period_start,
        case
            when %(period_end)s::timestamptz is not null then %(period_end)s
            when starts.unit is null then seasons.ends_at
            when %(mode)s = 'CURRENT'
                then (
                    starts.this_start at time zone 'UTC'
                    + ('1 ' || starts.unit)::interval
                ) at time zone 'UTC'
            else starts.this_start
        end as period_end
    from starts
    left join lateral (
        select
            seasons.id,
            seasons.starts_at,
            seasons.ends_at
        from app.seasons
        where
            starts.time_window = 'SEASON'
            and seasons.starts_at <= %(as_of)s
            -- readers of a board would learn of the season
            and (seasons.state <> 'draft' or starts.state = 'draft')
            and case
                -- points of a season are ranked over that season
                when
                    starts.metric_source = 'season_progress'
                    then seasons.id = starts.metric_key
                else seasons.is_active and seasons.state <> 'retired'
            end
            and case %(mode)s
                when 'PREVIOUS' then seasons.ends_at <= %(as_of)s
                when 'CURRENT'
                    then
                        %(as_of)s < seasons.ends_at
                        or starts.metric_source = 'season_progress'
                else true
            end
        order by seasons.starts_at desc
        limit 1
    ) as seasons on true

),

checked as (

    select
        *,
        -- the run after the end of the period
        (
            select max(runs.id) from app.leaderboard_runs as runs
            where
                runs.leaderboard_key = periods.key
                and runs.status = 'COMPLETE'
                and runs.period_start = periods.period_start
                and runs.period_end = periods.period_end
                and runs.as_of >= runs.period_end
        ) as closed_by
    from periods

)

select
    key,
    period_start,
    period_end,
    case
        when not is_known then format('no board %%s', key)
        when state = 'retired'
            then format('board %%s is retired, and is computed no more', key)
        when period_start > %(as_of)s
            then format(
                'the period of board %%s begins at %%s, which is still to come', key,
                to_char(period_start, 'YYYY-MM-DD HH24:MI:SS')
            )
        when is_frozen and closed_by is not null
            then format(
                'board %%s is frozen, and its run %%s of this period is final', key,
                closed_by
            )
        when %(period_start)s::timestamptz is not null then null
        when time_window = 'ALL_TIME' and %(mode)s = 'PREVIOUS'
            then format('board %%s is of all time, which has no period before', key)
        when time_window = 'SEASON' and period_start is null and %(mode)s = 'PREVIOUS'
            then format('no season is over that board %%s could rank', key)
        when time_window = 'SEASON' and period_start is null
            then format('no season goes on that board %%s could rank', key)
    end as fault,
    not exists (
        select from app.leaderboard_runs as runs
        where
            runs.leaderboard_key = checked.key
            and runs.status = 'COMPLETE'
            and (runs.period_start, runs.period_end)
            is not distinct from (checked.period_start, checked.period_end)
            and runs.as_of
            >= least(checked.period_end, date_trunc('day', %(as_of)s, 'UTC'))
    ) as is_due
from checked
order by key
