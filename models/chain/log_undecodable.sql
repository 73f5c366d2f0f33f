{# The logs that are not encoded as their event says, from every decoder. #}
{% set decoders = [
    'log_cjewel_deposit',
    'log_cjewel_transfer',
    'log_cjewel_withdraw',
    'log_dfk_duel_duel_completed',
    'log_duels_raffle_master_raffle_drawn',
    'log_duels_raffle_master_raffle_entered',
    'log_duels_raffle_master_raffle_started',
    'log_gold_transfer',
    'log_hero_core_hero_dark_summoned',
    'log_hero_core_hero_state_updated',
    'log_hero_core_hero_summoned',
    'log_hero_core_transfer',
    'log_hunts_diamond_hunt_completed',
    'log_hunts_diamond_hunt_equipment_minted',
    'log_hunts_diamond_hunt_reward_minted',
    'log_lp_staking_diamond_deposit',
    'log_lp_staking_diamond_reward_claimed',
    'log_lp_staking_diamond_withdraw',
    'log_pet_core_pet_hatched_v2',
    'log_pet_core_pet_updated_v2',
    'log_pet_core_transfer',
    'log_pvp_diamond_battle_accepted',
    'log_pvp_diamond_battle_completed',
    'log_pvp_diamond_battle_created',
    'log_pvp_diamond_battle_spectator_added',
    'log_pvp_diamond_battle_spectator_removed',
    'log_pvp_diamond_battle_spectator_vote_changed',
    'log_pvp_diamond_battle_spectator_withdrew',
    'log_pvp_diamond_daily_shell_quest_complete',
    'log_pvp_diamond_frequent_shell_quester_complete',
    'log_pvp_diamond_patrol_completed',
    'log_pvp_diamond_patrol_started',
    'log_pvp_diamond_shells_claimed',
    'log_pvp_diamond_shells_earned',
    'log_pvp_diamond_tournament_match',
    'log_pvp_diamond_weekly_shell_quest_complete',
    'log_quest_core_quest_completed',
] %}
{% for decoder in decoders %}
select
    chain_id,
    block_number,
    block_hash,
    tx_hash,
    log_index,
    '{{ decoder }}' as decoder,
    address,
    removed_at,
    occurred_at

from {{ ref(decoder) }}
where not is_decodable
{{ 'union all' if not loop.last }}
{% endfor %}
