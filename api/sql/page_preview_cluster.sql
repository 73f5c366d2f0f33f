-- What the picture of a cluster shows: the name that its player lets everybody see, how
-- many live challenges have each tier, the highest first, and the current season with
-- points, level, rank and the length of a bar that is full at the next level.
select
    clusters.cluster_id,
    season.name as season,
    season.points,
    season.level,
    shown.display_name,
    (
        select count(*)
        from analytics.challenge_progress as progress
        inner join analytics.challenges on progress.challenge_key = challenges.key
        where
            progress.cluster_id = clusters.cluster_id
            and challenges.state = 'live'
            and progress.tier <> 'NONE'
    ) as with_tier,
    (
        select count(*) from analytics.challenges
        where challenges.state = 'live'
    ) as challenges,
    (
        select
            jsonb_agg(
                jsonb_build_object(
                    'code', counted.tier, 'number', counted.number
                )
                order by counted.place desc, counted.number desc, counted.tier asc
            )
        from (
            select
                progress.tier,
                ranked.place,
                count(*) as number
            from analytics.challenge_progress as progress
            inner join analytics.challenges on progress.challenge_key = challenges.key
            inner join (
                -- as high as in the longest ladder
                select
                    tiers.tier_code,
                    max(tiers.sort_order) as place
                from analytics.challenge_tiers as tiers
                group by tiers.tier_code
            ) as ranked on progress.tier = ranked.tier_code
            where
                progress.cluster_id = clusters.cluster_id
                and challenges.state = 'live'
            group by progress.tier, ranked.place
        ) as counted
    ) as tiers,
    (
        select count(distinct better.points) + 1
        from analytics.season_progress as better
        where better.season_id = season.id and better.points > season.points
    ) as rank,
    (
        select
            round(
                coalesce(
                    season.points
                    * 100
                    / min(levels.points_required) filter (
                        where levels.points_required > season.points
                    ),
                    100
                ),
                1
            )
        from analytics.season_levels as levels
    ) as length
from app.wallet_clusters as clusters
left join app.shown_names as shown on clusters.player_id = shown.player_id
left join lateral (
    select
        seasons.id,
        seasons.name,
        progress.points,
        progress.level
    from app.public_seasons as seasons
    inner join analytics.season_progress as progress
        on
            seasons.id = progress.season_id
            and clusters.cluster_id = progress.cluster_id
    where
        seasons.is_active
        and seasons.state = 'live'
        and seasons.starts_at <= now()
        and now() < seasons.ends_at
        and progress.points > 0
) as season on true
where clusters.cluster_id = %(cluster)s
