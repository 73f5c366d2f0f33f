-- What must be known of a board before it goes live: its newest complete run, how many
-- clusters have a value of its first metric above zero in all time, and what is
-- missing.
with

board as (

    select
        defs.key,
        defs.state,
        defs.metric_source,
        defs.metric_key,
        defs.time_window,
        defs.is_active,
        defs.changed_at,
        app.unit_of_metric(defs.metric_source, metrics.unit) as unit
    from app.leaderboard_defs as defs
    left join analytics.metrics
        on
            defs.metric_source = metrics.metric_source
            and defs.metric_key = metrics.metric_key
    where defs.key = %(key)s

),

newest as (

    select
        runs.id,
        runs.period_start,
        runs.period_end,
        runs.as_of,
        runs.row_count,
        runs.started_at
    from app.leaderboard_runs as runs
    where runs.leaderboard_key = %(key)s and runs.status = 'COMPLETE'
    order by runs.id desc
    limit 1

),

without_unit as (

    select
        string_agg(
            format('%%s.%%s', ranked_by.metric_source, ranked_by.metric_key), ', '
            order by ranked_by.position
        ) as metrics
    from app.board_ordering_keys as ranked_by
    left join analytics.metrics
        on
            ranked_by.metric_source = metrics.metric_source
            and ranked_by.metric_key = metrics.metric_key
    where
        ranked_by.leaderboard_key = %(key)s
        and ranked_by.metric_source not in ('season_progress', 'challenge_progress')
        and coalesce(metrics.unit, '') = ''

),

of_drafts as (

    select string_agg(ranked_by.metric_key, ', ') as seasons
    from app.board_ordering_keys as ranked_by
    inner join app.seasons on ranked_by.metric_key = seasons.id
    where
        ranked_by.leaderboard_key = %(key)s
        and ranked_by.metric_source = 'season_progress'
        and seasons.state = 'draft'

)

select
    board.key,
    board.state,
    board.unit,
    newest.id as run_id,
    newest.period_start,
    newest.period_end,
    newest.as_of,
    newest.row_count as ranked,
    (
        select count(*) from analytics.cluster_metrics as known
        where
            known.window_key = 'all_time'
            and known.metrics -> board.metric_source -> board.metric_key
            > '0'::jsonb
        -- what is no metric of a window is counted in the run alone
        having board.metric_source not in ('season_progress', 'challenge_progress')
    ) as population,
    array_remove(
        array[
            %(fault)s,
            'no unit of ' || without_unit.metrics,
            'season ' || of_drafts.seasons || ' is a draft itself',
            case
                when newest.id is null
                    then format(
                        'no complete run: hedge boards run %%s computes one', board.key
                    )
                when newest.started_at < board.changed_at
                    then format(
                        'no run since the board was changed: hedge boards run %%s '
                        || 'computes one',
                        board.key
                    )
                when newest.row_count = 0
                    then 'nobody has a value above zero in the newest run'
            end,
            case when not board.is_active then 'the board is not active' end
        ],
        null
    ) as missing
from board
left join newest on true
cross join without_unit
cross join of_drafts
