{# The logs of shells for a quest of the day. #}
{{ decoded_log(
    'pvp_diamond',
    'DailyShellQuestComplete(address indexed player, uint256 rewardAmount, uint256
    consecutiveDays)',
    bigints=['consecutiveDays']
) }}
