{# The logs by which LP tokens leave the gardens. #}
{{ decoded_log(
    'lp_staking_diamond',
    'Withdraw(address indexed user, uint256 indexed pid, uint256 amount)',
    names={'user': 'player'}
) }}
