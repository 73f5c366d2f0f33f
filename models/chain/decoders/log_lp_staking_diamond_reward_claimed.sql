{# The logs by which rewards of the gardens are harvested. #}
{{ decoded_log(
    'lp_staking_diamond',
    'RewardClaimed(address indexed user, uint256 indexed pid, uint256 amount)',
    names={'user': 'player'}
) }}
