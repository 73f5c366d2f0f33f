-- The faults of boards. Category and metrics must exist in the catalogue. Points of a
-- season and the total score are not computed by window, so only one kind of period
-- fits each.
with

boards as (

    select
        given.key,
        given.category_key,
        given.time_window,
        given.metric_source,
        given.metric_key,
        given.fallback_metric_key,
        given.third_metric_key,
        given.fourth_metric_key,
        given.ranking,
        given.last_key,
        given.state,
        array[
            given.metric_direction,
            given.fallback_direction,
            given.third_direction,
            given.fourth_direction
        ] as directions,
        array[
            given.metric_source,
            coalesce(given.fallback_metric_source, given.metric_source),
            coalesce(given.third_metric_source, given.metric_source),
            coalesce(given.fourth_metric_source, given.metric_source)
        ] as sources,
        array[
            given.metric_key,
            given.fallback_metric_key,
            given.third_metric_key,
            given.fourth_metric_key
        ] as metric_keys
    from jsonb_to_recordset(%(boards)s) as given (
        key text,
        category_key text,
        time_window text,
        metric_source text,
        metric_key text,
        fallback_metric_source text,
        fallback_metric_key text,
        third_metric_source text,
        third_metric_key text,
        fourth_metric_source text,
        fourth_metric_key text,
        metric_direction text,
        fallback_direction text,
        third_direction text,
        fourth_direction text,
        ranking text,
        last_key text,
        state text
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
        (
            select
                case ranked_by.metric_source
                    when 'season_progress'
                        then format('no season %%s', ranked_by.metric_key)
                    else
                        format(
                            'no metric %%s.%%s',
                            ranked_by.metric_source,
                            ranked_by.metric_key
                        )
                end
            from
                unnest(boards.sources, boards.metric_keys) with ordinality
                    as ranked_by (metric_source, metric_key, position)
            where
                ranked_by.metric_key is not null
                and not exists (
                    select from known_metrics as known
                    where
                        known.metric_source = ranked_by.metric_source
                        and known.metric_key = ranked_by.metric_key
                )
            order by ranked_by.position
            limit 1
        ),
        (
            select format('season %%s is a draft, and the board is none', drafts.id)
            from
                unnest(boards.sources, boards.metric_keys)
                    as ranked_by (metric_source, metric_key)
            inner join app.seasons as drafts
                on
                    ranked_by.metric_source = 'season_progress'
                    and ranked_by.metric_key = drafts.id
            where drafts.state = 'draft' and boards.state <> 'draft'
            order by drafts.id
            limit 1
        ),
        case
            when
                boards.third_metric_key is not null
                and boards.fallback_metric_key is null
                then format(
                    'the third ordering key is %%s, and there is no second one',
                    boards.third_metric_key
                )
            when
                boards.fourth_metric_key is not null
                and boards.third_metric_key is null
                then format(
                    'the fourth ordering key is %%s, and there is no third one',
                    boards.fourth_metric_key
                )
        end,
        (
            select format('the direction %%s is not asc or desc', given.direction)
            from unnest(boards.directions) as given (direction)
            where given.direction not in ('asc', 'desc')
            order by given.direction
            limit 1
        ),
        case
            when boards.ranking not in ('dense', 'standard', 'row')
                then
                    format(
                        'the ranking %%s is not dense, standard or row', boards.ranking
                    )
            when boards.ranking = 'row' and boards.last_key is null
                then
                    'the ranking row gives equals different ranks and needs a last key '
                    || 'that decides between them: cluster_id'
            when boards.ranking <> 'row' and boards.last_key is not null
                then
                    format(
                        'the last key %%s is for the ranking row: with %%s, equals '
                        || 'share a rank',
                        boards.last_key, boards.ranking
                    )
            when boards.last_key <> 'cluster_id'
                then format('the last key %%s is not cluster_id', boards.last_key)
        end
    ]) as faults (fault)
where faults.fault is not null
order by boards.key
