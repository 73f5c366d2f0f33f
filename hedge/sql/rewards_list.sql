-- Rewards by number, with the primary wallet to which one can be handed out, and
-- whether another player has verified a wallet that it rests on.
select
    rewards.reward_id,
    rewards.season_id,
    rewards.reward_key,
    rewards.name,
    rewards.quantity,
    rewards.cluster_id,
    rewards.level,
    rewards.rank,
    rewards.state,
    rewards.valid_until,
    rewards.entitled_at,
    rewards.run_id,
    rewards.claimed_at,
    rewards.fulfilled_at,
    rewards.changed_at,
    rewards.changed_by,
    rewards.note,
    links.address as wallet,
    app.is_disputed(rewards.reward_id) as is_disputed
from app.rewards
left join app.wallet_links as links
    on
        rewards.cluster_id = links.cluster_id
        and links.is_primary
        and links.unlinked_at is null
where
    (rewards.reward_id = %(reward)s or %(reward)s::bigint is null)
    and (rewards.season_id = %(season)s or %(season)s::text is null)
    and (rewards.state = %(state)s or %(state)s::text is null)
    and (rewards.cluster_id = %(cluster)s or %(cluster)s::text is null)
    and rewards.reward_id > %(after)s
order by rewards.reward_id
limit %(limit)s
