{# The logs by which patrols on METIS begin. #}
{{ decoded_log(
    'pvp_diamond',
    'PatrolStarted(uint256 indexed patrolId, address indexed player, uint256 enemyPoolId)'
) }}
