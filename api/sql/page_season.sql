-- The current season, the share of it that is over, and its first five clusters.
select
    seasons.id,
    seasons.name,
    seasons.starts_at,
    seasons.ends_at,
    (
        select complete.chains from app.completeness as complete
        where complete.season_id = seasons.id
    ) as complete_to,
    round(
        extract(epoch from now() - seasons.starts_at) * 100
        / extract(epoch from seasons.ends_at - seasons.starts_at), 1
    ) as length,
    (
        select
            jsonb_agg(
                jsonb_build_object(
                    'rank', first_five.rank,
                    'cluster_id', first_five.cluster_id,
                    'display_name', first_five.display_name,
                    'points', first_five.points,
                    'level', first_five.level
                )
                order by first_five.rank, first_five.cluster_id
            )
        from (
            select
                progress.cluster_id,
                progress.points,
                progress.level,
                shown.display_name,
                dense_rank() over (order by progress.points desc) as rank
            from analytics.season_progress as progress
            inner join app.wallet_clusters as clusters
                on progress.cluster_id = clusters.cluster_id
            left join app.shown_names as shown
                on clusters.player_id = shown.player_id
            where progress.season_id = seasons.id and progress.points > 0
            order by progress.points desc, progress.cluster_id asc
            limit 5
        ) as first_five
    ) as leaders
from app.public_seasons as seasons
where
    seasons.is_active
    and seasons.state = 'live'
    and seasons.starts_at <= now()
    and now() < seasons.ends_at
