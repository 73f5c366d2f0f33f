-- What an edit does to rewards: how many clusters each effect concerns, and the first
-- ten of them.
select
    preview_rewards.season_id,
    preview_rewards.reward_key,
    preview_rewards.name,
    preview_rewards.effect,
    count(*) as clusters,
    (array_agg(preview_rewards.cluster_id order by preview_rewards.cluster_id))[:10]
        as first_clusters
from preview_rewards
group by
    preview_rewards.season_id,
    preview_rewards.reward_key,
    preview_rewards.name,
    preview_rewards.effect
order by
    preview_rewards.season_id, preview_rewards.reward_key, preview_rewards.effect
