{# The logs by which raffles begin, with their rewards. #}
{{ decoded_log(
    'duels_raffle_master',
    'RaffleStarted(uint256 indexed raffleId, (uint256 id, address[] rewards, uint256[]
    rewardAmounts, uint256 maxWinners, uint64 duration) raffleType)'
) }}
