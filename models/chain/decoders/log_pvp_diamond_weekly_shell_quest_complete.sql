{# The logs of shells for a quest of the week. #}
{{ decoded_log(
    'pvp_diamond',
    'WeeklyShellQuestComplete(address indexed player, uint256 rewardAmount)'
) }}
