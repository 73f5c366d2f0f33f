{# The logs of shells for frequent quests. #}
{{ decoded_log(
    'pvp_diamond',
    'FrequentShellQuesterComplete(address indexed player, uint256 rewardAmount)'
) }}
