{# The logs by which battles on METIS are offered. #}
{{ decoded_log(
    'pvp_diamond',
    'BattleCreated(uint256 indexed battleId, address indexed host, uint256 battleSettingsPt1,
    uint256 battleSettingsPt2)'
) }}
