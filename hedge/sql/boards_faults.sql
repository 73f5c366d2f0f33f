-- What is wrong with boards: their category and metrics must be of the catalogue, and
-- what is not measured in windows has periods of its own.
with

boards as (

    select
        given.key,
        given.category_key,
        given.time_window,
        given.metric_source,
        given.metric_key,
        given.fallback_metric_key,
        coalesce(
            given.fallback_metric_source, given.metric_source
        ) as fallback_source
    from jsonb_to_recordset(%(boards)s) as given (
        key text,
        category_key text,
        time_window text,
        metric_source text,
        metric_key text,
        fallback_metric_source text,
        fallback_metric_key text
    )

),

known_metrics as (

    select
        metric_source,
        metric_key
    from analytics.metrics
    union all
    select
        'season_progress' as metric_source,
        id as metric_key
    from app.seasons
    union all
    select
        'challenge_progress' as metric_source,
        'total_score' as metric_key

)

select
    boards.key,
    faults.fault
from boards
cross join
    lateral unnest(array[
        case
            when boards.category_key not in (select key from analytics.categories)
                then format('no category %%s', boards.category_key)
        end,
        case
            when
                boards.time_window
                not in ('DAILY', 'WEEKLY', 'MONTHLY', 'SEASON', 'ALL_TIME')
                then format(
                    '%%s is not DAILY, WEEKLY, MONTHLY, SEASON or ALL_TIME',
                    boards.time_window
                )
            when
                boards.metric_source = 'season_progress'
                and boards.time_window <> 'SEASON'
                then
                    'points of a season are ranked over the season: '
                    || 'the window is SEASON'
            when
                boards.metric_source = 'challenge_progress'
                and boards.time_window <> 'ALL_TIME'
                then 'the total score is of all time: the window is ALL_TIME'
        end,
        case
            when
                not exists (
                    select from known_metrics as known
                    where
                        known.metric_source = boards.metric_source
                        and known.metric_key = boards.metric_key
                )
                then case boards.metric_source
                    when 'season_progress'
                        then format('no season %%s', boards.metric_key)
                    else
                        format(
                            'no metric %%s.%%s', boards.metric_source, boards.metric_key
                        )
                end
            when
                boards.fallback_metric_key is not null
                and not exists (
                    select from known_metrics as known
                    where
                        known.metric_source = boards.fallback_source
                        and known.metric_key = boards.fallback_metric_key
                )
                then format(
                    'no metric %%s.%%s',
                    boards.fallback_source,
                    boards.fallback_metric_key
                )
        end
    ]) as faults (fault)
where faults.fault is not null
order by boards.key
