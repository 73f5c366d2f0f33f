-- The message of a nonce, for the player who requested it.
select
    challenges.address,
    challenges.message,
    challenges.purpose,
    challenges.expires_at,
    challenges.expires_at <= now() as is_expired,
    challenges.used_at is not null as is_used
from app.wallet_challenges as challenges
inner join
    app.wallet_clusters as clusters
    on challenges.cluster_id = clusters.cluster_id
where challenges.nonce = %(nonce)s and clusters.player_id = %(player)s
