{# The logs that name winners of raffles. #}
{{ decoded_log(
    'duels_raffle_master',
    'RaffleDrawn(uint256 indexed raffleId, address indexed winner)'
) }}
