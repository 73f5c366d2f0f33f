{# The logs by which votes change the side or the influence. #}
{{ decoded_log(
    'pvp_diamond',
    'BattleSpectatorVoteChanged(uint256 indexed battleId, address indexed player, uint8
    newWinner, uint256 newInfluence, (uint256 influenceSideA, uint256 influenceSideB, uint256
    spectatorCountSideA, uint256 spectatorCountSideB) influenceData)'
) }}
