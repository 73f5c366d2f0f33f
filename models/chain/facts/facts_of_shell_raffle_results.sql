{# Winners of raffles, as the logs state them. One row per log. #}
select
    logs.chain_id,
    logs.block_number,
    logs.topic1 as object_word,
    logs.tx_hash,
    logs.log_index,
    logs.raffle_id,
    logs.winner as winner_wallet,
    case when cardinality(raffles.rewards) = 1 then raffles.rewards[1] end
        as prize_token,
    case when cardinality(raffles.amounts) = 1 then raffles.amounts[1] end
        as prize_amount,
    logs.occurred_at as drawn_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_duels_raffle_master_raffle_drawn') }} as logs
left join
    lateral (
        select
            started.raffle_type__rewards as rewards,
            started.raffle_type__reward_amounts as amounts
        from {{ ref('log_duels_raffle_master_raffle_started') }} as started
        where
            started.chain_id = logs.chain_id
            and started.topic1 = logs.topic1
            and {{ is_valid_log('started') }}
        order by started.block_number desc, started.log_index desc
        limit 1
    ) as raffles
    on true
