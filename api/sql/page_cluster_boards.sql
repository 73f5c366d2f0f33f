-- Where a cluster is listed on the active public boards, in the runs that readers see:
-- first where the smallest share of a board has the same rank or a better one.
select
    defs.key,
    defs.name,
    defs.time_window,
    latest.id as run_id,
    latest.period_start,
    latest.period_end,
    latest.row_count as clusters,
    entries.rank,
    entries.score,
    app.unit_of_metric(defs.metric_source, metrics.unit) as unit
from app.public_boards as defs
inner join app.latest_board_runs as latest on defs.key = latest.leaderboard_key
inner join analytics.leaderboard_entries as entries
    on latest.id = entries.run_id and entries.cluster_id = %(cluster)s
left join analytics.metrics
    on
        defs.metric_source = metrics.metric_source
        and defs.metric_key = metrics.metric_key
where defs.is_active and defs.state = 'live'
order by entries.rank::numeric / nullif(latest.row_count, 0), defs.name, defs.key
