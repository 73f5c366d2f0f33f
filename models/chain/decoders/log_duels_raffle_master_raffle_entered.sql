{# The logs by which tickets take part in raffles. #}
{{ decoded_log(
    'duels_raffle_master',
    'RaffleEntered(address indexed user, uint256 indexed raffleId, uint256 tickets)',
    names={'user': 'player'}
) }}
