{# The logs by which JEWEL is locked for cJEWEL. #}
{{ decoded_log(
    'cjewel',
    'Deposit(address indexed provider, (uint256 amount, uint256 govTokenBalance, uint256 end,
    uint256 rewardDebt, uint256 availableSubBalance, uint32 subscriptionCount) user, uint256
    govTokenReceived, uint256 timestamp)'
) }}
