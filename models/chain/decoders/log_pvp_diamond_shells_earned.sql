{# The logs by which shells are earned. #}
{{ decoded_log(
    'pvp_diamond',
    'ShellsEarned(address indexed player, uint256 earnedAmount)'
) }}
