{# The logs by which a vote is removed from a battle. #}
{{ decoded_log(
    'pvp_diamond',
    'BattleSpectatorRemoved(uint256 indexed battleId, address indexed player)'
) }}
