{# The logs of votes for a side of a battle. #}
{{ decoded_log(
    'pvp_diamond',
    'BattleSpectatorAdded(uint256 indexed battleId, address indexed player, uint8 winner, uint256
    influenceAdded, (uint256 influenceSideA, uint256 influenceSideB, uint256
    spectatorCountSideA, uint256 spectatorCountSideB) influenceData)'
) }}
