{# The logs by which battles on METIS end. #}
{{ decoded_log(
    'pvp_diamond',
    'BattleCompleted(uint256 indexed battleId, address battleWinner, uint8 winner)'
) }}
