-- The computed periods of a board that are over, the latest first, each with the first
-- three entries of the run that counts of it; only those that ended before an instant,
-- where one is given.
with

finished as (

    select
        runs.id,
        runs.period_start,
        runs.period_end
    from app.latest_runs_of_periods as runs
    where
        runs.leaderboard_key = %(key)s
        -- a run from before the end of its period has no winners yet
        and runs.as_of >= runs.period_end
        and (
            runs.period_end < %(before)s::timestamptz
            or %(before)s::timestamptz is null
        )
    order by runs.period_end desc, runs.id desc
    limit %(limit)s

)

select
    finished.id as run_id,
    finished.period_start,
    finished.period_end,
    runs.row_count,
    (
        select
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'rank', best.rank,
                        'cluster_id', best.cluster_id,
                        'display_name', best.display_name,
                        'score', best.score
                    )
                    order by best.rank, best.cluster_id
                ),
                '[]'
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
            where entries.run_id = finished.id
            order by entries.rank, entries.cluster_id
            limit 3
        ) as best
    ) as winners
from finished
inner join app.leaderboard_runs as runs on finished.id = runs.id
order by finished.period_end desc, finished.id desc
