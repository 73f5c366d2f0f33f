{# Duels and battles, as their logs state them. One row per match and player. #}
{#
   Whether a battle is ranked, and which queue it came from, is not in its logs. A battle that neither
   player has won has no outcome here.
#}
select
    logs.chain_id,
    logs.block_number,
    logs.topic1 as object_word,
    logs.tx_hash,
    logs.log_index,
    chains.realm,
    logs.duel_id::text as match_id,
    sides.player as wallet_address,
    sides.opponent as opponent_wallet,
    split_part(duel_types.meaning, ' ', 1) as queue_type,
    duel_types.meaning not like '%(unranked)' as is_ranked,
    case
        when logs.duel__winner = sides.player then 'WIN'
        when logs.duel__winner = sides.opponent then 'LOSS'
        when logs.duel__winner = '0x0000000000000000000000000000000000000000'
            then 'DRAW'
    end as outcome,
    case when sides.is_first then logs.duel__player1_score_change__score_before end
        as score_before,
    case when sides.is_first then logs.duel__player1_score_change__score_after end
        as score_after,
    logs.occurred_at as matched_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_dfk_duel_duel_completed') }} as logs
cross join
    lateral (
        values (logs.player1, logs.player2, true), (logs.player2, logs.player1, false)
    ) as sides (player, opponent, is_first)
left join {{ ref('chains') }} as chains on logs.chain_id = chains.chain_id
left join {{ ref('code_values') }} as duel_types
    on duel_types.code = 'duel_type' and duel_types.value = logs.duel__duel_type::text

union all

select
    logs.chain_id,
    logs.block_number,
    logs.topic1 as object_word,
    logs.tx_hash,
    logs.log_index,
    'METIS' as realm,
    logs.battle_id::text as match_id,
    sides.player as wallet_address,
    sides.opponent as opponent_wallet,
    null as queue_type,
    null as is_ranked,
    case logs.battle_winner
        when sides.player then 'WIN'
        when sides.opponent then 'LOSS'
    end as outcome,
    null as score_before,
    null as score_after,
    logs.occurred_at as matched_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_pvp_diamond_battle_completed') }} as logs
left join
    lateral (
        select
            accepted.host as host_wallet,
            accepted.opponent as opponent_wallet
        from {{ ref('log_pvp_diamond_battle_accepted') }} as accepted
        where
            accepted.chain_id = logs.chain_id
            and accepted.topic1 = logs.topic1
            and {{ is_valid_log('accepted') }}
        order by accepted.block_number desc, accepted.log_index desc
        limit 1
    ) as battles
    on true
cross join
    lateral (
        values (battles.host_wallet, battles.opponent_wallet),
        (battles.opponent_wallet, battles.host_wallet)
    ) as sides (player, opponent)
