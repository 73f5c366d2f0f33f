-- The active public boards behind a key with the runs that readers see, and where a
-- cluster is listed in each.
select
    defs.key,
    defs.name,
    latest.id as run_id,
    latest.period_start,
    latest.period_end,
    latest.as_of,
    latest.row_count as clusters,
    entries.rank,
    entries.score,
    entries.tiebreaker,
    entries.payload,
    better.clusters as clusters_above,
    app.unit_of_metric(defs.metric_source, metrics.unit) as unit,
    case
        when entries.run_id is not null
            then array_remove(
                array[
                    entries.score,
                    entries.tiebreaker,
                    entries.third_value,
                    entries.fourth_value
                ],
                null
            )
    end as key_values,
    round(better.clusters::numeric / latest.row_count, 6) as share_above
from app.public_boards as defs
inner join app.latest_board_runs as latest on defs.key = latest.leaderboard_key
left join analytics.metrics
    on
        defs.metric_source = metrics.metric_source
        and defs.metric_key = metrics.metric_key
left join analytics.leaderboard_entries as entries
    on latest.id = entries.run_id and entries.cluster_id = %(cluster)s
left join lateral (
    select count(*) as clusters
    from analytics.leaderboard_entries as listed
    where listed.run_id = entries.run_id and listed.rank < entries.rank
) as better on entries.run_id is not null
where defs.is_active and defs.state = 'live' and defs.key > %(after)s
order by defs.key
limit %(limit)s
