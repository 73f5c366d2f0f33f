{# The logs by which LP tokens are staked in the gardens. #}
{{ decoded_log(
    'lp_staking_diamond',
    'Deposit(address indexed user, uint256 indexed pid, uint256 amount)',
    names={'user': 'player'}
) }}
