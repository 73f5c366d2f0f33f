-- The definition of an active public board, and its computed periods, the latest first.
select
    defs.key,
    defs.name,
    defs.description,
    defs.category_key,
    defs.time_window,
    defs.metric_source,
    defs.metric_key,
    defs.fallback_metric_source,
    defs.fallback_metric_key,
    defs.verified_only,
    defs.max_entries,
    defs.corrected_for_days,
    defs.is_frozen,
    defs.ranking,
    defs.last_key,
    defs.state,
    defs.retired_at,
    app.unit_of_metric(defs.metric_source, metrics.unit) as unit,
    (
        select
            jsonb_agg(
                jsonb_build_object(
                    'metricSource', ranked_by.metric_source,
                    'metricKey', ranked_by.metric_key,
                    'direction', ranked_by.direction,
                    'unit',
                    app.unit_of_metric(ranked_by.metric_source, units.unit)
                )
                order by ranked_by.position
            )
        from app.board_ordering_keys as ranked_by
        left join analytics.metrics as units
            on
                ranked_by.metric_source = units.metric_source
                and ranked_by.metric_key = units.metric_key
        where ranked_by.leaderboard_key = defs.key
    ) as ordering_keys,
    (
        select
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'runId', periods.id,
                        'periodStart', periods.period_start,
                        'periodEnd', periods.period_end
                    )
                    order by periods.period_end desc, periods.id desc
                ),
                '[]'
            )
        from (
            select
                runs.id,
                runs.period_start,
                runs.period_end
            from app.latest_runs_of_periods as runs
            where runs.leaderboard_key = defs.key
            order by runs.period_end desc, runs.id desc
            limit 100
        ) as periods
    ) as periods
from app.public_boards as defs
left join analytics.metrics
    on
        defs.metric_source = metrics.metric_source
        and defs.metric_key = metrics.metric_key
where defs.is_active and defs.key = %(key)s
