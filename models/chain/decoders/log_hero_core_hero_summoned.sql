{# The logs by which heroes are summoned. #}
{{ decoded_log(
    'hero_core',
    'HeroSummoned(address indexed owner, uint256 heroId, uint256 summonerId, uint256 assistantId,
    uint256 statGenes, uint256 visualGenes)',
    of_object=true
) }}
