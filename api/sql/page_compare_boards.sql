-- The ranks of two clusters in the runs that readers see of active public boards, where
-- one of them is listed at least, and who leads: the better rank, which is by all
-- ordering keys, each in its direction. Who is not listed leads nowhere.
select
    defs.key,
    defs.name,
    defs.time_window,
    latest.period_start,
    latest.period_end,
    latest.row_count,
    a.rank as a_rank,
    b.rank as b_rank,
    a.score as a_score,
    b.score as b_score,
    app.unit_of_metric(defs.metric_source, metrics.unit) as unit,
    case
        when a.rank = b.rank then 'both'
        when b.rank is null or a.rank < b.rank then 'a'
        else 'b'
    end as leader
from app.public_boards as defs
inner join app.latest_board_runs as latest on defs.key = latest.leaderboard_key
left join analytics.categories on defs.category_key = categories.key
left join analytics.metrics
    on
        defs.metric_source = metrics.metric_source
        and defs.metric_key = metrics.metric_key
left join analytics.leaderboard_entries as a
    on latest.id = a.run_id and a.cluster_id = %(a)s
left join analytics.leaderboard_entries as b
    on latest.id = b.run_id and b.cluster_id = %(b)s
where
    defs.is_active
    and defs.state = 'live'
    and (a.run_id is not null or b.run_id is not null)
order by categories.sort_order, defs.name, defs.key
