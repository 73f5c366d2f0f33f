{# The logs by which duels on DFK Chain and Kaia end. #}
{{ decoded_log(
    'dfk_duel',
    'DuelCompleted(uint256 indexed duelId, address indexed player1, address indexed player2,
    (uint256 id, address player1, address player2, uint256 player1DuelEntry, uint256
    player2DuelEntry, address winner, uint256[] player1Heroes, uint256[] player2Heroes, uint256
    startBlock, uint8 duelType, uint8 status, (uint256 duelId, uint16 base, uint32 streakBonus,
    uint16 miscBonus, uint32 diffBonus, uint64 scoreBefore, uint64 scoreAfter)
    player1ScoreChange) duel)'
) }}
