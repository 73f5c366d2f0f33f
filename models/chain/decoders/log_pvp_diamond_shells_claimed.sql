{# The logs by which shells are claimed. #}
{{ decoded_log(
    'pvp_diamond',
    'ShellsClaimed(address indexed player, uint256 claimedAmount, (uint256 availableShells,
    uint256 dailyQuestRemainder, uint256 currentClaimDay, uint256 lastRewardDay, uint256
    consecutiveRewardDays, uint256 totalDaysRewarded) claimData)',
    bigints=['currentClaimDay', 'lastRewardDay', 'consecutiveRewardDays', 'totalDaysRewarded']
) }}
