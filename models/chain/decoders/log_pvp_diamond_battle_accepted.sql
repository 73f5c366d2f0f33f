{# The logs by which battles on METIS are accepted. #}
{{ decoded_log(
    'pvp_diamond',
    'BattleAccepted(uint256 indexed battleId, address indexed host, address indexed opponent,
    uint256 battleSettingsPt1, uint256 battleSettingsPt2)'
) }}
