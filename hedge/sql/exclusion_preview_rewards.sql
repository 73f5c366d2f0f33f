-- The rewards that a run as of an instant would take back, by the rules of runs.
select
    rewards.reward_id,
    rewards.season_id,
    rewards.name,
    rewards.cluster_id,
    rewards.level,
    rewards.rank,
    rewards.state,
    trim_scale(rewards.quantity) as quantity,
    min(rules.reason) as reason
from app.rewards_to_take_back(%(as_of)s, null) as rules
inner join app.rewards on rules.reward_id = rewards.reward_id
group by rewards.reward_id
order by rewards.reward_id
