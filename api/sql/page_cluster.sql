-- A cluster, the name that its player shows, the latest instant it was computed as of,
-- and whether a request for it is waiting (since when, and whether a worker has taken
-- it) or parked.
select
    clusters.cluster_id,
    clusters.player_id,
    waiting.requested_at,
    shown.display_name,
    (
        select greatest(max(progress.last_computed_at), max(verified.verified_to))
        from analytics.challenge_progress as progress
        left join lateral app.progress_verified(progress.cluster_id) as verified on true
        where progress.cluster_id = clusters.cluster_id
    ) as as_of,
    (
        select complete.chains from app.completeness as complete
        where complete.season_id is null
    ) as complete_to,
    waiting.requested_at is not null as is_waiting,
    waiting.is_taken is true as is_taken,
    exists(
        select from app.etl_requests as requests
        where
            requests.kind = 'CLUSTER'
            and requests.cluster_id = clusters.cluster_id
            and requests.parked_at is not null
    ) as is_parked
from app.wallet_clusters as clusters
left join app.shown_names as shown on clusters.player_id = shown.player_id
left join lateral (
    select
        min(requests.requested_at) as requested_at,
        bool_or(requests.taken_by is not null) as is_taken
    from app.etl_requests as requests
    where
        requests.kind = 'CLUSTER'
        and requests.cluster_id = clusters.cluster_id
        and requests.parked_at is null
) as waiting on true
where clusters.cluster_id = %(cluster)s
