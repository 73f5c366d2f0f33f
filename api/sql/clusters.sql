-- Clusters by their ids, with the names that their players show and the earliest as-of
-- instant of their challenges.
select
    clusters.cluster_id,
    shown.display_name,
    (
        select greatest(min(progress.last_computed_at), max(verified.verified_to))
        from analytics.challenge_progress as progress
        inner join analytics.challenges on progress.challenge_key = challenges.key
        left join lateral app.progress_verified(progress.cluster_id) as verified on true
        where
            progress.cluster_id = clusters.cluster_id
            and challenges.state = 'live'
    ) as as_of
from app.wallet_clusters as clusters
left join app.shown_names as shown on clusters.player_id = shown.player_id
where clusters.cluster_id = any(%(clusters)s)
order by clusters.cluster_id
