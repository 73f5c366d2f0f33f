{# The logs by which hunts drop items. #}
{{ decoded_log(
    'hunts_diamond',
    'HuntRewardMinted(uint256 indexed huntId, address indexed player, address indexed item,
    uint256 amount, uint256 data)'
) }}
