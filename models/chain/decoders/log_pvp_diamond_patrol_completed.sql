{# The logs by which patrols on METIS end. #}
{{ decoded_log(
    'pvp_diamond',
    'PatrolCompleted(uint256 indexed patrolId, address indexed player, uint256 fightsCompleted,
    bool patrolWon)',
    bigints=['fightsCompleted']
) }}
