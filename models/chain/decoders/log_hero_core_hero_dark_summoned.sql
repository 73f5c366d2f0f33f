{# The logs by which heroes are summoned from others that are lost. #}
{{ decoded_log(
    'hero_core',
    'HeroDarkSummoned(address indexed owner, uint256 heroId, uint256 summonerId, uint256
    assistantId, uint256 statGenes, uint256 visualGenes)',
    of_object=true
) }}
