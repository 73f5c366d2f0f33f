-- Active public boards that are live, in the order of their categories, each with the
-- board run that readers see and its first three entries.
select
    defs.key,
    defs.name,
    defs.description,
    defs.time_window,
    categories.name as category,
    latest.period_start,
    latest.period_end,
    latest.as_of,
    latest.row_count,
    latest.stale_since,
    latest.is_final,
    app.unit_of_metric(defs.metric_source, metrics.unit) as unit,
    (
        select
            jsonb_agg(
                jsonb_build_object(
                    'rank', first_three.rank,
                    'cluster_id', first_three.cluster_id,
                    'display_name', first_three.display_name,
                    'score', first_three.score
                )
                order by first_three.rank, first_three.cluster_id
            )
        from (
            select
                entries.rank,
                entries.cluster_id,
                entries.score,
                shown.display_name
            from analytics.leaderboard_entries as entries
            left join
                app.wallet_clusters as clusters
                on entries.cluster_id = clusters.cluster_id
            left join app.shown_names as shown on clusters.player_id = shown.player_id
            where entries.run_id = latest.id
            order by entries.rank, entries.cluster_id
            limit 3
        ) as first_three
    ) as leaders
from app.public_boards as defs
left join analytics.categories on defs.category_key = categories.key
left join analytics.metrics
    on
        defs.metric_source = metrics.metric_source
        and defs.metric_key = metrics.metric_key
left join app.latest_board_runs as latest on defs.key = latest.leaderboard_key
where defs.is_active and defs.state = 'live'
order by categories.sort_order, defs.name, defs.key
