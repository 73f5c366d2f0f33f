{# The logs by which votes are withdrawn. #}
{{ decoded_log(
    'pvp_diamond',
    'BattleSpectatorWithdrew(uint256 indexed battleId, address indexed player, uint8 winner,
    uint256 influenceRemoved, (uint256 influenceSideA, uint256 influenceSideB, uint256
    spectatorCountSideA, uint256 spectatorCountSideB) influenceData)'
) }}
