-- Records the tiers that a cluster had reached before it lost a wallet to its proven
-- owner. The run that follows revokes those that the cluster does not reach without the
-- wallet (models/progress/tier_unlocks.sql).
insert into app.wallet_moves (cluster_id, address, challenge_key, tier_code, kind)
select
    progress.cluster_id,
    %(address)s as address,
    progress.challenge_key,
    tiers.tier_code,
    kinds.kind
from analytics.challenge_progress as progress
inner join
    analytics.challenge_tiers as tiers
    on progress.challenge_key = tiers.challenge_key
cross join (values ('TIER'), ('FOUNDERS_MARK')) as kinds (kind)
where
    progress.cluster_id = %(cluster)s
    and case kinds.kind when 'TIER' then progress.value else progress.rolling_value end
    >= tiers.threshold_value
