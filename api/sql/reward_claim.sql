-- Claims a reward of a player that is open: of several at once, one writes. It is
-- claimed neither too late nor while another player has verified a wallet of it.
update app.rewards
set
    state = 'CLAIMED',
    claimed_at = clock_timestamp(),
    changed_by = 'the player'
from app.wallet_clusters as clusters
where
    rewards.reward_id = %(reward)s
    and rewards.cluster_id = clusters.cluster_id
    and clusters.player_id = %(player)s
    and rewards.state = 'OPEN'
    and coalesce(rewards.valid_until > clock_timestamp(), true)
    and not app.is_disputed(rewards.reward_id)
