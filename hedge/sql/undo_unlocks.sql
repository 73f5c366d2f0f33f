-- The standing unlocks that undone definitions granted, by challenge: an undo revokes
-- those of them that its full run does not reach.
select
    unlocks.challenge_key,
    coalesce(challenges.name, unlocks.challenge_key) as challenge,
    count(*) filter (where unlocks.kind = 'TIER') as tiers,
    count(*) filter (where unlocks.kind = 'FOUNDERS_MARK') as founders_marks,
    count(distinct unlocks.cluster_id) as clusters
from analytics.tier_unlocks as unlocks
left join analytics.challenges on unlocks.challenge_key = challenges.key
where
    unlocks.revoked_at is null
    and unlocks.run_id >= %(since_run)s
    and coalesce(unlocks.definitions, 'unknown') = any(%(undone)s)
group by unlocks.challenge_key, challenges.name, challenges.sort_order
order by challenges.sort_order, unlocks.challenge_key
