{# Votes on battles with the end of the battle. One row per vote. #}
select
    votes.wallet_address,
    votes.battle_id,
    votes.action,
    votes.occurred_at as voted_at,
    battles.completed_at,
    coalesce(
        (
            select bool_or(later.occurred_at < battles.completed_at)
            from {{ ref('stg_influence_predictions') }} as later
            where
                later.battle_id = votes.battle_id
                and later.wallet_address = votes.wallet_address
                and (later.occurred_at, later.tx_hash, later.log_index)
                > (votes.occurred_at, votes.tx_hash, votes.log_index)
        ), false
    ) as is_replaced

from {{ ref('stg_influence_predictions') }} as votes
left join {{ ref('stg_metis_battles') }} as battles
    on votes.battle_id = battles.battle_id
