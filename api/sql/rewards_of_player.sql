-- The rewards of a player, by number: all of them, one of them, or those of a season.
select
    rewards.reward_id,
    rewards.season_id,
    seasons.name as season_name,
    rewards.reward_key,
    rewards.name,
    rewards.quantity,
    rewards.level,
    rewards.rank,
    rewards.state,
    rewards.valid_until,
    rewards.entitled_at,
    rewards.claimed_at,
    rewards.fulfilled_at,
    rewards.changed_at,
    rewards.note
from app.rewards
inner join app.public_seasons as seasons on rewards.season_id = seasons.id
inner join app.wallet_clusters as clusters
    on rewards.cluster_id = clusters.cluster_id
where
    clusters.player_id = %(player)s
    and (rewards.reward_id = %(reward)s or %(reward)s::bigint is null)
    and (rewards.season_id = %(season)s or %(season)s::text is null)
order by rewards.reward_id
